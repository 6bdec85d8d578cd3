/** Ollama's version: reading it, comparing it, and the floor below which it has known holes. */

import { compareVersions } from '../estimator/versions.ts';

export interface OllamaVersion {
  /** As the server says it. */
  readonly text: string;
  /** `null` when the text is no version or a source build (`0.0.0`). */
  readonly numbers: readonly [major: number, minor: number, patch: number] | null;
}

/**
 * The lowest version without a known hole that a stranger on the network can use: 0.17.1 fixed CVE-2026-7482, an
 * out-of-bounds read in /api/create that leaks other people's prompts.
 */
const SAFE_VERSION_FLOOR = '0.17.1';

/** Reads `0.33.0`, `v0.6.5`, `0.33.0-rc2`, `0.5.1-3-gabc-dirty`. Suffixes are ignored. */
export function parseOllamaVersion(text: string): OllamaVersion {
  const shown = text.slice(0, 64);
  const match = /^v?(\d{1,5})\.(\d{1,5})(?:\.(\d{1,5}))?(?:[-+.].*)?$/.exec(shown.trim());
  if (!match) {
    return { text: shown, numbers: null };
  }
  const numbers = [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)] as const;
  return { text: shown, numbers: numbers.every((n) => n === 0) ? null : numbers };
}

export interface VersionWarning {
  readonly code: 'version-below-floor' | 'version-unknown';
  readonly params: { readonly version: string; readonly floor: string };
}

/** What to tell people about a version; `null` when there is nothing to tell. */
export function versionWarning(version: OllamaVersion, floor: string = SAFE_VERSION_FLOOR): VersionWarning | null {
  const wanted = parseOllamaVersion(floor).numbers;
  const params = { version: version.text, floor };
  if (version.numbers === null) {
    return { code: 'version-unknown', params };
  }
  if (wanted !== null && compareVersions(version.numbers, wanted) < 0) {
    return { code: 'version-below-floor', params };
  }
  return null;
}
