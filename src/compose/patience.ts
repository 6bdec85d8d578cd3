import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../base/log.ts';
import { createActionRegistry } from '../chat/actions.ts';
import { errorReply } from '../chat/dispatch/errors.ts';
import type { Caller, Dispatcher, Prepared } from '../chat/dispatch/dispatcher.ts';
import { createTranslator } from '../chat/translate.ts';
import { StoreError } from '../store/errors.ts';
import type { Memory } from './memory.ts';

/** Pauses between the tries, doubled each time. */
const FIRST_PAUSE_MS = 500;
const LAST_PAUSE_MS = 5_000;

/** What answers meanwhile. */
export interface Meanwhile {
  stop(): Promise<void>;
}

/**
 * Opens a shared database that may not answer yet, for as long as it takes: hosts are not started in order. What answers
 * people meanwhile is begun at the first try that fails.
 * @returns `null` where the program was told to stop before
 * Rejects with what opening rejects with, but for a database that does not answer.
 */
export async function openPatiently(
  open: () => Promise<Memory>,
  answerMeanwhile: () => Promise<Meanwhile>,
  log: Log,
  signal: AbortSignal,
): Promise<Memory | null> {
  let meanwhile: Meanwhile | null = null;
  try {
    for (let pause = FIRST_PAUSE_MS; !signal.aborted; pause = Math.min(pause * 2, LAST_PAUSE_MS)) {
      try {
        return await open();
      } catch (error) {
        if (!(error instanceof StoreError) || error.code !== 'store-unreachable') {
          throw error;
        }
      }
      if (meanwhile === null) {
        log.warn('the database does not answer (DATABASE_URL); waiting for it');
        meanwhile = await answerMeanwhile();
      }
      await sleep(pause, undefined, { signal }).catch(() => undefined);
    }
    return null;
  } finally {
    await meanwhile?.stop();
  }
}

/** A way into commands of which none can run: everybody is told, themselves alone, that the database does not answer. */
export function createWaitingDispatcher(): Dispatcher {
  const key = 'error.store-unreachable';
  const reply = ({ locale }: Caller) => errorReply(createTranslator(locale), { key, params: {} });
  const prepared = (caller: Caller): Prepared => ({
    private: true,
    target: 'new',
    refusal: key,
    run: () => Promise.resolve(reply(caller)),
  });
  return {
    actions: createActionRegistry(),
    prepare: prepared,
    prepareMessage: prepared,
    refuse: (_command, caller) => prepared(caller),
    preparePress: (_token, caller) => prepared(caller),
    dispatch: (request) => Promise.resolve(reply(request)),
    call: (_call, caller) => Promise.resolve(reply(caller)),
    press: (_token, caller) => Promise.resolve(reply(caller)),
    complete: () => Promise.resolve([]),
    stop: () => Promise.resolve(),
  };
}
