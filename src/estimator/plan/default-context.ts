import { GIB } from '../../base/bytes.ts';
import { ollamaArchitecture } from '../model/ollama-architecture.ts';
import type { EstimateServer, ModelSpec } from '../types.ts';
import { atLeast, parseVersion } from '../versions.ts';
import { trainingContext } from './facts.ts';
import { usableGpus } from './usable-gpus.ts';

/** Σ GPU memory from which Ollama ≥ 0.15.5 gives the larger default contexts: 47 and 23 GiB. */
const TIERS: readonly (readonly [bytes: number, tokens: number])[] = [
  [47 * GIB, 262_144],
  [23 * GIB, 32_768],
  [0, 4_096],
];

/** The smallest context of the models below, tokens. */
const RAISED_CTX = 8_192;
/** GPUs with less memory together get no larger context than asked for (`lowVRAMThreshold`). */
const LOW_VRAM_BYTES = 20 * GIB;
/** Models whose context Ollama raises, and since when (server/routes.go, v0.11.0 to v0.15.4). */
const RAISED: Readonly<Record<string, string>> = {
  gptoss: '0.11.0',
  'gpt-oss': '0.11.5',
  qwen3vl: '0.12.7',
  qwen3vlmoe: '0.12.7',
};

/** What a default context depends on. */
export type ContextServer = Pick<EstimateServer, 'ollama' | 'gpus' | 'gpuOverheadBytes' | 'visibleGpus'>;

/**
 * The context Ollama takes when a request names none: the model's own `PARAMETER num_ctx`, else OLLAMA_CONTEXT_LENGTH,
 * else, from 0.15.5, a tier by the memory of the GPUs it may use less OLLAMA_GPU_OVERHEAD on each (server/routes.go); the
 * constant was 2048 up to 0.6.6 and 4096 after. Clamped to the training context.
 *
 * @param spec null where no model is known
 * @param server totals are CUDA's: without what the driver keeps
 * @param contextLength OLLAMA_CONTEXT_LENGTH in tokens, null when unset
 */
export function defaultContext(spec: ModelSpec | null, server: ContextServer, contextLength: number | null): number {
  const chosen = spec?.ownNumCtx ?? contextLength ?? byVersion(server);
  const trained = spec === null ? 0 : trainingContext(spec);
  const raised = spec === null ? chosen : Math.max(chosen, contextFloor(spec, server));
  return trained > 0 ? Math.min(raised, trained) : raised;
}

/**
 * The context to which Ollama 0.11.0 to 0.15.4 raises any smaller one of gpt-oss and qwen3-vl, tokens; 0 = none. From
 * 0.11.4 only where the GPUs have 20 GiB together.
 */
export function contextFloor(spec: ModelSpec, server: ContextServer): number {
  const since = RAISED[ollamaArchitecture(spec)];
  if (since === undefined || server.ollama === 'llama.cpp') {
    return 0;
  }
  const { version } = parseVersion(server.ollama);
  if (!atLeast(version, since) || atLeast(version, '0.15.5')) {
    return 0;
  }
  return atLeast(version, '0.11.4') && countedMemory(server) < LOW_VRAM_BYTES ? 0 : RAISED_CTX;
}

/** Memory of the GPUs that Ollama uses, less what it is told to leave on each, bytes. */
function countedMemory(server: ContextServer): number {
  const overhead = server.gpuOverheadBytes ?? 0;
  return usableGpus(server).reduce((sum, index) => sum + server.gpus[index]!.totalBytes - overhead, 0);
}

function byVersion(server: ContextServer): number {
  // llama-server's own default would be the training context; Headroom asks for the usual small one instead.
  if (server.ollama === 'llama.cpp') {
    return 4_096;
  }
  const { version } = parseVersion(server.ollama);
  if (!atLeast(version, '0.6.7')) {
    return 2_048;
  }
  if (!atLeast(version, '0.15.5')) {
    return 4_096;
  }
  const memory = countedMemory(server);
  return TIERS.find(([bytes]) => memory >= bytes)?.[1] ?? 4_096;
}
