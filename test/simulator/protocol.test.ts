/** Texts, codes and fields as Ollama's versions print them. */

import { afterEach, describe, expect, it } from 'vitest';
import type { SimulatorOptions } from '../../src/simulator/types.ts';
import { startMachine, type TestMachine } from './machine.ts';

let machine: TestMachine;

afterEach(() => machine?.simulator.close());

async function start(options: Partial<SimulatorOptions> = {}): Promise<void> {
  machine = await startMachine(options);
}

async function call(method: string, path: string, body?: string, headers: Record<string, string> = {}) {
  const response = await fetch(machine.simulator.url + path, { method, headers, ...(body !== undefined && { body }) });
  return { status: response.status, text: await response.text() };
}

describe('answers', () => {
  it.each<[string, string, string | undefined, number, string]>([
    ['GET', '/', undefined, 200, 'Ollama is running'],
    ['HEAD', '/', undefined, 200, ''],
    ['HEAD', '/api/version', undefined, 200, ''],
    ['HEAD', '/api/tags', undefined, 200, ''],
    ['GET', '/api/version', undefined, 200, '{"version":"0.33.0"}'],
    ['GET', '/api/ps', undefined, 200, '{"models":[]}'],
    ['GET', '/api/nothing', undefined, 404, '404 page not found'],
    ['GET', '/api/generate', undefined, 405, '405 method not allowed'],
    ['POST', '/api/generate', '', 400, '{"error":"missing request body"}'],
    ['POST', '/api/generate', '{"model":"x"}', 404, `{"error":"model 'x' not found"}`],
    ['POST', '/api/chat', '{"model":"x"}', 404, `{"error":"model 'x' not found"}`],
    ['POST', '/api/embed', '{"model":"x"}', 404, `{"error":"model 'x' not found"}`],
    ['POST', '/api/show', '{"model":"x"}', 404, `{"error":"model 'x:latest' not found"}`],
    ['POST', '/api/show', '{}', 400, '{"error":"model is required"}'],
    ['POST', '/api/generate', '{"model":"embed"}', 400, '{"error":"\\"embed\\" does not support generate"}'],
    ['POST', '/api/chat', '{"model":"embed"}', 400, '{"error":"\\"embed\\" does not support chat"}'],
    ['DELETE', '/api/delete', '{"model":"x"}', 404, `{"error":"model 'x' not found"}`],
    ['POST', '/api/copy', '{"source":"x","destination":"y"}', 404, '{"error":"model \\"x\\" not found"}'],
    ['POST', '/api/copy', '{"source":"small:1b","destination":"-"}', 400, '{"error":"destination \\"-\\" is invalid"}'],
    [
      'POST',
      '/api/generate',
      '{"model":"small:1b","options":{"num_ctx":"8k"}}',
      500,
      '{"error":"option \\"num_ctx\\" must be of type integer"}',
    ],
    ['POST', '/api/pull', '{"model":"x","stream":false}', 500, '{"error":"pull model manifest: file does not exist"}'],
    [
      'POST',
      '/api/pull',
      '{"model":"x"}',
      200,
      '{"status":"pulling manifest"}\n{"error":"pull model manifest: file does not exist"}\n',
    ],
  ])('%s %s %s → %d', async (method, path, body, status, text) => {
    await start();
    expect(await call(method, path, body)).toEqual({ status, text });
  });

  it('to broken JSON are 400 with a reason', async () => {
    await start();
    const { status, text } = await call('POST', '/api/show', '{"model":');
    expect(status).toBe(400);
    expect(JSON.parse(text)).toEqual({ error: expect.stringContaining('JSON') });
  });

  it('load and unload by chat as by generate', async () => {
    await start();
    expect(JSON.parse((await call('POST', '/api/chat', '{"model":"small:1b","messages":[]}')).text)).toMatchObject({
      done: true,
      done_reason: 'load',
      message: { role: 'assistant', content: '' },
    });
    await call('POST', '/api/chat', '{"model":"small:1b","keep_alive":0}');
    expect(machine.simulator.loaded()).toEqual([]);
  });

  it('say plainly that there are no conversations', async () => {
    await start();
    const chat = '{"model":"small:1b","messages":[{"role":"user","content":"hello"}]}';
    const { status, text } = await call('POST', '/api/chat', chat);
    expect(status).toBe(500);
    expect(text).toContain('holds no conversations');
  });

  it('tell what a generation would have taken', async () => {
    await start();
    const request = '{"model":"small:1b","prompt":"hello there","stream":false,"options":{"num_predict":7}}';
    const { status, text } = await call('POST', '/api/generate', request);
    expect(status).toBe(200);
    expect(JSON.parse(text)).toMatchObject({
      done_reason: 'length',
      eval_count: 7,
      eval_duration: expect.any(Number),
      prompt_eval_count: 4,
      prompt_eval_duration: expect.any(Number),
    });
    const again = JSON.parse((await call('POST', '/api/generate', request)).text);
    expect(again.load_duration).toBeLessThan(JSON.parse(text).load_duration);
  });
});

