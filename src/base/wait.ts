/**
 * Settles as `work` does, at the latest after `ms`: then with what `late` gives, `undefined` when there is none; `late`
 * may throw. The work itself goes on, and what it says later, a failure too, is nobody's concern any more.
 */
export async function within<T, Late = undefined>(
  ms: number,
  work: Promise<T>,
  late?: () => Late | PromiseLike<Late>,
): Promise<T | Late> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const bound = new Promise<T | Late>((resolve, reject) => {
    timer = setTimeout(() => {
      try {
        resolve((late === undefined ? undefined : late()) as Late | PromiseLike<Late>);
      } catch (error) {
        reject(error);
      }
    }, ms);
  });
  try {
    return await Promise.race([work, bound]);
  } finally {
    clearTimeout(timer);
  }
}

/** Settles as `work` does, or rejects with the signal's reason as soon as it is aborted, even if the work ignores that. */
export async function orAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) {
    return work;
  }
  let onAbort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason);
    if (signal.aborted) {
      onAbort();
    } else {
      signal.addEventListener('abort', onAbort, { once: true });
    }
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/**
 * Runs work with a signal that fires after `ms`. Node keeps an `AbortSignal.timeout` that somebody listens to until its
 * time is over, however soon the work ended; this one is gone with the work.
 */
export async function withDeadline<T>(ms: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const timer = setTimeout(
    () => controller.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError')),
    ms,
  );
  try {
    return await work(controller.signal);
  } finally {
    clearTimeout(timer);
  }
}
