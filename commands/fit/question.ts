import { defaultContext } from '../../src/estimator/default-context.ts';
import { architectureNumber } from '../../src/estimator/estimate-facts.ts';
import type { EstimateRequest, EstimateServer, GpuDevice, KvCacheType } from '../../src/estimator/types.ts';
import { estimateServer } from '../../src/servers/estimate-server.ts';
import type { Server, ServerSnapshot } from '../../src/servers/types.ts';
import { CommandError, type FoundModel, type Services } from '../services.ts';

/** Version assumed when the server does not tell its own: the newest that the engines know. */
export const ASSUMED_VERSION = '0.33.0';

/** What somebody asks. */
export interface FitOptions {
  readonly model: string;
  readonly ctx?: number | undefined;
  readonly server?: string | undefined;
  readonly gpus?: string | undefined;
  readonly kv?: KvCacheType | undefined;
  readonly parallel?: number | undefined;
  /** Ollama's version, for "what would that version do". */
  readonly ollama?: string | undefined;
  /** No server is asked: GPUs and version come with the question. */
  readonly offline?: boolean | undefined;
}

/** Everything an answer rests on. */
export interface FitQuestion {
  readonly options: FitOptions;
  readonly found: FoundModel;
  readonly server: Server | null;
  readonly snapshot: ServerSnapshot | null;
  readonly request: EstimateRequest;
  /** `null`: no GPU is known, so there is no verdict. */
  readonly estimate: EstimateServer | null;
  /** The same with every loaded model gone; `null` when nothing is loaded or it cannot be told. */
  readonly emptied: EstimateServer | null;
  /** GPUs were given with the question rather than read. */
  readonly gpusGiven: boolean;
  /** No context was asked for; the server's default was taken. */
  readonly ctxDefaulted: boolean;
  readonly versionAssumed: boolean;
  /** Training context, tokens; 0 = the model does not say. */
  readonly trained: number;
}

/** The server that was named, or the only one, or the default. Throws `server-unknown`. */
export function pickServer(services: Services, name: string | undefined): Server {
  if (name === undefined) return services.servers.defaultServer;
  const server = services.servers.get(name);
  if (server !== null) return server;
  throw new CommandError('server-unknown', {
    server: name,
    servers: services.servers.servers.map((candidate) => candidate.name).join(', '),
  });
}

/**
 * Gathers what an answer needs: a fresh snapshot and the model spec, side by side.
 * Throws typed errors: `server-unknown`, `model-unknown`, `gpus-…`, `ctx-beyond-training`, ….
 */
export async function gatherQuestion(
  services: Services,
  options: FitOptions,
  signal: AbortSignal,
): Promise<FitQuestion> {
  const given = options.gpus === undefined ? null : services.readGpuList(options.gpus);
  const server = options.offline === true ? null : pickServer(services, options.server);
  const [snapshot, found] = await Promise.all([
    server === null ? null : server.snapshot({ maxAgeMs: 2_000, timeoutMs: 2_000 }),
    services.models.find(options.model, server, signal),
  ]);
  const told =
    snapshot?.ollama.state === 'up' ? snapshot.ollama.version.text : (snapshot?.ollama.lastVersion?.text ?? null);
  const version = options.ollama ?? told ?? ASSUMED_VERSION;
  const read = snapshot === null || server === null ? null : estimateServer(snapshot, server.config);
  const base: EstimateServer | null =
    given !== null ? { ...(read ?? { ollama: version, gpus: [] }), gpus: given, loaded: [] } : read;
  const known = base !== null && (base.gpus.length > 0 || given !== null);
  const estimate = known ? { ...base, ollama: version } : null;
  const trained = architectureNumber(found.spec, 'context_length');
  const env = server?.config.env;
  const total = (estimate?.gpus ?? []).reduce((sum, gpu) => sum + gpu.totalBytes, 0);
  if (options.ctx !== undefined && trained > 0 && options.ctx > trained) {
    throw new CommandError('ctx-beyond-training', { model: found.spec.name, ctx: options.ctx, trained });
  }
  const kvCacheType = options.kv ?? (env?.kvCacheType as KvCacheType | null | undefined) ?? undefined;
  const numParallel = options.parallel ?? env?.numParallel ?? undefined;
  const request: EstimateRequest = {
    numCtx: options.ctx ?? defaultContext(version, total, env?.contextLength ?? null, trained),
    flashAttention: env?.flashAttention ?? (options.kv !== undefined && options.kv !== 'f16' ? true : 'auto'),
    ...(kvCacheType === undefined ? {} : { kvCacheType }),
    ...(numParallel === undefined ? {} : { numParallel }),
  };
  return {
    options,
    found,
    server,
    snapshot,
    request,
    estimate: estimate === null ? null : withoutModelItself(estimate, snapshot, found.spec.name, given !== null),
    emptied: given === null && estimate !== null && snapshot !== null ? emptied(estimate, snapshot) : null,
    gpusGiven: given !== null,
    ctxDefaulted: options.ctx === undefined,
    versionAssumed: options.ollama === undefined && told === null,
    trained,
  };
}

/** GPUs in the estimator's order, matched with the snapshot's by name and total. */
function mapFree(
  estimate: EstimateServer,
  snapshot: ServerSnapshot,
  free: (view: ServerSnapshot['gpuViews'][number]) => number | null,
): readonly GpuDevice[] | null {
  const views = snapshot.gpuViews.filter((view) => view.freeBytes !== null && view.totalBytes !== null);
  const unused = new Set(views);
  const gpus: GpuDevice[] = [];
  for (const gpu of estimate.gpus) {
    const view = [...unused].find((candidate) => candidate.name === gpu.name && candidate.freeBytes === gpu.freeBytes);
    const bytes = view === undefined ? null : free(view);
    if (view === undefined || bytes === null) return null;
    unused.delete(view);
    gpus.push({ ...gpu, freeBytes: Math.min(gpu.totalBytes, Math.max(gpu.freeBytes, bytes)) });
  }
  return gpus;
}

/** Loading a model that is loaded already replaces it: what it holds now comes back first. */
function withoutModelItself(
  estimate: EstimateServer,
  snapshot: ServerSnapshot | null,
  model: string,
  given: boolean,
): EstimateServer {
  const models = snapshot?.models ?? [];
  const itself = models.find((candidate) => candidate.name === model);
  if (given || snapshot === null || itself === undefined) return estimate;
  const all = models.reduce((sum, candidate) => sum + candidate.sizeVramBytes, 0);
  const share = all > 0 ? itself.sizeVramBytes / all : 0;
  const gpus = mapFree(estimate, snapshot, (view) =>
    view.freeWhenEmptyBytes === null || view.freeBytes === null
      ? null
      : view.freeBytes + Math.round((view.freeWhenEmptyBytes - view.freeBytes) * share),
  );
  const loaded = (estimate.loaded ?? []).filter((candidate) => candidate.name !== model);
  return gpus === null ? estimate : { ...estimate, gpus, loaded };
}

function emptied(estimate: EstimateServer, snapshot: ServerSnapshot): EstimateServer | null {
  if ((snapshot.models?.length ?? 0) === 0) return null;
  const gpus = mapFree(estimate, snapshot, (view) => view.freeWhenEmptyBytes);
  return gpus === null ? null : { ...estimate, gpus, loaded: [] };
}
