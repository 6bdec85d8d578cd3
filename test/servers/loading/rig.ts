import { afterEach } from 'vitest';
import { builtinCatalogue } from '../../../src/catalogue/builtin.ts';
import { Catalogue } from '../../../src/catalogue/catalogue.ts';
import { createWeightsIndex } from '../../../src/servers/asking/same-weights.ts';
import type { HoldEvent } from '../../../src/servers/loading/hold-watch.ts';
import { createStoredHolds, type HoldBook } from '../../../src/servers/loading/holds.ts';
import { createServerQueue } from '../../../src/servers/loading/queue.ts';
import { createLoadService, type LoadService, type LoadServiceParts } from '../../../src/servers/loading/service.ts';
import type {
  ConsentQuestion,
  LoadOrder,
  LoadOutcome,
  LoadStep,
  Requester,
} from '../../../src/servers/loading/types.ts';
import { createServerRegistry } from '../../../src/servers/registry.ts';
import type { Server, ServerRegistry } from '../../../src/servers/types.ts';
import type { ServerConfig } from '../../../src/settings/config.ts';
import { gtx1070Ti } from '../../../src/simulator/demo-machine.ts';
import { estimatedPlacement } from '../../../src/simulator/placement.ts';
import { type Simulator, startSimulator } from '../../../src/simulator/simulator.ts';
import type { SimulatorOptions } from '../../../src/simulator/types.ts';
import { openStore } from '../../../src/store/store.ts';
import type { Store } from '../../../src/store/types.ts';
import { createDirectEstimates } from '../../../src/workers/estimates.ts';
import { serverConfig } from '../stub.ts';

export const MIB = 2 ** 20;
export const GIB = 2 ** 30;

/** Models of the built-in list, by size. */
export const SMALL = 'llama3.2:1b';
export const MIDDLE = 'qwen3:8b';
export const LARGE = 'gemma3:12b';
const MODELS = [SMALL, MIDDLE, LARGE, 'gemma3:4b', 'nomic-embed-text'];

export interface Rig {
  readonly simulators: readonly Simulator[];
  readonly simulator: Simulator;
  readonly registry: ServerRegistry;
  readonly server: Server;
  readonly store: Store;
  readonly holds: HoldBook;
  readonly loads: LoadService;
  readonly questions: ConsentQuestion[];
  readonly events: HoldEvent[];
  readonly errors: unknown[];
  /** Names of what is loaded, sorted. */
  loaded(): string[];
}

export interface RigOptions extends Partial<SimulatorOptions> {
  readonly servers?: number;
  readonly cards?: number;
  readonly parts?: Partial<LoadServiceParts>;
  readonly env?: Partial<ServerConfig['env']>;
  /** Instead of the simulator's metrics. */
  readonly gpuSource?: string;
}

const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) {
    await close();
  }
});

/** A real load service against simulated servers over HTTP, with proofs that wait milliseconds instead of seconds. */
export async function startRig(options: RigOptions = {}): Promise<Rig> {
  const { servers = 1, cards = 4, parts = {}, env = {}, gpuSource, ...simulated } = options;
  const catalogue = builtinCatalogue();
  const names = new Catalogue();
  const specs = MODELS.map((name) => catalogue.find(name)!);
  const simulators = await Promise.all(
    Array.from({ length: servers }, (_, index) =>
      startSimulator({
        gpus: Array.from({ length: cards }, () => gtx1070Ti()),
        system: { totalBytes: 64 * GIB, usedBytes: 6 * GIB },
        ollamaVersion: '0.33.0',
        models: specs.map((spec) => ({ spec })),
        placement: estimatedPlacement(index + 1),
        seed: index + 1,
        ...simulated,
      }),
    ),
  );
  const configs = simulators.map((simulator, index) => {
    const source = gpuSource ?? `prometheus+${simulator.url}/metrics`;
    const config = serverConfig(index === 0 ? 'main' : `s${index + 1}`, simulator.url, source);
    return { ...config, env: { ...config.env, ...env } };
  });
  const registry = createServerRegistry(configs);
  const store = await openStore(':memory:');
  const questions: ConsentQuestion[] = [];
  const events: HoldEvent[] = [];
  const errors: unknown[] = [];
  const holds = createStoredHolds(store.holds, Date.now);
  const loads = createLoadService({
    registry,
    store,
    holds,
    weights: createWeightsIndex(),
    queueFor: (server) => createServerQueue(server),
    estimates: createDirectEstimates(),
    findSpec: async (model, server, signal) =>
      catalogue.find(model) ?? (await names.find(model, { server: server.ollama, signal })).spec,
    askHolder: async (question) => {
      questions.push(question);
      return 'keep';
    },
    tellHolder: (event) => events.push(event),
    limits: { maxCtx: null, maxKeepAlive: null },
    now: Date.now,
    onError: (error) => errors.push(error),
    settleMs: 5,
    ...parts,
  });
  closers.push(async () => {
    await loads.close();
    await registry.close();
    await Promise.all(simulators.map((simulator) => simulator.close()));
    await store.close();
  });
  return {
    simulators,
    simulator: simulators[0]!,
    registry,
    server: registry.defaultServer,
    store,
    holds,
    loads,
    questions,
    events,
    errors,
    loaded: () =>
      simulators[0]!
        .loaded()
        .map(({ name }) => name)
        .sort(),
  };
}

export function person(id: string, more: Partial<Requester> = {}): Requester {
  return { id, name: `name of ${id}`, isAdmin: false, platform: 'discord', guildId: 'g', channelId: 'c', ...more };
}

export function order(model: string, more: Partial<LoadOrder> = {}): LoadOrder {
  return {
    model,
    partial: false,
    mayUnload: [],
    mayInterrupt: false,
    overrideHolds: false,
    by: person('ada'),
    ...more,
  };
}

export interface Ran {
  readonly outcome: LoadOutcome;
  readonly steps: LoadStep[];
}

/** Loads and waits for the end. */
export async function load(
  rig: Rig,
  wanted: LoadOrder,
  more: {
    readonly server?: Server;
    readonly signal?: AbortSignal;
    readonly onStep?: (step: LoadStep, id: string) => void;
  } = {},
): Promise<Ran> {
  const steps: LoadStep[] = [];
  let id = '';
  const started = rig.loads.load(more.server ?? rig.server, wanted, {
    signal: more.signal ?? new AbortController().signal,
    onStep: (step) => {
      steps.push(step);
      more.onStep?.(step, id);
    },
  });
  id = started.id;
  return { outcome: await started.done, steps };
}

/** Another client's request straight to Ollama. */
export async function otherClient(
  rig: Rig,
  model: string,
  numCtx: number,
  keepAlive: number | string = '5m',
): Promise<void> {
  const response = await fetch(`${rig.simulator.url}/api/generate`, {
    method: 'POST',
    body: JSON.stringify({ model, keep_alive: keepAlive, options: { num_ctx: numCtx }, stream: false }),
  });
  if (!response.ok) {
    throw new Error(await response.text());
  }
  await response.arrayBuffer();
}
