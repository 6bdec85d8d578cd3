/**
 * A plan as llama-server's command line: where each layer and tensor goes, said outright, so that llama.cpp places it
 * alike without deciding anything itself.
 *
 * Source: common/arg.cpp (`-c`, `-np`, `-b`, `-ub`, `-ngl`, `-ts`, `-ot`, `-fa`, `-ctk`, `-ctv`, `-kvu`, `-fit`), llama.cpp b10454.
 */

import type { EstimateRequest, EstimateServer, GpuDevice, KvCacheType, ModelSpec, Plan } from '../types.ts';
import { KV_CACHE_TYPES } from './checks.ts';
import { planFixed } from './decide.ts';
import { isEmbeddingModel } from './facts.ts';

/** llama-server's flags for a plan. */
export interface LaunchLine {
  /** Flags and their values, one after the other, unquoted. */
  readonly flags: readonly string[];
  /** The server's GPUs that take part, by index: what CUDA_VISIBLE_DEVICES (or its like) has to leave. */
  readonly gpus: readonly number[];
  /** Whether llama.cpp, planned with these flags, puts the same bytes of weights and cache in the same places. */
  readonly verified: boolean;
}

/**
 * The command line of a plan, held against llama.cpp's own planning of it; `null` for a plan that is refused.
 *
 * @param request what the plan was made for
 */
export function launchLine(
  spec: ModelSpec,
  server: EstimateServer,
  request: EstimateRequest,
  plan: Plan,
): LaunchLine | null {
  if (plan.verdict === 'refused' && plan.sizeBytes === 0) {
    return null;
  }
  const { placement } = plan;
  const gpus = server.gpus.map((_, index) => index).filter((index) => takesPart(plan, index));
  const slots = plan.numParallel;
  const numCtx = plan.engine === 'llama.cpp' ? plan.numCtx : plan.numCtx * slots;
  const flags: string[] = ['-c', String(numCtx), '-np', String(slots)];
  flags.push('-b', String(plan.numBatch), '-ub', String(plan.numUbatch));
  flags.push('-fa', plan.flashAttention ? 'on' : 'off', '-ctk', plan.kvCacheType, '-ctv', plan.kvCacheType);
  flags.push('-ngl', String(gpus.length === 0 ? 0 : placement.gpuLayers));
  if (gpus.length > 1) {
    flags.push('-ts', gpus.map((index) => placement.perGpuLayers[index] ?? 0).join(','));
  }
  const device = DEVICES[server.gpus[gpus[0] ?? 0]?.library ?? 'CUDA'];
  const overrides = overridesOf(plan, request, gpus, device);
  if (overrides.length > 0) {
    flags.push('-ot', overrides.join(','));
  }
  if (request.unifiedCache === true) {
    flags.push('-kvu');
  }
  if (request.embedding === true || isEmbeddingModel(spec)) {
    flags.push('--embedding');
  }
  flags.push('-fit', 'off');
  return { flags, gpus, verified: isSame(spec, server, plan, gpus, flags) };
}

/** What llama.cpp calls the GPUs of each library, before their number. */
const DEVICES: Readonly<Record<NonNullable<GpuDevice['library']>, string>> = {
  CUDA: 'CUDA',
  ROCm: 'ROCm',
  Vulkan: 'Vulkan',
  Metal: 'MTL',
};

function takesPart(plan: Plan, index: number): boolean {
  const gpu = plan.gpus[index];
  const isTarget = plan.placement.overrideTargets?.includes(index) === true;
  return (plan.placement.perGpuLayers[index] ?? 0) > 0 || isTarget || (gpu?.weightsBytes ?? 0) > 0;
}

/** The layer of a pattern such as `blk\\.28\\.ffn_down.*`, and the rest of it. */
const OF_LAYER = /^blk\\\.(\d+)(\\\..*)$/;

