import type { Calibration } from '../../estimator/plan/calibration.ts';
import { architectureNumber } from '../../estimator/plan/facts.ts';
import type { EstimateRequest, EstimateServer, ModelSpec, Plan } from '../../estimator/types.ts';
import type { Estimator } from '../../workers/estimates.ts';
import { LOAD_MARGIN_BYTES, requestFor, serverContext, viewFor } from '../asking/question.ts';
import type { LoadedModelView, Server, ServerSnapshot } from '../types.ts';
import { type Choice, chooseContext } from './choose.ts';
import type { Consents } from './consents.ts';
import { findWayOut } from './in-the-way.ts';
import { type LoadOrder, type LoadOutcome, type LoadStep, type Mutable, Stop } from './types.ts';

export interface PlannerParts {
  readonly server: Server;
  readonly estimator: Estimator;
  readonly calibration: Calibration | null;
  /** Cap on the context, tokens; `null` = none. */
  readonly maxCtx: number | null;
  readonly signal: AbortSignal;
  readonly step: (name: LoadStep['name'], state: LoadStep['state'], params?: LoadStep['params']) => void;
}

/** Works out with which context a load is tried, beside what stays loaded. What it finds goes to the outcome as well. */
export class Planner {
  readonly #parts: PlannerParts;
  readonly #order: LoadOrder;
  readonly #outcome: Mutable<LoadOutcome>;
  readonly #consents: Consents;
  /** The runner that serves this model's weights now: a load takes its place. */
  earlier: LoadedModelView | null = null;

  constructor(parts: PlannerParts, order: LoadOrder, outcome: Mutable<LoadOutcome>, consents: Consents) {
    this.#parts = parts;
    this.#order = order;
    this.#outcome = outcome;
    this.#consents = consents;
  }

  /** @throws Stop `ctx-above-cap` */
  wantedCtx(spec: ModelSpec, before: ServerSnapshot): number {
    const { maxCtx, server } = this.#parts;
    const asked = this.#order.numCtx;
    if (asked !== undefined && maxCtx !== null && asked > maxCtx) {
      throw new Stop('refused', 'ctx-above-cap', { ctx: asked, max: maxCtx });
    }
    const trained = architectureNumber(spec, 'context_length');
    const own = serverContext(server.config.env, this.#estimate(before, []), spec);
    const wanted = asked ?? Math.min(own, maxCtx ?? own);
    return trained > 0 ? Math.min(wanted, trained) : wanted;
  }

  /**
   * The context that fits, the wanted one or the largest below it; with what would help where it is less.
   * @param agreed models that may leave for it
   * Rejects with a Stop: `gpus-unknown`, `needs-room`, `does-not-fit`; or as the estimator does.
   */
  async plan(spec: ModelSpec, snapshot: ServerSnapshot, wantedCtx: number, agreed: readonly string[]): Promise<Choice> {
    const { step } = this.#parts;
    step('plan', 'running');
    const none = knowsNoGpu(snapshot);
    if (none && !this.#order.partial) {
      throw new Stop('refused', 'gpus-none', { server: snapshot.name });
    }
    if (!none && (snapshot.gpuStale || snapshot.gpus === null || snapshot.gpuViews.length === 0)) {
      throw new Stop('refused', 'gpus-unknown', { server: snapshot.name });
    }
    const choice = await this.choose(spec, snapshot, wantedCtx, agreed);
    if (choice === null || choice.clamp !== null) {
      const candidates = await this.#consents.candidates(snapshot, this.earlier, agreed);
      const without = (gone: readonly string[]) => this.choose(spec, snapshot, wantedCtx, [...agreed, ...gone]);
      const wanted = await this.#asOllamaWould(spec, snapshot, wantedCtx, agreed);
      this.#outcome.wayOut = await findWayOut(candidates, choice?.numCtx ?? 0, without, wanted.evicts);
      if (choice === null && this.#outcome.wayOut === null && wanted.verdict === 'refused') {
        step('plan', 'failed');
        throw new Stop('refused', `reason.${wanted.reason.code}`, wanted.reason.params);
      }
    } else {
      this.#outcome.wayOut = null;
    }
    if (choice === null) {
      step('plan', 'failed');
      const params = { model: this.#outcome.model, ctx: wantedCtx };
      if (this.#outcome.wayOut !== null) {
        throw new Stop('needs-room', 'needs-room', params);
      }
      throw new Stop('refused', 'does-not-fit', params);
    }
    if (choice.clamp !== null) {
      this.#outcome.clamp = choice.clamp;
    }
    step('plan', 'done', { ctx: choice.numCtx, wanted: this.#outcome.askedCtx ?? wantedCtx });
    return choice;
  }

  /** The best context on a server as it is; `null` where none is of use, or enough for the order. */
  async choose(
    spec: ModelSpec,
    snapshot: ServerSnapshot,
    wantedCtx: number,
    gone: readonly string[],
  ): Promise<Choice | null> {
    const { signal, estimator } = this.#parts;
    signal.throwIfAborted();
    const { partial, leastCtx = 0 } = this.#order;
    const server = this.#estimate(snapshot, gone);
    const request = this.#request();
    const marginBytes = LOAD_MARGIN_BYTES;
    const choice = await chooseContext({ estimator, spec, server, request, wantedCtx, partial, marginBytes });
    return choice === null || choice.clamp === null || choice.numCtx >= leastCtx ? choice : null;
  }

  /** The plan without what loads taught: what is learned from a load is told from it. */
  async plainPlan(spec: ModelSpec, ready: ServerSnapshot, numCtx: number): Promise<LoadOutcome['plainPlan']> {
    const { calibration: _, ...plain } = this.#estimate(ready, []);
    return this.#parts.estimator.decide(spec, plain, { ...this.#request(), numCtx });
  }

  #request(): EstimateRequest {
    return requestFor(this.#parts.server.config.env, 0);
  }

  #estimate(snapshot: ServerSnapshot, gone: readonly string[]): EstimateServer {
    const { server, calibration } = this.#parts;
    const own = this.earlier === null ? this.#outcome.model : this.earlier.name;
    const estimate = viewFor(server, snapshot, this.#outcome.model, calibration, { without: [own, ...gone] });
    this.#outcome.learnedFrom = estimate.calibration?.observations ?? this.#outcome.learnedFrom;
    return estimate;
  }

  /** What Ollama would do with the context that is wanted: whom it would unload, in its order, or why it refuses. */
  #asOllamaWould(
    spec: ModelSpec,
    snapshot: ServerSnapshot,
    wantedCtx: number,
    agreed: readonly string[],
  ): Promise<Plan> {
    const server = this.#estimate(snapshot, agreed);
    return this.#parts.estimator.decide(spec, server, { ...this.#request(), numCtx: wantedCtx });
  }
}

/** What the sources say that look for no GPU, or find that there is none to be read from here. */
const NOTHING_TO_READ: ReadonlySet<string> = new Set(['no-source', 'source-elsewhere']);

/** No GPU is read, by the owner's choice or because there is none: what Ollama has is not known. */
function knowsNoGpu({ gpus, gpuProblems, incomplete }: ServerSnapshot): boolean {
  return !incomplete && gpus === null && gpuProblems.every(({ code }) => NOTHING_TO_READ.has(code));
}
