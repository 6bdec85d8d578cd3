import { within } from '../../base/wait.ts';
import type { Calibration } from '../../estimator/plan/calibration.ts';
import type { ModelSpec } from '../../estimator/types.ts';
import type { Hold, MadeAlias, Store } from '../../store/types.ts';
import type { Estimates } from '../../workers/estimates.ts';
import { modelKey } from '../asking/same-model.ts';
import type { WeightsIndex } from '../asking/same-weights.ts';
import type { ReservationBook } from '../reservations.ts';
import type { Remark, Server, ServerRegistry } from '../types.ts';
import { createActivity } from './activity.ts';
import { type BenchOrder, type BenchOutcome, emptyBench, runBench } from './bench.ts';
import { readKeepAlive } from './caps.ts';
import { createHoldDesk, type HoldAnswer } from './hold-desk.ts';
import { createHoldWatch, type HoldEvent } from './hold-watch.ts';
import { type HoldBook, rememberHolds } from './holds.ts';
import { createJobs, type LoadListener, type UnderWay } from './jobs.ts';
import { createLearning } from './learning.ts';
import { LOOK_EVERY_MS } from './load-progress.ts';
import { emptyOutcome } from './outcome.ts';
import { readAgain, SETTLE_MS, usedVram } from './proof.ts';
import { createQuestions } from './questions.ts';
import type { ServerQueue } from './queue.ts';
import { createRecords } from './records.ts';
import { safeLoad } from './safe-load.ts';
import { emptySetOutcome, type SetOrder, type SetOutcome, safeLoadSet } from './safe-set.ts';
import { emptyUnload, safeUnload, type UnloadOrder, type UnloadOutcome } from './safe-unload.ts';
import {
  type Answers,
  type AskHolder,
  givenUp,
  type LoadOrder,
  type LoadOutcome,
  type LoadStep,
  NeedsAnswer,
  type Requester,
  Stop,
  toRemark,
} from './types.ts';

/** At the end of the program, work under way has this long to take itself back, ms. */
const CLOSE_LIMIT_MS = 3_000;

export type { HoldAnswer } from './hold-desk.ts';

export interface LoadServiceParts {
  readonly registry: ServerRegistry;
  readonly store: Pick<Store, 'audit' | 'benches' | 'observations' | 'madeAliases'>;
  readonly holds: HoldBook;
  readonly queueFor: (server: string) => ServerQueue;
  /** Bookings of servers and GPUs; absent = there are none. */
  readonly reservations?: Pick<ReservationBook, 'list'>;
  /** Which models share their weights. */
  readonly weights: WeightsIndex;
  readonly findSpec: (model: string, server: Server, signal: AbortSignal) => Promise<ModelSpec>;
  readonly estimates: Estimates;
  readonly askHolder: AskHolder;
  /** Tells a holder what happened to the model. Must not throw. */
  readonly tellHolder: (event: HoldEvent) => void;
  readonly limits: { readonly maxCtx: number | null; readonly maxKeepAlive: string | null };
  readonly now: () => number;
  /** Something that nobody waits for failed. */
  readonly onError: (error: unknown) => void;
  /** Pause before what is read counts as proof, ms; default 2,000. */
  readonly settleMs?: number;
  /** Pause between looks at a load under way, ms; default 1,500. */
  readonly lookEveryMs?: number;
}

/** A load that was taken up. */
export interface StartedLoad {
  /** For {@link LoadService.cancel}. */
  readonly id: string;
  /** Never rejects. */
  readonly done: Promise<LoadOutcome>;
}

/** A set that was taken up. */
export interface StartedSet {
  /** For {@link LoadService.cancel}. */
  readonly id: string;
  /** Never rejects. */
  readonly done: Promise<SetOutcome>;
}

/** Where the steps of a set go: each of one of its models, or (`null`) of the set. */
export interface SetListener {
  readonly signal: AbortSignal;
  readonly onStep: (index: number | null, step: LoadStep) => void;
}

/** Loads, unloads and holds of all servers. Nothing here rejects but where it says so. */
export interface LoadService {
  /** Takes up a load: it waits its turn on its server. */
  load(server: Server, order: LoadOrder, listener: LoadListener): StartedLoad;
  /** Takes up a set: its models one after the other in one turn, undone as a whole when one fails. */
  loadSet(server: Server, order: SetOrder, listener: SetListener): StartedSet;
  unload(server: Server, order: UnloadOrder, listener: LoadListener): Promise<UnloadOutcome>;
  /** Measures a loaded model's speed in its turn. */
  bench(server: Server, order: BenchOrder, listener: LoadListener): Promise<BenchOutcome>;
  /** Gives up a load. Its requester and administrators may. */
  cancel(id: string, by: Requester): 'canceled' | 'over' | 'not-yours';
  /** Loads that wait or run, by server. */
  active(server?: string): number;
  /** The same, one by one. */
  underWay(server: string): readonly UnderWay[];
  /** What this program made under a name; `null`: it did not. Rejects with a StoreError. */
  madeAlias(server: string, model: string): Promise<MadeAlias | null>;
  /** A name was deleted. Rejects with a StoreError. */
  forgetAlias(server: string, model: string): Promise<void>;
  /** Holds in force. Rejects with a StoreError. */
  holds(server?: string): Promise<readonly Hold[]>;
  /** Who holds what on a server, by model, as last seen. */
  holders(server: string): ReadonlyMap<string, string>;
  /** The holder (or an administrator) keeps the model for longer, from now. */
  extend(server: Server, model: string, keepAlive: string, by: Requester): Promise<HoldAnswer>;
  /** The holder (or an administrator) lets go; the model stays until its time is over. */
  release(server: Server, model: string, by: Requester): Promise<HoldAnswer>;
  /** What loads on this server taught, as last read; `null` = nothing is known yet. */
  calibration(server: string): Calibration | null;
  /** Begins to watch holds: those of models that left while the program was away end. */
  start(): void;
  /** Gives up what waits and runs, within {@link CLOSE_LIMIT_MS}. */
  close(): Promise<void>;
}

