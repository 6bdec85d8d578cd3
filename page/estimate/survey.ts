/**
 * Everything around a plan that takes longer than a step of the slider: the largest context, what would help, memory over
 * the context, the quantizations. It comes piece by piece, and stops between two pieces when nobody wants the rest.
 */

import {
  bestCacheType,
  clamp,
  decide,
  EstimateError,
  estimateSpeed,
  type KvCacheType,
  type ModelSpec,
  type Plan,
  quantize,
  type SpeedEstimate,
  SWEEP_TARGETS,
  type SweepRow,
  smallestGpuCount,
  trainingContext,
  type VerdictName,
} from '../../src/estimator/index.ts';
import { LEAST_CTX, UNTOLD_TRAINING } from '../question/contexts.ts';
import { type Asked, plan, quantized } from './ask.ts';
import { type Launch, launchOf } from './launch.ts';

/** Memory at one context, bytes. */
export interface CurvePoint {
  readonly ctx: number;
  readonly gpuBytes: number;
  readonly hostBytes: number;
  readonly verdict: VerdictName;
}

/** One thing that would help, checked with the estimator: with it the model fits. */
export type Help =
  | { readonly kind: 'shorter-context'; readonly ctx: number }
  | { readonly kind: 'quantized-cache'; readonly type: KvCacheType }
  | { readonly kind: 'fewer-slots'; readonly from: number; readonly to: number }
  | { readonly kind: 'more-gpus'; readonly gpus: number };

export type Piece =
  /** Tokens per slot; null = no context fits. */
  | { readonly kind: 'largest'; readonly ctx: number | null }
  /** Tokens per second of the plan; null = not to be told. */
  | { readonly kind: 'speed'; readonly speed: SpeedEstimate | null }
  /** How to start it: as asked, else with the longest context that fits. */
  | { readonly kind: 'launch'; readonly launch: Launch | null }
  | { readonly kind: 'help'; readonly help: readonly Help[] }
  | { readonly kind: 'point'; readonly point: CurvePoint }
  | { readonly kind: 'row'; readonly row: SweepRow };

const POINTS = 33;

/** What does not change with the context is remembered by everything that it depends on. */
export interface Memory {
  readonly largest: Map<string, number | null>;
  readonly points: Map<string, CurvePoint>;
  readonly specs: Map<string, { readonly spec: ModelSpec; readonly bytes: number } | null>;
}

const MAX_REMEMBERED = 2_000;

export function createMemory(): Memory {
  return { largest: new Map(), points: new Map(), specs: new Map() };
}

/**
 * The pieces, in the order in which people look for them.
 * @param source the model in its own quantization; `quant` the one that is asked about, null = its own
 */
export function* survey(
  source: ModelSpec,
  quant: string | null,
  asked: Asked,
  memory: Memory,
): Generator<Piece, void, void> {
  const spec = quantized(source, quant);
  const key = JSON.stringify([asked.server, { ...asked.request, numCtx: 0 }]);
  const ownKey = `${quant ?? ''} ${key}`;
  const largest = largestOf(spec, asked, ownKey, memory);
  yield { kind: 'largest', ctx: largest };
  yield { kind: 'speed', speed: speedOf(spec, asked) };
  yield { kind: 'launch', launch: findLaunch(spec, quant, asked, largest) };
  yield { kind: 'help', help: findHelp(spec, asked, largest) };
  for (const ctx of curveContexts(spec)) {
    const point = pointAt(spec, { ...asked, request: { ...asked.request, numCtx: ctx } }, `${ctx} ${ownKey}`, memory);
    if (point !== null) {
      yield { kind: 'point', point };
    }
  }
  if (source.tensors.length > 0) {
    for (const target of SWEEP_TARGETS) {
      yield { kind: 'row', row: rowOf(source, target, asked, key, memory) };
    }
  }
}

function remember<T>(map: Map<string, T>, key: string, make: () => T): T {
  const known = map.get(key);
  if (known !== undefined) {
    return known;
  }
  const made = make();
  if (map.size >= MAX_REMEMBERED) {
    map.clear();
  }
  map.set(key, made);
  return made;
}

function largestOf(spec: ModelSpec, { server, request }: Asked, key: string, memory: Memory): number | null {
  if (server.gpus.length === 0) {
    return null;
  }
  return remember(memory.largest, key, () => clamp(spec, server, request).numCtx || null);
}

