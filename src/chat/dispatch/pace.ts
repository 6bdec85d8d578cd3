/**
 * When work begins. A platform wants every request acknowledged within seconds, and one thread does both: so work begins
 * only as fast as the event loop stays free beside it, the rest waits its turn, and what cannot be done in time is
 * refused at once.
 */

/** How often the event loop is looked at while there is work, milliseconds. */
const TICK_MS = 5;
/** A turn that comes later than this means that the loop is busy: one piece of work begins, or none. Milliseconds. */
const LATE_MS = 8;
const VERY_LATE_MS = 25;
/** Pieces that begin in one turn of a free loop. */
const STARTS_A_TURN = 4;
/** Even on a machine that is never free something begins after this time, milliseconds. */
const LONGEST_PAUSE_MS = 150;

export interface PaceSettings {
  /** Pieces of one kind, and of all kinds together, that may wait. */
  readonly waitingOfKind?: number;
  readonly waiting?: number;
  /** Pieces that may be under way, of one kind and of all kinds together. */
  readonly runningOfKind?: number;
  readonly running?: number;
  /** Milliseconds of a clock that is never set back. */
  readonly now?: () => number;
}

export interface Pace {
  /** Whether another piece of this kind may still come; ask right before `begin`. */
  hasRoom(kind: string): boolean;
  /**
   * Gives what is to be called at the piece's end: at once when it may begin, else when its turn has come.
   * Rejects with the signal's reason when that fires first.
   */
  begin(kind: string, signal: AbortSignal): (() => void) | Promise<() => void>;
  /** Whether the event loop is behind: what can be left out now should be. */
  readonly isBehind: boolean;
}

interface Waiting {
  readonly kind: string;
  readonly start: () => void;
}

export function createPace(settings: PaceSettings = {}): Pace {
  const { waitingOfKind = 24, waiting: mostWaiting = 72, runningOfKind = 48, running: mostRunning = 96 } = settings;
  const now = settings.now ?? (() => performance.now());
  const waiting: Waiting[] = [];
  const running = new Map<string, number>();
  let sum = 0;
  let budget = STARTS_A_TURN;
  let timer: NodeJS.Timeout | null = null;
  let lastTick = 0;
  let lastStart = 0;
  let lateMs = 0;

  const count = (kind: string) => waiting.filter((one) => one.kind === kind).length;

  const takeNext = (): Waiting | undefined => {
    const index = waiting.findIndex(({ kind }) => (running.get(kind) ?? 0) < runningOfKind);
    return index < 0 || sum >= mostRunning ? undefined : waiting.splice(index, 1)[0];
  };

  const startSome = () => {
    while (budget > 0) {
      const next = takeNext();
      if (next === undefined) {
        return;
      }
      next.start();
    }
  };

  const tick = () => {
    const at = now();
    lateMs = at - lastTick - TICK_MS;
    lastTick = at;
    budget = lateMs > VERY_LATE_MS ? 0 : lateMs > LATE_MS ? 1 : STARTS_A_TURN;
    if (budget === 0 && at - lastStart >= LONGEST_PAUSE_MS) {
      budget = 1;
    }
    startSome();
    if (sum === 0 && waiting.length === 0 && timer !== null) {
      clearInterval(timer);
      timer = null;
      budget = STARTS_A_TURN;
      lateMs = 0;
    }
  };

  const watch = () => {
    if (timer === null) {
      lastTick = now();
      timer = setInterval(tick, TICK_MS);
    }
  };

  /** @returns what ends the piece; calling it again does nothing */
  const start = (kind: string): (() => void) => {
    budget -= 1;
    lastStart = now();
    sum += 1;
    running.set(kind, (running.get(kind) ?? 0) + 1);
    let ended = false;
    return () => {
      if (ended) {
        return;
      }
      ended = true;
      sum -= 1;
      const left = (running.get(kind) ?? 1) - 1;
      if (left > 0) {
        running.set(kind, left);
      } else {
        running.delete(kind);
      }
    };
  };

  return {
    hasRoom: (kind) => waiting.length < mostWaiting && count(kind) < waitingOfKind,
    get isBehind() {
      return lateMs > VERY_LATE_MS || waiting.length > 0;
    },
    begin: (kind, signal) => {
      watch();
      if (waiting.length === 0 && budget > 0 && sum < mostRunning && (running.get(kind) ?? 0) < runningOfKind) {
        return start(kind);
      }
      return new Promise((resolve, reject) => {
        signal.throwIfAborted();
        const drop = () => {
          const index = waiting.indexOf(entry);
          if (index >= 0) {
            waiting.splice(index, 1);
            reject(signal.reason);
          }
        };
        const entry: Waiting = {
          kind,
          start: () => {
            signal.removeEventListener('abort', drop);
            resolve(start(kind));
          },
        };
        signal.addEventListener('abort', drop, { once: true });
        waiting.push(entry);
      });
    },
  };
}
