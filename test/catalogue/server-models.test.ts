import { afterEach, describe, expect, it } from 'vitest';
import { builtinCatalogue } from '../../src/catalogue/builtin.ts';
import { Catalogue } from '../../src/catalogue/catalogue.ts';
import { createOllamaClient } from '../../src/ollama/client.ts';
import type { OllamaClient } from '../../src/ollama/types.ts';
import { demoMachine } from '../../src/simulator/demo-machine.ts';
import type { HttpFaultRule } from '../../src/simulator/faults.ts';
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts';

const LISTED = 'llama3.2:1b';
/** A team's own model that no list has. */
const OWN = 'our-own-model:1b';

let simulator: Simulator;
let client: OllamaClient;

async function start(ollamaVersion: string): Promise<void> {
  const listed = builtinCatalogue().find(LISTED)!;
  const specs = [{ spec: listed }, { spec: { ...listed, name: OWN } }];
  simulator = await startSimulator({ ...demoMachine(specs), timing: {}, ollamaVersion });
  client = createOllamaClient({ host: simulator.url });
}

afterEach(async () => {
  await client.close();
  await simulator.close();
});

describe('a model that no list has', () => {
  it.each<[why: string, fault: HttpFaultRule['fault'], path: string, reason: string]>([
    ['answers with an error', { kind: 'status', status: 500, text: 'oops' }, '*', 'server-failed'],
    ['is busy', { kind: 'status', status: 503, text: 'server busy' }, '/api/show', 'server-failed'],
    ['turns the host name away', { kind: 'status', status: 403, text: '', json: false }, '*', 'server-refused'],
    ['wants a key', { kind: 'status', status: 401, text: 'Unauthorized', json: false }, '*', 'server-refused'],
    ['cuts the connection', { kind: 'reset' }, '*', 'server-unreachable'],
    ['is no Ollama', { kind: 'garbage' }, '*', 'server-answer-invalid'],
    ['is silent', { kind: 'hang' }, '*', 'server-timeout'],
  ])('is not called unknown where the server %s', async (_why, fault, path, reason) => {
    await start('0.33.0');
    simulator.setFaults({ http: [{ path, fault }] });
    await expect(
      new Catalogue({ serverTimeoutMs: fault.kind === 'hang' ? 150 : 5_000 }).find(OWN, { server: client }),
    ).rejects.toMatchObject({
      code: 'model-unasked',
      params: { model: OWN, reason },
    });
  });

  it('is not called unknown where nobody listens', async () => {
    await start('0.33.0');
    await simulator.refuse();
    await expect(new Catalogue().find(OWN, { server: client })).rejects.toMatchObject({ code: 'model-unasked' });
  });

  it('is unknown where the server says so, and is never offered its own name', async () => {
    await start('0.33.0');
    const error = await new Catalogue().find('our-own-modell:1b', { server: client }).catch((failure) => failure);
    expect(error).toMatchObject({ code: 'model-unknown' });
    expect(error.nearest).toContain(OWN);
    expect(error.nearest).not.toContain('our-own-modell:1b');
  });

  it('of which the server says that its file is damaged is told as that', async () => {
    await start('0.33.0');
    const text = 'tensor "token_embd.weight" offset+size (31069312) exceeds file size (20000000)';
    simulator.setFaults({ http: [{ path: '/api/show', fault: { kind: 'status', status: 500, text } }] });
    await expect(new Catalogue().find(LISTED, { server: client })).rejects.toMatchObject({
      code: 'model-unloadable',
      params: { reason: 'damaged' },
    });
  });
});

describe('before Ollama 0.6.1, which lists no tensors,', () => {
  it('a model is known by the built-in entry of what it was made from', async () => {
    await start('0.5.7');
    await client.create('mine', { from: LISTED, parameters: { num_ctx: 12_288 } });
    const found = await new Catalogue().find('mine', { server: client });
    expect(found).toMatchObject({
      source: 'builtin',
      spec: { name: 'mine:latest', architecture: 'llama', ownNumCtx: 12_288 },
      warnings: ['show-no-tensors', 'spec-of-parent'],
    });
    expect(found.spec.tensors).toEqual(builtinCatalogue().find(LISTED)!.tensors);
  });

  it('a copy is known by the other name of its manifest', async () => {
    await start('0.3.14');
    await client.copy(LISTED, 'copied');
    const found = await new Catalogue().find('copied', { server: client });
    expect(found).toMatchObject({ source: 'builtin', spec: { name: 'copied:latest' } });
  });

  it('a model made from one that no list has is told to be that, not to be unknown', async () => {
    await start('0.5.7');
    await client.create('mine', { from: OWN, parameters: { num_ctx: 12_288 } });
    await expect(new Catalogue().find('mine', { server: client })).rejects.toMatchObject({
      code: 'model-without-tensors',
      params: { model: 'mine:latest' },
    });
  });
});