function speedOf(spec: ModelSpec, asked: Asked): SpeedEstimate | null {
  try {
    return estimateSpeed(spec, asked.server, plan(spec, asked));
  } catch (error) {
    if (error instanceof EstimateError) {
      return null;
    }
    throw error;
  }
}

/** Nobody wants to start what does not fit, where a shorter context does. */
function findLaunch(
  spec: ModelSpec,
  quant: string | null,
  { server, request }: Asked,
  largest: number | null,
): Launch | null {
  try {
    const fits = plan(spec, { server, request }).verdict === 'fits';
    const shorter = !fits && largest !== null && largest < request.numCtx;
    return launchOf(spec, quant, server, shorter ? { ...request, numCtx: largest } : request);
  } catch (error) {
    if (error instanceof EstimateError) {
      return null;
    }
    throw error;
  }
}

function findHelp(spec: ModelSpec, asked: Asked, largest: number | null): readonly Help[] {
  const { server, request } = asked;
  let now: Plan;
  try {
    now = plan(spec, asked);
  } catch (error) {
    if (error instanceof EstimateError && error.code === 'ctx-beyond-training') {
      return largest === null ? [] : [{ kind: 'shorter-context', ctx: largest }];
    }
    throw error;
  }
  if (now.verdict === 'fits' || server.gpus.length === 0) {
    return [];
  }
  const help: Help[] = [];
  if (largest !== null && largest < request.numCtx) {
    help.push({ kind: 'shorter-context', ctx: largest });
  }
  const slots = request.numParallel ?? 1;
  for (let fewer = slots - 1; fewer >= 1; fewer = Math.floor(fewer / 2)) {
    if (decide(spec, server, { ...request, numParallel: fewer }).verdict === 'fits') {
      help.push({ kind: 'fewer-slots', from: slots, to: fewer });
      break;
    }
  }
  const [first] = server.gpus;
  if (
    first !== undefined &&
    server.gpus.every(({ totalBytes, name }) => totalBytes === first.totalBytes && name === first.name)
  ) {
    const enough = smallestGpuCount(spec, first, server, request);
    if (enough !== undefined && enough.gpus > server.gpus.length) {
      help.push({ kind: 'more-gpus', gpus: enough.gpus });
    }
  }
  if (request.kvCacheType === undefined || request.kvCacheType === 'f16') {
    const type = bestCacheType(spec, server, { ...request, flashAttention: true }, ['q8_0', 'q4_0'])?.kvCacheType;
    if (type !== undefined) {
      help.push({ kind: 'quantized-cache', type });
    }
  }
  return help;
}

/** Contexts of the curve: the ends first, then the middles, so that its shape shows early. */
function curveContexts(spec: ModelSpec): readonly number[] {
  const most = trainingContext(spec) || UNTOLD_TRAINING;
  const at = (index: number): number =>
    Math.max(1, Math.round((LEAST_CTX * (most / LEAST_CTX) ** (index / (POINTS - 1))) / 256)) * 256;
  const order: number[] = [];
  for (let stride = POINTS - 1; stride >= 1; stride /= 2) {
    for (let index = 0; index < POINTS; index += stride) {
      if (!order.includes(index)) {
        order.push(index);
      }
    }
  }
  return [...new Set(order.map((index) => Math.min(at(index), most)))];
}

function pointAt(spec: ModelSpec, asked: Asked, key: string, memory: Memory): CurvePoint | null {
  try {
    return remember(memory.points, key, () => {
      const { gpus, host, verdict } = plan(spec, asked);
      return {
        ctx: asked.request.numCtx,
        gpuBytes: gpus.reduce((sum, gpu) => sum + gpu.totalBytes, 0),
        hostBytes: host.totalBytes,
        verdict,
      };
    });
  } catch (error) {
    if (error instanceof EstimateError) {
      return null;
    }
    throw error;
  }
}

function rowOf(source: ModelSpec, target: string, asked: Asked, key: string, memory: Memory): SweepRow {
  const { server, request } = asked;
  const made = remember(memory.specs, target, () => {
    try {
      return quantize(source, target);
    } catch (error) {
      if (error instanceof EstimateError && error.code !== 'quantize-no-tensors') {
        return null;
      }
      throw error;
    }
  });
  if (made === null) {
    return { target, verdict: 'refused-by-quantizer', largestCtx: null };
  }
  const largestCtx = largestOf(made.spec, asked, `${target} ${key}`, memory);
  return { target, bytes: made.bytes, verdict: decide(made.spec, server, request).verdict, largestCtx };
}
