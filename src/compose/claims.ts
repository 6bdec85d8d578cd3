import { within } from '../base/wait.ts';
import type { Memory } from './memory.ts';

/** An interaction is void after three seconds if nobody acknowledges it: whoever cannot ask in this time goes on, ms. */
const ASK_MS = 1_000;
/** Discord may deliver an interaction again when a session is resumed; its token lives for a quarter of an hour. */
const KEEP_MS = 60 * 60_000;
const PRUNE_EVERY_MS = 10 * 60_000;

/** Which of several processes answers an interaction that all of them hear. */
export interface Claims {
  /** @returns false when another process has it. Never rejects */
  claim(interactionId: string): Promise<boolean>;
  stop(): void;
}

/**
 * A row before the acknowledgement. Without the database the processes may all try to acknowledge: Discord takes the first
 * and refuses the others, who then leave it.
 */
export function createClaims({ store, now }: Pick<Memory, 'store' | 'now'>): Claims {
  const timer = setInterval(() => {
    store.interactions.prune(now() - KEEP_MS).catch(() => undefined);
  }, PRUNE_EVERY_MS);
  timer.unref();
  return {
    claim: (id) =>
      within(
        ASK_MS,
        store.interactions.claim(id, now()).catch(() => true),
        () => true,
      ),
    stop: () => clearInterval(timer),
  };
}
