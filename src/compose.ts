import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Services } from '../commands/services.ts';
import { Catalogue } from './catalogue/catalogue.ts';
import { RegistryClient } from './catalogue/registry.ts';
import { Painter } from './chat/pictures/painter.ts';
import type { Config } from './config.ts';
import { parseGpuList } from './gpus/declared.ts';
import type { Logger } from './log.ts';
import { createModelFinder } from './model-finder.ts';
import { createServerRegistry } from './servers/registry.ts';

export interface ComposeOptions {
  readonly config: Config;
  readonly log: Logger;
  /** The servers are simulated; replies say so. */
  readonly simulated?: boolean;
  /** Model names may be paths: the command-line tool alone. */
  readonly files?: boolean;
}

/** The program's parts, put together. */
export interface App {
  readonly services: Services;
  /** Ends everything that was started. Never rejects. */
  close(): Promise<void>;
}

/**
 * Puts the parts together from the configuration. Nothing is contacted before a command asks.
 * @throws OllamaError `bad-host`, GpuSourceError
 */
export function compose({ config, log, simulated = false, files = false }: ComposeOptions): App {
  const servers = createServerRegistry(config.servers);
  const painter = new Painter();
  // The simulated server's models are all known; nothing is fetched for it.
  const registry = simulated ? null : new RegistryClient({ cacheDirectory: dataFolder(config, 'headers') });
  const catalogue = new Catalogue(registry === null ? {} : { registry });
  const services: Services = {
    servers,
    painter,
    models: createModelFinder(catalogue, files),
    readGpuList: parseGpuList,
    now: Date.now,
    limits: { maxCtx: config.maxCtx, maxKeepAlive: config.maxKeepAlive },
    timeZone: config.timeZone,
    simulated,
  };
  return {
    services,
    close: async () => {
      const ended = await Promise.allSettled([servers.close(), painter.close(), registry?.close()]);
      for (const result of ended)
        if (result.status === 'rejected') log.warn({ err: result.reason }, 'a part did not end cleanly');
    },
  };
}

/** The folder of a kind of data, made when it is not there. */
function dataFolder(config: Config, name: string): string {
  const folder = join(config.dataDir, name);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return folder;
}
