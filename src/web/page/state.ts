import { singleLine } from '../../base/text.ts';
import type { UnderWay } from '../../servers/loading/jobs.ts';
import type { GpuView, LoadedModelView, Server, ServerRegistry } from '../../servers/types.ts';
import type { ApiServer, ApiState } from './schemas.ts';

const MAX_GPUS = 64;
const MAX_MODELS = 50;
const MAX_QUEUE = 50;
const MAX_NAME = 128;

export interface StateParts {
  readonly servers: ServerRegistry;
  readonly simulated: boolean;
  readonly now: () => number;
  /** Names of who holds what, by model; absent where nothing is kept. */
  readonly holders?: (server: string) => ReadonlyMap<string, string>;
  readonly underWay?: (server: string) => readonly Pick<UnderWay, 'model' | 'kind'>[];
  /** Whether names of people may be told. */
  readonly names: boolean;
}

/** All servers as last read. Names come from outside: they are cut and cleaned. */
export function readState(parts: StateParts): ApiState {
  return {
    simulated: parts.simulated,
    takenAtMs: parts.now(),
    servers: parts.servers.servers.map((server) => serverState(server, parts)),
  };
}

function clean(text: string): string {
  return singleLine(text, MAX_NAME);
}

function serverState(server: Server, parts: StateParts): ApiServer {
  const snapshot = server.latest();
  const queue = (parts.underWay?.(server.name) ?? [])
    .slice(0, MAX_QUEUE)
    .map(({ model, kind }) => ({ model: clean(model), kind }));
  if (snapshot === null) {
    return {
      name: server.name,
      ollama: { state: 'unknown', version: null },
      takenAtMs: null,
      stale: true,
      gpus: [],
      models: null,
      queue,
    };
  }
  const { ollama } = snapshot;
  const version = ollama.state === 'up' ? ollama.version : ollama.lastVersion;
  const holders = parts.holders?.(server.name) ?? new Map<string, string>();
  return {
    name: server.name,
    ollama: { state: ollama.state, version: version === null ? null : clean(version.text) },
    takenAtMs: snapshot.takenAtMs,
    stale: snapshot.gpuStale,
    gpus: snapshot.gpuViews.slice(0, MAX_GPUS).map(gpuState),
    models:
      snapshot.models === null
        ? null
        : snapshot.models.slice(0, MAX_MODELS).map((model) => modelState(model, holders.get(model.name), parts.names)),
    queue,
  };
}

function gpuState(gpu: GpuView): ApiServer['gpus'][number] {
  const { index, name, state, totalBytes, usedBytes, freeBytes, ollamaBytes, othersBytes, utilPct, tempC } = gpu;
  return {
    index,
    name: clean(name),
    state,
    totalBytes,
    usedBytes,
    freeBytes,
    ollamaBytes,
    othersBytes,
    utilPct,
    tempC,
  };
}

function modelState(
  model: LoadedModelView,
  holder: string | undefined,
  names: boolean,
): NonNullable<ApiServer['models']>[number] {
  return {
    name: clean(model.name),
    sizeBytes: model.sizeBytes,
    sizeVramBytes: model.sizeVramBytes,
    gpuShare: model.gpuShare,
    contextLength: model.contextLength,
    leavesAtMs: model.expiresAtMs,
    stopping: model.stopping,
    held: holder !== undefined,
    ...(names && holder !== undefined ? { holder: singleLine(holder, 32) } : {}),
  };
}
