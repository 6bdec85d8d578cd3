/**
 * Ollama's environment variables, as far as an estimate depends on them, read as Ollama reads them (envconfig/config.go,
 * v0.33.0): a number that is none counts as unset, a truth value that is none as true.
 */

import { readGibPerGpu } from '../../base/gib-per-gpu.ts';
import type { EstimateRequest, EstimateServer, KvCacheType } from '../types.ts';
import { KV_CACHE_TYPES } from './checks.ts';

/** What an environment says about every request and about the server. */
export interface EnvironmentSettings {
  readonly server: Pick<
    EstimateServer,
    'gpuOverheadBytes' | 'schedSpread' | 'maxLoadedModels' | 'visibleGpus' | 'reservedBytes'
  >;
  readonly request: Pick<EstimateRequest, 'numParallel' | 'flashAttention' | 'kvCacheType'>;
  /** OLLAMA_CONTEXT_LENGTH, tokens; null when unset. */
  readonly contextLength: number | null;
}

/** The variables that say which GPUs Ollama may use, by library; the first that is set holds. */
const VISIBLE = ['CUDA_VISIBLE_DEVICES', 'HIP_VISIBLE_DEVICES', 'ROCR_VISIBLE_DEVICES', 'GGML_VK_VISIBLE_DEVICES'];

/** Reads an environment. Variables that it does not know are passed over. */
export function settingsFromEnvironment(env: Readonly<Record<string, string>>): EnvironmentSettings {
  const overhead = whole(env.OLLAMA_GPU_OVERHEAD);
  const spread = truth(env.OLLAMA_SCHED_SPREAD);
  const most = whole(env.OLLAMA_MAX_LOADED_MODELS);
  const parallel = whole(env.OLLAMA_NUM_PARALLEL);
  const flash = truth(env.OLLAMA_FLASH_ATTENTION);
  const cache = env.OLLAMA_KV_CACHE_TYPE?.trim().toLowerCase() ?? '';
  const context = whole(env.OLLAMA_CONTEXT_LENGTH);
  const reserved = readGibPerGpu(env.HEADROOM_RESERVE);
  const visible = visibleGpus(VISIBLE.map((name) => env[name]).find((text) => text !== undefined));
  return {
    server: {
      ...(overhead === undefined ? {} : { gpuOverheadBytes: overhead }),
      ...(spread === undefined ? {} : { schedSpread: spread }),
      ...(most === undefined ? {} : { maxLoadedModels: most }),
      ...(visible === undefined ? {} : { visibleGpus: visible }),
      ...(reserved === null || reserved.length === 0 ? {} : { reservedBytes: reserved }),
    },
    request: {
      ...(parallel === undefined || parallel === 0 ? {} : { numParallel: parallel }),
      ...(flash === undefined ? {} : { flashAttention: flash }),
      ...(KV_CACHE_TYPES.has(cache) ? { kvCacheType: cache as KvCacheType } : {}),
    },
    contextLength: context === undefined || context === 0 ? null : context,
  };
}

/**
 * `0,2` to indices. As CUDA reads it: what follows an entry that names no GPU is not seen, and `-1` or an empty value
 * hides all of them. Entries that are no numbers (UUIDs) cannot be told apart here: then all GPUs count.
 */
export function visibleGpus(text: string | undefined): readonly number[] | undefined {
  if (text === undefined) {
    return undefined;
  }
  const indices: number[] = [];
  for (const entry of text.split(',').map((part) => part.trim())) {
    if (entry !== '' && !/^-?\d{1,6}$/.test(entry)) {
      return undefined;
    }
    const index = entry === '' ? -1 : Number(entry);
    if (index < 0 || indices.includes(index)) {
      break;
    }
    indices.push(index);
  }
  return indices;
}

function whole(text: string | undefined): number | undefined {
  return text !== undefined && /^\s*\d{1,15}\s*$/.test(text) ? Number(text) : undefined;
}

function truth(text: string | undefined): boolean | undefined {
  const word = text?.trim() ?? '';
  return word === '' ? undefined : !/^(?:0|f|false)$/i.test(word);
}
