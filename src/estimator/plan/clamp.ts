/**
 * The clamp: the largest context with which a model still lies wholly on the GPUs, exact to 256 tokens (llama.cpp pads
 * contexts to that). Memory grows with the context only between the points where Ollama itself changes its mind (batch,
 * one GPU or several), so the search goes through the stretches between those points, from the largest context down.
 */

import { DryRuns } from '../engines/llama-server/fit/dry-runs.ts';
import { llamaCppFits, llamaCppQuestion } from '../engines/llama-server/fit/engine.ts';
import { leftAfterLoad } from '../engines/llama-server/fit/to-plan.ts';
import { learnCompute, roughSurplus, type WholeQuestion } from '../engines/llama-server/fit/whole.ts';
import { prepareLaunch } from '../engines/llama-server/launch.ts';
import { llamaServerFits, llamaServerQuestion } from '../engines/llama-server/llama-server.ts';
import { availableMemory, predictedBytesPerToken, predictionBorders } from '../engines/llama-server/prediction.ts';
import { EstimateError, type EstimateRequest, type EstimateServer, type ModelSpec, type Plan } from '../types.ts';
import { engineFor } from '../versions.ts';
import { checkModel, inWholeBytes } from './checks.ts';
import { decide } from './decide.ts';
import { modelFileBytes, trainingContext } from './facts.ts';
import { mostReserved } from './reserve.ts';
import { usableServer } from './usable-gpus.ts';

/** Contexts are tried in steps of this many tokens. */
export const CLAMP_STEP = 256;

export interface ClampOptions {
  /**
   * Bytes that must stay free on every GPU the model uses, beyond everything the plan counts. Default 0: then the search
   * ends where Ollama itself stops loading, and the first prompts may lack memory (a remark of the plan says so).
   */
  readonly marginBytes?: number;
  /** Largest context wanted, tokens; default the training context. */
  readonly maxCtx?: number;
}

export interface ClampResult {
  /** The largest context that fits, tokens; 0 when none does. */
  readonly numCtx: number;
  /** The plan at that context, made when it is asked for; absent when none fits. */
  readonly plan?: Plan;
  /** What stopped it: the model's training (or `maxCtx`), or memory; `nothing-fits` when even 256 tokens do not. */
  readonly limit: 'training' | 'wanted' | 'memory' | 'nothing-fits';
  /** Plans made on the way. */
  readonly plans: number;
}

/** More evaluations than any search needs. */
const MAX_PLANS = 400;
/** Guesses a search is given; each makes the next one better. */
const MAX_GUESSES = 6;
/** Rough sums a guess is given. */
const MAX_SUMS = 8;
/** How much larger the contexts are that are tried beyond a border on several GPUs, as shares of it. */
const LOOK_AHEAD = [0.01, 0.02, 0.04, 0.08];
/** Strides from one end to the other where a guess is coarse. */
const STRIDES_ACROSS = 32;
/** By how much strides grow while the border is not in between. */
const STRIDE_GROWTH = 4;

/**
 * The largest context for the verdict `fits` that makes nobody leave.
 *
 * @param request its `numCtx` is ignored; everything else holds
 * @throws EstimateError as `decide`; `margin-nonsense` for a margin below 0
 */
export function clamp(
  spec: ModelSpec,
  server: EstimateServer,
  request: EstimateRequest,
  options: ClampOptions = {},
): ClampResult {
  const steps = clampSteps(spec, server, request, options);
  for (;;) {
    const step = steps.next();
    if (step.done === true) {
      return step.value;
    }
  }
}

/**
 * The same search in steps of about one plan each: whoever has other things to do goes on between them.
 *
 * @throws EstimateError as {@link clamp}, at the first step
 */
export function* clampSteps(
  spec: ModelSpec,
  server: EstimateServer,
  request: EstimateRequest,
  options: ClampOptions = {},
): Generator<void, ClampResult, void> {
  const marginBytes = options.marginBytes ?? 0;
  if (!(marginBytes >= 0)) {
    throw new EstimateError('margin-nonsense', { option: 'marginBytes', value: String(marginBytes) });
  }
  return yield* new ClampSearch(spec, server, request, marginBytes, options.maxCtx).run();
}

