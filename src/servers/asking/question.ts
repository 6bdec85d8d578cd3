/**
 * What a server would be asked: the request, and the server as Ollama itself sees it. This folder is the only place that
 * builds either, so that every answer of the program (/fit, /load, /models, /pull, what people wait for) rests on the
 * same question.
 */

import { MIB } from '../../base/bytes.ts';
import { CodedError } from '../../base/coded.ts';
import type { Calibration } from '../../estimator/plan/calibration.ts';
import { defaultContext } from '../../estimator/plan/default-context.ts';
import { architectureNumber } from '../../estimator/plan/facts.ts';
import type { EstimateRequest, EstimateServer, GpuDevice, KvCacheType, ModelSpec } from '../../estimator/types.ts';
import type { ServerEnvironment } from '../../settings/config.ts';
import type { Server, ServerSnapshot } from '../types.ts';
import {
  ASSUMED_OLLAMA_VERSION,
  type EstimateServerOptions,
  estimateServer,
  placeableGpus,
  versionText,
} from './server-view.ts';

/** Kept free on every GPU beyond the plan of a load: drivers and libraries grow a little after it. */
export const LOAD_MARGIN_BYTES = 128 * MIB;

/** What somebody asks otherwise than the server would do of its own accord. */
export interface Asked {
  /** Context per slot, tokens. */
  readonly numCtx?: number | undefined;
  readonly kvCacheType?: KvCacheType | undefined;
  readonly numParallel?: number | undefined;
  /** Ollama's version, for "what would that version do". */
  readonly ollama?: string | undefined;
  /** GPUs given with the question instead of the server's own. */
  readonly gpus?: readonly GpuDevice[] | undefined;
  /** The only GPUs to use, as nvidia-smi counts them (as places in the list where GPUs come with the question). */
  readonly on?: readonly number[] | undefined;
  /** Quantization in llama-quantize's spelling, in place of the model's own. */
  readonly quantization?: string | undefined;
  /** Whether the asker may see what the owner's own token opens. */
  readonly restricted?: boolean | undefined;
}

