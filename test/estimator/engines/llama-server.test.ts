import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { prepareLaunch } from '../../../src/estimator/engines/llama-server/launch.ts';
import { decideLlamaServer } from '../../../src/estimator/engines/llama-server/llama-server.ts';
import { choosePlacement } from '../../../src/estimator/engines/llama-server/placement.ts';
import { automaticBatch, predictServerVram } from '../../../src/estimator/engines/llama-server/prediction.ts';
import type { GpuDevice, ModelSpec } from '../../../src/estimator/types.ts';
import { GIB, gpu, MIB, model, server } from '../fixture-models.ts';

const LLAMA: ModelSpec = { ...model('llama3.1-8b'), fileBytes: 4_920_734_272 };

/** A tower of a given size, in a file of its own. */
function withTower(spec: ModelSpec, weightsBytes: number): ModelSpec {
  return { ...spec, projector: { source: 'file', weightsBytes, metadata: {}, tensors: [] } };
}

describe('the prediction', () => {
  test('is the file plus an F16 cache by KV heads and embedding / heads', () => {
    expect(predictServerVram(LLAMA, 8192)).toBe(4_920_734_272 + 8192 * 2 * 32 * 8 * 128 * 2);
  });

  test('gemma3:12b comes to what Ollama logs: 9.0, 18.8 and 52.6 GiB', () => {
    const metadata = {
      'gemma3.block_count': 48,
      'gemma3.attention.head_count': 16,
      'gemma3.attention.head_count_kv': 8,
      'gemma3.embedding_length': 3840,
    };
    const spec: ModelSpec = {
      name: 'gemma3:12b',
      architecture: 'gemma3',
      metadata,
      tensors: [],
      fileBytes: 8_149_190_253,
    };
    const gib = [4096, 32768, 131072].map((ctx) => (predictServerVram(spec, ctx) / GIB).toFixed(1));
    expect(gib).toEqual(['9.0', '18.8', '52.6']);
  });

  test('arrays of heads count by the fewest KV heads and the most heads', () => {
    const metadata = {
      'x.block_count': 4,
      'x.attention.head_count': [8, 16, 16, 8],
      'x.attention.head_count_kv': [0, 4, 4, 0],
      'x.embedding_length': 2048,
    };
    const spec: ModelSpec = { name: 'x', architecture: 'x', metadata, tensors: [], fileBytes: 1000 };
    expect(predictServerVram(spec, 256)).toBe(1000 + 2 * 4 * 1 * 128 * 256 * 2);
  });
});

describe('the choice of GPUs', () => {
  const predicted = 8 * GIB;

  test('one GPU that holds the prediction with a fifth to spare, the emptiest first', () => {
    expect(choosePlacement([gpu(10), gpu(12), gpu(11)], predicted, undefined, false).chosen).toEqual([1]);
    expect(choosePlacement([gpu(9.9), gpu(9.9)], predicted, undefined, false).chosen).toEqual([0, 1]);
  });

  test('never two of four: all of the group or one', () => {
    expect(choosePlacement([gpu(8), gpu(8), gpu(8), gpu(8)], predicted, undefined, false).chosen).toEqual([0, 1, 2, 3]);
  });

  test('spread takes the group although one would do', () => {
    expect(choosePlacement([gpu(24), gpu(24)], predicted, undefined, true).chosen).toEqual([0, 1]);
  });

  test('a discrete GPU before an integrated one, a group of one library only', () => {
    const integrated = gpu(64, { integrated: true });
    expect(choosePlacement([integrated, gpu(12)], predicted, undefined, false).chosen).toEqual([1]);
    const mixed = [gpu(8, { library: 'ROCm' }), gpu(6), gpu(6)];
    expect(choosePlacement(mixed, 20 * GIB, undefined, false).chosen).toEqual([1, 2]);
  });

  test('an integrated GPU offers no more than the system has free', () => {
    const system = { totalBytes: 16 * GIB, freeBytes: 6 * GIB, swapFreeBytes: 0 };
    expect(choosePlacement([gpu(64, { integrated: true }), gpu(4)], predicted, system, false).chosen).not.toEqual([0]);
  });
});

describe('the batch', () => {
  const cards = [gpu(24)];

  test.each([
    [4096, 512],
    [4097, 1024],
    [32768, 1024],
    [32769, 2048],
  ])('context %i gives %i when there is room', (ctx, batch) => {
    expect(automaticBatch(ctx, GIB, 24 * GIB, false, cards)).toBe(batch);
  });

  test('falls as the prediction grows', () => {
    const at = (share: number): number => automaticBatch(65536, share * 24 * GIB, 24 * GIB, false, cards);
    expect([at(0.59), at(0.61), at(0.74), at(0.77), at(0.81)]).toEqual([2048, 1024, 1024, 512, 512]);
  });

  test('without flash attention on CUDA it is 512, on cards up to 8 GiB 256', () => {
    expect(automaticBatch(65536, GIB, 24 * GIB, true, cards)).toBe(512);
    expect(automaticBatch(65536, GIB, 8 * GIB, true, [gpu(8)])).toBe(256);
    expect(automaticBatch(4096, GIB, 8 * GIB, true, [gpu(8)])).toBe(512);
  });
});

