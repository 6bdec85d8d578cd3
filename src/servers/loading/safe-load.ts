/**
 * The safe load: look, plan, clamp, make room with consent, load, prove, and on failure leave the server as it was.
 * It runs as the only load of its server (queue.ts) and never throws: every end is an outcome.
 */

import type { Calibration } from '../../estimator/plan/calibration.ts';
import type { ModelSpec } from '../../estimator/types.ts';
import type { KeepAlive } from '../../ollama/keep-alive.ts';
import type { MadeAliasRepository } from '../../store/types.ts';
import type { Estimator } from '../../workers/estimates.ts';
import { sameModel } from '../asking/same-model.ts';
import type { WeightsIndex } from '../asking/same-weights.ts';
import type { Reservation } from '../reservations.ts';
import { orphanRunners } from '../runner-processes.ts';
import type { LoadedModelView, Server, ServerSnapshot } from '../types.ts';
import { makeAlias } from './alias.ts';
import { type AttemptParts, callLoad, loadAndProve } from './attempts.ts';
import { bookingsTouched } from './booked.ts';
import type { Choice } from './choose.ts';
import { Consents } from './consents.ts';
import type { HoldBook } from './holds.ts';
import { findOrdered } from './ordered-model.ts';
import { emptyOutcome } from './outcome.ts';
import { Planner } from './planner.ts';
import { findLoaded, isOnGpu, proveLoad, proveUnload, readBefore } from './proof.ts';
import { restore } from './restore.ts';
import {
  type Answers,
  givenUp,
  type LoadOrder,
  type LoadOutcome,
  type LoadStep,
  type Mutable,
  NeedsAnswer,
  Stop,
  TurnLost,
  toRemark,
} from './types.ts';

export interface LoadParts {
  readonly server: Server;
  readonly holds: HoldBook;
  readonly estimator: Estimator;
  readonly findSpec: (model: string, server: Server, signal: AbortSignal) => Promise<ModelSpec>;
  /** What holders have answered so far. */
  readonly answers: Answers;
  readonly isInUse: (model: string) => boolean;
  /** A load of ours moves a model's time; that is nobody's use. */
  readonly ownTouch: (model: string) => void;
  readonly calibration: Calibration | null;
  readonly weights: WeightsIndex;
  /** Names that this program made. */
  readonly aliases: MadeAliasRepository;
  /** What is booked on this server. Never rejects. */
  readonly reservations: () => Promise<readonly Reservation[]>;
  /** Cap on the context, tokens; `null` = none. */
  readonly maxCtx: number | null;
  /** The order's keep-alive as read; `null` = the server's default. */
  readonly keepAlive: KeepAlive | null;
  /** Pause before what is read counts as proof, ms. */
  readonly settleMs: number;
  /** How long earlier loads of the model took here, ms; `null`: nothing is known. */
  readonly usualMs: number | null;
  /** Pause between looks at a load under way, ms. */
  readonly lookEveryMs: number;
  readonly now: () => number;
}

export interface LoadRun {
  /** The load is given up. */
  readonly signal: AbortSignal;
  /** The program ends: nothing that takes long is begun any more. */
  readonly ending: AbortSignal;
  readonly onStep: (step: LoadStep) => void;
}

/** Loads a model safely, or tells whose answer it needs first. Never rejects. */
export async function safeLoad(parts: LoadParts, order: LoadOrder, run: LoadRun): Promise<LoadOutcome | NeedsAnswer> {
  return new SafeLoad(parts, order, run).run();
}

/** Ends after which what is loaded is another client's. */
const OTHERS_NOW: ReadonlySet<string> = new Set(['load-reloaded', 'load-displaced']);

class SafeLoad {
  readonly #parts: LoadParts;
  readonly #order: LoadOrder;
  readonly #run: LoadRun;
  readonly #outcome: Mutable<LoadOutcome>;
  #touched = false;
  readonly #consents: Consents;
  readonly #planner: Planner;

