import { nameKey, parseModelName } from '../../catalogue/names.ts';

/**
 * One key for all spellings of a model's name (`gemma3`, `Library/gemma3:latest`): names are compared as Ollama compares
 * them, names that cannot be read as text.
 */
export function modelKey(name: string): string {
  const parsed = parseModelName(name);
  return parsed.ok ? nameKey(parsed.name) : name;
}

/** The same model under two spellings. */
export function sameModel(a: string, b: string): boolean {
  return modelKey(a) === modelKey(b);
}
