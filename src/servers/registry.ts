import type { ServerConfig } from '../settings/config.ts';
import { createServer, type ServerOptions } from './server.ts';
import type { Server, ServerRegistry } from './types.ts';

/**
 * All servers of the configuration.
 * @param options for every server; tests give clients and sources of their own by name
 * @throws OllamaError `bad-host`, GpuSourceError
 */
export function createServerRegistry(
  configs: readonly ServerConfig[],
  options: (config: ServerConfig) => ServerOptions = () => ({}),
): ServerRegistry {
  const servers: readonly Server[] = configs.map((config) => createServer(config, options(config)));
  const defaultServer = servers[0];
  if (defaultServer === undefined) {
    throw new Error('a registry needs at least one server');
  }
  return {
    servers,
    defaultServer,
    get(name) {
      const wanted = name.trim().toLowerCase();
      return servers.find((server) => server.name.toLowerCase() === wanted) ?? null;
    },
    snapshotAll(snapshotOptions) {
      return Promise.all(servers.map((server) => server.snapshot(snapshotOptions)));
    },
    async close() {
      await Promise.all(servers.map((server) => server.close()));
    },
  };
}
