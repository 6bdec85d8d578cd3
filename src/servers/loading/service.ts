import { within } from '../../base/wait.ts';
import type { Hold } from '../../store/types.ts';
import { modelKey } from '../asking/same-model.ts';
import type { Remark, Server } from '../types.ts';
import { createActivity } from './activity.ts';
import { type BenchOutcome, emptyBench, runBench } from './bench.ts';
import { readKeepAlive } from './caps.ts';
import { createHoldDesk } from './hold-desk.ts';
import { createHoldWatch } from './hold-watch.ts';
import { rememberHolds } from './holds.ts';
import { createJobs, type LoadListener } from './jobs.ts';
import { createLearning } from './learning.ts';
import { LOOK_EVERY_MS } from './load-progress.ts';
import { emptyOutcome } from './outcome.ts';
import { readAgain, SETTLE_MS, usedVram } from './proof.ts';
import { createQuestions } from './questions.ts';
import { createRecords } from './records.ts';
import { safeLoad } from './safe-load.ts';
import { emptySetOutcome, type SetOrder, type SetOutcome, safeLoadSet } from './safe-set.ts';
import type { LoadService, LoadServiceParts, SetListener } from './service-types.ts';
import { emptyUnload, safeUnload, type UnloadOutcome } from './safe-unload.ts';
import { type Answers, givenUp, type LoadOrder, type LoadOutcome, NeedsAnswer, Stop, toRemark } from './types.ts';

/** At the end of the program, work under way has this long to take itself back, ms. */
const CLOSE_LIMIT_MS = 3_000;

export type { HoldAnswer } from './hold-desk.ts';
export type { LoadService, LoadServiceParts, SetListener, StartedLoad, StartedSet } from './service-types.ts';

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
