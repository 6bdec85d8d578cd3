/** Decides which of several processes posts. */
export interface Leader {
  /** Whether this process is the one that posts right now. Must not throw. */
  leads(): boolean;
}

/** One process alone: it always posts. */
export const onlyProcess: Leader = { leads: () => true };