  constructor(parts: LoadParts, order: LoadOrder, run: LoadRun) {
    this.#parts = parts;
    this.#order = order;
    this.#run = run;
    this.#outcome = emptyOutcome(parts.server.name, order);
    this.#consents = new Consents(parts, order, this.#outcome);
    const planner = { ...parts, signal: run.signal, step: this.#step };
    this.#planner = new Planner(planner, order, this.#outcome, this.#consents);
  }

  async run(): Promise<LoadOutcome | NeedsAnswer> {
    try {
      await this.#way();
      this.#outcome.result = 'loaded';
      this.#outcome.problem = null;
    } catch (error) {
      if (error instanceof NeedsAnswer && !this.#run.signal.aborted) {
        return error;
      }
      this.#explain(error);
      await this.#undo();
    }
    return this.#outcome;
  }

  #explain(error: unknown): void {
    const { signal } = this.#run;
    if (signal.aborted) {
      Object.assign(this.#outcome, givenUp(signal.reason));
    } else if (error instanceof Stop) {
      Object.assign(this.#outcome, { result: error.result, problem: error.problem });
    } else {
      Object.assign(this.#outcome, { result: 'failed', problem: toRemark(error) });
    }
  }

  async #undo(): Promise<void> {
    const { before } = this.#outcome;
    // Without the turn nothing more is done to the server: another process may be at work there.
    if (!this.#touched || before === null || this.#run.signal.reason instanceof TurnLost) {
      return;
    }
    const { attempts, model, problem } = this.#outcome;
    const others = OTHERS_NOW.has(problem?.code ?? '');
    const { lost, after } = await restore({
      server: this.#parts.server,
      before,
      // Before the first attempt nothing of ours is there; the name may stand for what others loaded.
      brought: attempts > 0 && !others ? [model] : [],
      leave: others ? [model] : [],
      settleMs: this.#parts.settleMs,
      now: this.#parts.now,
      ending: this.#run.ending,
      step: this.#step,
    });
    // What was put back is not unloaded any more.
    const unloaded = this.#outcome.unloaded.filter((name) => lost.some((other) => sameModel(other, name)));
    Object.assign(this.#outcome, {
      lost,
      after,
      unloaded,
      orphans: after === null ? null : orphanRunners(before, after),
    });
  }

  async #way(): Promise<void> {
    const { server } = this.#parts;
    const before = await this.#look();
    const spec = await this.#parts.findSpec(this.#outcome.model, server, this.#run.signal);
    this.#outcome.spec = spec;
    const wantedCtx = this.#planner.wantedCtx(spec, before);
    this.#outcome.wantedCtx = wantedCtx;
    if (await this.#renewed(before, wantedCtx)) {
      return;
    }
    const agreed = await this.#consents.toUnload(before, this.#planner.earlier);
    let choice = await this.#planner.plan(spec, before, wantedCtx, agreed);
    if (await this.#renewed(before, choice.numCtx)) {
      return;
    }
    const { by } = this.#order;
    const booked = bookingsTouched(await this.#parts.reservations(), before, choice.plan, by.id, this.#parts.now());
    await this.#consents.toUseBooked(booked, choice.numCtx);
    const replaced = await this.#consents.toReplace(before, this.#planner.earlier, choice.numCtx);
    const leaving = [...agreed, ...replaced];
    let ready = before;
    if (leaving.length > 0) {
      ready = await this.#unload(before, leaving);
      // What came back is known now; others may have taken of it.
      choice = await this.#planner.plan(spec, ready, wantedCtx, []);
    }
    await this.#load(spec, ready, choice);
    await this.#makeAlias();
  }

  readonly #step = (name: LoadStep['name'], state: LoadStep['state'], params: LoadStep['params'] = {}): void => {
    this.#run.onStep({ name, state, params });
  };

