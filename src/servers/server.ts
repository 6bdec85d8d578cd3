import { within } from '../base/wait.ts';
import { createGpuSource } from '../gpus/parse-source.ts';
import type { Clock, GpuSnapshot, GpuSource } from '../gpus/types.ts';
import { createOllamaClient } from '../ollama/client.ts';
import type { OllamaClient } from '../ollama/types.ts';
import type { OllamaVersion } from '../ollama/version.ts';
import type { ServerConfig } from '../settings/config.ts';
import { Fresh } from './fresh.ts';
import { isThisMachine } from './locality.ts';
import { type OllamaReading, readOllama } from './ollama-reading.ts';
import { createPlacementBook } from './placements.ts';
import { buildSnapshot, type SnapshotParts } from './snapshot.ts';
import type { OllamaStatus, Server, ServerSnapshot, SnapshotOptions } from './types.ts';

export interface ServerOptions {
  readonly clock?: Clock;
  /** Instead of those that the configuration names. */
  readonly ollama?: OllamaClient;
  readonly gpuSource?: GpuSource;
}

const DEFAULT_MAX_AGE_MS = 2_000;
const DEFAULT_TIMEOUT_MS = 5_000;
/** Silence for this long is called hanging rather than "no answer yet", ms. */
const HANGING_AFTER_MS = 2_000;

/**
 * Makes a server of its configuration. Ollama and the GPUs are read side by side, each at its own pace: a hanging
 * nvidia-smi does not hold up the list of models, nor the other way round.
 * @throws OllamaError `bad-host`, GpuSourceError: the configuration cannot be used
 */
export function createServer(config: ServerConfig, options: ServerOptions = {}): Server {
  const clock = options.clock ?? Date.now;
  const ollama =
    options.ollama ??
    createOllamaClient({
      host: config.ollamaHost,
      headers: config.headers,
      ...(config.apiKey === null ? {} : { apiKey: config.apiKey }),
    });
  const gpuSource =
    options.gpuSource ??
    createGpuSource(config.gpuSource, {
      clock,
      isLocal: isThisMachine(config.ollamaHost),
      ...(config.sshKeyFile === null ? {} : { sshKeyFile: config.sshKeyFile }),
    });

  const placements = createPlacementBook();
  const listeners = new Set<(snapshot: ServerSnapshot) => void>();
  let lastVersion: OllamaVersion | null = null;
  let models: SnapshotParts['models'] = null;
  let goodGpus: GpuSnapshot | null = null;
  let latest: ServerSnapshot | null = null;
  let told: readonly [unknown, unknown] = [null, null];
  let closed = false;

  const ollamaSide = new Fresh<OllamaReading>(async () => {
    const reading = await readOllama(ollama);
    if (reading.status.state === 'up') {
      lastVersion = reading.status.version;
    }
    if (reading.models !== null) {
      models = { list: reading.models, atMs: clock() };
    }
    return reading;
  }, clock);
  const gpuSide = new Fresh<GpuSnapshot>(async () => {
    const reading = await gpuSource.read();
    if (reading.status !== 'failed') {
      goodGpus = reading;
    }
    return reading;
  }, clock);

  /** What is known of Ollama when its present answer did not come in time. */
  function lateStatus(): OllamaStatus {
    const since = ollamaSide.pendingSinceMs;
    const waitedMs = since === null ? 0 : clock() - since;
    const last = ollamaSide.latest?.value.status;
    if (last === undefined || waitedMs >= HANGING_AFTER_MS) {
      return { state: 'hanging', error: { code: 'timeout', params: { afterMs: waitedMs } }, lastVersion };
    }
    return last.state === 'up' ? last : { ...last, lastVersion };
  }

  function build(ollamaDone: boolean, gpusDone: boolean): ServerSnapshot {
    const reading = ollamaSide.latest?.value;
    const status: OllamaStatus =
      !ollamaDone || reading === undefined
        ? lateStatus()
        : reading.status.state === 'up'
          ? reading.status
          : { ...reading.status, lastVersion };
    return buildSnapshot({
      name: config.name,
      env: config.env,
      nowMs: clock(),
      ollama: status,
      models,
      modelsCurrent: status.state === 'up' && models !== null,
      gpus: gpusDone ? (gpuSide.latest?.value ?? null) : lateGpus(),
      goodGpus,
      incomplete: !ollamaDone || !gpusDone,
      placements,
    });
  }

  /** The last reading, with the present silence told as a problem when it has lasted. */
  function lateGpus(): GpuSnapshot | null {
    const since = gpuSide.pendingSinceMs;
    const waitedMs = since === null ? 0 : clock() - since;
    const last = gpuSide.latest?.value ?? null;
    if (last !== null && waitedMs < HANGING_AFTER_MS) {
      return last;
    }
    return {
      source: last?.source ?? 'none',
      host: last?.host ?? 'local',
      takenAtMs: clock(),
      status: 'failed',
      basis: 'measured',
      gpus: [],
      processes: null,
      missing: last?.missing ?? [],
      errors: [{ code: 'timeout', params: { seconds: Math.round(waitedMs / 1000) }, text: '' }],
      driverVersion: null,
      hostMemory: null,
    };
  }

  function tell(snapshot: ServerSnapshot): void {
    const now = [ollamaSide.latest, gpuSide.latest] as const;
    if (now[0] === told[0] && now[1] === told[1]) {
      return;
    }
    told = now;
    for (const listener of listeners) {
      listener(snapshot);
    }
  }

  return {
    name: config.name,
    config,
    ollama,
    gpuSource,
    placements,
    async snapshot(snapshotOptions: SnapshotOptions = {}) {
      const maxAgeMs = snapshotOptions.maxAgeMs ?? DEFAULT_MAX_AGE_MS;
      let ollamaDone = false;
      let gpusDone = false;
      const both = Promise.all([
        ollamaSide.get(maxAgeMs).then(() => {
          ollamaDone = true;
        }),
        gpuSide.get(maxAgeMs).then(() => {
          gpusDone = true;
        }),
      ]);
      await within(snapshotOptions.timeoutMs ?? DEFAULT_TIMEOUT_MS, both);
      const snapshot = build(ollamaDone, gpusDone);
      latest = snapshot;
      if (!snapshot.incomplete) {
        tell(snapshot);
      } else {
        // The reading goes on; those who listen get it when it is whole.
        void both.then(() => {
          if (closed) {
            return;
          }
          latest = build(true, true);
          tell(latest);
        });
      }
      return snapshot;
    },
    latest: () => latest,
    onSnapshot(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      closed = true;
      listeners.clear();
      await Promise.allSettled([ollama.close(), gpuSource.close()]);
    },
  };
}
