/**
 * Ollama's versions: parsing, order, and which engine decides about memory in which version. The borders were read
 * from Ollama's history (llm/memory.go, llm/server.go, llm/llama_server.go, fs/ggml/ggml.go).
 */

import { ollamaArchitecture } from './model/ollama-architecture.ts';
import { type EngineName, EstimateError, type ModelSpec } from './types.ts';

/** A release as three numbers. */
export type Version = readonly [major: number, minor: number, patch: number];

/** A version string understood. */
export interface ParsedVersion {
  readonly version: Version;
  /** A build from source that does not know its number (`0.0.0`): taken as the newest. */
  readonly assumedNewest: boolean;
}

/** What a build without a number is taken for: later than every border in this file. */
const NEWEST: Version = [9999, 0, 0];

const VERSION_PATTERN = /^v?(\d{1,6})\.(\d{1,6})(?:\.(\d{1,6}))?(?![\d.])/;

/**
 * Parses what `GET /api/version` says. `-rcN`, `-dirty` and git suffixes are ignored, `0.0.0` means "newest".
 * @throws EstimateError `bad-ollama-version`
 */
export function parseVersion(text: string): ParsedVersion {
  const match = VERSION_PATTERN.exec(text.trim());
  if (match === null) {
    throw new EstimateError('bad-ollama-version', { version: text.slice(0, 40) });
  }
  const version: Version = [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)];
  const unknown = version.every((part) => part === 0);
  return { version: unknown ? NEWEST : version, assumedNewest: unknown };
}

/** Negative, zero or positive as `a` is older than, equal to or newer than `b`. */
export function compareVersions(a: Version, b: Version): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}

/** Whether `version` is `border` or newer; `border` as text such as `0.11.5`. */
export function atLeast(version: Version, border: string): boolean {
  return compareVersions(version, parseVersion(border).version) >= 0;
}

/**
 * Architectures that Ollama runs on its own engine, by Ollama's names, and since when (KV.OllamaEngineRequired in
 * fs/ggml/ggml.go, each tag). Everything else goes to the llama.cpp runner of that version.
 */
export const ENGINE_SINCE: readonly (readonly [since: string, architectures: readonly string[]])[] = [
  ['0.6.0', ['gemma3']],
  ['0.6.5', ['mistral3']],
  ['0.6.7', ['llama4']],
  ['0.7.0', ['mllama', 'qwen25vl']],
  ['0.9.3', ['gemma3n']],
  ['0.11.0', ['gptoss']],
  ['0.11.5', ['gpt-oss']],
  ['0.12.0', ['qwen3']],
  ['0.12.2', ['qwen3moe']],
  ['0.12.7', ['qwen3vl', 'qwen3vlmoe']],
  ['0.13.0', ['deepseekocr', 'deepseek2']],
  ['0.13.1', ['nomic-bert']],
  ['0.13.4', ['olmo3']],
  ['0.13.5', ['bert']],
  ['0.14.3', ['glm4moelite', 'lfm2']],
  ['0.15.5', ['qwen3next', 'glmocr']],
  ['0.17.1', ['nemotron_h', 'nemotron_h_moe', 'qwen35', 'qwen35moe', 'lfm2moe']],
  ['0.20.0', ['gemma4']],
  ['0.22.0', ['laguna', 'nemotron_h_omni']],
];

/** The one release that gave qwen3 back to the llama.cpp runner. */
const QWEN3_ON_RUNNER: Version = [0, 12, 5];

/**
 * Whether this version runs the model on Ollama's own engine. From 0.11.11 a model with a projector in a file of its
 * own falls back to the llama.cpp runner (NewLlamaServer: "split vision models aren't supported").
 */
export function usesOllamaEngine(version: Version, spec: ModelSpec): boolean {
  const architecture = ollamaArchitecture(spec);
  const since = ENGINE_SINCE.find(([, architectures]) => architectures.includes(architecture))?.[0];
  if (architecture === 'qwen3' && compareVersions(version, QWEN3_ON_RUNNER) === 0) {
    return false;
  }
  if (since === undefined || !atLeast(version, since) || !readsTokenizer(spec)) {
    return false;
  }
  return !(spec.projector?.source === 'file' && atLeast(version, '0.11.11'));
}

