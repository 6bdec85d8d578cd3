/** What was pasted, planned the same: with the model of the built-in list, the log's own GPUs, version and options. */

import type {
  EstimateRequest,
  EstimateServer,
  GpuDevice,
  KvCacheType,
  ModelSpec,
  Plan,
} from '../../src/estimator/types.ts';
import type { LogCode } from '../../src/logs/codes.ts';
import type { LogLoad, LogReading, LogVerdict } from '../../src/logs/types.ts';
import type { ModelFinder } from '../../src/servers/asking/models.ts';
import type { Estimator } from '../../src/workers/estimates.ts';

/** A reading with what the estimator adds to it. */
export interface Explained {
  readonly reading: LogReading;
  /** The model from the built-in list; nothing is looked up elsewhere for a name in a paste. */
  readonly spec: ModelSpec | null;
  readonly architecture: string | null;
  /** As the log shows it, or as planned where the log ends before the load does. */
  readonly verdict: LogVerdict | null;
  readonly why: readonly LogCode[];
  readonly server: EstimateServer | null;
  readonly request: EstimateRequest | null;
  readonly plan: Plan | null;
  /** The largest context with which all of it lies on those GPUs, tokens per slot; `null` = none or unknown. */
  readonly largestCtx: number | null;
}

const KV_TYPES: readonly string[] = ['f32', 'f16', 'bf16', 'q8_0', 'q4_0', 'q4_1', 'q5_0', 'q5_1', 'iq4_nl'];

function gpusOf(reading: LogReading): readonly GpuDevice[] {
  return reading.gpus.flatMap((gpu): GpuDevice[] => {
    const total = gpu.totalBytes ?? gpu.freeBytes;
    if (total === null || total <= 0) {
      return [];
    }
    const library = (['CUDA', 'ROCm', 'Metal', 'Vulkan'] as const).find(
      (known) => known.toLowerCase() === gpu.library?.toLowerCase(),
    );
    return [
      {
        name: gpu.name ?? 'GPU',
        totalBytes: total,
        freeBytes: Math.min(gpu.freeBytes ?? total, total),
        ...(gpu.computeCapability === null ? {} : { computeCapability: gpu.computeCapability }),
        ...(library === undefined ? {} : { library }),
      },
    ];
  });
}

function serverOf(reading: LogReading, gpus: readonly GpuDevice[]): EstimateServer | null {
  if (reading.version === null || gpus.length === 0) {
    return null;
  }
  const { systemTotalBytes: total, systemFreeBytes: free, settings } = reading;
  const overhead = Number(settings.OLLAMA_GPU_OVERHEAD ?? 0);
  return {
    ollama: reading.version.startsWith('llama.cpp') ? 'llama.cpp' : reading.version,
    gpus,
    ...(total === null
      ? {}
      : { system: { totalBytes: total, freeBytes: Math.min(free ?? total, total), swapFreeBytes: 0 } }),
    ...(overhead > 0 && Number.isSafeInteger(overhead) ? { gpuOverheadBytes: overhead } : {}),
    ...(settings.OLLAMA_SCHED_SPREAD === 'true' || settings.OLLAMA_SCHED_SPREAD === '1' ? { schedSpread: true } : {}),
  };
}

function requestOf(load: LogLoad, reading: LogReading): EstimateRequest | null {
  if (load.numCtx === null || load.numCtx < 1) {
    return null;
  }
  const parallel = load.numParallel ?? 1;
  const alone = reading.version?.startsWith('llama.cpp') === true;
  const kv =
    load.kvCacheType !== null && KV_TYPES.includes(load.kvCacheType) ? (load.kvCacheType as KvCacheType) : null;
  return {
    // llama.cpp by itself takes the context of all slots together.
    numCtx: alone ? load.numCtx * parallel : load.numCtx,
    numParallel: parallel,
    flashAttention: load.flashAttention ?? 'auto',
    ...(kv === null ? {} : { kvCacheType: kv }),
    ...(load.requestedLayers === null ? {} : { numGpu: load.requestedLayers }),
  };
}

/** The model in the built-in list: by the name in the log, whole or without its owner. */
function findSpec(load: LogLoad, models: ModelFinder): ModelSpec | null {
  const name = load.model?.replace(/:latest$/, '') ?? null;
  for (const candidate of name === null ? [] : [name, name.replace(/^.*\//, '')]) {
    const spec = models.findListed(candidate)?.spec ?? null;
    if (spec !== null && (load.architecture === null || spec.architecture === load.architecture)) {
      return spec;
    }
  }
  return null;
}

/** Where the log ends in the middle of a load, the plan says how it went on. */
function plannedEnd(load: LogLoad, plan: Plan | null): LogVerdict | null {
  if (!load.unfinished || plan === null) {
    return load.verdict;
  }
  return plan.verdict === 'refused' ? 'failed' : load.verdict;
}

/**
 * Plans what a reading tells. Never rejects for what stands in a paste: what cannot be planned is left out.
 */
export async function explainReading(
  reading: LogReading,
  models: ModelFinder,
  estimator: Estimator,
): Promise<Explained> {
  const { load } = reading;
  const spec = load === null ? null : findSpec(load, models);
  const server = serverOf(reading, gpusOf(reading));
  const request = load === null ? null : requestOf(load, reading);
  let plan: Plan | null = null;
  let largestCtx: number | null = null;
  if (spec !== null && server !== null && request !== null) {
    try {
      plan = await estimator.decide(spec, server, request);
      const found = await estimator.clamp(spec, server, request);
      largestCtx = found.numCtx > 0 ? found.numCtx : null;
    } catch {
      // A version, a context or a card that no plan can be made of: the reading stands by itself.
    }
  }
  const verdict = load === null ? null : plannedEnd(load, plan);
  const died = verdict === 'failed' && load?.verdict !== 'failed';
  return {
    reading,
    spec,
    architecture: load?.architecture ?? spec?.architecture ?? null,
    verdict,
    why: died ? [...reading.why.filter((code) => code !== 'log-ends-early'), 'gpu-memory-short'] : reading.why,
    server,
    request,
    plan,
    largestCtx,
  };
}
