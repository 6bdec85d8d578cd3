import type { ModelFinder } from '../servers/asking/models.ts';
import { readHubConfig } from '../settings/config.ts';
import { createModelFinder } from './model-finder.ts';
import { createSources } from './sources.ts';

/**
 * Finds models on a server, in registries, hubs and files, for the command-line tool.
 * @throws ConfigError where the settings of the hubs are wrong
 */
export function createNetworkFinder(
  environment: Readonly<Record<string, string | undefined>>,
  cacheDirectory: string,
): {
  readonly finder: ModelFinder;
  readonly close: () => Promise<void>;
} {
  const { catalogue, close } = createSources(readHubConfig(environment), cacheDirectory);
  return { finder: createModelFinder(catalogue, true), close };
}
