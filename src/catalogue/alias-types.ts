/**
 * Ollama's names for the models of the built-in list. `exact` names mean this very quantization; `near` names have another
 * quantization mix by default in Ollama's library (or none is published), so that weights differ by some percent: answers
 * about them carry the code `builtin-other-quantization`. A key is the list's own name of a language model.
 * Written by hand after Ollama's library pages; `latest` stands for the library's default size.
 */
export interface Aliases {
  readonly exact: readonly string[];
  readonly near?: readonly string[];
  /** Size of the vision tower when its figures are known; `unknown` when the model has one without figures here. */
  readonly tower?: 'gemma3' | 'unknown';
  /** Names among these that have a tower without figures here, though the list's own name has none. */
  readonly seeing?: readonly string[];
  /** Names whose default quantization is worked out from a published configuration. */
  readonly computed?: readonly string[];
  /** Repositories of the hubs with these weights, `owner/name`. */
  readonly hub?: readonly string[];
  /** The quantization of the list's table, in llama-quantize's spelling. Default `Q4_K_M`. */
  readonly quantization?: string;
}
