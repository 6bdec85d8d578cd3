import type { Calibration } from '../../src/estimator/plan/calibration.ts';
import { defaultContext } from '../../src/estimator/plan/default-context.ts';
import { architectureNumber } from '../../src/estimator/plan/facts.ts';
import type { EstimateRequest, EstimateServer, GpuDevice, KvCacheType } from '../../src/estimator/types.ts';
import {
  ASSUMED_OLLAMA_VERSION,
  type EstimateServerOptions,
  estimateServer,
} from '../../src/servers/asking/server-view.ts';
import type { Server, ServerSnapshot } from '../../src/servers/types.ts';
import { CommandError, type FoundModel, type Services } from '../services.ts';

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
  /** What is loaded is not known, so the declared GPUs are taken as empty. */
  readonly assumedEmpty: boolean;
  /** No context was asked for; the server's default was taken. */
  readonly ctxDefaulted: boolean;
  readonly versionAssumed: boolean;
  /** Training context, tokens; 0 = the model does not say. */
  readonly trained: number;
}

/** The server that was named, or the only one, or the default. Throws `server-unknown`. */
export function pickServer(services: Services, name: string | undefined): Server {
  if (name === undefined) {
    return services.servers.defaultServer;
  }
  const server = services.servers.get(name);
  if (server !== null) {
    return server;
  }
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
  const server = options.offline === true ? null : pickServer(services, options.server);
  const [snapshot, found] = await Promise.all([
    server === null ? null : server.snapshot({ maxAgeMs: 2_000, timeoutMs: 2_000 }),
    services.models.find(options.model, server, signal),
  ]);
  return buildQuestion(services, options, server, snapshot, found);
}

/**
 * The question with what is known already: the last snapshot and the built-in list, for while a server keeps everybody
 * waiting. `null` where the list does not have the model.
 */
export async function gatherAtOnce(services: Services, options: FitOptions): Promise<FitQuestion | null> {
  const server = pickServer(services, options.server);
  const found = services.models.findListed(options.model);
  if (found === null) {
    return null;
  }
  const snapshot = await server.snapshot({ maxAgeMs: 60_000, timeoutMs: 50 });
  return buildQuestion(services, options, server, snapshot, found);
}

function buildQuestion(
  services: Services,
  options: FitOptions,
  server: Server | null,
  snapshot: ServerSnapshot | null,
  found: FoundModel,
): FitQuestion {
  const given = options.gpus === undefined ? null : services.readGpuList(options.gpus);
  const told =
    snapshot?.ollama.state === 'up' ? snapshot.ollama.version.text : (snapshot?.ollama.lastVersion?.text ?? null);
  const version = options.ollama ?? told ?? ASSUMED_OLLAMA_VERSION;
  const calibration = server === null ? null : (services.loads?.calibration(server.name) ?? null);
  const current = estimateFor({}, server, snapshot, found, given, version, calibration);
  // Declared GPUs of a server that does not say what is loaded: nothing is known but the empty machine.
  const assumedEmpty = current === null && snapshot?.gpus?.basis === 'declared';
  const estimate = assumedEmpty
    ? estimateFor({ assume: 'empty' }, server, snapshot, found, given, version, calibration)
    : current;
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
    estimate,
    emptied:
      given === null && (snapshot?.models?.length ?? 0) > 0
        ? estimateFor({ assume: 'empty' }, server, snapshot, found, null, version, calibration)
        : null,
    gpusGiven: given !== null,
    assumedEmpty: assumedEmpty && estimate !== null,
    ctxDefaulted: options.ctx === undefined,
    versionAssumed: options.ollama === undefined && told === null,
    trained,
  };
}

/** The server as the estimator sees it; `null` where no GPU is known. A server without any GPU is known by `gpus: none`. */
function estimateFor(
  assume: EstimateServerOptions,
  server: Server | null,
  snapshot: ServerSnapshot | null,
  found: FoundModel,
  given: readonly GpuDevice[] | null,
  version: string,
  calibration: Calibration | null,
): EstimateServer | null {
  const read =
    server === null || snapshot === null
      ? null
      : // Loading a model that is loaded already replaces it: what it holds now comes back first.
        estimateServer(snapshot, server.config, { ...assume, without: [found.spec.name] });
  if (given !== null) {
    return { ...(read ?? {}), ollama: version, gpus: given, loaded: [] };
  }
  if (read === null || read.gpus.length === 0) {
    return null;
  }
  if (calibration === null) {
    return { ...read, ollama: version };
  }
  const names = read.gpus.map((gpu) => gpu.name);
  return { ...read, ollama: version, calibration: calibration.factorsFor(names, found.spec.name) };
}
