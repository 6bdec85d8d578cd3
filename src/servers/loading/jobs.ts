import { randomBytes } from 'node:crypto';
import type { Server } from '../types.ts';
import type { Questions } from './questions.ts';
import type { ServerQueue } from './queue.ts';
import {
  type Answers,
  CanceledByPerson,
  type Consent,
  holdKey,
  type LoadStep,
  NeedsAnswer,
  type Requester,
  Stop,
  TurnLost,
} from './types.ts';

/** Answers that one piece of work may need: a server holds a handful of models. */
const MAX_QUESTIONS = 16;

/** Where the steps of a load go, and how it is given up. */
export interface LoadListener {
  /** Given up by the platform: the end of the program. */
  readonly signal: AbortSignal;
  readonly onStep: (step: LoadStep) => void;
}

/** One piece of work on a server. */
export interface Job<T> {
  readonly server: Server;
  /** As typed. */
  readonly model: string;
  readonly kind: 'load' | 'unload' | 'bench';
  readonly by: Requester;
  readonly listener: LoadListener;
  /** Runs when the turn has come; again after each holder's answer that it turns out to need. Must not reject. */
  readonly run: (signal: AbortSignal, answers: Answers) => Promise<T | NeedsAnswer>;
  /** What to say when it never came to run, or was given up before. Must not reject. */
  readonly late: (error: unknown, signal: AbortSignal) => Promise<T>;
}

/** Work that waits or runs. */
export interface UnderWay {
  readonly server: string;
  readonly model: string;
  readonly kind: 'load' | 'unload' | 'bench';
  readonly by: Requester;
}

interface Active extends UnderWay {
  readonly controller: AbortController;
  readonly done: Promise<unknown>;
}

/** All work under way: who waits, whose turn it is, and how it is given up. */
export interface Jobs {
  /** Takes up work. `done` never rejects. */
  begin<T>(job: Job<T>): { readonly id: string; readonly done: Promise<T> };
  /** Gives up work. Its requester and administrators may. */
  cancel(id: string, by: Requester): 'canceled' | 'over' | 'not-yours';
  /** Whether work of ours is changing this server now. */
  isBusy(server: string): boolean;
  /** Work that waits or runs. */
  count(server?: string): number;
  underWay(server: string): readonly UnderWay[];
  /** Settles when all work under way has ended. */
  ended(): Promise<unknown>;
  closeQueues(): Promise<unknown>;
}

/** Says of a lost turn what it is, whatever broke. */
function whenLost(lost: AbortSignal): AbortSignal {
  const controller = new AbortController();
  const onLost = () => controller.abort(new TurnLost());
  if (lost.aborted) {
    onLost();
  } else {
    lost.addEventListener('abort', onLost, { once: true });
  }
  return controller.signal;
}

/** @param ending the end of the program: everything under way is given up */
export function createJobs(queueFor: (server: string) => ServerQueue, questions: Questions, ending: AbortSignal): Jobs {
  const active = new Map<string, Active>();
  const busy = new Set<string>();
  const queues = new Map<string, ServerQueue>();

  const queueOf = (server: string): ServerQueue => {
    const queue = queues.get(server) ?? queueFor(server);
    queues.set(server, queue);
    return queue;
  };

  const takeTurn = <T>(job: Job<T>, signal: AbortSignal, answers: Answers): Promise<T | NeedsAnswer> =>
    queueOf(job.server.name).add<T | NeedsAnswer>({
      personId: job.by.id,
      signal,
      onPlace: (place) =>
        job.listener.onStep({ name: 'wait', state: place > 0 ? 'running' : 'done', params: { place } }),
      run: async (lost) => {
        busy.add(job.server.name);
        try {
          return await job.run(lost === undefined ? signal : AbortSignal.any([signal, whenLost(lost)]), answers);
        } finally {
          busy.delete(job.server.name);
        }
      },
    });

  /** Asks a holder without a turn: nobody waits on a server because somebody thinks. */
  const askFor = async <T>(
    { by, listener }: Job<T>,
    { hold, forModel }: NeedsAnswer,
    signal: AbortSignal,
  ): Promise<Consent | 'changed'> => {
    const params = { model: hold.model, holder: hold.holderName };
    listener.onStep({ name: 'ask', state: 'running', params });
    const answer = await questions.ask({ hold, by, server: hold.server, forModel, signal });
    listener.onStep({ name: 'ask', state: answer === 'keep' ? 'failed' : 'done', params });
    return answer;
  };

  const follow = async <T>(job: Job<T>, signal: AbortSignal): Promise<T> => {
    const answers = new Map<string, Consent>();
    for (let asked = 0; asked <= MAX_QUESTIONS; asked += 1) {
      const result = await takeTurn(job, signal, answers);
      if (!(result instanceof NeedsAnswer)) {
        return result;
      }
      const answer = await askFor(job, result, signal);
      if (answer !== 'changed') {
        answers.set(holdKey(result.hold), answer);
      }
    }
    throw new Stop('refused', 'load-failed');
  };

  return {
    begin(job) {
      const id = randomBytes(9).toString('base64url');
      const controller = new AbortController();
      const signal = AbortSignal.any([controller.signal, job.listener.signal, ending]);
      const done = (async () => {
        // The entry is there before anything of the work runs.
        await Promise.resolve();
        try {
          return await follow(job, signal);
        } catch (error) {
          return await job.late(error, signal);
        } finally {
          active.delete(id);
        }
      })();
      const { model, kind, by } = job;
      active.set(id, { server: job.server.name, model, kind, by, controller, done });
      return { id, done };
    },
    cancel(id, by) {
      const entry = active.get(id);
      if (entry === undefined || entry.controller.signal.aborted) {
        return 'over';
      }
      if (entry.by.id !== by.id && !by.isAdmin) {
        return 'not-yours';
      }
      entry.controller.abort(new CanceledByPerson(by.name));
      return 'canceled';
    },
    isBusy: (server) => busy.has(server),
    count: (server) => [...active.values()].filter((one) => server === undefined || one.server === server).length,
    underWay: (server) => [...active.values()].filter((one) => one.server === server),
    ended: () => Promise.allSettled([...active.values()].map((one) => one.done)),
    closeQueues: () => Promise.allSettled([...queues.values()].map((queue) => queue.close())),
  };
}
