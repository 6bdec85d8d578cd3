import type { ModelSpec } from '../../src/estimator/types.ts';
import { ManualClock } from '../../src/simulator/clock.ts';
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts';
import type { Placement, SimulatedGpu, SimulatedModel, SimulatorOptions } from '../../src/simulator/types.ts';

export const MIB = 1024 * 1024;
export const GIB = 1024 * MIB;
/** What one token of context costs in these tests. */
export const BYTES_PER_TOKEN = 128 * 1024;

/** A language model of about `gib` GiB: enough metadata for every rule of the server, few tensors. */
export function model(name: string, gib: number, extra: Partial<SimulatedModel> = {}): SimulatedModel {
  return { spec: spec(name, gib, {}), ...extra };
}

export function embeddingModel(name: string, gib: number): SimulatedModel {
  return { spec: spec(name, gib, { 'llama.pooling_type': 1 }) };
}

function spec(name: string, gib: number, metadata: ModelSpec['metadata']): ModelSpec {
  return {
    name,
    architecture: 'llama',
    fileBytes: gib * GIB,
    metadata: {
      'general.architecture': 'llama',
      'general.name': 'Secret Name',
      'general.file_type': 15,
      'llama.block_count': 4,
      'llama.context_length': 131072,
      'llama.embedding_length': 2048,
      'llama.attention.head_count': 16,
      'llama.attention.head_count_kv': [4, 4, 4, 4],
      'tokenizer.ggml.tokens.length': 2000,
      'tokenizer.ggml.scores.length': 2000,
      ...metadata,
    },
    tensors: [
      { name: 'token_embd.weight', shape: [2048, 2000], type: 'Q4_K' },
      { name: 'output_norm.weight', shape: [2048], type: 'F32' },
      { name: 'blk.0.attn_q.weight', shape: [2048, 2048], type: 'Q6_K' },
    ],
  };
}

export function card(gib: number): SimulatedGpu {
  return {
    name: 'NVIDIA GeForce RTX 3060',
    totalBytes: gib * GIB,
    reservedBytes: 256 * MIB,
    baselineBytes: 4 * MIB,
    computeCapability: 8.6,
    cudaContextBytes: 100 * MIB,
    powerLimitWatts: 170,
  };
}

/** Weights and cache on the first card that holds them, else over all cards, the rest on the host. */
export const plainPlacement: Placement = (spec, server, request) => {
  const slots = request.numParallel ?? 1;
  const need = (spec.fileBytes ?? 0) + request.numCtx * slots * BYTES_PER_TOKEN;
  const room = server.gpus.map((gpu) => Math.max(0, gpu.freeBytes - 200 * MIB));
  // as with num_gpu of Ollama: what is asked for by number is tried, whether it fits or not
  const forced = (request.numGpu ?? -1) > 0;
  const single = forced ? 0 : room.findIndex((free) => free >= need);
  let left = request.numGpu === 0 ? 0 : need;
  const gpuBytes = room.map((free, index) => {
    const take = single >= 0 ? (index === single ? need : 0) : Math.min(free, left);
    left -= take;
    return take;
  });
  const onGpu = gpuBytes.reduce((sum, bytes) => sum + bytes, 0);
  return {
    gpuBytes,
    usesGpu: gpuBytes.map((bytes) => bytes > 0),
    hostBytes: need - onGpu,
    fullyOnGpu: onGpu === need,
    reportedVramBytes: onGpu,
    reportedBytes: need,
    numCtx: request.numCtx,
  };
};

export interface TestMachine {
  readonly simulator: Simulator;
  readonly clock: ManualClock;
}

/** Two cards of 8 GiB, four models, time that stands still; loads take one simulated second per GiB. */
export async function startMachine(options: Partial<SimulatorOptions> = {}): Promise<TestMachine> {
  const clock = new ManualClock();
  const simulator = await startSimulator({
    gpus: [card(8), card(8)],
    system: { totalBytes: 32 * GIB, usedBytes: 4 * GIB },
    ollamaVersion: '0.33.0',
    models: [model('small:1b', 1), model('middle:4b', 4), model('large:6b', 6), embeddingModel('embed:latest', 0.25)],
    registry: [model('fresh:2b', 2)],
    placement: plainPlacement,
    clock,
    ...options,
  });
  return { simulator, clock };
}

/** Slow enough to see a load under way. */
export const SLOW = { startupMs: 100, loadBytesPerSecond: GIB, recoveryMs: 500, pullBytesPerSecond: GIB };