describe('the launch', () => {
  test('context is that of all slots, clamped to the training context, told in a note', () => {
    const { config, notes } = prepareLaunch(LLAMA, server([gpu(80)]), { numCtx: 1_000_000, numParallel: 2 });
    expect([config.numCtx, config.numParallel, config.outputs, config.unifiedCache]).toEqual([262144, 2, 2, false]);
    expect(notes.map((note) => note.code)).toEqual(['ctx-clamped-to-training']);
  });

  test('an embedding model has one slot, every output, and a batch of its context', () => {
    const { config } = prepareLaunch(model('nomic-embed-text'), server([gpu(8)]), { numCtx: 2048, numParallel: 4 });
    expect([config.embedding, config.numParallel, config.numBatch, config.outputs]).toEqual([true, 1, 2048, 0]);
  });

  test.each([
    ['0.30.10', 12, true, 1024],
    ['0.30.10', 10, false, 1024],
    ['0.31.1', 10, true, 1024],
    ['0.31.2', 10, true, 1820],
    ['0.33.0', 1.7, false, 1024],
  ])('Ollama %s on %d GiB: projector on the GPU %s, margin %i MiB', (ollama, gib, onGpu, margin) => {
    const spec = withTower(LLAMA, 796 * MIB);
    const launch = prepareLaunch(spec, server([gpu(gib)], { ollama }), { numCtx: 4096 });
    expect([launch.projectorOnGpu, launch.marginBytes / MIB]).toEqual([onGpu, margin]);
  });

  test('some layers asked for: the projector stays on the CPU', () => {
    const launch = prepareLaunch(withTower(LLAMA, GIB), server([gpu(24)]), { numCtx: 4096, numGpu: 10 });
    expect(launch.notes).toContainEqual({ code: 'projector-on-cpu', params: { why: 'partial-text-offload' } });
  });

  test('other models leave when the prediction and the surcharge exceed four fifths', () => {
    const loaded = [{ name: 'other', sizeVramBytes: GIB }];
    const codes = (gib: number): string[] =>
      prepareLaunch(LLAMA, server([gpu(gib)], { loaded }), { numCtx: 8192 }).notes.map((note) => note.code);
    expect(codes(24)).not.toContain('evicts-others');
    expect(codes(6)).toContain('evicts-others');
  });

  test('flash attention is off on cards that cannot, on by llama.cpp elsewhere', () => {
    const mode = (capability: number): unknown =>
      prepareLaunch(LLAMA, server([gpu(24, { computeCapability: capability })]), { numCtx: 4096 }).config
        .flashAttention;
    expect([mode(5.2), mode(6.1), mode(7.2), mode(8.6)]).toEqual([false, 'auto', false, 'auto']);
  });
});

