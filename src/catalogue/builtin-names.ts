import type { ModelSpec } from '../estimator/types.ts';
import { tableBytes } from '../gguf/spec.ts';
import { ALIASES, type Aliases } from './aliases.ts';
import type { ListedModel } from './builtin-codec.ts';
import { nameKey, parseModelName } from './names.ts';
import { gemma3Tower } from './towers.ts';

/** What an answer from the built-in list leaves open. */
export type BuiltinNote = 'builtin-other-quantization' | 'builtin-tower-unknown';

/** A model of the built-in list. */
export interface BuiltinModel {
  readonly spec: ModelSpec;
  readonly notes: readonly BuiltinNote[];
}

/**
 * Header of a model file per token of the vocabulary, bytes (texts, scores, merges). Measured on three published files:
 * 39 (qwen3:4b), 44 (gemma3:12b), 61 (llama3.1:8b); the error is a few MB of the file's size.
 */
const HEADER_BYTES_PER_TOKEN = 45;

/** A name that people type, and the model of the list that it means. */
export interface BuiltinEntry {
  /** Name in the list. */
  readonly listed: string;
  /** Name shown for the model asked for. */
  readonly shown: string;
  readonly near: boolean;
  /** Whether an Ollama name was asked for: the list's own names mean the language model alone, as in the accuracy data. */
  readonly tower: Aliases['tower'];
}

/**
 * All names under which the models of the list can be asked for.
 * @param listedNames the models' own names, in the list's order
 */
export function builtinNames(listedNames: readonly string[]): {
  readonly names: readonly string[];
  find(text: string): BuiltinEntry | null;
} {
  const entries = new Map<string, BuiltinEntry>();
  const names: string[] = [];
  const add = (text: string, entry: BuiltinEntry): void => {
    const parsed = parseModelName(text);
    if (parsed.ok && !entries.has(nameKey(parsed.name))) {
      entries.set(nameKey(parsed.name), entry);
    }
  };
  for (const listed of listedNames) {
    const aliases = ALIASES[listed] ?? { exact: [] };
    const near = aliases.near ?? [];
    for (const shown of aliases.exact) {
      add(shown, { listed, shown, near: false, tower: aliases.tower });
    }
    for (const shown of near) {
      add(shown, { listed, shown, near: true, tower: aliases.tower });
    }
    names.push(...aliases.exact, ...near);
    if (aliases.exact.length + near.length === 0) {
      names.push(listed);
    }
  }
  // The list's own names come second: where one is also Ollama's name for the model, Ollama's meaning wins.
  for (const listed of listedNames) {
    add(listed, { listed, shown: listed, near: false, tower: undefined });
  }
  return {
    names: names.sort(),
    find: (text) => {
      const parsed = parseModelName(text);
      return (parsed.ok ? entries.get(nameKey(parsed.name)) : undefined) ?? null;
    },
  };
}

/** The model that a name means, with its tower where it is known. */
export function buildBuiltin(entry: BuiltinEntry, listed: ListedModel): BuiltinModel {
  const { architecture, metadata, tensors } = listed;
  const tower = entry.tower === 'gemma3' ? gemma3Tower() : undefined;
  const towerBytes = tower === undefined ? 0 : tableBytes(tower.tensors);
  const vocabulary = metadata['tokenizer.ggml.tokens.length'];
  const headerBytes = HEADER_BYTES_PER_TOKEN * (typeof vocabulary === 'number' ? vocabulary : 0);
  const notes: BuiltinNote[] = [];
  if (entry.near) {
    notes.push('builtin-other-quantization');
  }
  if (entry.tower === 'unknown') {
    notes.push('builtin-tower-unknown');
  }
  return {
    spec: {
      name: entry.shown,
      architecture,
      metadata: tower === undefined ? metadata : { ...metadata, ...tower.metadata },
      tensors,
      fileBytes: tableBytes(tensors) + towerBytes + headerBytes,
      ...(tower === undefined
        ? {}
        : { projector: { source: 'embedded', weightsBytes: towerBytes, ...tower } as const }),
    },
    notes,
  };
}