export function createLoadService(parts: LoadServiceParts): LoadService {
  const { registry, now, onError } = parts;
  const holds = rememberHolds(parts.holds, now);
  const settleMs = parts.settleMs ?? SETTLE_MS;
  const lookEveryMs = parts.lookEveryMs ?? LOOK_EVERY_MS;
  const learning = createLearning(parts.store.observations, now, onError);
  const records = createRecords(parts.store.audit, now, onError);
  const activity = createActivity(registry.servers, now);
  const ending = new AbortController();
  const jobs = createJobs(parts.queueFor, createQuestions(parts.askHolder, now), ending.signal);

  const { maxKeepAlive } = parts.limits;
  const desk = createHoldDesk({ holds, records, activity, maxKeepAlive, ending: ending.signal, now });

  const watch = createHoldWatch({
    servers: registry.servers,
    holds,
    onError,
    isBusy: jobs.isBusy,
    onEvent: async (event) => {
      await records.event(event);
      parts.tellHolder(event);
    },
  });

  const quietly = async <T>(work: () => Promise<T>): Promise<T | null> => {
    try {
      return await work();
    } catch (error) {
      onError(error);
      return null;
    }
  };

  /** Memory in use after the work, read again when there is time. */
  const usedAfter = async (server: Server): Promise<number | null> =>
    usedVram(ending.signal.aborted ? server.latest() : await readAgain(server));

  const lateProblem = (
    error: unknown,
    signal: AbortSignal,
  ): { result: 'canceled' | 'failed' | 'refused'; problem: Remark } =>
    signal.aborted ? givenUp(signal.reason) : { result: 'refused', problem: toRemark(error) };

  const runLoad = async (
    server: Server,
    order: LoadOrder,
    listener: LoadListener,
    signal: AbortSignal,
    answers: Answers,
  ): Promise<LoadOutcome | NeedsAnswer> => {
    const { maxCtx } = parts.limits;
    const outcome = await safeLoad(
      {
        server,
        holds,
        estimator: parts.estimates.by(`load on ${server.name}`, signal),
        findSpec: parts.findSpec,
        answers,
        isInUse: (model) => activity.isInUse(server.name, model),
        ownTouch: (model) => activity.ownTouch(server.name, model),
        weights: parts.weights,
        aliases: parts.store.madeAliases,
        reservations: async () => (await quietly(async () => parts.reservations?.list(server.name))) ?? [],
        calibration: await quietly(() => learning.calibration(server.name)),
        maxCtx,
        keepAlive: readKeepAlive(order.keepAlive, maxKeepAlive, order.by.isAdmin),
        settleMs,
        lookEveryMs,
        usualMs: learning.usualMs(server.name, order.model),
        now,
      },
      order,
      { signal, ending: AbortSignal.any([listener.signal, ending.signal]), onStep: listener.onStep },
    );
    return outcome instanceof NeedsAnswer ? outcome : settle(server, order, outcome);
  };

  /** Writes down how a load ended, while the server's turn is still ours. */
  const settle = async (server: Server, order: LoadOrder, outcome: LoadOutcome): Promise<LoadOutcome> => {
    let hold: Hold | null = null;
    try {
      hold = await desk.putAfter(order, outcome);
      await desk.releaseLost(outcome);
    } catch (error) {
      onError(error);
    }
    if (outcome.result === 'loaded') {
      await quietly(() => learning.record(outcome));
    }
    const touched = outcome.attempts > 0 || outcome.unloaded.length > 0;
    await records.load(order, outcome, touched ? await usedAfter(server) : usedVram(outcome.before));
    return { ...outcome, hold };
  };

  const runSet = async (
    server: Server,
    order: SetOrder,
    listener: SetListener,
    signal: AbortSignal,
    answers: Answers,
  ): Promise<SetOutcome | NeedsAnswer> => {
    const outcome = await safeLoadSet(
      {
        server,
        holds,
        aliases: parts.store.madeAliases,
        answers,
        estimator: parts.estimates.by(`load on ${server.name}`, signal),
        findSpec: parts.findSpec,
        calibration: await quietly(() => learning.calibration(server.name)),
        isInUse: (model) => activity.isInUse(server.name, model),
        loadOne: (one, _index, onStep) => runLoad(server, one, { signal: listener.signal, onStep }, signal, answers),
        settleMs,
        now,
        signal,
        ending: AbortSignal.any([listener.signal, ending.signal]),
        onStep: listener.onStep,
      },
      order,
    );
    if (!(outcome instanceof NeedsAnswer)) {
      await records.set(order, outcome, outcome.loads.length > 0 ? await usedAfter(server) : null);
    }
    return outcome;
  };

  const refusedSet = async (
    server: Server,
    order: SetOrder,
    end: Pick<SetOutcome, 'result' | 'problem'>,
  ): Promise<SetOutcome> => {
    const outcome = { ...emptySetOutcome(server.name), ...end };
    await records.set(order, outcome, null);
    return outcome;
  };

  const refusedLoad = async (
    server: Server,
    order: LoadOrder,
    end: Pick<LoadOutcome, 'result' | 'problem'>,
  ): Promise<LoadOutcome> => {
    const outcome = { ...emptyOutcome(server.name, order), ...end };
    await records.load(order, outcome, null);
    return outcome;
  };

  return {
    load(server, order, listener) {
      try {
        // Caps are told at once rather than after the wait.
        readKeepAlive(order.keepAlive, maxKeepAlive, order.by.isAdmin);
      } catch (error) {
        const problem = error instanceof Stop ? error.problem : toRemark(error);
        return { id: '', done: refusedLoad(server, order, { result: 'refused', problem }) };
      }
      return jobs.begin<LoadOutcome>({
        server,
        model: order.model,
        kind: 'load',
        by: order.by,
        listener,
        run: (signal, answers) => runLoad(server, order, listener, signal, answers),
        late: (error, signal) => refusedLoad(server, order, lateProblem(error, signal)),
      });
    },

    loadSet(server, order, listener) {
      try {
        readKeepAlive(order.keepAlive, maxKeepAlive, order.by.isAdmin);
      } catch (error) {
        const problem = error instanceof Stop ? error.problem : toRemark(error);
        return { id: '', done: refusedSet(server, order, { result: 'refused', problem }) };
      }
      return jobs.begin<SetOutcome>({
        server,
        model: order.name ?? order.members.map(({ model }) => model).join(', '),
        kind: 'load',
        by: order.by,
        listener: { signal: listener.signal, onStep: (step) => listener.onStep(null, step) },
        run: (signal, answers) => runSet(server, order, listener, signal, answers),
        late: (error, signal) => refusedSet(server, order, lateProblem(error, signal)),
      });
    },

    unload(server, order, listener) {
      const { done } = jobs.begin<UnloadOutcome>({
        server,
        model: order.model,
        kind: 'unload',
        by: order.by,
        listener,
        run: async (signal, answers) => {
          const isInUse = (model: string) => activity.isInUse(server.name, model);
          const outcome = await safeUnload({ server, holds, answers, isInUse, settleMs, signal }, order);
          // A question, to the requester or to a holder, is no end yet.
          if (outcome instanceof NeedsAnswer || outcome.result === 'needs-yes') {
            return outcome;
          }
          const touched = outcome.result !== 'refused';
          await records.unload(order, outcome, touched ? await usedAfter(server) : usedVram(outcome.before));
          return outcome;
        },
        late: async (error, signal) => {
          const outcome = { ...emptyUnload(server.name, order.model), ...lateProblem(error, signal) };
          await records.unload(order, outcome, null);
          return outcome;
        },
      });
      return done;
    },

    bench(server, order, listener) {
      const { done } = jobs.begin<BenchOutcome>({
        server,
        model: order.model,
        kind: 'bench',
        by: order.by,
        listener,
        run: async (signal) => {
          const isInUse = (model: string) => activity.isInUse(server.name, model);
          const ownTouch = (model: string) => activity.ownTouch(server.name, model);
          const { benches } = parts.store;
          const outcome = await runBench({ server, benches, isInUse, ownTouch, signal, now }, order);
          await records.bench(order, outcome);
          return outcome;
        },
        late: async (error, signal) => {
          const outcome = { ...emptyBench(server.name, order.model), ...lateProblem(error, signal) };
          await records.bench(order, outcome);
          return outcome;
        },
      });
      return done;
    },

    cancel: jobs.cancel,

    active: jobs.count,

    underWay: jobs.underWay,

    madeAlias: (server, model) => parts.store.madeAliases.get(server, modelKey(model)),

    forgetAlias: (server, model) => parts.store.madeAliases.remove(server, modelKey(model)),

    holds: (server) => holds.list(server),

    holders: (server) => new Map(holds.known(server).map((hold) => [hold.model, hold.holderName])),

    extend: desk.extend,

    release: desk.release,

    calibration: (server) => learning.known(server),

    start() {
      for (const { name } of registry.servers) {
        learning.known(name);
      }
      watch.start();
    },

    async close() {
      ending.abort();
      await within(CLOSE_LIMIT_MS, jobs.ended());
      await watch.close();
      activity.close();
      await jobs.closeQueues();
      await records.close();
    },
  };
}
