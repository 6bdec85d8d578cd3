import { createServerRegistry } from '../servers/registry.ts';
import type { ServerRegistry } from '../servers/types.ts';
import { readConfig } from '../settings/config.ts';

/** The servers of the configuration. @throws ConfigError, OllamaError `bad-host`, GpuSourceError */
export function createToolServers(environment: Readonly<Record<string, string | undefined>>): {
  readonly servers: ServerRegistry;
} {
  return { servers: createServerRegistry(readConfig(environment).servers) };
}
