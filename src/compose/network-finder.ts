import { Catalogue } from '../catalogue/catalogue.ts';
import { RegistryClient } from '../catalogue/registry.ts';
import type { ModelFinder } from '../servers/asking/models.ts';
import { createModelFinder } from './model-finder.ts';

/** Finds models on a server, in registries and in files, for the command-line tool. */
export function createNetworkFinder(cacheDirectory: string): {
  readonly finder: ModelFinder;
  readonly close: () => Promise<void>;
} {
  const registry = new RegistryClient({ cacheDirectory });
  return { finder: createModelFinder(new Catalogue({ registry }), true), close: () => registry.close() };
}
