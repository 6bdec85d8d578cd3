import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { DispatchHooks } from '../chat/dispatch/dispatcher.ts';
import type { ServerRegistry, ServerSnapshot } from '../servers/types.ts';
import type { Alert, ObservationRow, Store } from '../store/types.ts';
import { boundedModels, labelText, MAX_GPUS } from './metrics-labels.ts';

/** Loads looked at for the gauges of predicted and actual memory. */
const LOADS_LOOKED_AT = 100;
/** Seconds of commands: from a completion to a load. */
const COMMAND_BUCKETS = [0.005, 0.02, 0.1, 0.5, 1, 2, 5, 15, 60, 300, 900];
/** Error of a prediction as part of what came. */
const ERROR_BUCKETS = [0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5];

export interface MetricsParts {
  readonly servers: ServerRegistry;
  /** `null` where nothing is kept. */
  readonly store: Pick<Store, 'observations' | 'check'> | null;
  /** Loads that wait or run on a server; absent where nothing loads. */
  readonly activeLoads?: (server: string) => number;
  /** Whether the session with the chat platform stands; absent in the terminal. */
  readonly gateway?: () => boolean;
  readonly alerts?: () => readonly Pick<Alert, 'server' | 'kind'>[];
  /** Waiting watches by server; `null`: any. */
  readonly watches?: () => ReadonlyMap<string | null, number>;
  /** Process and runtime figures too. Default true. */
  readonly processFigures?: boolean;
}

export interface Metrics {
  readonly contentType: string;
  /** The exposition text. Figures of servers are those of the latest snapshots: nothing is read for it. */
  text(): Promise<string>;
  /** Names of every metric, as they are asked for in Prometheus. */
  names(): readonly string[];
  /** Counts commands. */
  readonly hooks: DispatchHooks;
}

/**
 * The program's figures for Prometheus, in a registry of its own. Labels come from the configuration or are bounded:
 * models beyond a number are summed as `other`. What is not known has no sample, rather than a zero.
 */
export function createMetrics(parts: MetricsParts): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const prefix = 'headroom_';
  if (parts.processFigures !== false) {
    collectDefaultMetrics({ register: registry, prefix });
  }

  const gauge = <T extends string>(
    name: string,
    help: string,
    labelNames: readonly T[],
    collect: (set: (labels: Record<T, string>, value: number | null) => void) => void | Promise<void>,
  ): void => {
    new Gauge({
      name: prefix + name,
      help,
      labelNames,
      registers,
      async collect() {
        const found: (readonly [Record<T, string>, number])[] = [];
        await collect((labels, value) => {
          if (value !== null && Number.isFinite(value)) {
            found.push([labels, value]);
          }
        });
        // In one go: of two that ask at the same time neither shall see half of the figures.
        this.reset();
        for (const [labels, value] of found) {
          this.set(labels as never, value);
        }
      },
    });
  };

  collectServers(gauge, parts);
  collectModels(gauge, parts.servers);
  collectLoads(gauge, parts, registers);
  collectProgram(gauge, parts);

  const commands = new Counter({
    name: 'headroom_commands_total',
    help: 'Commands and buttons by result.',
    labelNames: ['command', 'result'] as const,
    registers,
  });
  const seconds = new Histogram({
    name: 'headroom_command_seconds',
    help: 'Time until a command was answered.',
    labelNames: ['command'] as const,
    buckets: COMMAND_BUCKETS,
    registers,
  });

  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    names: () =>
      registry
        .getMetricsAsArray()
        .flatMap(({ name, type }) =>
          String(type) === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
        ),
    hooks: {
      finished: ({ command, outcome, ms }) => {
        commands.inc({ command, result: outcome });
        if (outcome !== 'refused') {
          seconds.observe({ command }, ms / 1000);
        }
      },
    },
  };
}

type MakeGauge = <T extends string>(
  name: string,
  help: string,
  labelNames: readonly T[],
  collect: (set: (labels: Record<T, string>, value: number | null) => void) => void | Promise<void>,
) => void;

