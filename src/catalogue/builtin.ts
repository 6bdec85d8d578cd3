import { readFileSync } from 'node:fs';
import type { ModelSpec } from '../estimator/types.ts';
import { decodeIndex, decodeModel, type ListedModel } from './builtin-codec.ts';
import { type BuiltinModel, buildBuiltin, builtinNames } from './builtin-names.ts';

/** The models that the program knows by itself, for when neither server nor registry can be asked. */
export interface BuiltinCatalogue {
  /** Names as people type them, sorted; where Ollama has no name for a model, the list's own. */
  names(): readonly string[];
  /** The spec for a name in any of its spellings, or null. Ollama names of vision models carry the tower where it is known. */
  find(name: string): ModelSpec | null;
  /** As `find`, with what the answer leaves open. */
  lookUp(name: string): BuiltinModel | null;
}

let shared: BuiltinCatalogue | undefined;

/** The built-in list. The file is read and its index inflated on first use; each model when it is asked for. */
export function builtinCatalogue(): BuiltinCatalogue {
  shared ??= openCatalogue(readFileSync(new URL('./builtin/models.bin', import.meta.url)));
  return shared;
}

function openCatalogue(file: Buffer): BuiltinCatalogue {
  const { index, partsOffset } = decodeIndex(file);
  const table = builtinNames(index.map(([name]) => name));
  const positions = new Map(index.map(([name, offset, length]) => [name, { offset, length }]));
  const opened = new Map<string, BuiltinModel>();
  const decoded = new Map<string, ListedModel>();

  const lookUp = (text: string): BuiltinModel | null => {
    const entry = table.find(text);
    if (entry === null) {
      return null;
    }
    const key = `${entry.listed} ${entry.shown}`;
    const known = opened.get(key);
    if (known !== undefined) {
      return known;
    }
    const { offset, length } = positions.get(entry.listed)!;
    const start = partsOffset + offset;
    const listed = decoded.get(entry.listed) ?? decodeModel(entry.listed, file.subarray(start, start + length));
    decoded.set(entry.listed, listed);
    const model = buildBuiltin(entry, listed);
    opened.set(key, model);
    return model;
  };
  return { names: () => table.names, find: (name) => lookUp(name)?.spec ?? null, lookUp };
}
