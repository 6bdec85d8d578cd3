import { readFileSync } from 'node:fs';
import type { ModelSpec } from '../estimator/types.ts';
import { tableBytes } from '../gguf/spec.ts';
import { ALIASES, type Aliases } from './aliases.ts';
import { decodeIndex, decodeModel, type ListIndex } from './builtin-codec.ts';
import { nameKey, parseModelName } from './names.ts';
import { gemma3Tower } from './towers.ts';

/** What an answer from the built-in list leaves open. */
export type BuiltinNote = 'builtin-other-quantization' | 'builtin-tower-unknown';

/** A model of the built-in list. */
export interface BuiltinModel {
  readonly spec: ModelSpec;
  readonly notes: readonly BuiltinNote[];
}

/** The models that the program knows by itself, for when neither server nor registry can be asked. */
export interface BuiltinCatalogue {
  /** Names as people type them, sorted; where Ollama has no name for a model, the list's own. */
  names(): readonly string[];
  /** The spec for a name in any of its spellings, or null. Ollama names of vision models carry the tower where it is known. */
  find(name: string): ModelSpec | null;
  /** As `find`, with what the answer leaves open. */
  lookUp(name: string): BuiltinModel | null;
}

/**
 * Header of a model file per token of the vocabulary, bytes (texts, scores, merges). Measured on three published files:
 * 39 (qwen3:4b), 44 (gemma3:12b), 61 (llama3.1:8b); the error is a few MB of the file's size.
 */
const HEADER_BYTES_PER_TOKEN = 45;

interface Entry {
  /** Name in the list. */
  readonly listed: string;
  /** Name shown for the model asked for. */
  readonly shown: string;
  readonly near: boolean;
  /** Whether an Ollama name was asked for: the list's own names mean the language model alone, as in the accuracy data. */
  readonly tower: Aliases['tower'];
}

let shared: BuiltinCatalogue | undefined;

/** The built-in list. The file is read and its index inflated on first use; each model when it is asked for. */
export function builtinCatalogue(): BuiltinCatalogue {
  shared ??= openCatalogue(readFileSync(new URL('./builtin/models.bin', import.meta.url)));
  return shared;
}

function openCatalogue(file: Buffer): BuiltinCatalogue {
  const { index, partsOffset } = decodeIndex(file);
  const { entries, names } = nameTable(index);
  const positions = new Map(index.map(([name, offset, length]) => [name, { offset, length }]));
  const opened = new Map<string, BuiltinModel>();

  const lookUp = (text: string): BuiltinModel | null => {
    const parsed = parseModelName(text);
    const key = parsed.ok ? nameKey(parsed.name) : '';
    const entry = entries.get(key);
    if (entry === undefined) {
      return null;
    }
    const known = opened.get(key);
    if (known !== undefined) {
      return known;
    }
    const { offset, length } = positions.get(entry.listed)!;
    const start = partsOffset + offset;
    const model = build(entry, file.subarray(start, start + length));
    opened.set(key, model);
    return model;
  };
  return { names: () => names, find: (name) => lookUp(name)?.spec ?? null, lookUp };
}

function nameTable(index: ListIndex): { entries: ReadonlyMap<string, Entry>; names: readonly string[] } {
  const entries = new Map<string, Entry>();
  const names: string[] = [];
  const add = (text: string, entry: Entry): void => {
    const parsed = parseModelName(text);
    if (parsed.ok && !entries.has(nameKey(parsed.name))) {
      entries.set(nameKey(parsed.name), entry);
    }
  };
  for (const [listed] of index) {
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
  for (const [listed] of index) {
    add(listed, { listed, shown: listed, near: false, tower: undefined });
  }
  return { entries, names: names.sort() };
}

function build(entry: Entry, part: Buffer): BuiltinModel {
  const { architecture, metadata, tensors } = decodeModel(entry.listed, part);
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
