import { GIB } from '../../base/bytes.ts';
import { atLeast, parseVersion } from '../versions.ts';

/** Σ GPU memory from which Ollama ≥ 0.15.5 gives the larger default contexts: 47 and 23 GiB. */
const TIERS: readonly (readonly [bytes: number, tokens: number])[] = [
  [47 * GIB, 262_144],
  [23 * GIB, 32_768],
  [0, 4_096],
];

/**
 * The context Ollama takes when a request names none (envconfig.ContextLength and, from 0.15.5, the tiers by VRAM in
 * server/routes.go; the constant was 2048 up to 0.6.6 and 4096 after). Clamped to the training context.
 *
 * @param version Ollama's version
 * @param totalBytes memory of all GPUs together, bytes
 * @param contextLength OLLAMA_CONTEXT_LENGTH in tokens, null when unset
 * @param trained training context in tokens, 0 when unknown
 */
export function defaultContext(
  version: string,
  totalBytes: number,
  contextLength: number | null,
  trained: number,
): number {
  const chosen = contextLength ?? byVersion(version, totalBytes);
  return trained > 0 ? Math.min(chosen, trained) : chosen;
}

function byVersion(version: string, totalBytes: number): number {
  // llama-server's own default would be the training context; Headroom asks for the usual small one instead.
  if (version === 'llama.cpp') {
    return 4_096;
  }
  const parsed = parseVersion(version).version;
  if (!atLeast(parsed, '0.6.7')) {
    return 2_048;
  }
  if (!atLeast(parsed, '0.15.5')) {
    return 4_096;
  }
  return TIERS.find(([bytes]) => totalBytes >= bytes)?.[1] ?? 4_096;
}
