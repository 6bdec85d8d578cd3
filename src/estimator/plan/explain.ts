/**
 * Where each figure of a plan comes from: a formula in symbols and numbers, and the file or change of llama.cpp or
 * Ollama that says so. `label` and `source` are the same in every language; the edge translates labels.
 */

import { MIB } from '../../base/bytes.ts';
import { prepareLaunch } from '../engines/llama-server/launch.ts';
import { REFERENCE_BUILD } from '../llama-cpp/builds.ts';
import { planProjector } from '../model/projector.ts';
import { gpuOverhead } from '../outside-buffers.ts';
import type { EstimateRequest, EstimateServer, GpuPlan, ModelSpec, Plan } from '../types.ts';
import { inWholeBytes } from './checks.ts';
import { architectureNumber, blockCount, isMixtureOfExperts, modelFileBytes } from './facts.ts';

/** One figure explained. */
export interface ExplainedFigure {
  /** A code for the message table: `weights`, `cache`, `compute`, `projector`, `overhead`, `total`, `prediction`… */
  readonly label: string;
  /** Index of the GPU, or `host`, or absent for the whole plan. */
  readonly device?: number | 'host';
  readonly valueBytes: number;
  /** Language-neutral: symbols, numbers and operators. */
  readonly formula: string;
  /** File or change, and version. */
  readonly source: string;
}

/** llama.cpp as the formulas were read from it. */
const LLAMA_CPP = `llama.cpp ${REFERENCE_BUILD.name}`;
const KV_CACHE = `${LLAMA_CPP} src/llama-kv-cache.cpp`;
const ALLOCATOR = `${LLAMA_CPP} ggml/src/ggml-alloc.c, src/llama-graph.cpp`;
const OVERHEAD = 'llama.cpp common_memory_breakdown_print: "unaccounted", public reports 2025-2026';
const OLLAMA_SERVER = 'Ollama v0.33.0 llm/llama_server.go';
const OLLAMA_SCHED = 'Ollama v0.33.0 server/sched.go';

/**
 * Explains a plan figure by figure: GPUs first, then the host, then what Ollama itself predicts and reports.
 *
 * @param plan made by `decide` or `planFixed` from the same spec, server and request
 */
export function explain(
  spec: ModelSpec,
  plan: Plan,
  asked: EstimateServer,
  request: EstimateRequest,
): readonly ExplainedFigure[] {
  const server = inWholeBytes(asked);
  const figures: ExplainedFigure[] = [];
  for (const [index, gpu] of plan.gpus.entries()) {
    if (gpu.totalBytes > 0) {
      figures.push(...gpuFigures(spec, plan, server, gpu, index));
    }
  }
  figures.push(...hostFigures(plan));
  if (plan.engine === 'llama-server') {
    figures.push(...launchFigures(spec, server, request));
  }
  figures.push({
    label: 'size-vram',
    valueBytes: plan.sizeVramBytes,
    formula: plan.engine === 'formula' || plan.engine === 'layout' ? 'Σ size_vram' : 'Σ (weights + cache + compute)',
    source: sizeSource(plan),
  });
  return figures;
}

function gpuFigures(
  spec: ModelSpec,
  plan: Plan,
  server: EstimateServer,
  gpu: GpuPlan,
  device: number,
): readonly ExplainedFigure[] {
  const measured = server.gpus[device];
  const [low, high] = gpu.overheadRangeBytes;
  const figures: ExplainedFigure[] = [
    {
      label: 'weights',
      device,
      valueBytes: gpu.weightsBytes,
      formula: weightsFormula(plan, gpu),
      source: weightsSource(plan),
    },
    {
      label: 'cache',
      device,
      valueBytes: gpu.cacheBytes,
      formula: cacheFormula(spec, plan),
      source: cacheSource(plan),
    },
    {
      label: 'compute',
      device,
      valueBytes: gpu.computeBytes,
      formula: computeFormula(spec, plan),
      source: computeSource(plan),
    },
  ];
  if (gpu.projectorBytes > 0) {
    const projector = planProjector(spec);
    const parts = projector === undefined ? 'tower' : sumOf(projector.weightsBytes, projector.computeBytes);
    figures.push({
      label: 'projector',
      device,
      valueBytes: gpu.projectorBytes,
      formula: `Σ bytes(v.*, mm.*, a.*) + graph(image) = ${parts}`,
      source: `${LLAMA_CPP} tools/mtmd/clip.cpp`,
    });
  }
  const basis = measured === undefined ? 'guessed' : gpuOverhead(measured).basis;
  figures.push(
    {
      label: 'overhead',
      device,
      valueBytes: gpu.overheadBytes,
      formula:
        plan.engine === 'formula'
          ? '457 MiB + size(blk.0) + kv(0)'
          : `${partsOf(gpu)}${mib(low)} … ${mib(high)} MiB, ${basis}`,
      source: plan.engine === 'formula' ? 'Ollama llm/memory.go EstimateGPULayers' : OVERHEAD,
    },
    {
      label: 'total',
      device,
      valueBytes: gpu.totalBytes,
      formula: sumOf(gpu.weightsBytes, gpu.cacheBytes, gpu.computeBytes, gpu.projectorBytes, gpu.overheadBytes),
      source: 'Σ',
    },
  );
  if (measured !== undefined) {
    figures.push({
      label: 'headroom',
      device,
      valueBytes: gpu.headroomBytes,
      formula: `${mib(measured.freeBytes)} − ${mib(gpu.totalBytes)} MiB`,
      source: 'free − total',
    });
  }
  return figures;
}