  /** A fresh snapshot, and the server's own spelling of the name. */
  async #look(): Promise<ServerSnapshot> {
    const { server, settleMs } = this.#parts;
    const { signal } = this.#run;
    this.#step('look', 'running');
    const snapshot = await readBefore(server, settleMs, signal);
    this.#outcome.before = snapshot;
    if (snapshot.ollama.state !== 'up') {
      throw new Stop('failed', `ollama-${snapshot.ollama.state}`, { server: server.name });
    }
    this.#step('look', 'done');
    const entry = await findOrdered(server, this.#order, this.#parts.aliases, signal);
    Object.assign(this.#outcome, { model: entry.name, ordered: entry.name, digest: entry.digest });
    const asked = { name: entry.name, digest: entry.digest, parentModel: entry.details.parentModel };
    const [replaced] = await this.#parts.weights.replacedBy(server, snapshot, asked);
    this.#planner.earlier = replaced === undefined ? null : findLoaded(snapshot, replaced);
    return snapshot;
  }

  /** Loaded with this very context and wholly on the GPUs: only its time is renewed. */
  async #renewed(before: ServerSnapshot, numCtx: number): Promise<boolean> {
    const earlier = this.#planner.earlier;
    if (earlier === null || earlier.stopping || earlier.contextLength !== numCtx) {
      return false;
    }
    if (!isOnGpu(earlier) && !this.#order.partial) {
      return false;
    }
    const { server, settleMs, ownTouch, now } = this.#parts;
    const { signal } = this.#run;
    this.#outcome.model = earlier.name;
    const longer = longerKeepAlive(this.#parts.keepAlive, earlier, now());
    this.#step('load', 'running', { ctx: numCtx, attempt: 1 });
    ownTouch(earlier.name);
    if (longer !== 'as-it-is') {
      await callLoad({ server, outcome: this.#outcome, keepAlive: longer, signal }, numCtx);
    }
    this.#step('load', 'done', { ctx: numCtx, attempt: 1 });
    this.#step('prove', 'running');
    const proof = await proveLoad(server, earlier.name, before, null, [], settleMs, signal);
    if (proof === 'gone') {
      this.#step('prove', 'failed', { cause: 'gone' });
      throw new Stop('failed', 'load-vanished', { model: earlier.name });
    }
    if (proof === 'unreadable') {
      this.#step('prove', 'failed', { cause: 'unreadable' });
      throw new Stop('failed', 'ollama-gone', { server: server.name });
    }
    this.#step('prove', 'done');
    Object.assign(this.#outcome, { proof, numCtx, renewed: true });
    await this.#makeAlias();
    return true;
  }

  async #unload(before: ServerSnapshot, leaving: readonly string[]): Promise<ServerSnapshot> {
    const { server, settleMs } = this.#parts;
    const { signal } = this.#run;
    let latest = before;
    for (const name of leaving) {
      const loaded = findLoaded(latest, name);
      if (loaded === null) {
        continue;
      }
      this.#step('unload', 'running', { model: name });
      this.#touched = true;
      await server.ollama.unload(name, { signal });
      const { result, after } = await proveUnload(server, loaded, latest, settleMs, signal);
      if (result === 'still-loaded') {
        throw new Stop('failed', 'unload-stuck', { model: name });
      }
      this.#outcome.unloaded = [...this.#outcome.unloaded, name];
      this.#step('unload', 'done', { model: name });
      latest = after ?? latest;
    }
    return latest;
  }

  async #load(spec: ModelSpec, ready: ServerSnapshot, choice: Choice): Promise<void> {
    const { server, settleMs, keepAlive, ownTouch } = this.#parts;
    const parts: AttemptParts = {
      server,
      outcome: this.#outcome,
      keepAlive,
      partial: this.#order.partial,
      settleMs,
      usualMs: this.#parts.usualMs,
      lookEveryMs: this.#parts.lookEveryMs,
      signal: this.#run.signal,
      step: this.#step,
      chooseAgain: (snapshot, mostCtx) => this.#planner.choose(spec, snapshot, mostCtx, []),
    };
    this.#touched = true;
    this.#planner.earlier = null;
    ownTouch(this.#outcome.model);
    await loadAndProve(parts, ready, choice);
    const { numCtx } = this.#outcome;
    // Only what is learned from this load rests on it: the load itself stands.
    this.#outcome.plainPlan =
      this.#outcome.attempts === 1 && numCtx !== null
        ? await this.#planner.plainPlan(spec, ready, numCtx).catch(() => null)
        : null;
  }

  async #makeAlias(): Promise<void> {
    const { alias } = this.#order;
    const { ordered, numCtx } = this.#outcome;
    if (alias === undefined || numCtx === null) {
      return;
    }
    this.#step('alias', 'running', { alias });
    try {
      const { aliases, server, now } = this.#parts;
      // Of what was asked for, whichever name its weights are loaded under.
      const wanted = { alias, base: ordered, numCtx, madeBy: this.#order.by.id };
      await makeAlias(aliases, server, wanted, this.#run.signal, now());
      this.#outcome.alias = alias;
      this.#step('alias', 'done', { alias });
    } catch (error) {
      // The model is loaded; that its second name failed is told, and undoes nothing.
      this.#outcome.aliasProblem = error instanceof Stop ? error.problem : toRemark(error);
      this.#step('alias', 'failed', { alias });
    }
  }
}

/** A renewal never takes time away from a model that somebody else asked to stay longer. */
function longerKeepAlive(
  wanted: KeepAlive | null,
  loaded: LoadedModelView,
  nowMs: number,
): KeepAlive | null | 'as-it-is' {
  if (loaded.expiresAtMs === 'pinned') {
    return 'as-it-is';
  }
  if (wanted === null || wanted.kind === 'forever' || loaded.expiresAtMs === null) {
    return wanted;
  }
  return nowMs + wanted.ms >= loaded.expiresAtMs ? wanted : 'as-it-is';
}