function collectServers(gauge: MakeGauge, { servers }: MetricsParts): void {
  const everyServer = (run: (server: string, snapshot: ServerSnapshot) => void): void => {
    for (const server of servers.servers) {
      const snapshot = server.latest();
      if (snapshot !== null) {
        run(server.name, snapshot);
      }
    }
  };
  gauge('ollama_up', 'Whether Ollama answered the latest reading.', ['server'], (set) =>
    everyServer((server, { ollama }) => set({ server }, ollama.state === 'up' ? 1 : 0)),
  );
  gauge('ollama_info', 'Version of Ollama.', ['server', 'version'], (set) =>
    everyServer((server, { ollama }) => {
      const version = ollama.state === 'up' ? ollama.version : ollama.lastVersion;
      if (version !== null) {
        set({ server, version: labelText(version.text) }, 1);
      }
    }),
  );
  gauge('snapshot_age_seconds', 'Age of the latest snapshot of a server.', ['server'], (set) =>
    everyServer((server, { takenAtMs }) => set({ server }, Math.max(0, Date.now() - takenAtMs) / 1000)),
  );
  gauge('gpu_source_failing', 'Whether the latest reading of the GPUs had problems.', ['server'], (set) =>
    everyServer((server, { gpuProblems }) => set({ server }, gpuProblems.length > 0 ? 1 : 0)),
  );
  gauge('gpus_missing', 'GPUs seen earlier and not now.', ['server'], (set) =>
    everyServer((server, { missingGpus }) => set({ server }, missingGpus.length)),
  );
  const perGpu = [
    ['gpu_memory_total_bytes', 'Memory of a GPU.', 'totalBytes', 1],
    ['gpu_memory_used_bytes', 'Used memory of a GPU.', 'usedBytes', 1],
    ['gpu_memory_free_bytes', 'Free memory of a GPU, as the driver says.', 'freeBytes', 1],
    ['gpu_memory_ollama_bytes', "Memory of a GPU held by Ollama's models.", 'ollamaBytes', 1],
    ['gpu_memory_others_bytes', 'Memory of a GPU held by other programs, and driver overhead.', 'othersBytes', 1],
    ['gpu_utilization_ratio', 'How much a GPU computes, 0 to 1.', 'utilPct', 0.01],
    ['gpu_temperature_celsius', 'Temperature of a GPU.', 'tempC', 1],
    ['gpu_power_watts', 'Power draw of a GPU.', 'powerW', 1],
  ] as const;
  for (const [name, help, key, factor] of perGpu) {
    gauge(name, help, ['server', 'gpu', 'uuid'], (set) =>
      everyServer((server, { gpuViews, gpuStale }) => {
        // Old numbers are no numbers: a gap in the picture is right.
        if (gpuStale) {
          return;
        }
        for (const [position, view] of gpuViews.slice(0, MAX_GPUS).entries()) {
          const labels = { server, gpu: String(view.index ?? position), uuid: labelText(view.uuid) };
          const value = view[key];
          set(labels, value === null ? null : value * factor);
        }
      }),
    );
  }
}

function collectModels(gauge: MakeGauge, servers: ServerRegistry): void {
  gauge('models_loaded', 'Models in memory.', ['server'], (set) => {
    for (const server of servers.servers) {
      const snapshot = server.latest();
      if (snapshot === null || snapshot.modelsStale) {
        continue;
      }
      set({ server: server.name }, snapshot.models?.length ?? null);
    }
  });
  const perModel = [
    ['model_memory_bytes', 'Memory of a loaded model, GPU and host, as Ollama reports it.', 'sizeBytes'],
    ['model_vram_bytes', 'The part of it on GPUs.', 'sizeVramBytes'],
  ] as const;
  for (const [name, help, key] of perModel) {
    gauge(name, help, ['server', 'model'], (set) => {
      for (const server of servers.servers) {
        const snapshot = server.latest();
        if (snapshot === null || snapshot.modelsStale) {
          continue;
        }
        const sizes = (snapshot.models ?? []).map((model) => [model.name, model[key]] as const);
        for (const [model, bytes] of boundedModels(sizes)) {
          set({ server: server.name, model }, bytes);
        }
      }
    });
  }
}

