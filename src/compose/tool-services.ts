import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Services } from '../../commands/services.ts';
import { builtinCatalogue } from '../catalogue/builtin.ts';
import { parseGpuList } from '../estimator/gpu-list.ts';
import { createAsking } from '../servers/asking/asking.ts';
import type { ModelFinder } from '../servers/asking/models.ts';
import { createWeightsIndex } from '../servers/asking/same-weights.ts';
import { createPulls } from '../servers/pulling.ts';
import { createDirectEstimates } from '../workers/estimates.ts';

/** What the command-line tool stands on: nothing is kept, and a model's name may be a path. */
export interface ToolServices {
  readonly services: Services;
  close(): Promise<void>;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Puts together what the tool's commands stand on. Registries and servers are contacted, and the code for it is
 * imported, when a command first asks.
 * @param servers whether the command asks the servers of the configuration
 * @throws ConfigError where the configuration is needed and wrong
 */
export async function createToolServices(
  environment: Environment,
  { servers: asksServers }: { readonly servers: boolean },
): Promise<ToolServices> {
  const closing: (() => Promise<unknown>)[] = [];
  const network = async () => {
    const { createNetworkFinder } = await import('./network-finder.ts');
    const { finder, close } = createNetworkFinder(environment, cacheFolder(environment));
    closing.push(close);
    return finder;
  };
  const parts = asksServers ? (await import('./tool-servers.ts')).createToolServers(environment) : null;
  if (parts !== null) {
    closing.push(() => parts.servers.close());
  }
  const models = createToolFinder(network);
  const weights = createWeightsIndex();
  const services: Services = {
    get servers() {
      if (parts === null) {
        throw new Error('this command asks no server');
      }
      return parts.servers;
    },
    // One picture at most, so in this thread; only a terminal that shows pictures has it drawn.
    painter: { draw: async (spec) => (await import('../chat/pictures/draw.ts')).drawPicture(spec) },
    estimates: createDirectEstimates(),
    models,
    asking: createAsking({ models, weights, calibration: () => null }),
    weights,
    readGpuList: parseGpuList,
    now: Date.now,
    pulls: createPulls(Date.now),
    pullHosts: { hosts: [], insecure: [] },
    limits: { maxCtx: null, maxKeepAlive: null },
    timeZone: 'UTC',
    simulated: false,
  };
  return {
    services,
    close: async () => {
      await Promise.allSettled(closing.map((close) => close()));
    },
  };
}

/** The very model of the built-in list answers at once, where no server is asked; all else is looked up. */
function createToolFinder(network: () => Promise<ModelFinder>): ModelFinder {
  let opened: Promise<ModelFinder> | null = null;
  const findListed: ModelFinder['findListed'] = (name) => {
    const listed = builtinCatalogue().lookUp(name);
    return listed === null ? null : { spec: listed.spec, source: 'builtin', warnings: listed.notes };
  };
  return {
    builtinNames: () => builtinCatalogue().names(),
    findListed,
    find: async (name, server, signal) => {
      const listed = server === null ? findListed(name) : null;
      if (listed !== null && listed.warnings.length === 0) {
        return listed;
      }
      opened ??= network();
      return (await opened).find(name, server, signal);
    },
  };
}

/** Where headers that were read from a registry are kept: beside the bot's data, or in the person's own cache. */
function cacheFolder(environment: Environment): string {
  const data = environment.DATA_DIR?.trim();
  if (data !== undefined && data !== '') {
    return join(data, 'headers');
  }
  const cache = environment.XDG_CACHE_HOME?.trim();
  return join(cache !== undefined && cache !== '' ? cache : join(homedir(), '.cache'), 'headroom', 'headers');
}