/** Patterns with where they go; layers that lose the same part to the same place share one. */
function overridesOf(plan: Plan, request: EstimateRequest, gpus: readonly number[], device: string): readonly string[] {
  const { overridePatterns, overrideTargets = [] } = plan.placement;
  const layersByKind = new Map<string, { rest: string; to: string; layers: string[] }>();
  const single: string[] = [];
  for (const [index, pattern] of overridePatterns.entries()) {
    const target = overrideTargets[index] ?? 'CPU';
    const to = target === 'CPU' ? target : `${device}${gpus.indexOf(target)}`;
    const [, layer, rest] = OF_LAYER.exec(pattern) ?? [];
    if (layer === undefined || rest === undefined) {
      single.push(`${pattern}=${to}`);
      continue;
    }
    const kind = layersByKind.get(`${to} ${rest}`) ?? { rest, to, layers: [] };
    kind.layers.push(layer);
    layersByKind.set(`${to} ${rest}`, kind);
  }
  const named = [...layersByKind.values()].map(({ rest, to, layers }) => `blk\\.(${layers.join('|')})${rest}=${to}`);
  // Those to a GPU come first: the first match wins.
  const made = [...named, ...single].sort((a, b) => Number(a.endsWith('=CPU')) - Number(b.endsWith('=CPU')));
  return [...made, ...(request.cpuTensors ?? []).map((pattern) => `${pattern}=CPU`)];
}

/** What llama-server is asked for with flags; those that say nothing of memory are passed over. */
export function requestOfFlags(flags: readonly string[]): EstimateRequest {
  const values = new Map<string, string>();
  for (const [index, flag] of flags.entries()) {
    const next = flags[index + 1];
    if (/^-{1,2}[a-z]/.test(flag)) {
      values.set(flag, next === undefined || /^-{1,2}[a-z]/.test(next) ? '' : next);
    }
  }
  const number = (flag: string): number | undefined =>
    /^\d+$/.test(values.get(flag) ?? '') ? Number(values.get(flag)) : undefined;
  const [numBatch, numUbatch, numGpu] = ['-b', '-ub', '-ngl'].map(number);
  const split = values.get('-ts')?.split(',').map(Number);
  const cache = values.get('-ctk') ?? 'f16';
  const pairs = (values.get('-ot') ?? '').split(/,(?=[^,]*=)/).filter((pair) => pair !== '');
  const overrides = pairs.map((pair) => {
    const border = pair.lastIndexOf('=');
    return { pattern: pair.slice(0, border), to: pair.slice(border + 1) };
  });
  const toGpus = overrides.flatMap(({ pattern, to }) => {
    const gpu = /^(?:CUDA|ROCm|Vulkan|Metal|MTL)(\d{1,3})$/.exec(to)?.[1];
    return gpu === undefined ? [] : [{ pattern, gpu: Number(gpu) }];
  });
  const toCpu = overrides.filter(({ to }) => to === 'CPU').map(({ pattern }) => pattern);
  return {
    numCtx: number('-c') ?? 0,
    numParallel: number('-np') ?? 1,
    flashAttention: values.get('-fa') === 'on' ? true : values.get('-fa') === 'off' ? false : 'auto',
    kvCacheType: KV_CACHE_TYPES.has(cache) ? (cache as KvCacheType) : 'f16',
    embedding: values.has('--embedding'),
    unifiedCache: values.has('-kvu'),
    ...(numBatch === undefined ? {} : { numBatch }),
    ...(numUbatch === undefined ? {} : { numUbatch }),
    ...(numGpu === undefined ? {} : { numGpu }),
    ...(split === undefined ? {} : { tensorSplit: split }),
    ...(toCpu.length === 0 ? {} : { cpuTensors: toCpu }),
    ...(toGpus.length === 0 ? {} : { gpuTensors: toGpus }),
  };
}

function isSame(
  spec: ModelSpec,
  server: EstimateServer,
  plan: Plan,
  gpus: readonly number[],
  flags: readonly string[],
): boolean {
  const { build } = plan;
  const alone: EstimateServer = {
    ollama: 'llama.cpp',
    ...(build === undefined ? {} : { build }),
    gpus: gpus.map((index) => server.gpus[index]!),
  };
  const again = planFixed(spec, alone, requestOfFlags(flags));
  return (
    again.placement.gpuLayers === (gpus.length === 0 ? 0 : plan.placement.gpuLayers) &&
    gpus.every((index, place) => {
      const [one, other] = [plan.gpus[index]!, again.gpus[place]!];
      return (
        plan.placement.perGpuLayers[index] === again.placement.perGpuLayers[place] &&
        one.weightsBytes === other.weightsBytes &&
        one.cacheBytes === other.cacheBytes
      );
    })
  );
}