/** Predicted against actual of loads: the latest of each model, and how far off all of them were. */
function collectLoads(gauge: MakeGauge, { servers, store, activeLoads }: MetricsParts, registers: Registry[]): void {
  if (activeLoads !== undefined) {
    gauge('loads_active', 'Loads that wait or run; one runs at a time.', ['server'], (set) => {
      for (const { name } of servers.servers) {
        set({ server: name }, activeLoads(name));
      }
    });
  }
  if (store === null) {
    return;
  }
  /** A store that does not answer must not take the other figures with it. */
  const latestLoads = async (query: {
    readonly server?: string;
    readonly limit: number;
  }): Promise<readonly ObservationRow[]> => {
    try {
      return await store.observations.list(query);
    } catch {
      return [];
    }
  };
  const sizes = (row: ObservationRow) => ({
    predicted: numberOf(row.predicted.sizeVramBytes),
    actual: numberOf(row.actual.sizeVramBytes),
  });
  for (const which of ['predicted', 'actual'] as const) {
    gauge(
      `load_${which}_bytes`,
      `GPU memory of the latest load of a model, ${which}.`,
      ['server', 'model'],
      async (set) => {
        for (const { name } of servers.servers) {
          const rows = await latestLoads({ server: name, limit: LOADS_LOOKED_AT });
          const newest = new Map<string, number>();
          for (const row of rows) {
            const bytes = sizes(row)[which];
            if (bytes !== null && !newest.has(row.model)) {
              newest.set(row.model, bytes);
            }
          }
          for (const [model, bytes] of boundedModels([...newest], 'drop')) {
            set({ server: name, model }, bytes);
          }
        }
      },
    );
  }
  const names = new Set(servers.servers.map((server) => server.name));
  /** Loads up to this one were there at the start. */
  const first = latestLoads({ limit: 1 }).then(([newest]) => newest?.id ?? 0);
  let lastId = 0;
  new Histogram({
    name: 'headroom_load_error_ratio',
    help: 'How far predictions were off, as a part of what came, since the start.',
    labelNames: ['server'] as const,
    buckets: ERROR_BUCKETS,
    registers,
    async collect() {
      lastId = Math.max(lastId, await first);
      const rows = (await latestLoads({ limit: LOADS_LOOKED_AT })).filter((row) => row.id > lastId);
      for (const row of rows) {
        lastId = Math.max(lastId, row.id);
        const { predicted, actual } = sizes(row);
        if (predicted === null || actual === null || actual <= 0 || !names.has(row.server)) {
          continue;
        }
        this.observe({ server: row.server }, Math.abs(actual - predicted) / actual);
      }
    },
  });
}

function collectProgram(gauge: MakeGauge, parts: MetricsParts): void {
  const { gateway, alerts, watches, store } = parts;
  if (gateway !== undefined) {
    gauge('gateway_up', 'Whether the session with Discord stands.', [], (set) => set({}, gateway() ? 1 : 0));
  }
  if (store !== null) {
    gauge('store_up', 'Whether the data folder can be written.', [], async (set) =>
      set({}, (await store.check()) === null ? 1 : 0),
    );
  }
  if (alerts !== undefined) {
    gauge('alerts_open', 'Open alerts by kind.', ['server', 'kind'], (set) => {
      const groups = Map.groupBy(alerts(), ({ server, kind }) => JSON.stringify([server, kind]));
      for (const group of groups.values()) {
        set({ server: group[0]!.server, kind: group[0]!.kind }, group.length);
      }
    });
  }
  if (watches !== undefined) {
    gauge('watches_waiting', 'People who wait for memory; "any" is any server.', ['server'], (set) => {
      for (const [server, count] of watches()) {
        set({ server: server ?? 'any' }, count);
      }
    });
  }
}

function numberOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}