describe('the decision', () => {
  const request = { numCtx: 8192 };

  test('parts add up on every GPU, and unused GPUs stay empty', () => {
    const plan = decideLlamaServer(LLAMA, server([gpu(24), gpu(24)]), request);
    for (const one of plan.gpus) {
      const parts = one.weightsBytes + one.cacheBytes + one.computeBytes + one.projectorBytes + one.overheadBytes;
      expect(one.totalBytes).toBe(parts);
    }
    expect(plan.verdict).toBe('fits');
    expect(plan.gpus.filter((one) => one.totalBytes === 0)).toHaveLength(1);
    expect(plan.sizeBytes).toBe(plan.sizeVramBytes);
  });

  test('the CUDA context is in the total, not in what /api/ps reports', () => {
    const plan = decideLlamaServer(LLAMA, server([gpu(24)]), request);
    const [one] = plan.gpus;
    expect(one!.overheadBytes).toBeGreaterThan(0);
    const buffers = one!.weightsBytes + one!.cacheBytes + one!.computeBytes;
    expect(Math.abs(plan.sizeVramBytes - buffers)).toBeLessThan(0.05 * MIB);
  });

  test('too little memory spills layers; the host holds the rest of the file', () => {
    const plan = decideLlamaServer(LLAMA, server([gpu(5)]), request);
    expect([plan.verdict, plan.reason.code]).toEqual(['partial', 'layers-on-cpu']);
    expect(plan.placement.gpuLayers).toBeGreaterThan(0);
    expect(plan.placement.gpuLayers).toBeLessThan(33);
    expect(plan.sizeBytes).toBeGreaterThan(plan.sizeVramBytes);
    expect(plan.sizeBytes).toBeGreaterThanOrEqual(LLAMA.fileBytes!);
  });

  test('layers set by num_gpu are not fitted: too many run out of memory', () => {
    const plan = decideLlamaServer(LLAMA, server([gpu(4)]), { numCtx: 8192, numGpu: 99 });
    expect([plan.verdict, plan.reason.code, plan.reason.params.gpu]).toEqual(['refused', 'out-of-memory', 0]);
    const few = decideLlamaServer(LLAMA, server([gpu(4)]), { numCtx: 8192, numGpu: 5 });
    expect([few.verdict, few.placement.gpuLayers]).toEqual(['partial', 5]);
  });

  test('num_gpu 0 and a machine without GPUs run on the CPU', () => {
    expect(decideLlamaServer(LLAMA, server([gpu(24)]), { numCtx: 4096, numGpu: 0 }).verdict).toBe('cpu');
    const none = decideLlamaServer(LLAMA, server([]), request);
    expect([none.verdict, none.sizeVramBytes, none.host.weightsBytes > 4e9]).toEqual(['cpu', 0, true]);
  });

  test('a quantized cache without flash attention is refused', () => {
    const plan = decideLlamaServer(LLAMA, server([gpu(24)]), {
      ...request,
      kvCacheType: 'q8_0',
      flashAttention: false,
    });
    expect([plan.verdict, plan.reason.code]).toEqual(['refused', 'kv-needs-flash-attention']);
  });

  test('a projector that runs the first GPU out of memory is tried again on the CPU', () => {
    // Before 0.31.2 --fit knew nothing of the projector: it fills the card and the tower finds no room.
    const spec = withTower(LLAMA, 3 * GIB);
    const plan = decideLlamaServer(spec, server([gpu(8)], { ollama: '0.31.1' }), request);
    expect(plan.notes.map((note) => note.code)).toContain('projector-on-cpu');
    expect([plan.verdict, plan.gpus[0]!.projectorBytes]).toEqual(['fits', 0]);
  });

  test('/api/ps repeats what llama-server logs: hundredths of a MiB', () => {
    const plan = decideLlamaServer(LLAMA, server([gpu(24)]), request);
    const logged = (bytes: number): number => Math.floor(Number((bytes / MIB).toFixed(2)) * MIB);
    const one = plan.gpus[0]!;
    expect(plan.sizeVramBytes).toBe(logged(one.weightsBytes) + logged(one.cacheBytes) + logged(one.computeBytes));
  });

  test('Windows maps no weights: only what is really on the CPU counts there', () => {
    const sizes = (os: 'linux' | 'windows'): number =>
      decideLlamaServer(LLAMA, server([gpu(5)], { os }), request).sizeBytes;
    expect(sizes('windows')).toBeLessThan(sizes('linux'));
  });

  test('v0.30.0 keeps the logits of the whole batch, later ones one row per slot', () => {
    const compute = (ollama: string): number =>
      decideLlamaServer(LLAMA, server([gpu(24)], { ollama }), request).gpus[0]!.computeBytes;
    expect(compute('0.30.0') - compute('0.30.1')).toBeGreaterThan(200 * MIB);
  });

  test('host memory that is not there is told', () => {
    const system = { totalBytes: 4 * GIB, freeBytes: GIB, swapFreeBytes: 0 };
    const plan = decideLlamaServer(LLAMA, server([gpu(2)], { system }), request);
    expect(plan.notes.map((note) => note.code)).toContain('host-memory-short');
  });

  test('what was learned about a server moves the overhead, not the buffers', () => {
    const calibration = { overheadDeltaBytes: 100 * MIB, computeFactor: 1, observations: 5 };
    const before = decideLlamaServer(LLAMA, server([gpu(24)]), request);
    const after = decideLlamaServer(LLAMA, server([gpu(24)], { calibration }), request);
    expect(after.gpus[0]!.totalBytes - before.gpus[0]!.totalBytes).toBe(100 * MIB);
    expect(after.sizeVramBytes).toBe(before.sizeVramBytes);
  });

  test('more free memory never makes a verdict worse on one GPU', () => {
    const rank = { refused: 0, cpu: 1, partial: 2, fits: 3 };
    const card = (mib: number): GpuDevice => gpu(mib / 1024);
    fc.assert(
      fc.property(
        fc.integer({ min: 2048, max: 24 * 1024 }),
        fc.integer({ min: 0, max: 4096 }),
        fc.constantFrom(2048, 8192, 20000, 65536),
        (mib, more, numCtx) => {
          // The batch grows with free memory, and buffers with the batch: it is held here.
          const ask = { numCtx, numBatch: 512 };
          const less = decideLlamaServer(LLAMA, server([card(mib)]), ask);
          const roomier = decideLlamaServer(LLAMA, server([card(mib + more)]), ask);
          expect(rank[roomier.verdict]).toBeGreaterThanOrEqual(rank[less.verdict]);
          if (less.verdict !== 'refused' && roomier.verdict !== 'refused') {
            expect(roomier.placement.gpuLayers).toBeGreaterThanOrEqual(less.placement.gpuLayers);
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});
