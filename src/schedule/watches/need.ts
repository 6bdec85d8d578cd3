import { GIB, MIB } from '../../base/bytes.ts';
import type { Calibration } from '../../estimator/plan/calibration.ts';
import { reservedOn } from '../../estimator/plan/reserve.ts';
import { EstimateError, type EstimateServer, type ModelSpec, type Plan } from '../../estimator/types.ts';
import { LOAD_MARGIN_BYTES, requestFor, withCalibration } from '../../servers/asking/question.ts';
import { estimateServer, placeableGpus } from '../../servers/asking/server-view.ts';
import { evictsOthers } from '../../servers/loading/choose.ts';
import type { Server, ServerSnapshot } from '../../servers/types.ts';
import type { Estimator } from '../../workers/estimates.ts';

/** Less change than this on every GPU is not looked at again at once. */
const MATERIAL_BYTES = 64 * MIB;
/** After this time even a small change is looked at, ms; and after that time everything. */
const LOOK_AGAIN_MS = 60_000;
const KEEP_MS = 10 * 60_000;
const MAX_REMEMBERED = 24;
const MAX_FLOORS = 5_000;
/** Weights and cache of one GPU are a floor for any placement; the rest is for what several GPUs do not share. */
const FLOOR_SHARE = 0.98;

/** A server at one moment as a waiting model sees it. */
export interface Room {
  readonly estimate: EstimateServer;
  /** UUIDs of the estimate's GPUs, in its order. */
  readonly uuids: readonly string[];
  /** Everything of the estimate but the free memory, as text: decisions of another shape do not hold. */
  readonly shape: string;
}

/** Whether there is room, and what it takes per GPU (in the room's order), bytes. */
export interface Verdict {
  readonly fits: boolean;
  readonly takes: readonly number[];
}

const NO_ROOM: Verdict = { fits: false, takes: [] };

/**
 * The server as the estimator sees it right now, before what loads taught about a model.
 * @param replaced loaded models whose memory counts as free: loading the one that is waited for replaces them
 */
export function roomOf(snapshot: ServerSnapshot, config: Server['config'], replaced: readonly string[]): Room {
  const estimate = estimateServer(snapshot, config, { without: replaced });
  const shape = [
    estimate.ollama,
    ...estimate.gpus.map((gpu) => `${gpu.name}/${gpu.totalBytes}`),
    ...(estimate.loaded ?? []).map((one) => `${one.name}=${one.sizeVramBytes}`),
  ].join(' ');
  return { estimate, uuids: placeableGpus(snapshot).map((gpu) => gpu.uuid), shape };
}

/** Whether a snapshot allows a verdict at all: fresh numbers of real GPUs, and Ollama answers. */
export function allowsVerdict(snapshot: ServerSnapshot): boolean {
  return (
    snapshot.ollama.state === 'up' &&
    !snapshot.modelsStale &&
    snapshot.gpus !== null &&
    !snapshot.gpuStale &&
    // The latest reading failed and these are the last good numbers.
    snapshot.gpus.errors === snapshot.gpuProblems
  );
}

/**
 * Free memory of a room's GPUs after what is promised to others, bytes. What is promised on a GPU that has less by now is
 * kept on the emptiest ones instead: whoever was told had a sum in mind, not a place.
 */
export function freeAfter(room: Room, promised: ReadonlyMap<string, number>): readonly number[] {
  const free = room.estimate.gpus.map((gpu, i) => gpu.freeBytes - (promised.get(room.uuids[i]!) ?? 0));
  let over = free.reduce((sum, one) => sum + Math.max(0, -one), 0);
  if (over === 0) {
    return free;
  }
  const left = free.map((one) => Math.max(0, one));
  for (const i of left.map((_, index) => index).sort((a, b) => left[b]! - left[a]!)) {
    const moved = Math.min(left[i]!, over);
    left[i]! -= moved;
    over -= moved;
  }
  return left;
}

/** What of free memory is not kept for other programs, bytes per GPU of the room. */
export function beyondReserve({ estimate }: Room, free: readonly number[]): readonly number[] {
  return free.map((bytes, gpu) => Math.max(0, bytes - reservedOn(estimate, gpu)));
}

/** Free memory without that of GPUs that others booked. */
export function notBooked(room: Room, free: readonly number[], booked: ReadonlySet<string>): readonly number[] {
  return free.map((bytes, gpu) => (booked.has(room.uuids[gpu]!) ? 0 : bytes));
}

/** A verdict for somebody who may not load on GPUs that others booked: what goes there does not fit. */
export function keepsOff(room: Room, verdict: Verdict, booked: ReadonlySet<string>): Verdict {
  return verdict.takes.some((bytes, gpu) => bytes > 0 && booked.has(room.uuids[gpu]!)) ? NO_ROOM : verdict;
}

/** Room for a number of bytes on all GPUs together; taken from the emptiest first. */
export function judgeBytes(free: readonly number[], bytes: number): Verdict {
  const sum = free.reduce((all, one) => all + one, 0);
  if (sum < bytes) {
    return NO_ROOM;
  }
  const takes = free.map(() => 0);
  let left = bytes;
  for (const i of free.map((_, index) => index).sort((a, b) => free[b]! - free[a]!)) {
    takes[i] = Math.min(free[i]!, left);
    left -= takes[i]!;
  }
  return { fits: true, takes };
}

