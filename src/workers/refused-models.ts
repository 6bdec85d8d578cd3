/** A model whose estimate did not end is not tried again for this long, milliseconds. */
const REFUSED_MS = 60 * 60_000;
/** Models remembered; the oldest is forgotten first. */
const MAX_REMEMBERED = 1_000;

/** Models that are refused at once for a while, by the digest of what they hold. */
export interface RefusedModels {
  add(digest: string): void;
  /** For how long it is still refused, milliseconds; 0 = it is not. */
  forMs(digest: string): number;
}

export function createRefusedModels(now: () => number): RefusedModels {
  const untilMs = new Map<string, number>();
  return {
    add: (digest) => {
      untilMs.delete(digest);
      untilMs.set(digest, now() + REFUSED_MS);
      for (const oldest of untilMs.keys()) {
        if (untilMs.size <= MAX_REMEMBERED) {
          break;
        }
        untilMs.delete(oldest);
      }
    },
    forMs: (digest) => {
      const until = untilMs.get(digest);
      if (until === undefined) {
        return 0;
      }
      // A clock that is set back must not refuse a model for days.
      const left = Math.min(until - now(), REFUSED_MS);
      if (left <= 0) {
        untilMs.delete(digest);
        return 0;
      }
      return left;
    },
  };
}
