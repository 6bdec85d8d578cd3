/** How many commands a person may give in a stretch of time. */
export interface RateLimit {
  readonly count: number;
  readonly windowMs: number;
}

/** People remembered at once. The one unseen for longest is forgotten, which only ever gives back, never takes. */
const MAX_PEOPLE = 5_000;

interface Bucket {
  tokens: number;
  at: number;
}

export interface RateLimiter {
  /** Takes one turn. Returns 0, or the milliseconds to wait when there is none left. */
  take(key: string): number;
}

/** A token bucket a person: bursts up to the limit, refilled evenly, bounded in memory. */
export function createRateLimiter(limit: RateLimit, now: () => number): RateLimiter {
  const buckets = new Map<string, Bucket>();
  const perMs = limit.count / limit.windowMs;
  return {
    take(key) {
      const at = now();
      const known = buckets.get(key);
      // A clock set back must not take turns away.
      const elapsed = known === undefined ? 0 : Math.max(0, at - known.at);
      const tokens = known === undefined ? limit.count : Math.min(limit.count, known.tokens + elapsed * perMs);
      const granted = tokens >= 1;
      buckets.delete(key);
      buckets.set(key, { tokens: granted ? tokens - 1 : tokens, at });
      for (const oldest of buckets.keys()) {
        if (buckets.size <= MAX_PEOPLE) {
          break;
        }
        buckets.delete(oldest);
      }
      return granted ? 0 : Math.ceil((1 - tokens) / perMs);
    },
  };
}
