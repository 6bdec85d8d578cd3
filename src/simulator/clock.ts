/** The simulator's time: the machine's own, or one that a test moves by hand. */

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Runs `task` once `ms` have passed. The returned function takes it back. */
  after(ms: number, task: () => void): () => void;
}

/** setTimeout cannot wait longer; it fires at once instead. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

/** Real time. Waiting tasks do not keep the process alive. */
export function realClock(): Clock {
  return {
    now: () => Date.now(),
    after(ms, task) {
      let timer: NodeJS.Timeout;
      let left = ms;
      const wait = () => {
        const step = Math.min(left, LONGEST_TIMEOUT_MS);
        left -= step;
        timer = setTimeout(() => (left > 0 ? wait() : task()), step);
        timer.unref();
      };
      wait();
      return () => clearTimeout(timer);
    },
  };
}

interface Waiting {
  readonly atMs: number;
  readonly task: () => void;
}

/** Time that stands still until it is moved. */
export class ManualClock implements Clock {
  #nowMs: number;
  #waiting: Waiting[] = [];

  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.#nowMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  after(ms: number, task: () => void): () => void {
    const entry = { atMs: this.#nowMs + Math.max(0, ms), task };
    this.#waiting.push(entry);
    return () => {
      this.#waiting = this.#waiting.filter((other) => other !== entry);
    };
  }

  /** Moves time, running what falls due in its order; what those tasks start runs as well when it falls due. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    for (;;) {
      await settle();
      const next = this.#waiting.reduce<Waiting | undefined>(
        (first, entry) => (first === undefined || entry.atMs < first.atMs ? entry : first),
        undefined,
      );
      if (next === undefined || next.atMs > untilMs) {
        break;
      }
      this.#waiting = this.#waiting.filter((other) => other !== next);
      this.#nowMs = next.atMs;
      next.task();
    }
    this.#nowMs = untilMs;
    await settle();
  }
}

/** Lets promises and input that are ready run. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 4; turn++) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/**
 * Waits on a clock.
 * @throws the signal's reason when it is aborted first.
 */
export function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      return reject(signal.reason);
    }
    if (ms <= 0) {
      return resolve();
    }
    const takeBack = clock.after(ms, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    const onAbort = () => {
      takeBack();
      reject(signal?.reason);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