class ClampSearch {
  readonly #spec: ModelSpec;
  /** The server as asked about, and with nothing but the GPUs that its Ollama may use. */
  readonly #whole: EstimateServer;
  readonly #server: EstimateServer;
  readonly #request: EstimateRequest;
  readonly #marginBytes: number;
  /** The most that is kept for others on one GPU. */
  readonly #reserved: number;
  readonly #limit: number;
  readonly #limitedBy: 'training' | 'wanted';
  readonly #engine: string;
  readonly #plans = new Map<number, Plan>();
  #runs: DryRuns;
  #count = 0;

  constructor(spec: ModelSpec, server: EstimateServer, request: EstimateRequest, marginBytes: number, maxCtx?: number) {
    checkModel(spec);
    this.#spec = spec;
    this.#whole = inWholeBytes(server);
    this.#server = usableServer(this.#whole).server;
    this.#request = request;
    this.#marginBytes = marginBytes;
    this.#reserved = mostReserved(this.#whole);
    this.#engine = engineFor(server.ollama, spec);
    this.#runs = new DryRuns(spec);
    const trained = trainingContext(spec) || request.numCtx;
    // llama.cpp's context is that of all slots together.
    const whole = this.#engine === 'llama.cpp' ? trained * (request.numParallel ?? 1) : trained;
    this.#limitedBy = maxCtx !== undefined && maxCtx < whole ? 'wanted' : 'training';
    this.#limit = Math.max(1, Math.min(whole, maxCtx ?? whole));
  }

  *run(): Generator<void, ClampResult, void> {
    const result = yield* this.#search();
    if (result.numCtx === 0) {
      return result;
    }
    yield;
    // What was concluded from other contexts is held against this one itself.
    this.#runs = new DryRuns(this.#spec, false);
    this.#answers.delete(result.numCtx);
    if (this.#fits(result.numCtx)) {
      return result;
    }
    this.#answers.clear();
    return yield* this.#search();
  }

  *#search(): Generator<void, ClampResult, void> {
    if (this.#fits(this.#limit)) {
      return this.#found(this.#limit, this.#limitedBy);
    }
    for (const [low, high] of this.#stretches()) {
      const best = yield* this.#largestIn(low, high);
      if (best > 0) {
        return this.#found(yield* this.#improved(best, high), 'memory');
      }
    }
    return { numCtx: 0, limit: 'nothing-fits', plans: this.#count };
  }

