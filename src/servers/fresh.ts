import type { Clock } from '../gpus/types.ts';

/** The outcome of one reading, with its times, ms since the epoch. */
export interface Taken<T> {
  readonly value: T;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
}

/**
 * A value that costs a reading: cached for as long as the caller allows, one reading at a time for everybody. A caller
 * who wants it no older than now never gets a reading that began before the question.
 */
export class Fresh<T> {
  readonly #read: () => Promise<T>;
  readonly #clock: Clock;
  #latest: Taken<T> | null = null;
  #current: { readonly startedAtMs: number; readonly done: Promise<Taken<T>> } | null = null;
  #next: Promise<Taken<T>> | null = null;

  /** @param read must not reject and must end by itself */
  constructor(read: () => Promise<T>, clock: Clock) {
    this.#read = read;
    this.#clock = clock;
  }

  get latest(): Taken<T> | null {
    return this.#latest;
  }

  /** Since when a reading has been under way; `null`: none is. */
  get pendingSinceMs(): number | null {
    return this.#current?.startedAtMs ?? null;
  }

  /** @param maxAgeMs how long ago the reading may have begun */
  get(maxAgeMs: number): Promise<Taken<T>> {
    const since = this.#clock() - maxAgeMs;
    if (maxAgeMs > 0 && this.#latest !== null && this.#latest.startedAtMs >= since) {
      return Promise.resolve(this.#latest);
    }
    if (this.#current === null) {
      return this.#start();
    }
    if (this.#current.startedAtMs >= since) {
      return this.#current.done;
    }
    this.#next ??= this.#current.done.then(() => {
      this.#next = null;
      return this.#current?.done ?? this.#start();
    });
    return this.#next;
  }

  #start(): Promise<Taken<T>> {
    const startedAtMs = this.#clock();
    const done = this.#read().then((value) => {
      const taken = { value, startedAtMs, endedAtMs: this.#clock() };
      this.#latest = taken;
      this.#current = null;
      return taken;
    });
    this.#current = { startedAtMs, done };
    return done;
  }
}
