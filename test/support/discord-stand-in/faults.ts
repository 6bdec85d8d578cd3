/** What a programmed fault does to a request. */
export type FaultEffect =
  /** A JSON error; `retryAfter` in seconds, `null` = a 429 without the header. */
  | { readonly kind: 'error'; readonly status: number; readonly code: number; readonly retryAfter?: number | null }
  /** The socket is cut: `before` nothing happened, `after` the request was carried out. */
  | { readonly kind: 'cut'; readonly when: 'before' | 'after' }
  | { readonly kind: 'delay'; readonly ms: number };

export interface Fault {
  /** Matched against `METHOD /path` without the `/api/v10` prefix. */
  readonly match: RegExp;
  readonly effect: FaultEffect;
  /** How many requests it hits. */
  times: number;
}

/** Programmed faults, first match wins. */
export class Faults {
  readonly #faults: Fault[] = [];

  add(match: RegExp, effect: FaultEffect, times = 1): void {
    this.#faults.push({ match, effect, times });
  }

  /** Requests that are still to be hit. */
  pending(): number {
    return this.#faults.reduce((sum, { times }) => sum + times, 0);
  }

  clear(): void {
    this.#faults.length = 0;
  }

  take(request: string): FaultEffect | null {
    const fault = this.#faults.find(({ match, times }) => times > 0 && match.test(request));
    if (fault === undefined) {
      return null;
    }
    fault.times -= 1;
    return fault.effect;
  }
}
