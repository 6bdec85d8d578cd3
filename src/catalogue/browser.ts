/**
 * `headroom/catalogue` for a browser: the models that the program knows by itself, and which files of a hub's repository
 * are meant. Registries are not asked: they refuse pages of other sites.
 */

import type { ModelSpec } from '../estimator/types.ts';
import packedList from './built-in-list.js';
import type { ListedModel } from './builtin-codec.ts';
import { type BuiltinNote, buildBuiltin, builtinNames } from './builtin-names.ts';
import { CatalogueError } from './errors.ts';
import { nearestNames } from './nearest.ts';

export type * from '../estimator/types.ts';
export type { BuiltinNote } from './builtin-names.ts';
export { type ChosenGguf, chooseGguf, offeredQuantizations } from './hub/gguf-files.ts';
export { type HubAddress, hubAddress } from './hub/name.ts';
export type { HubFile } from './hub/types.ts';
export { CatalogueError };

const table = builtinNames(packedList.names);
let models: Promise<ReadonlyMap<string, ListedModel>> | undefined;

/** Names of the built-in list as people type them, sorted. */
export function listNames(): readonly string[] {
  return table.names;
}

/**
 * The model spec for a name in any of its spellings, from the built-in list.
 *
 * @param options.onWarning called for each thing that the answer leaves open
 * @throws CatalogueError `model-unknown`, with the nearest names
 */
export async function findSpec(
  name: string,
  options: { readonly onWarning?: (warning: BuiltinNote) => void } = {},
): Promise<ModelSpec> {
  const entry = table.find(name);
  const listed = entry === null ? undefined : (await unpacked()).get(entry.listed);
  if (entry === null || listed === undefined) {
    throw new CatalogueError('model-unknown', { model: name.slice(0, 200) }, nearestNames(name, table.names));
  }
  const { spec, notes } = buildBuiltin(entry, listed);
  for (const note of notes) {
    options.onWarning?.(note);
  }
  return spec;
}

function unpacked(): Promise<ReadonlyMap<string, ListedModel>> {
  models ??= unpack();
  return models;
}

/** Base64 of deflated JSON: what a bundler takes into a script as it is. */
async function unpack(): Promise<ReadonlyMap<string, ListedModel>> {
  const bytes = Uint8Array.from(atob(packedList.deflated), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  const list = (await new Response(stream).json()) as readonly ListedModel[];
  return new Map(list.map((model) => [model.name, model]));
}