describe('show by version', () => {
  const shown = async (ollamaVersion: string, verbose = false) => {
    await start({ ollamaVersion });
    const { text } = await call('POST', '/api/show', JSON.stringify({ model: 'small:1b', verbose }));
    return JSON.parse(text) as {
      model_info: Record<string, unknown>;
      tensors?: { type: string }[];
      capabilities?: string[];
    };
  };

  it('leaves every array out from 0.6.7 on, long ones before, none when verbose', async () => {
    const now = await shown('0.33.0');
    expect(now.model_info['llama.attention.head_count_kv']).toBeNull();
    expect(now.model_info['tokenizer.ggml.tokens']).toBeNull();
    const then = await shown('0.6.6');
    expect(then.model_info['llama.attention.head_count_kv']).toEqual([4, 4, 4, 4]);
    expect(then.model_info['tokenizer.ggml.tokens']).toBeNull();
    const verbose = await shown('0.33.0', true);
    expect(verbose.model_info['tokenizer.ggml.tokens']).toHaveLength(2000);
  });

  it('lists tensors from 0.6.1 on, with the wrong types up to 0.6.8', async () => {
    expect((await shown('0.6.0')).tensors).toBeUndefined();
    expect((await shown('0.6.8')).tensors?.map(({ type }) => type)).toEqual(['Q3_K_M', 'F32', 'Q4_K_S']);
    expect((await shown('0.7.0')).tensors?.map(({ type }) => type)).toEqual(['Q4_K', 'F32', 'Q6_K']);
  });

  it('has capabilities from 0.6.4 on and never the name', async () => {
    expect((await shown('0.6.3')).capabilities).toBeUndefined();
    const now = await shown('0.6.4');
    expect(now.capabilities).toEqual(['completion']);
    expect(now.model_info['general.name']).toBeUndefined();
    expect(now.model_info['general.parameter_count']).toBe(2048 * 2000 + 2048 + 2048 * 2048);
  });

  it('ps tells the context from 0.10.0 on', async () => {
    for (const [ollamaVersion, expected] of [
      ['0.9.6', undefined],
      ['0.10.0', 4096],
    ] as const) {
      await start({ ollamaVersion });
      await call('POST', '/api/generate', '{"model":"small:1b","options":{"num_ctx":4096}}');
      const { models } = JSON.parse((await call('GET', '/api/ps')).text) as { models: Record<string, unknown>[] };
      expect(models[0]!.context_length).toBe(expected);
    }
  });

  it('another version can be put on in the middle', async () => {
    await start();
    machine.simulator.setFaults({ ollamaVersion: '0.6.5' });
    expect((await call('GET', '/api/version')).text).toBe('{"version":"0.6.5"}');
  });
});

describe('the simulator itself', () => {
  it('is the same for the same seed, and another for another', async () => {
    const seen = async (seed: number) => {
      await start({ seed });
      const tags = (await call('GET', '/api/tags')).text;
      return { uuids: machine.simulator.gpus().map(({ uuid }) => uuid), tags };
    };
    const first = await seen(7);
    expect(await seen(7)).toEqual(first);
    const other = await seen(8);
    expect(other.uuids).not.toEqual(first.uuids);
  });

  it('is steered over HTTP', async () => {
    await start();
    const steer = (path: string, body: unknown) => call('POST', `/simulator/${path}`, JSON.stringify(body));
    expect(await steer('foreign', { gpu: 0, bytes: 1000 })).toEqual({ status: 200, text: '{"bytes":1000}' });
    expect((await steer('foreign', { gpu: 9, bytes: 1000 })).status).toBe(400);
    expect((await steer('faults', { http: [{ path: '/api/ps', fault: { kind: 'garbage' }, times: 1 }] })).status).toBe(
      200,
    );
    expect((await call('GET', '/api/ps')).text).toContain('<html>');
    expect((await call('GET', '/api/ps')).status).toBe(200);
    expect((await steer('faults', { http: [{ path: '/api/ps', fault: { kind: 'earthquake' } }] })).status).toBe(400);
    const before = machine.simulator.now();
    expect((await steer('advance', { ms: 5000 })).text).toBe(`{"now":${before + 5000}}`);
    const { gpus } = JSON.parse((await call('GET', '/simulator/gpus')).text) as { gpus: unknown[] };
    expect(gpus).toHaveLength(2);
  });
});