/** One answer of the estimator. */
interface Decision {
  readonly shape: string;
  readonly numCtx: number;
  readonly free: readonly number[];
  readonly atMs: number;
  readonly verdict: Verdict;
}

/**
 * What one model needs of one server, at whatever contexts people wait for. The estimator is asked only when the answer
 * could be another than before: less free memory or more context than what was too little cannot do, more free memory
 * and less context than what was enough does, and less than the weights and the cache take never does.
 *
 * Memory does not grow with the context quite everywhere (Ollama spreads a longer one over more GPUs), so an answer that
 * was concluded from another context says so: `decide` gives the exact one.
 */
export class ModelNeed {
  readonly #estimator: Estimator;
  readonly #spec: ModelSpec;
  readonly #config: Server['config'];
  readonly #calibration: () => Calibration | null;
  /** Bytes that the model takes at least, by version of Ollama and context. */
  readonly #floors = new Map<string, number>();
  #yes: readonly Decision[] = [];
  #no: readonly Decision[] = [];
  #decisions = 0;

  /** @param calibration what loads on this server taught, asked for with every decision */
  constructor(
    estimator: Estimator,
    spec: ModelSpec,
    config: Server['config'],
    calibration: () => Calibration | null = () => null,
  ) {
    this.#estimator = estimator;
    this.#spec = spec;
    this.#config = config;
    this.#calibration = calibration;
  }

  /** How often the estimator was asked. */
  get decisions(): number {
    return this.#decisions;
  }

  /**
   * Whether it fits wholly on the GPUs and nobody is unloaded for it; may be concluded from earlier answers.
   * @param numCtx tokens
   * @param free of {@link freeAfter}
   */
  async judge(numCtx: number, room: Room, free: readonly number[], nowMs: number): Promise<boolean> {
    const holds = (decision: Decision, enough: (now: number, then: number) => boolean): boolean =>
      decision.shape === room.shape &&
      nowMs - decision.atMs < KEEP_MS &&
      free.every((one, i) => enough(one, decision.free[i]!));
    // A small change is let pass for a while: free memory is never quite still.
    const slack = (decision: Decision): number => (nowMs - decision.atMs < LOOK_AGAIN_MS ? MATERIAL_BYTES : 0);
    for (const yes of this.#yes) {
      if (numCtx <= yes.numCtx && holds(yes, (now, then) => now >= then - slack(yes))) {
        return true;
      }
    }
    for (const no of this.#no) {
      if (numCtx >= no.numCtx && holds(no, (now, then) => now <= then + slack(no))) {
        return false;
      }
    }
    if (free.reduce((sum, one) => sum + one, 0) < (await this.#floor(numCtx, room))) {
      this.#no = remember(this.#no, { shape: room.shape, numCtx, free, atMs: nowMs, verdict: NO_ROOM });
      return false;
    }
    return (await this.decide(numCtx, room, free, nowMs)).fits;
  }

  /** Asks the estimator, whatever is known. A model that cannot be estimated has no room. */
  async decide(numCtx: number, room: Room, free: readonly number[], nowMs: number): Promise<Verdict> {
    this.#decisions += 1;
    const { estimate, shape } = room;
    let plan: Plan | null = null;
    try {
      const gpus = estimate.gpus.map((gpu, i) => ({ ...gpu, freeBytes: free[i]! }));
      const request = requestFor(this.#config.env, numCtx);
      const server = withCalibration({ ...estimate, gpus }, this.#calibration(), this.#spec.name);
      plan = gpus.length === 0 ? null : await this.#estimator.decide(this.#spec, server, request);
    } catch (error) {
      // What was not estimated now may well be in a moment.
      if (!(error instanceof EstimateError)) {
        return NO_ROOM;
      }
    }
    // Nobody waits for room to be made by unloading what others use.
    const fits =
      plan?.verdict === 'fits' &&
      !evictsOthers(plan) &&
      plan.gpus.every((gpu) => gpu.layers === 0 || gpu.headroomBytes >= LOAD_MARGIN_BYTES);
    const verdict = fits ? { fits, takes: plan!.gpus.map((gpu) => gpu.totalBytes) } : NO_ROOM;
    const decision: Decision = { shape, numCtx, free, atMs: nowMs, verdict };
    if (fits) {
      this.#yes = remember(this.#yes, decision);
    } else {
      this.#no = remember(this.#no, decision);
    }
    return verdict;
  }

  async #floor(numCtx: number, room: Room): Promise<number> {
    const { ollama } = room.estimate;
    const key = `${numCtx} ${ollama}`;
    let floor = this.#floors.get(key);
    if (floor === undefined) {
      floor = 0;
      try {
        const large = { name: 'GPU', totalBytes: 4096 * GIB, freeBytes: 4096 * GIB };
        const request = requestFor(this.#config.env, numCtx);
        const [gpu] = (await this.#estimator.planFixed(this.#spec, { ollama, gpus: [large] }, request)).gpus;
        floor = ((gpu?.weightsBytes ?? 0) + (gpu?.cacheBytes ?? 0)) * FLOOR_SHARE;
      } catch {
        // Without a floor the decision itself tells.
      }
      if (this.#floors.size >= MAX_FLOORS) {
        this.#floors.clear();
      }
      this.#floors.set(key, floor);
    }
    return floor;
  }
}

/** The newest first, a bounded number of them. */
function remember(list: readonly Decision[], decision: Decision): readonly Decision[] {
  return [decision, ...list].slice(0, MAX_REMEMBERED);
}
