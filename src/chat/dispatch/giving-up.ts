import type { MessageKey } from '../messages/index.ts';
import type { MessageParams } from '../translate.ts';
import { ExplainedError } from './errors.ts';

/** Reason of an abort; work that rethrows its signal's reason is explained by it. */
export class GivenUpError extends ExplainedError {
  /** Milliseconds that the work still has to answer by itself. */
  readonly graceMs: number;

  constructor(code: MessageKey, params: MessageParams, graceMs: number) {
    super(code, params);
    this.graceMs = graceMs;
  }
}

/** Settles as `work` does, or rejects with the signal's reason when the work goes on after its grace. */
export function orGivenUp<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined;
    const onAbort = () => {
      const graceMs = signal.reason instanceof GivenUpError ? signal.reason.graceMs : 0;
      timer = setTimeout(() => reject(signal.reason), graceMs);
    };
    const settle = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(
      (value) => {
        settle();
        resolve(value);
      },
      (error) => {
        settle();
        reject(error);
      },
    );
  });
}