function hostFigures(plan: Plan): readonly ExplainedFigure[] {
  const { host } = plan;
  if (host.totalBytes === 0) {
    return [];
  }
  const device = 'host' as const;
  return [
    {
      label: 'weights',
      device,
      valueBytes: host.weightsBytes,
      formula: 'Σ bytes(tensor)',
      source: weightsSource(plan),
    },
    { label: 'cache', device, valueBytes: host.cacheBytes, formula: 'Σ kv(layer)', source: cacheSource(plan) },
    {
      label: 'compute',
      device,
      valueBytes: host.computeBytes,
      formula: 'mask(n_kv × n_ubatch) + 2 × n_embd × n_ubatch × 4',
      source: ALLOCATOR,
    },
  ];
}

function launchFigures(spec: ModelSpec, server: EstimateServer, request: EstimateRequest): readonly ExplainedFigure[] {
  const launch = prepareLaunch(spec, server, request);
  const fileBytes = modelFileBytes(spec);
  return [
    {
      label: 'prediction',
      valueBytes: launch.predictedBytes,
      formula: `file + 2·L·n_head_kv·⌊n_embd/n_head⌋·ctx·2 = ${sumOf(fileBytes, launch.predictedBytes - fileBytes)}`,
      source: `${OLLAMA_SERVER} PredictServerVRAM`,
    },
    {
      label: 'available',
      valueBytes: launch.availableBytes,
      formula: `Σ free, n_gpu = ${launch.chosen.length}, prediction ≤ 80 %`,
      source: `${OLLAMA_SCHED} selectLlamaServerPlacement`,
    },
    {
      label: 'fit-margin',
      valueBytes: launch.marginBytes,
      formula: launch.projectorOnGpu ? 'max(1 GiB, ⌈projector + 1 GiB⌉)' : '1 GiB',
      source: `${OLLAMA_SERVER} mmprojFitTargetMiB; ${LLAMA_CPP} common/fit.cpp`,
    },
  ];
}

function weightsFormula(plan: Plan, gpu: GpuPlan): string {
  return `Σ n_elements × type_size / block_size, n_layer = ${gpu.layers}/${plan.placement.totalLayers}`;
}

function weightsSource(plan: Plan): string {
  if (plan.engine === 'formula') {
    return 'Ollama llm/memory.go EstimateGPULayers';
  }
  return plan.engine === 'layout' ? 'Ollama llm/server.go buildLayout' : `${LLAMA_CPP} src/llama-model-loader.cpp`;
}

function cacheSource(plan: Plan): string {
  if (plan.engine === 'formula') {
    return 'Ollama fs/ggml/ggml.go GraphSize';
  }
  return plan.engine === 'layout' ? 'Ollama kvcache/causal.go' : KV_CACHE;
}

function cacheFormula(spec: ModelSpec, plan: Plan): string {
  if (plan.engine === 'formula') {
    return `Σ ctx × (d_k + d_v) × n_head_kv × bpe(${plan.kvCacheType}), ctx = ${plan.numCtx} × ${plan.numParallel}`;
  }
  const cells = Math.ceil(plan.numCtx / 256) * 256 * (plan.engine === 'llama.cpp' ? 1 : plan.numParallel);
  const window = architectureNumber(spec, 'attention.sliding_window');
  const full = `Σ cells × (n_embd_k + n_embd_v) × bytes(${plan.kvCacheType}), cells = ${cells}`;
  if (window <= 0) {
    return full;
  }
  const windowed = Math.min(cells, Math.ceil((window * plan.numParallel + plan.numUbatch) / 256) * 256);
  return `${full}; n_swa: min(cells, ⌈${window} × ${plan.numParallel} + ${plan.numUbatch}⌉256) = ${windowed}`;
}

function computeFormula(spec: ModelSpec, plan: Plan): string {
  if (plan.engine === 'formula') {
    return `graph(${spec.architecture}), n_batch = ${plan.numBatch}`;
  }
  const tokens = `n_ubatch = ${plan.numUbatch}`;
  const experts = isMixtureOfExperts(spec) ? ', n_expert_used × n_ff_exp' : '';
  const attention = plan.flashAttention ? 'flash_attn' : 'n_head × n_kv × n_ubatch × 4';
  const scratch = plan.kvCacheType === 'f16' || !plan.flashAttention ? '' : ', f16(K, V)';
  return `max(live tensors), n_layer = ${blockCount(spec)}, ${tokens}, ${attention}${experts}${scratch}`;
}

function computeSource(plan: Plan): string {
  if (plan.engine === 'formula') {
    return 'Ollama fs/ggml/ggml.go GraphSize';
  }
  if (plan.computeBasis === 'guess') {
    return `${ALLOCATOR} (architecture not described: a cautious guess)`;
  }
  return plan.kvCacheType === 'f16' ? ALLOCATOR : `${ALLOCATOR}; llama.cpp PR 23907`;
}

function sizeSource(plan: Plan): string {
  if (plan.engine === 'formula') {
    return 'Ollama llm/memory.go';
  }
  if (plan.engine === 'layout') {
    return 'Ollama llm/server.go';
  }
  return plan.engine === 'llama-server' ? `${OLLAMA_SERVER} MemorySize` : 'llama.cpp';
}

/** MiB with two decimals, as llama.cpp logs them. */
function mib(bytes: number): string {
  return (bytes / MIB).toFixed(2);
}

/** Context, load and first use, where the engine tells them apart. */
function partsOf({ overheadParts }: GpuPlan): string {
  if (overheadParts === undefined) {
    return '';
  }
  const { contextBytes, loadBytes, useBytes } = overheadParts;
  return `context + load + use = ${sumOf(contextBytes, loadBytes, useBytes)}; `;
}

function sumOf(...bytes: readonly number[]): string {
  return `${bytes.map(mib).join(' + ')} MiB`;
}
