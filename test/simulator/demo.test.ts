/** The demo's machine with the estimator behind it: what was planned is nearly, and never quite, what comes. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { builtinCatalogue } from '../../src/catalogue/builtin.ts';
import { decide } from '../../src/estimator/plan/decide.ts';
import type { EstimateServer, ModelSpec } from '../../src/estimator/types.ts';
import { createOllamaClient } from '../../src/ollama/client.ts';
import { OllamaError } from '../../src/ollama/errors.ts';
import type { OllamaClient } from '../../src/ollama/types.ts';
import { ManualClock } from '../../src/simulator/clock.ts';
import { demoMachine } from '../../src/simulator/demo-machine.ts';
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts';
import type { SimulatorOptions } from '../../src/simulator/types.ts';
import { GIB, MIB } from './machine.ts';

const NAMES = ['gemma3:12b', 'llama3.1:8b', 'nomic-embed-text'];
const AT_ONCE = {
  startupMs: 0,
  recoveryMs: 0,
  loadBytesPerSecond: Number.POSITIVE_INFINITY,
  pullBytesPerSecond: Number.POSITIVE_INFINITY,
};

let simulator: Simulator;
let client: OllamaClient;

function spec(name: string): ModelSpec {
  const found = builtinCatalogue().find(name);
  if (!found) {
    throw new Error(`the built-in list lacks ${name}`);
  }
  return found;
}

async function start(extra: Partial<SimulatorOptions> = {}): Promise<void> {
  await stop();
  const models = NAMES.map((name) => ({ spec: { ...spec(name), name } }));
  simulator = await startSimulator({ ...demoMachine(models), timing: AT_ONCE, clock: new ManualClock(), ...extra });
  client = createOllamaClient({ host: simulator.url });
}

async function stop(): Promise<void> {
  await client?.close();
  await simulator?.close();
}

/** The server as somebody sees it who reads /api/version and nvidia-smi. */
function seen(ollama = '0.33.0'): EstimateServer {
  return {
    ollama,
    gpus: simulator.gpus().map(({ name, totalBytes, freeBytes, computeCapability }) => ({
      name,
      totalBytes,
      freeBytes,
      computeCapability,
    })),
    system: { totalBytes: 64 * GIB, freeBytes: 58 * GIB, swapFreeBytes: 0 },
    os: 'linux',
  };
}

beforeEach(() => start());
afterEach(stop);

describe('the demo machine', () => {
  it('has four cards of 8 GiB and a current Ollama', async () => {
    expect(simulator.gpus().map(({ totalBytes }) => totalBytes)).toEqual([8 * GIB, 8 * GIB, 8 * GIB, 8 * GIB]);
    expect(simulator.gpus().map(({ computeCapability }) => computeCapability)).toEqual([6.1, 6.1, 6.1, 6.1]);
    expect((await client.version()).text).toBe('0.33.0');
  });

  it.each([8096, 32768, 131072])(
    'takes gemma3:12b at %d over its cards, close to the plan but not on it',
    async (numCtx) => {
      const plan = decide(spec('gemma3:12b'), seen(), { numCtx });
      const before = simulator.gpus().map(({ freeBytes }) => freeBytes);
      await client.load('gemma3:12b', { numCtx });
      const [running] = await client.ps();
      expect(running).toMatchObject({ name: 'gemma3:12b', contextLength: plan.numCtx });
      expect(running!.sizeVramBytes).toBe(running!.sizeBytes);
      expect(running!.sizeVramBytes).toBeGreaterThan(plan.sizeVramBytes);
      expect(running!.sizeVramBytes).toBeLessThan(plan.sizeVramBytes * 1.02);
      for (const [index, gpu] of simulator.gpus().entries()) {
        const taken = before[index]! - gpu.freeBytes;
        expect(Math.abs(taken - plan.gpus[index]!.totalBytes)).toBeLessThan(200 * MIB);
        expect(taken).not.toBe(plan.gpus[index]!.totalBytes);
      }
    },
  );

  it('gives the same answer to the same question', async () => {
    const sizes: number[] = [];
    for (let time = 0; time < 2; time++) {
      await start();
      await client.load('llama3.1:8b', { numCtx: 8192 });
      sizes.push((await client.ps())[0]!.sizeBytes);
    }
    expect(sizes[0]).toBe(sizes[1]);
  });

  it('shows its models so that their memory can be planned from the answer', async () => {
    const shown = await client.show('gemma3:12b', { verbose: true });
    const tower = shown.tensors!.filter(({ name }) => name.startsWith('v.'));
    expect(tower.length).toBeGreaterThan(400);
    expect(shown.modelInfo['gemma3.vision.block_count']).toBe(27);
    expect(shown.modelInfo['tokenizer.ggml.tokens.length']).toBe(
      spec('gemma3:12b').metadata['tokenizer.ggml.tokens.length'],
    );
    expect(shown.capabilities).toEqual(['completion', 'vision']);
  });

  it('loads embedding models by themselves on one card', async () => {
    expect(await client.load('nomic-embed-text', {})).toEqual({ via: 'embed' });
    expect(simulator.loaded()[0]!.gpuBytes.filter((bytes) => bytes > 0)).toHaveLength(1);
  });

  it('runs out of memory when all layers are forced onto cards that cannot hold them', async () => {
    for (const index of [0, 1, 2, 3]) {
      simulator.setForeign('somebody', index, 6 * GIB);
    }
    const forced = client.load('gemma3:12b', { numCtx: 131072, numGpu: 99 });
    await expect(forced).rejects.toThrow(expect.objectContaining({ code: 'out-of-memory' }));
    expect(simulator.loaded()).toEqual([]);
  });

  it('spills to the CPU when the cards are taken by others, and says so in ps', async () => {
    for (const index of [0, 1, 2, 3]) {
      simulator.setForeign('somebody', index, 6 * GIB);
    }
    await client.load('gemma3:12b', { numCtx: 32768 });
    const [running] = await client.ps();
    expect(running!.sizeVramBytes).toBeLessThan(running!.sizeBytes);
  });

  it('with Ollama 0.6.5 and little RAM refuses as that version did, with both figures', async () => {
    await start({ ollamaVersion: '0.6.5', system: { totalBytes: 24 * GIB, usedBytes: 4 * GIB } });
    const error = await client.load('gemma3:12b', { numCtx: 131072 }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(OllamaError);
    expect(error).toMatchObject({ code: 'needs-more-memory', params: { memory: 'system' } });
    const { neededBytes, availableBytes } = (error as OllamaError).params;
    expect(Number(neededBytes)).toBeGreaterThan(Number(availableBytes));
  });
});
