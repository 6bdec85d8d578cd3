/** What decides, by the name that people know: Ollama with its version, or llama.cpp itself. */
export function engineText(ollama: string): string {
  return ollama === 'llama.cpp' ? ollama : `Ollama ${ollama}`;
}
