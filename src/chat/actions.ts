import { randomBytes } from 'node:crypto';
import type { MessageKey } from './messages/index.ts';
import type { Action } from './reply.ts';

/** Default life of a button, milliseconds. */
const DEFAULT_LIFE_MS = 24 * 60 * 60 * 1000;
/** Buttons remembered at once; the oldest leave first. One takes about half a KiB. */
const DEFAULT_CAPACITY = 10_000;
/** 128 random bits: nobody guesses a token. */
const TOKEN_BYTES = 16;

interface Issued {
  readonly action: Action;
  readonly identity: string;
  expiresAt: number;
  used: boolean;
}

export type PressCheck =
  | { readonly ok: true; readonly action: Action; consume(): void }
  | { readonly ok: false; readonly why: MessageKey };

/**
 * Remembers which button does what. The platform carries a random token and nothing else, so a button cannot be
 * forged, and a button from before a restart is refused in words.
 */
export interface ActionRegistry {
  /**
   * Tokens for the actions of one message, in order. With the tokens of the message's previous version, a button
   * that stays the same keeps its token, and those that left are forgotten: a message edited every minute neither
   * fills the memory nor breaks a button under somebody's finger.
   */
  issue(actions: readonly Action[], previous?: readonly string[]): readonly string[];
  /** Whether this person may press this button now. `consume` marks it as used when it works only once. */
  check(token: string, personId: string): PressCheck;
  /** Buttons remembered now. */
  readonly size: number;
}

export function createActionRegistry(
  settings: { readonly capacity?: number; readonly now?: () => number } = {},
): ActionRegistry {
  const capacity = settings.capacity ?? DEFAULT_CAPACITY;
  const now = settings.now ?? Date.now;
  // A Map keeps the order of insertion: the first key is the oldest.
  const issued = new Map<string, Issued>();

  const remember = (token: string, entry: Issued) => {
    issued.delete(token);
    issued.set(token, entry);
    for (const oldest of issued.keys()) {
      if (issued.size <= capacity) {
        break;
      }
      issued.delete(oldest);
    }
  };

  return {
    issue(actions, previous = []) {
      const kept = new Set<string>();
      const tokens = actions.map((action) => {
        const identity = JSON.stringify([action.call, action.onlyFor, action.once, action.target]);
        const same = previous.find((token) => !kept.has(token) && issued.get(token)?.identity === identity);
        const token = same ?? randomBytes(TOKEN_BYTES).toString('base64url');
        const used = same === undefined ? false : issued.get(same)!.used;
        kept.add(token);
        remember(token, { action, identity, expiresAt: now() + (action.expiresInMs ?? DEFAULT_LIFE_MS), used });
        return token;
      });
      for (const token of previous) {
        if (!kept.has(token)) {
          issued.delete(token);
        }
      }
      return tokens;
    },

    check(token, personId) {
      const entry = issued.get(token);
      if (entry === undefined) {
        return { ok: false, why: 'error.button-unknown' };
      }
      if (entry.action.onlyFor !== undefined && !entry.action.onlyFor.includes(personId)) {
        return { ok: false, why: 'error.button-not-yours' };
      }
      if (entry.used) {
        return { ok: false, why: 'error.button-used' };
      }
      if (now() >= entry.expiresAt) {
        return { ok: false, why: 'error.button-expired' };
      }
      const consume = () => {
        if (entry.action.once === true) {
          entry.used = true;
        }
      };
      return { ok: true, action: entry.action, consume };
    },

    get size() {
      return issued.size;
    },
  };
}
