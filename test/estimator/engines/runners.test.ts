import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { heldByDryRun } from '../../../src/estimator/engines/llama-server/fit/fit.ts';
import { prepareLaunch } from '../../../src/estimator/engines/llama-server/launch.ts';
import { believedGpus, firstToLeave, runnersOf } from '../../../src/estimator/engines/llama-server/runners.ts';
import { gpuOverhead } from '../../../src/estimator/outside-buffers.ts';
import { decide } from '../../../src/estimator/plan/decide.ts';
import { settingsFromEnvironment } from '../../../src/estimator/plan/environment.ts';
import type { LoadedModel } from '../../../src/estimator/types.ts';
import { GIB, gpu, MIB, model, server } from '../fixture-models.ts';

/** A model that holds so much on one GPU, and counts half a GiB less. */
function loaded(name: string, onGpu: number, gib: number, changes: Partial<LoadedModel> = {}): LoadedModel {
  const places = [{ gpu: onGpu, heldBytes: gib * GIB, countedBytes: (gib - 0.5) * GIB }];
  return { name, sizeVramBytes: (gib - 0.5) * GIB, places, alone: true, ...changes };
}

const freeOf = (gpus: readonly { readonly freeBytes: number }[]) => gpus.map(({ freeBytes }) => freeBytes);

describe('what Ollama believes to be free', () => {
  test('with nothing loaded: what is free, less the context of the process that looks, in whole MiB', () => {
    const card = gpu(24, { freeBytes: 20 * GIB + 12_345 });
    const context = gpuOverhead(card).contextBytes;
    expect(freeOf(believedGpus([card], []))).toEqual([20 * GIB - context]);
  });

  test('with a model on the only GPU: what was free before it, less what its log adds up to', () => {
    const card = gpu(24, { freeBytes: 18 * GIB });
    const context = gpuOverhead(card).contextBytes;
    const runners = runnersOf(server([card], { loaded: [loaded('a', 0, 6)] }));
    expect(freeOf(believedGpus([card], runners))).toEqual([24 * GIB - context - 5.5 * GIB]);
  });

  test('a GPU beyond the first with a model of its own alone looks empty once every GPU has one', () => {
    const cards = [gpu(24, { freeBytes: 18 * GIB }), gpu(24, { freeBytes: 4 * GIB })];
    const runners = runnersOf(server(cards, { loaded: [loaded('a', 0, 6), loaded('b', 1, 20)] }));
    expect(freeOf(believedGpus(cards, runners))[1]).toBe(24 * GIB);
  });

  test('as long as one GPU has none, all are measured', () => {
    const cards = [gpu(24), gpu(24, { freeBytes: 4 * GIB })];
    const runners = runnersOf(server(cards, { loaded: [loaded('b', 1, 20)] }));
    const context = gpuOverhead(cards[1]!).contextBytes;
    expect(freeOf(believedGpus(cards, runners))[1]).toBe(4 * GIB - context);
  });

  test('is never below nothing nor above the whole GPU, whatever is loaded', () => {
    const scene = fc.array(fc.record({ onGpu: fc.nat(2), gib: fc.integer({ min: 1, max: 30 }), alone: fc.boolean() }), {
      maxLength: 6,
    });
    fc.assert(
      fc.property(scene, fc.array(fc.integer({ min: 0, max: 24 }), { minLength: 3, maxLength: 3 }), (models, free) => {
        const cards = free.map((gib) => gpu(24, { freeBytes: gib * GIB }));
        const all = models.map(({ onGpu, gib, alone }, index) => loaded(`m${index}`, onGpu, gib, { alone }));
        for (const card of believedGpus(cards, runnersOf(server(cards, { loaded: all })))) {
          expect(card.freeBytes).toBeGreaterThanOrEqual(0);
          expect(card.freeBytes).toBeLessThanOrEqual(card.totalBytes);
        }
      }),
    );
  });
});

