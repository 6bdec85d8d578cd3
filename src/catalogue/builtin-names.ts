import { quantize } from '../estimator/model/quantize/quantize.ts';
import { readTarget } from '../estimator/model/quantize/targets.ts';
import type { ModelSpec, ProjectorSpec } from '../estimator/types.ts';
import { tableBytes } from '../gguf/spec.ts';
import { ALIASES, type Aliases } from './aliases.ts';
import type { ListedModel } from './builtin-codec.ts';
import { nameKey, parseModelName } from './names.ts';
import { isLibraryName, libraryProjector, libraryTensors } from './ollama-files.ts';
import { spelledName } from './spelling.ts';
import { gemma3Tower } from './towers.ts';

/** What an answer from the built-in list leaves open. */
export type BuiltinNote = 'builtin-other-quantization' | 'builtin-tower-unknown' | 'builtin-computed';

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
  /** The table is worked out from a published configuration. */
  readonly computed: boolean;
  /** Whether an Ollama name was asked for: the list's own names mean the language model alone, as in the accuracy data. */
  readonly tower: Aliases['tower'];
  /** Quantization asked for with the name, where it is another than the list's. */
  readonly quantization?: string;
}

/** The models of the list by all their names. */
export interface BuiltinNames {
  /** Names as people type them, sorted. */
  readonly names: readonly string[];
  /** The model that a text means in any spelling. */
  find(text: string): BuiltinEntry | null;
}

/**
 * All names under which the models of the list can be asked for.
 * @param listedNames the models' own names, in the list's order
 */
export function builtinNames(listedNames: readonly string[]): BuiltinNames {
  const entries = new Map<string, BuiltinEntry>();
  const spelled = new Map<string, BuiltinEntry>();
  const names: string[] = [];
  const remember = (table: Map<string, BuiltinEntry>, key: string, entry: BuiltinEntry): void => {
    if (key !== '' && !table.has(key)) {
      table.set(key, entry);
    }
  };
  const add = (text: string, entry: BuiltinEntry): void => {
    const parsed = parseModelName(text);
    if (parsed.ok) {
      remember(entries, nameKey(parsed.name), entry);
    }
    const { owner, key, quantization } = spelledName(text);
    if (owner === undefined && quantization === undefined) {
      remember(spelled, key, entry);
    }
  };
  for (const listed of listedNames) {
    const { exact, near = [], computed = [], tower, seeing = [] } = ALIASES[listed] ?? { exact: [] };
    const own = (shown: string, isNear: boolean, isComputed: boolean): BuiltinEntry => ({
      listed,
      shown,
      near: isNear,
      computed: isComputed,
      tower: seeing.includes(shown) ? 'unknown' : tower,
    });
    for (const shown of exact) {
      add(shown, own(shown, false, false));
    }
    for (const shown of near) {
      add(shown, own(shown, true, false));
    }
    for (const shown of computed) {
      add(shown, own(shown, false, true));
    }
    names.push(...exact, ...near, ...computed);
    if (exact.length + near.length + computed.length === 0) {
      names.push(listed);
    }
  }
  // The list's own names come second: where one is also Ollama's name for the model, Ollama's meaning wins.
  for (const listed of listedNames) {
    const computed = ALIASES[listed]?.computed !== undefined;
    add(listed, { listed, shown: listed, near: false, computed, tower: undefined });
  }
  const hubs = hubNames(listedNames);
  for (const [key, entry] of hubs) {
    remember(spelled, key.slice(key.indexOf('/') + 1), entry);
  }
  return {
    names: names.sort(),
    find: (text) => {
      const parsed = parseModelName(text);
      const exact = parsed.ok ? entries.get(nameKey(parsed.name)) : undefined;
      return exact ?? findSpelled(text, spelled, hubs);
    },
  };
}

/** Repositories by owner and spelled name. What a hub publishes under a name is another file than the list's. */
function hubNames(listedNames: readonly string[]): ReadonlyMap<string, BuiltinEntry> {
  const hubs = new Map<string, BuiltinEntry>();
  for (const listed of listedNames) {
    const { hub = [], tower, exact = [], near = [], computed = [] } = ALIASES[listed] ?? {};
    const shown = exact[0] ?? near[0] ?? computed[0] ?? listed;
    for (const repository of hub) {
      const { owner, key } = spelledName(repository);
      hubs.set(`${owner}/${key}`, { listed, shown, near: false, computed: true, tower });
    }
  }
  return hubs;
}

function findSpelled(
  text: string,
  spelled: ReadonlyMap<string, BuiltinEntry>,
  hubs: ReadonlyMap<string, BuiltinEntry>,
): BuiltinEntry | null {
  const { owner, key, quantization } = spelledName(text);
  const entry = owner === undefined ? spelled.get(key) : hubs.get(`${owner}/${key}`);
  if (entry === undefined) {
    return null;
  }
  const listed = ALIASES[entry.listed]?.quantization ?? 'Q4_K_M';
  if (quantization === undefined || readTarget(quantization).name === listed) {
    return entry;
  }
  const { name } = readTarget(quantization);
  return { ...entry, shown: `${entry.shown}-${name.toLowerCase()}`, near: false, computed: true, quantization: name };
}

/** The model that a name means, with its tower where it is known. */
export function buildBuiltin(entry: BuiltinEntry, listed: ListedModel): BuiltinModel {
  const { architecture, metadata } = listed;
  // The list's own name of a model means the file as it was recorded.
  const library = entry.shown !== entry.listed && isLibraryName(entry.shown);
  const asked = asAskedFor(entry, listed);
  const tensors = library ? libraryTensors(architecture, asked) : asked;
  const published =
    library && listed.projector !== undefined ? libraryProjector(architecture, listed.projector) : listed.projector;
  const tower = entry.tower === 'gemma3' ? gemma3Tower() : undefined;
  const projector: ProjectorSpec | undefined =
    tower === undefined ? published : { source: 'embedded', weightsBytes: tableBytes(tower.tensors), ...tower };
  const embeddedBytes = projector?.source === 'embedded' ? projector.weightsBytes : 0;
  const vocabulary = metadata['tokenizer.ggml.tokens.length'];
  const headerBytes = HEADER_BYTES_PER_TOKEN * (typeof vocabulary === 'number' ? vocabulary : 0);
  const notes: BuiltinNote[] = [];
  if (entry.near) {
    notes.push('builtin-other-quantization');
  }
  if (entry.computed) {
    notes.push('builtin-computed');
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
      fileBytes: tableBytes(tensors) + embeddedBytes + headerBytes,
      ...(projector === undefined ? {} : { projector }),
    },
    notes,
  };
}

/** The table under the quantization that the name asks for. */
function asAskedFor({ quantization, shown }: BuiltinEntry, { architecture, metadata, tensors }: ListedModel) {
  return quantization === undefined
    ? tensors
    : quantize({ name: shown, architecture, metadata, tensors }, quantization).spec.tensors;
}