/** Entries of DeepSeek V3's tokenizer, and the most that a WordPiece vocabulary has (multilingual BERT's, rounded up). */
const DEEPSEEK_V3_TOKENS = 129_280;
const MOST_WORD_PIECES = 120_000;

/**
 * Whether Ollama's own engine reads the model's tokenizer; it hands a model over to the llama.cpp runner where it does
 * not (model/models/{bert/embed,deepseek2/model}.go: ErrUnsupportedTokenizer). Where the file's tokenizer is not told, the
 * size of its vocabulary tells which one it is.
 */
function readsTokenizer({ architecture, metadata }: ModelSpec): boolean {
  const tokens = metadata['tokenizer.ggml.tokens'];
  const length = Array.isArray(tokens) ? tokens.length : metadata['tokenizer.ggml.tokens.length'];
  switch (architecture) {
    case 'bert': {
      const model = metadata['tokenizer.ggml.model'];
      return typeof model === 'string' ? model === 'bert' : typeof length !== 'number' || length <= MOST_WORD_PIECES;
    }
    case 'deepseek2': {
      const pre = metadata['tokenizer.ggml.pre'];
      return typeof pre === 'string' ? pre === 'deepseek-v3' : length === DEEPSEEK_V3_TOKENS;
    }
    default:
      return true;
  }
}

/**
 * Which engine decides: `llama.cpp` for that word itself, else by version (and for 0.11.11 to 0.12.10 by which of
 * Ollama's runners the model gets).
 * @throws EstimateError `bad-ollama-version`
 */
export function engineFor(version: string, spec: ModelSpec): EngineName {
  if (version === 'llama.cpp') {
    return 'llama.cpp';
  }
  const parsed = parseVersion(version).version;
  // No release exists between 0.24 and 0.30; release candidates of 0.25 already ran llama-server.
  if (atLeast(parsed, '0.25.0')) {
    return 'llama-server';
  }
  if (atLeast(parsed, '0.12.11')) {
    return 'layout';
  }
  if (atLeast(parsed, '0.11.11') && usesOllamaEngine(parsed, spec)) {
    return 'layout';
  }
  return 'formula';
}

/**
 * Architectures with flash attention on by default in Ollama, and since when (GGML.FlashAttention). Before 0.12.4 it
 * cannot be switched off there by the environment.
 */
const FLASH_ATTENTION_DEFAULT_SINCE: readonly (readonly [since: string, architectures: readonly string[]])[] = [
  ['0.11.8', ['gptoss', 'gpt-oss']],
  ['0.12.4', ['qwen3', 'qwen3moe']],
  ['0.12.6', ['gemma3']],
  ['0.12.8', ['qwen3vl', 'qwen3vlmoe']],
  ['0.13.2', ['mistral3']],
  ['0.13.4', ['olmo3']],
  ['0.13.5', ['bert']],
  ['0.14.3', ['glm4moelite', 'lfm2']],
  ['0.15.5', ['glmocr', 'qwen3next']],
  ['0.17.1', ['nemotron_h', 'nemotron_h_moe', 'qwen35', 'qwen35moe', 'lfm2moe']],
  ['0.20.4', ['gemma4']],
  ['0.22.0', ['nemotron_h_omni']],
];

/** Whether Ollama turns flash attention on for this architecture when nobody asks. */
export function flashAttentionByDefault(version: Version, architecture: string): boolean {
  return FLASH_ATTENTION_DEFAULT_SINCE.some(
    ([since, architectures]) => architectures.includes(architecture) && atLeast(version, since),
  );
}

/** Architectures that Ollama loads with one slot only, and since when (server/sched.go, load). */
const ONE_SLOT_SINCE: readonly (readonly [since: string, architectures: readonly string[]])[] = [
  ['0.4.0', ['mllama']],
  ['0.12.7', ['qwen3vl', 'qwen3vlmoe']],
  ['0.15.5', ['qwen3next', 'lfm2', 'lfm2moe']],
  ['0.17.1', ['qwen35', 'qwen35moe', 'nemotron_h', 'nemotron_h_moe']],
  ['0.22.0', ['nemotron_h_omni']],
];

/** Whether Ollama forces one parallel slot for this architecture. */
export function oneSlotOnly(version: Version, architecture: string): boolean {
  return ONE_SLOT_SINCE.some(
    ([since, architectures]) => architectures.includes(architecture) && atLeast(version, since),
  );
}