describe('who leaves first', () => {
  const cards = [gpu(24, { freeBytes: 2 * GIB })];
  const leaves = (models: readonly LoadedModel[]) =>
    firstToLeave(runnersOf(server(cards, { loaded: models })))?.model.name;

  test('the shortest keep-alive; for ever is the longest', () => {
    const models = [
      loaded('ever', 0, 6, { keepAliveSeconds: -1 }),
      loaded('day', 0, 6, { keepAliveSeconds: 86_400 }),
      loaded('default', 0, 6),
    ];
    expect(leaves(models)).toBe('default');
    expect(leaves(models.slice(0, 2))).toBe('day');
  });

  test('of equal ones the file whose digest comes first', () => {
    expect(leaves([loaded('a', 0, 6, { digest: 'ff' }), loaded('b', 0, 6, { digest: '0a' })])).toBe('b');
    expect(leaves([])).toBeUndefined();
  });
});

describe('a load beside others', () => {
  const LLAMA = model('llama3.1-8b');

  test('sends one away where the prediction exceeds four fifths of what is believed free, and then fits', () => {
    const cards = [gpu(12, { freeBytes: 4 * GIB })];
    const held = [loaded('other', 0, 8)];
    const plan = decide(LLAMA, server(cards, { loaded: held }), { numCtx: 8192 });
    expect(plan.evicts).toEqual(['other']);
    expect(plan.verdict).toBe('fits');
  });

  test('nobody leaves where there is room, and nobody where some of the layers were asked for', () => {
    const roomy = [gpu(24, { freeBytes: 22 * GIB })];
    const small = { loaded: [loaded('small', 0, 2)] };
    expect(decide(LLAMA, server(roomy, small), { numCtx: 8192 }).evicts).toEqual([]);
    const tight = [gpu(12, { freeBytes: 4 * GIB })];
    const request = { numCtx: 2048, numGpu: 4 };
    expect(decide(LLAMA, server(tight, { loaded: [loaded('other', 0, 8)] }), request).evicts).toEqual([]);
  });

  test('one leaves where Ollama keeps no more models, however much is free', () => {
    const cards = [gpu(80, { freeBytes: 74 * GIB })];
    const models = [loaded('a', 0, 2), loaded('b', 0, 2), loaded('c', 0, 2)];
    const plan = (maxLoadedModels: number) =>
      decide(LLAMA, server(cards, { loaded: models, maxLoadedModels }), { numCtx: 4096 });
    expect(plan(0).evicts).toEqual(['a']);
    expect(plan(4).evicts).toEqual([]);
    expect(plan(1).evicts).toEqual(['a', 'b', 'c']);
  });
});

describe('a load that runs out of memory beside others', () => {
  test('makes all of them leave, in order, and is tried once more', () => {
    // All layers asked for: --fit keeps out of it, and the check before a start lets it through.
    const cards = [gpu(16, { freeBytes: 5 * GIB })];
    const held = [loaded('later', 0, 4, { keepAliveSeconds: 600 }), loaded('first', 0, 3, { keepAliveSeconds: 60 })];
    const request = { numCtx: 16_384, numGpu: 32 };
    const plan = decide(model('llama3.1-8b'), server(cards, { loaded: held }), request);
    expect(plan.evicts).toEqual(['first', 'later']);
    expect(plan.verdict).toBe('partial');
    expect(plan.notes.map(({ code }) => code)).toContain('evicts-after-oom');
    const alone = decide(model('llama3.1-8b'), server([gpu(5)]), request);
    expect(alone.verdict).toBe('refused');
  });
});

