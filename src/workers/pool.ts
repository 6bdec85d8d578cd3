import { EstimateError } from '../estimator/types.ts';
import { createEstimator, EstimateRefusedError, type Estimates } from './estimates.ts';
import type { JobArguments, JobName, JobResult } from './jobs.ts';
import { createRefusedModels } from './refused-models.ts';
import { isTooLarge, specKey } from './spec-key.ts';
import { EstimateThread, type Task } from './threads.ts';

/** One estimate takes at most this long, milliseconds. */
const DEADLINE_MS = 5_000;
const THREADS = 2;
/** Questions that may wait, over all askers and for one of them. */
const MAX_WAITING = 256;
const MAX_WAITING_EACH = 64;

export interface EstimatePoolSettings {
  readonly deadlineMs?: number;
  readonly threads?: number;
  /** Memory of one thread, MiB. */
  readonly heapMib?: number;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

interface Waiting {
  readonly asker: string;
  readonly task: Task;
}

/**
 * Estimates in threads of their own. A model that is made to take for ever costs its asker one answer: the thread is
 * ended at the deadline, the next question gets a new one, and the model is refused at once for an hour. Askers take
 * turns: each has one question answered at a time.
 */
export function createEstimatePool(settings: EstimatePoolSettings = {}): Estimates {
  const deadlineMs = settings.deadlineMs ?? DEADLINE_MS;
  const refused = createRefusedModels(settings.now ?? Date.now);
  const waiting: Waiting[] = [];
  const underWay = new Set<string>();
  let closed = false;
  const next = (): void => {
    for (;;) {
      // One that runs already is taken before another is started.
      const free = threads.filter((thread) => !thread.busy);
      const thread = free.find((one) => one.started) ?? free[0];
      const index = waiting.findIndex(({ asker }) => !underWay.has(asker));
      if (thread === undefined || index < 0) {
        return;
      }
      const [{ asker, task }] = waiting.splice(index, 1) as [Waiting];
      underWay.add(asker);
      thread.run({
        ...task,
        answered: (answer) => {
          underWay.delete(asker);
          task.answered(answer);
        },
        ended: (how) => {
          underWay.delete(asker);
          task.ended(how);
        },
      });
    }
  };
  const threads = Array.from(
    { length: settings.threads ?? THREADS },
    () =>
      new EstimateThread({
        deadlineMs,
        idle: next,
        ...(settings.heapMib === undefined ? {} : { heapMib: settings.heapMib }),
      }),
  );

  const ask = <N extends JobName>(
    asker: string,
    signal: AbortSignal | undefined,
    job: N,
    specs: Parameters<Parameters<typeof createEstimator>[0]>[1],
    rest: JobArguments<N>,
  ): Promise<JobResult<N>> => {
    const large = specs.find((spec) => isTooLarge(spec));
    if (large !== undefined) {
      return Promise.reject(new EstimateRefusedError('estimate-too-large', { model: large.name }));
    }
    const models = specs.map((spec) => ({ spec, digest: specKey(spec) }));
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      if (closed) {
        throw new EstimateRefusedError('estimates-closed');
      }
      for (const { spec, digest } of models) {
        const forMs = refused.forMs(digest);
        if (forMs > 0) {
          throw new EstimateRefusedError('estimate-refused', { model: spec.name, duration: forMs });
        }
      }
      const own = waiting.filter((one) => one.asker === asker).length;
      if (waiting.length >= MAX_WAITING || own >= MAX_WAITING_EACH) {
        throw new EstimateRefusedError('estimates-busy');
      }
      const task: Task = {
        job,
        // An estimate tells the model's name, so two names of the same model are two for the thread.
        specs: models.map(({ spec, digest }) => ({ spec, key: `${digest} ${spec.name}` })),
        rest,
        answered: (answer) => {
          stopWaiting();
          if ('result' in answer) {
            resolve(answer.result as JobResult<N>);
          } else if ('refused' in answer) {
            reject(new EstimateError(answer.refused.code, answer.refused.params));
          } else {
            reject(new Error(answer.failed));
          }
        },
        ended: (how) => {
          stopWaiting();
          const model = specs[0]?.name ?? '';
          if (how === 'closed') {
            reject(new EstimateRefusedError('estimates-closed'));
            return;
          }
          if (how !== 'not-started') {
            for (const { digest } of models) {
              refused.add(digest);
            }
          }
          const code = how === 'timeout' ? 'estimate-timeout' : 'estimate-crashed';
          reject(new EstimateRefusedError(code, { model, duration: deadlineMs }));
        },
      };
      const entry: Waiting = { asker, task };
      const drop = () => {
        const index = waiting.indexOf(entry);
        if (index >= 0) {
          waiting.splice(index, 1);
        }
        // A question under way goes on to its end or its deadline; nobody waits for it any more.
        reject(signal?.reason);
      };
      const stopWaiting = () => signal?.removeEventListener('abort', drop);
      signal?.addEventListener('abort', drop, { once: true });
      waiting.push(entry);
      next();
    });
  };

  return {
    by: (asker, signal) => createEstimator((job, specs, rest) => ask(asker, signal, job, specs, rest)),
    close: async () => {
      closed = true;
      for (const { task } of waiting.splice(0)) {
        task.ended('closed');
      }
      await Promise.all(threads.map((thread) => thread.close()));
    },
  };
}
