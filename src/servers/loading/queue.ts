import Bottleneck from 'bottleneck';
import { CodedError } from '../../base/coded.ts';
import type { Turns } from '../shared/turns.ts';

/** More than this waiting on one server is told "busy" at once. */
export const MAX_WAITING = 200;
/** Of one person, so that nobody fills the queue alone. */
export const MAX_WAITING_PER_PERSON = 20;
/** Bottleneck knows the priorities 0 (first) to 9. */
const LAST_PRIORITY = 9;

/** Why a job never ran. */
export class QueueError extends CodedError<'queue-full' | 'queue-full-person' | 'queue-closed'> {
  override readonly name = 'QueueError';
}

export interface QueueJob<T> {
  readonly personId: string;
  /** Leaving the queue: a waiting job is dropped, a running one must end itself. */
  readonly signal: AbortSignal;
  /** Told when the place changes; 0 = its turn has come. */
  onPlace?(place: number): void;
  /** @param lost aborted when the turn is lost while the job runs; absent where no other process could take it */
  run(lost?: AbortSignal): Promise<T>;
}

/** One server's queue. */
export interface ServerQueue {
  /** Runs the job when its turn comes. Rejects with QueueError, with the signal's reason, or as the job does. */
  add<T>(job: QueueJob<T>): Promise<T>;
  /** Jobs waiting in this process. */
  waiting(): number;
  running(): number;
  close(): Promise<void>;
}

interface Waiting {
  readonly personId: string;
  readonly priority: number;
  readonly order: number;
  readonly job: QueueJob<unknown>;
  lastPlace: number;
}

/**
 * One job at a time per server, first come first served but fair: somebody's second job waits behind everybody's first.
 * With turns the bound holds over all processes that share them. Bottleneck's own `expiration` is not used: it frees the
 * place while the job runs on.
 * @param shareTurns makes the line that several processes share, and tells it who listens for changes
 */
export function createServerQueue(
  server: string,
  shareTurns: ((server: string, onChange: () => void) => Turns) | null = null,
): ServerQueue {
  const limiter = new Bottleneck({ maxConcurrent: 1 });
  const waiting = new Set<Waiting>();
  let running = 0;
  let order = 0;
  let closed = false;
  const turns = shareTurns?.(server, () => tellPlaces()) ?? null;

  const changed = () => {
    turns?.want(waiting.size);
    tellPlaces();
  };

  /** With turns, a place counts the jobs of the other processes, and is never 0 before the turn has come. */
  const placeAt = (index: number): number =>
    turns === null ? index + running : Math.max(turns.places()[index] ?? 0, index + 1);

  const tellPlaces = () => {
    const sorted = [...waiting].sort((a, b) => a.priority - b.priority || a.order - b.order);
    for (const [index, entry] of sorted.entries()) {
      const place = placeAt(index);
      // 0 is told by the turn itself.
      if (place === 0 || place === entry.lastPlace) {
        continue;
      }
      entry.lastPlace = place;
      entry.job.onPlace?.(place);
    }
  };

  return {
    waiting: () => waiting.size,
    running: () => running,
    add: async <T>(job: QueueJob<T>): Promise<T> => {
      job.signal.throwIfAborted();
      if (closed) {
        throw new QueueError('queue-closed');
      }
      if (waiting.size >= MAX_WAITING) {
        throw new QueueError('queue-full', { waiting: waiting.size });
      }
      const own = [...waiting].filter((entry) => entry.personId === job.personId).length;
      if (own >= MAX_WAITING_PER_PERSON) {
        throw new QueueError('queue-full-person', { waiting: own });
      }
      const priority = Math.min(own, LAST_PRIORITY);
      const entry: Waiting = { personId: job.personId, priority, order: order++, job, lastPlace: -1 };
      waiting.add(entry);
      changed();
      let onAbort = () => {};
      const leave = new Promise<never>((_resolve, reject) => {
        onAbort = () => {
          if (!waiting.delete(entry)) {
            return;
          }
          changed();
          reject(job.signal.reason);
        };
        job.signal.addEventListener('abort', onAbort, { once: true });
      });
      const result = limiter.schedule({ priority }, async () => {
        // It left while it waited; the place goes to the next at once.
        if (!waiting.has(entry)) {
          return undefined as T;
        }
        const turn = await turns?.take(job.signal);
        if (!waiting.delete(entry)) {
          turn?.end();
          return undefined as T;
        }
        running += 1;
        changed();
        job.onPlace?.(0);
        try {
          return await job.run(turn?.lost);
        } finally {
          running -= 1;
          turn?.end();
          tellPlaces();
        }
      });
      leave.catch(() => undefined);
      result.catch(() => undefined);
      try {
        return await Promise.race([result, leave]);
      } catch (error) {
        if (waiting.delete(entry)) {
          changed();
        }
        if (error instanceof Bottleneck.BottleneckError) {
          throw new QueueError('queue-closed');
        }
        throw error;
      } finally {
        job.signal.removeEventListener('abort', onAbort);
      }
    },
    close: async () => {
      closed = true;
      const stopped = limiter.stop({ dropWaitingJobs: true, dropErrorMessage: 'queue-closed' });
      await Promise.allSettled([stopped, turns?.close()]);
      await limiter.disconnect(true);
    },
  };
}