describe('settings of the server', () => {
  const LLAMA = model('llama3.1-8b');

  test('only visible GPUs are planned on, and the plan still speaks of all', () => {
    const cards = [gpu(8), gpu(24), gpu(24)];
    const { server: settings } = settingsFromEnvironment({ CUDA_VISIBLE_DEVICES: '2' });
    const plan = decide(LLAMA, server(cards, settings), { numCtx: 8192 });
    expect(plan.gpus.map(({ layers }) => layers)).toEqual([0, 0, 33]);
    expect(plan.placement.perGpuLayers).toEqual([0, 0, 33]);
    expect(plan.notes.map(({ code }) => code)).toContain('gpus-hidden');
  });

  test('with none visible everything runs on the CPU', () => {
    const { server: settings } = settingsFromEnvironment({ CUDA_VISIBLE_DEVICES: '-1' });
    expect(decide(LLAMA, server([gpu(24)], settings), { numCtx: 8192 }).verdict).toBe('cpu');
  });

  test('a card that Ollama was not compiled for gets nothing', () => {
    const cards = [gpu(12, { computeCapability: 3.7 }), gpu(24, { computeCapability: 8.6 })];
    expect(decide(LLAMA, server(cards), { numCtx: 8192 }).gpus.map(({ layers }) => layers)).toEqual([0, 33]);
  });

  test('main_gpu takes the GPU of that number, whatever else is free', () => {
    const cards = [gpu(24), gpu(24), gpu(24)];
    expect(prepareLaunch(LLAMA, server(cards), { numCtx: 4096, mainGpu: 1 }).chosen).toEqual([1]);
    expect(prepareLaunch(LLAMA, server(cards), { numCtx: 4096, mainGpu: 7 }).chosen).toEqual([0, 1, 2]);
  });

  test('an environment is read as Ollama reads it: nonsense counts as unset, a strange truth as true', () => {
    const {
      server: settings,
      request,
      contextLength,
    } = settingsFromEnvironment({
      OLLAMA_GPU_OVERHEAD: '1073741824',
      OLLAMA_SCHED_SPREAD: 'yes',
      OLLAMA_FLASH_ATTENTION: 'false',
      OLLAMA_KV_CACHE_TYPE: 'Q8_0',
      OLLAMA_NUM_PARALLEL: 'many',
      OLLAMA_MAX_LOADED_MODELS: '2',
      OLLAMA_CONTEXT_LENGTH: '0',
      CUDA_VISIBLE_DEVICES: '1, 0, -1, 2',
    });
    expect(settings).toEqual({
      gpuOverheadBytes: GIB,
      schedSpread: true,
      maxLoadedModels: 2,
      visibleGpus: [1, 0],
    });
    expect(request).toEqual({ flashAttention: false, kvCacheType: 'q8_0' });
    expect(contextLength).toBeNull();
  });
});

describe('what /api/ps will say', () => {
  test('of a model with windows only the cache logged last counts: the plan holds more than size_vram says', () => {
    const plan = decide(model('gemma3-1b'), server([gpu(24)]), { numCtx: 32_768 });
    const [card] = plan.gpus;
    const buffers = card!.weightsBytes + card!.cacheBytes + card!.computeBytes;
    // 4 of 26 layers see all 32,768 tokens: 1 KV head of 256, keys and values in F16.
    expect(buffers - plan.sizeVramBytes).toBeGreaterThan(4 * 32_768 * 1024 - MIB / 10);
    expect(buffers - plan.sizeVramBytes).toBeLessThan(4 * 32_768 * 1024 + MIB / 10);
  });

  test('of a model partly in system memory the mapped file counts no more than the GPUs leave of it', () => {
    const spec = { ...model('gemma3-1b'), fileBytes: 815_310_432 };
    const plan = decide(spec, server([gpu(8)]), { numCtx: 4096, numGpu: 26 });
    expect(plan.verdict).toBe('partial');
    const onGpu = plan.gpus[0]!.weightsBytes;
    const rest = plan.sizeBytes - plan.sizeVramBytes - plan.host.cacheBytes - plan.host.computeBytes;
    expect(rest + onGpu).toBeLessThanOrEqual(Math.max(spec.fileBytes, onGpu) + 2 * MIB);
  });

  test('a dry run of --fit holds nothing of a model without recurrent state', () => {
    const { config } = prepareLaunch(model('llama3.1-8b'), server([gpu(24)]), { numCtx: 8192 });
    expect(heldByDryRun(model('llama3.1-8b'), config)).toEqual([]);
  });
});
