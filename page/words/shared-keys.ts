/** Which rows of the chat's message table the page says in the same words. The build takes them along. */

const WHOLE_AREAS = /^(?:reason|note|explain)\./;
const ERRORS =
  /^error\.(?:gguf|safetensors|gpus|quantize|ctx|page|history|estimate|no-gpus|server-unknown|kv|parallel|model-(?:unknown|not)|bad-ollama-version|unknown-kv|no-tensors|missing-key|array-heads|hub|registry|option-invalid|not-a-language-model|projector-only|layers-without|tensor|metadata|graph-too|sizes-)/;
const FIT =
  /^fit\.(?:title\.(?:fits|partial|partial-experts|cpu|refused)|column\.|row\.host|verdict\.|largest$|largest\.(?:all|none)|help|note\.(?:guess|overhead|refused|simulated)|on$|off$|picture\.free|picture\.alt)/;

/** Whether the page takes this row of the message table. */
export function isSharedKey(key: string): boolean {
  return WHOLE_AREAS.test(key) || /^speed\.about/.test(key) || ERRORS.test(key) || FIT.test(key);
}
