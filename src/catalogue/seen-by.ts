import type { ModelSpec } from '../estimator/types.ts';
import { asLlamaCppSees } from '../gguf/llama-cpp-view.ts';

/** A release of Ollama as numbers. */
export type Version = readonly [number, number, number];

/** A model as a version of Ollama reads it: llama.cpp does from 0.30 on, and where no version is known. */
export function seenBy(version: Version | null, spec: ModelSpec): ModelSpec {
  const own = version !== null && version[0] === 0 && version[1] < 30;
  return own ? spec : asLlamaCppSees(spec);
}

/** The version in `/api/version`'s answer, or in the client's reading of it; `null` where there is none. */
export function readVersion(answer: unknown): Version | null {
  const named = (answer ?? {}) as { text?: unknown; version?: unknown };
  const text = typeof answer === 'string' ? answer : (named.text ?? named.version);
  const match = typeof text === 'string' ? /^v?(\d{1,5})\.(\d{1,5})\.(\d{1,5})/.exec(text) : null;
  if (match === null) {
    return null;
  }
  const numbers = [Number(match[1]), Number(match[2]), Number(match[3])] as const;
  // Builds from source say 0.0.0.
  return numbers.some((n) => n > 0) ? numbers : null;
}