/** One question to one server, or to a machine that comes with it. */
export interface Question {
  readonly spec: ModelSpec;
  readonly server: Server | null;
  readonly snapshot: ServerSnapshot | null;
  readonly request: EstimateRequest;
  /** With what loads on it taught. `null`: no GPU is known, so there is no verdict. */
  readonly estimate: EstimateServer | null;
  /** The same with every loaded model gone; `null` when nothing is loaded or it cannot be told. */
  readonly emptied: EstimateServer | null;
  /** What a load leaves free on every GPU beyond its plan, bytes. */
  readonly marginBytes: number;
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

/**
 * How a server would run a model: its own settings, and what is asked otherwise.
 * @param env `null`: no server, so nothing is set
 * @param numCtx per slot, tokens
 */
export function requestFor(env: ServerEnvironment | null, numCtx: number, asked: Asked = {}): EstimateRequest {
  const kvCacheType = asked.kvCacheType ?? (env?.kvCacheType as KvCacheType | null | undefined) ?? undefined;
  const numParallel = asked.numParallel ?? env?.numParallel ?? undefined;
  // Whoever asks for a quantized cache asks for what it needs as well.
  const flashAttention = asked.kvCacheType !== undefined && asked.kvCacheType !== 'f16' ? true : ('auto' as const);
  return {
    numCtx,
    flashAttention: env?.flashAttention ?? flashAttention,
    ...(kvCacheType === undefined ? {} : { kvCacheType }),
    ...(numParallel === undefined ? {} : { numParallel }),
  };
}

/** What of a question the server's environment says otherwise, as Ollama's variables; empty where it says the same. */
export function environmentFor(
  env: ServerEnvironment | null,
  asked: Pick<Asked, 'kvCacheType' | 'numParallel'>,
): Readonly<Record<string, string>> {
  const { kvCacheType, numParallel } = asked;
  const variables: Record<string, string> = {};
  if (kvCacheType !== undefined && kvCacheType !== (env?.kvCacheType ?? 'f16')) {
    variables.OLLAMA_KV_CACHE_TYPE = kvCacheType;
    if (kvCacheType !== 'f16' && env?.flashAttention !== true) {
      variables.OLLAMA_FLASH_ATTENTION = '1';
    }
  }
  if (numParallel !== undefined && numParallel !== (env?.numParallel ?? 1)) {
    variables.OLLAMA_NUM_PARALLEL = String(numParallel);
  }
  return variables;
}

/** What loads taught, for these GPUs and this model, on top of a server as it is. */
export function withCalibration(
  server: EstimateServer,
  calibration: Calibration | null,
  model: string,
): EstimateServer {
  if (calibration === null) {
    return server;
  }
  const names = server.gpus.map((gpu) => gpu.name);
  return { ...server, calibration: calibration.factorsFor(names, model) };
}

/**
 * A server as Ollama sees it when it is asked for a model.
 * @param without loaded models that are gone by then: what the load itself replaces, what is unloaded for it
 */
export function viewFor(
  server: Pick<Server, 'config'>,
  snapshot: ServerSnapshot,
  model: string,
  calibration: Calibration | null,
  options: EstimateServerOptions & { readonly without: readonly string[] },
): EstimateServer {
  return withCalibration(estimateServer(snapshot, server.config, options), calibration, model);
}

/** The context that a server takes when nobody names one, tokens. */
export function serverContext(env: ServerEnvironment | null, estimate: EstimateServer | null, spec: ModelSpec): number {
  const server = estimate ?? { ollama: ASSUMED_OLLAMA_VERSION, gpus: [] };
  return defaultContext(spec, server, env?.contextLength ?? null);
}

/**
 * A server of whose GPUs only some are used, as if Ollama had been left no others.
 * @throws CodedError `no-such-gpu`
 */
function onGpus(
  server: EstimateServer,
  on: readonly number[] | undefined,
  snapshot: ServerSnapshot | null,
): EstimateServer {
  if (on === undefined) {
    return server;
  }
  const numbers =
    snapshot === null
      ? server.gpus.map((_, place) => place)
      : placeableGpus(snapshot).map(({ index }, place) => index ?? place);
  const usable = server.visibleGpus ?? server.gpus.map((_, place) => place);
  const places = on.map((number) => {
    const place = numbers.indexOf(number);
    if (place < 0 || !usable.includes(place)) {
      const known = usable.map((one) => numbers[one]).join(', ');
      throw new CodedError('no-such-gpu', { gpu: number, known });
    }
    return place;
  });
  return { ...server, visibleGpus: usable.filter((place) => places.includes(place)) };
}

export interface QuestionParts {
  readonly server: Server | null;
  readonly snapshot: ServerSnapshot | null;
  readonly spec: ModelSpec;
  readonly calibration: Calibration | null;
  /** Loaded models that a load of this one takes the place of, as the server spells them. */
  readonly replaced: readonly string[];
}

/**
 * The question about a model on a server at one moment.
 * @throws CodedError `ctx-beyond-training`
 */
export function buildQuestion(parts: QuestionParts, asked: Asked): Question {
  const { server, snapshot, spec, calibration, replaced } = parts;
  const given = asked.gpus ?? null;
  const trained = architectureNumber(spec, 'context_length');
  if (asked.numCtx !== undefined && trained > 0 && asked.numCtx > trained) {
    throw new CodedError('ctx-beyond-training', { model: spec.name, ctx: asked.numCtx, trained });
  }
  const told = snapshot?.ollama.state === 'up' ? snapshot.ollama.version : (snapshot?.ollama.lastVersion ?? null);
  const ollama = asked.ollama ?? versionText(told);
  const view = (assume: 'now' | 'empty'): EstimateServer | null => {
    const read =
      server === null || snapshot === null
        ? null
        : viewFor(server, snapshot, spec.name, calibration, { assume, without: replaced });
    if (given !== null) {
      // Other GPUs than those that loads were seen on.
      const { calibration: _, visibleGpus: _own, reservedBytes: _kept, ...machine } = read ?? {};
      return onGpus({ ...machine, ollama, gpus: given, loaded: [] }, asked.on, null);
    }
    return read === null || read.gpus.length === 0 ? null : onGpus({ ...read, ollama }, asked.on, snapshot);
  };
  const current = view('now');
  // Declared GPUs of a server that does not say what is loaded: nothing is known but the empty machine.
  const assumedEmpty = current === null && snapshot?.gpus?.basis === 'declared';
  const estimate = assumedEmpty ? view('empty') : current;
  const env = server?.config.env ?? null;
  const machine = estimate ?? { ollama, gpus: [] };
  return {
    spec,
    server,
    snapshot,
    request: requestFor(env, asked.numCtx ?? serverContext(env, machine, spec), asked),
    estimate,
    emptied: given === null && (snapshot?.models?.length ?? 0) > 0 ? view('empty') : null,
    marginBytes: LOAD_MARGIN_BYTES,
    gpusGiven: given !== null,
    assumedEmpty: assumedEmpty && estimate !== null,
    ctxDefaulted: asked.numCtx === undefined,
    versionAssumed: asked.ollama === undefined && told === null,
    trained,
  };
}
