/** The built-in list. It is a file of its own, which the page loads after itself. */

import type { FoundModel } from './found.ts';

const load = () => import('../../src/catalogue/browser.ts');
let loading: ReturnType<typeof load> | undefined;

/** The rooms' entry for browsers; a failed download is tried again by the next call. */
export function loadCatalogue(): ReturnType<typeof load> {
  loading ??= load().catch((error: unknown) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

/** Names of the built-in list, sorted. */
export async function listedNames(): Promise<readonly string[]> {
  return (await loadCatalogue()).listNames();
}

/**
 * A model of the built-in list, in any spelling.
 * @throws CatalogueError `model-unknown`, with the nearest names
 */
export async function listedModel(name: string): Promise<FoundModel> {
  const { findSpec } = await loadCatalogue();
  const notes: string[] = [];
  const spec = await findSpec(name, { onWarning: (note) => notes.push(note) });
  return { spec, notes };
}