  #found(numCtx: number, limit: ClampResult['limit']): ClampResult {
    const planAt = (): Plan => this.#planAt(numCtx);
    const count = (): number => this.#count;
    return {
      numCtx,
      limit,
      get plans(): number {
        return count();
      },
      get plan(): Plan {
        return planAt();
      },
    };
  }

  #planAt(numCtx: number): Plan {
    let plan = this.#plans.get(numCtx);
    if (plan === undefined) {
      this.#count++;
      plan = decide(this.#spec, this.#whole, { ...this.#request, numCtx });
      this.#plans.set(numCtx, plan);
    }
    return plan;
  }

  /** `fits`, at the very context asked for, with the margin left on every GPU in use. */
  #fits(numCtx: number): boolean {
    let fits = this.#answers.get(numCtx);
    if (fits === undefined) {
      fits = this.#ask(numCtx);
      this.#answers.set(numCtx, fits);
    }
    return fits;
  }

  readonly #answers = new Map<number, boolean>();

  #ask(numCtx: number): boolean {
    const quick = this.#quickly(numCtx, this.#marginBytes);
    // What is kept for others may differ from GPU to GPU: the plan tells, where it is not clear either way.
    const sure =
      quick !== true || this.#reserved === 0 || this.#quickly(numCtx, Math.max(this.#marginBytes, this.#reserved));
    if (quick !== undefined && (quick === false || sure === true)) {
      this.#count++;
      return quick;
    }
    const plan = this.#planAt(numCtx);
    if (plan.verdict !== 'fits' || (plan.evicts?.length ?? 0) > 0) {
      return false;
    }
    return plan.gpus.every((gpu) => {
      const left = this.#marginBytes > 0 ? gpu.headroomBytes : leftAfterLoad(gpu);
      return gpu.totalBytes === 0 || left >= this.#marginBytes;
    });
  }

  /** The same without making the plan, where that can be told. */
  #quickly(numCtx: number, marginBytes: number): boolean | undefined {
    const request = { ...this.#request, numCtx };
    if (this.#engine === 'llama-server') {
      return llamaServerFits(this.#spec, this.#server, request, marginBytes, this.#runs);
    }
    if (this.#engine !== 'llama.cpp') {
      return undefined;
    }
    return llamaCppFits(this.#spec, this.#server, request, marginBytes, this.#runs);
  }

  /**
   * On several GPUs a larger context may fit again behind one that does not, where `--fit` happens to cut the layers
   * more luckily: looks a little further, and goes on from what it finds.
   */
  *#improved(found: number, high: number): Generator<void, number, void> {
    let best = found;
    let ahead = 0;
    while (this.#server.gpus.length > 1 && ahead < LOOK_AHEAD.length && this.#count < MAX_PLANS) {
      const further = Math.max(1, Math.round((best * LOOK_AHEAD[ahead]!) / CLAMP_STEP)) * CLAMP_STEP + best;
      ahead++;
      if (further >= high) {
        break;
      }
      yield;
      if (!this.#fits(further)) {
        continue;
      }
      best = yield* this.#narrowed(further, Math.min(high, ...this.#failed(further)));
      ahead = 0;
    }
    return best;
  }

  /** Contexts above this one that were found not to fit. */
  #failed(numCtx: number): number[] {
    return [...this.#answers].filter(([other, fits]) => !fits && other > numCtx).map(([other]) => other);
  }

  /** The border between a context that fits and one that does not. */
  *#narrowed(fitting: number, failing: number): Generator<void, number, void> {
    let good = fitting;
    let bad = failing;
    while (bad - good > CLAMP_STEP && this.#count < MAX_PLANS) {
      yield;
      const middle = middleOf(good, bad);
      if (this.#fits(middle)) {
        good = middle;
      } else {
        bad = middle;
      }
    }
    return good;
  }

  /** Largest multiple of 256 in [low, high] that fits, 0 when none; on one GPU `fits` falls once only in there. */
  *#largestIn(low: number, high: number): Generator<void, number, void> {
    yield;
    if (this.#fits(high)) {
      return high;
    }
    let good = low - CLAMP_STEP;
    let bad = high;
    // On one GPU the guess is a step off at most; on several, whole layers and tensors make it coarse.
    const strides = this.#server.gpus.length > 1 ? STRIDES_ACROSS : Number.POSITIVE_INFINITY;
    let stride = Math.max(1, Math.floor((high - low) / strides / CLAMP_STEP)) * CLAMP_STEP;
    let guesses = 0;
    let last = -1;
    const question = this.#question(high);
    if (question !== undefined) {
      learnCompute(question, this.#runs);
    }
    while (bad - good > CLAMP_STEP && this.#count < MAX_PLANS) {
      yield;
      const middle = middleOf(good, bad);
      let next = middle;
      const guess = guesses < MAX_GUESSES ? this.#guess(good, bad) : undefined;
      if (guess !== undefined && guess < bad && (guess > good || good < low)) {
        guesses++;
        next = Math.max(guess, low);
      } else if (guesses > 0 && last === good) {
        // Right behind what the guess has led to, then in larger and larger strides.
        next = Math.min(good + stride, middle);
        stride *= STRIDE_GROWTH;
      } else if (guesses > 0 && last === bad) {
        next = Math.max(bad - stride, middle);
        stride *= STRIDE_GROWTH;
      }
      if (this.#fits(next)) {
        good = next;
      } else {
        bad = next;
      }
      last = next;
    }
    return good < low ? 0 : good;
  }

  /** The largest context in [good, bad] for which a rough sum comes out even; undefined where there is no such sum. */
  #guess(good: number, bad: number): number | undefined {
    let below = good;
    let above = bad + CLAMP_STEP;
    const ends = [Math.max(good, CLAMP_STEP), above].map((numCtx) => this.#roughSurplus(numCtx));
    let [belowBytes, aboveBytes] = ends;
    if (belowBytes === undefined || aboveBytes === undefined) {
      return undefined;
    }
    if (belowBytes < 0) {
      return good;
    }
    // The sum is close to a straight line.
    for (let tries = 0; above - below > CLAMP_STEP && tries < MAX_SUMS && aboveBytes < 0; tries++) {
      const steps: number = (above - below) / CLAMP_STEP;
      const share: number = belowBytes / (belowBytes - aboveBytes);
      const middle = below + Math.min(Math.max(Math.floor(steps * share), 1), steps - 1) * CLAMP_STEP;
      const surplus = this.#roughSurplus(middle) ?? 0;
      if (surplus >= 0) {
        below = middle;
        belowBytes = surplus;
      } else {
        above = middle;
        aboveBytes = surplus;
      }
    }
    return aboveBytes < 0 ? below : bad;
  }

  #roughSurplus(numCtx: number): number | undefined {
    const question = this.#question(numCtx);
    if (question === undefined) {
      return undefined;
    }
    return roughSurplus(this.#spec, question, Math.max(this.#marginBytes, this.#reserved), this.#runs);
  }

  #question(numCtx: number): WholeQuestion | undefined {
    const request = { ...this.#request, numCtx };
    if (this.#engine === 'llama-server') {
      return llamaServerQuestion(this.#spec, this.#server, request);
    }
    return this.#engine === 'llama.cpp' ? llamaCppQuestion(this.#spec, this.#server, request) : undefined;
  }

  /** Stretches of contexts, largest first, within which Ollama's own choices do not change. */
  #stretches(): readonly (readonly [low: number, high: number])[] {
    const top = Math.max(Math.floor(this.#limit / CLAMP_STEP) * CLAMP_STEP, CLAMP_STEP);
    if (this.#engine !== 'llama-server') {
      return [[CLAMP_STEP, top]];
    }
    const ends = [...this.#switchPoints()]
      .map((ctx) => Math.floor(ctx / CLAMP_STEP) * CLAMP_STEP)
      .filter((ctx) => ctx >= CLAMP_STEP && ctx < top);
    const highs = [...new Set([...ends, top])].sort((a, b) => b - a);
    const stretches: [number, number][] = [];
    let lastKey: string | undefined;
    for (const [index, high] of highs.entries()) {
      const low = (highs[index + 1] ?? 0) + CLAMP_STEP;
      const key = this.#choiceKey(high);
      const previous = stretches.at(-1);
      if (previous !== undefined && key === lastKey) {
        previous[0] = low;
      } else {
        stretches.push([low, high]);
      }
      lastKey = key;
    }
    return stretches;
  }

  #choiceKey(numCtx: number): string {
    const launch = prepareLaunch(this.#spec, this.#server, { ...this.#request, numCtx });
    return `${launch.chosen.join(',')} ${launch.config.numBatch}`;
  }

  /** Contexts per slot after which the batch or the choice of GPUs may be another (server/sched.go). */
  *#switchPoints(): Iterable<number> {
    const { numParallel } = prepareLaunch(this.#spec, this.#server, { ...this.#request, numCtx: CLAMP_STEP }).config;
    yield 4096 / numParallel;
    yield 32768 / numParallel;
    const slope = predictedBytesPerToken(this.#spec) * numParallel;
    if (slope <= 0) {
      return;
    }
    const { gpus, system } = this.#server;
    const amounts = new Set([availableMemory(gpus, system), ...gpus.map((gpu) => availableMemory([gpu], system))]);
    for (const library of new Set(gpus.map((gpu) => gpu.library ?? 'CUDA'))) {
      amounts.add(
        availableMemory(
          gpus.filter((gpu) => (gpu.library ?? 'CUDA') === library),
          system,
        ),
      );
    }
    for (const amount of amounts) {
      for (const border of predictionBorders(amount)) {
        yield (border - modelFileBytes(this.#spec)) / slope;
      }
    }
  }
}

function middleOf(good: number, bad: number): number {
  return good + Math.max(Math.floor((bad - good) / CLAMP_STEP / 2), 1) * CLAMP_STEP;
}
