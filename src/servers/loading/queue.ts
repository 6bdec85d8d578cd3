import Bottleneck from 'bottleneck';
import type { Redis } from 'ioredis';

/** More than this waiting on one server is told "busy" at once. */
export const MAX_WAITING = 200;
/** Of one person, so that nobody fills the queue alone. */
export const MAX_WAITING_PER_PERSON = 20;
/** Bottleneck knows the priorities 0 (first) to 9. */
const LAST_PRIORITY = 9;

/** Why a job never ran. */
export class QueueError extends Error {
  readonly code: 'queue-full' | 'queue-full-person' | 'queue-closed';
  readonly params: Readonly<Record<string, number>>;

  constructor(code: QueueError['code'], params: Readonly<Record<string, number>> = {}) {
    super(code);
    this.name = 'QueueError';
    this.code = code;
    this.params = params;
  }
}

export interface QueueJob<T> {
  readonly personId: string;
  /** Leaving the queue: a waiting job is dropped, a running one must end itself. */
  readonly signal: AbortSignal;
  /** Told when the place changes; 0 = its turn has come. */
  onPlace?(place: number): void;
  run(): Promise<T>;
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
 * With Redis the bound holds over all processes; a process that dies frees its place after ten seconds (bottleneck's
 * clientTimeout). Bottleneck's own `expiration` is not used: it frees the place while the job runs on.
 */
export function createServerQueue(server: string, connection: Bottleneck.IORedisConnection | null = null): ServerQueue {
  const limiter = new Bottleneck({
    id: `headroom:queue:${server}`,
    maxConcurrent: 1,
    ...(connection === null
      ? {}
      : { datastore: 'ioredis' as const, connection, clearDatastore: false, clientTimeout: 10_000 }),
  });
  // Without a listener an error of the connection would end the process; jobs are told by their own promise.
  limiter.on('error', () => undefined);
  const waiting = new Set<Waiting>();
  let running = 0;
  let order = 0;
  let closed = false;

  const tellPlaces = () => {
    const sorted = [...waiting].sort((a, b) => a.priority - b.priority || a.order - b.order);
    for (const [index, entry] of sorted.entries()) {
      const place = index + running;
      if (place === entry.lastPlace) continue;
      entry.lastPlace = place;
      entry.job.onPlace?.(place);
    }
  };

  return {
    waiting: () => waiting.size,
    running: () => running,
    add: async <T>(job: QueueJob<T>): Promise<T> => {
      job.signal.throwIfAborted();
      if (closed) throw new QueueError('queue-closed');
      if (waiting.size >= MAX_WAITING) throw new QueueError('queue-full', { waiting: waiting.size });
      const own = [...waiting].filter((entry) => entry.personId === job.personId).length;
      if (own >= MAX_WAITING_PER_PERSON) throw new QueueError('queue-full-person', { waiting: own });
      const priority = Math.min(own, LAST_PRIORITY);
      const entry: Waiting = { personId: job.personId, priority, order: order++, job, lastPlace: -1 };
      waiting.add(entry);
      tellPlaces();
      let onAbort = () => {};
      const leave = new Promise<never>((_resolve, reject) => {
        onAbort = () => {
          if (!waiting.delete(entry)) return;
          tellPlaces();
          reject(job.signal.reason);
        };
        job.signal.addEventListener('abort', onAbort, { once: true });
      });
      const turn = limiter.schedule({ priority }, async () => {
        // It left while it waited; the place goes to the next at once.
        if (!waiting.delete(entry)) return undefined as T;
        running += 1;
        tellPlaces();
        job.onPlace?.(0);
        try {
          return await job.run();
        } finally {
          running -= 1;
          tellPlaces();
        }
      });
      leave.catch(() => undefined);
      turn.catch(() => undefined);
      try {
        return await Promise.race([turn, leave]);
      } catch (error) {
        waiting.delete(entry);
        if (error instanceof Bottleneck.BottleneckError) throw new QueueError('queue-closed');
        throw error;
      } finally {
        job.signal.removeEventListener('abort', onAbort);
      }
    },
    close: async () => {
      closed = true;
      await limiter.stop({ dropWaitingJobs: true, dropErrorMessage: 'queue-closed' }).catch(() => undefined);
      // A shared connection is closed by whoever made it.
      if (connection === null) await limiter.disconnect(true);
    },
  };
}

/** A connection that all queues of the process share. Its errors are heard, so that a Redis that goes away ends nothing. */
export function createQueueConnection(redis: Redis, onError: (error: unknown) => void): Bottleneck.IORedisConnection {
  const connection = new Bottleneck.IORedisConnection({ client: redis });
  connection.on('error', onError);
  return connection;
}
