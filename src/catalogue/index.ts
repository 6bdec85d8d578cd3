/** `headroom/catalogue`: model specs by name, from a registry or from the list that the program has by itself. */

import type { ModelSpec } from '../estimator/types.ts';
import { builtinCatalogue } from './builtin.ts';
import { Catalogue } from './catalogue.ts';
import type { CatalogueWarning, SpecSource } from './found.ts';
import { RegistryClient } from './registry.ts';

export type * from '../estimator/types.ts';
export { CatalogueError } from './errors.ts';
export type { CatalogueWarning, SpecSource } from './found.ts';

/** Names of the built-in list as people type them, sorted. */
export function listNames(): readonly string[] {
  return builtinCatalogue().names();
}

/**
 * The model spec for a name as people type it: `gemma3:12b`, `hf.co/org/repo:Q4_K_M`. A registry is asked first (its
 * manifest and the header of its file, some MB), then the built-in list.
 *
 * @param options.registry `false`: no network, the built-in list alone
 * @param options.ollama version of Ollama for which the spec is meant; from 0.30 on (and without) the model is given as
 *   llama.cpp sees it
 * @param options.cacheDirectory where headers read from a registry are kept; default: nowhere
 * @param options.onWarning called for each thing that the answer leaves open
 * @param options.onSource called with where the spec came from
 * @throws CatalogueError `model-unknown` with the nearest names, `model-cloud`, `model-mlx`, `registry-…`
 * @throws GgufError when the model was found and cannot be read
 */
export async function findSpec(
  name: string,
  options: {
    readonly registry?: boolean;
    readonly ollama?: string;
    readonly cacheDirectory?: string;
    readonly signal?: AbortSignal;
    readonly onWarning?: (warning: CatalogueWarning) => void;
    readonly onSource?: (source: SpecSource) => void;
  } = {},
): Promise<ModelSpec> {
  const { ollama, signal, cacheDirectory } = options;
  const registry =
    options.registry === false ? null : new RegistryClient(cacheDirectory === undefined ? {} : { cacheDirectory });
  try {
    const catalogue = new Catalogue(registry === null ? {} : { registry });
    const found = await catalogue.find(name, {
      ...(ollama === undefined ? {} : { ollama }),
      ...(signal === undefined ? {} : { signal }),
    });
    for (const warning of found.warnings) {
      options.onWarning?.(warning);
    }
    options.onSource?.(found.source);
    return found.spec;
  } finally {
    await registry?.close();
  }
}
