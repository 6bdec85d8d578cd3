import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classifyAnswer } from '../../src/ollama/errors.ts';
import { checkPull, mayBePlain, PullMeter, pullModel } from '../../src/servers/pulling.ts';
import type { Server } from '../../src/servers/types.ts';

const HOSTS = ['registry.ollama.ai', 'ollama.com'];
const line = (digest: string, totalBytes: number, completedBytes: number | null) => ({
  status: `pulling ${digest}`,
  digest,
  totalBytes,
  completedBytes,
});

describe('the meter of a download', () => {
  it('adds up the layers and knows the rate and what is left', () => {
    const meter = new PullMeter();
    meter.add(line('a', 1_000, 0), 0);
    meter.add(line('b', 3_000, 500), 500);
    const state = meter.add(line('a', 1_000, 1_000), 1_000);
    expect(state).toMatchObject({ completedBytes: 1_500, totalBytes: 4_000, bytesPerSecond: 1_500 });
    expect(state.remainingMs).toBeCloseTo(1_666.7, 0);
  });

  it('says no rate before there is one', () => {
    expect(new PullMeter().add(line('a', 1_000, 10), 0)).toMatchObject({ bytesPerSecond: null, remainingMs: null });
  });
});

describe('names that may be pulled', () => {
  it('come from a host on the list, ports included', () => {
    expect(checkPull('gemma3:12b', HOSTS)).toEqual({ name: 'gemma3:12b' });
    expect(checkPull('registry.ollama.ai/library/gemma3:12b', HOSTS)).toEqual({ name: 'gemma3:12b' });
    expect(checkPull('hf.co/org/repo', HOSTS)).toMatchObject({ problem: { code: 'pull-host-refused' } });
    expect(checkPull('hf.co/org/repo', [...HOSTS, 'hf.co'])).toHaveProperty('name');
    expect(checkPull('registry.lan:5000/a/b', [...HOSTS, 'registry.lan:5000'])).toHaveProperty('name');
    expect(checkPull('Registry.Lan:443/a/b', [...HOSTS, 'registry.lan'])).toHaveProperty('name');
    expect(checkPull('localhost:11434/a/b', HOSTS)).toMatchObject({ problem: { code: 'pull-host-refused' } });
  });

  it('never pass with a host that is not on the list', () => {
    fc.assert(
      fc.property(fc.domain(), fc.stringMatching(/^[a-z0-9]{1,8}$/), (host, model) => {
        const checked = checkPull(`${host}/library/${model}`, HOSTS);
        return HOSTS.includes(host) || 'problem' in checked;
      }),
    );
  });
});

describe('a registry that speaks plain http', () => {
  const PLAIN =
    'pull model manifest: Get "https://registry.lan:5000/v2/a/b/manifests/latest": http: server gave HTTP response to HTTPS client';

  /** An Ollama whose registry speaks no https. */
  function ollama(asked: (boolean | undefined)[]) {
    return {
      async *pull(_model: string, options: { readonly insecure?: boolean } = {}) {
        asked.push(options.insecure);
        yield { status: 'pulling manifest', digest: null, totalBytes: null, completedBytes: null };
        if (!options.insecure) {
          throw classifyAnswer({ status: 200, json: true, text: PLAIN, path: '/api/pull' });
        }
        yield { status: 'success', digest: null, totalBytes: null, completedBytes: null };
      },
    };
  }
  const run = (insecure: boolean, asked: (boolean | undefined)[]) => {
    const server = { name: 'main', ollama: ollama(asked) } as unknown as Server;
    return pullModel(
      server,
      'registry.lan:5000/a/b',
      () => undefined,
      new AbortController().signal,
      Date.now,
      insecure,
    );
  };

  it('is asked over https first, over http only where the owner said so', async () => {
    const asked: (boolean | undefined)[] = [];
    expect(await run(true, asked)).toEqual({ result: 'pulled', model: 'registry.lan:5000/a/b' });
    expect(asked).toEqual([undefined, true]);
  });

  it("is not asked over http otherwise, and Ollama's words are kept", async () => {
    const asked: (boolean | undefined)[] = [];
    expect(await run(false, asked)).toMatchObject({
      result: 'failed',
      problem: { code: 'registry', params: { reason: 'plain-http', said: PLAIN } },
    });
    expect(asked).toEqual([undefined]);
  });

  it('is known by its host and port', () => {
    const hosts = { hosts: HOSTS, insecure: ['registry.lan:5000'] };
    expect(mayBePlain('registry.lan:5000/a/b', hosts)).toBe(true);
    expect(mayBePlain('registry.lan:5001/a/b', hosts)).toBe(false);
    expect(mayBePlain('gemma3:12b', hosts)).toBe(false);
  });
});
