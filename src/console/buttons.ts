import type { ActionRegistry } from '../chat/actions.ts';
import type { Action } from '../chat/reply.ts';

/** Who types a key within this time of a button's changing meant the one before it, milliseconds. */
const SETTLE_MS = 300;
const LETTERS = 'abcdefghijklmnopqrstuvwxyz';

/** A button as it is shown: the key that presses it, and its words. */
export interface ShownButton {
  readonly key: string;
  readonly label: string;
}

/** What each key pressed at one moment: tokens of the registry. */
export type Pressable = ReadonlyMap<string, string>;

/** What a key presses; `changed`: something else than what stood there when it was typed. */
export type Found = { readonly token: string; readonly label: string; readonly numbered: boolean } | 'none' | 'changed';

/**
 * Which key presses which button. Numbers belong to the newest reply that has buttons, letters to work under way; a
 * letter comes again only when the alphabet is through. What was typed for one button never presses another: it
 * counts what stood there when the line was begun.
 */
export interface Buttons {
  /** Buttons of an answer take the place of the ones before. */
  answered(actions: readonly Action[]): readonly ShownButton[];
  /** Buttons of work under way, by letter; what stays the same keeps its letter. */
  underWay(work: object, actions: readonly Action[]): readonly ShownButton[];
  ended(work: object): void;
  /** What the keys press now; taken when a line is begun. */
  look(): Pressable;
  find(key: string, begun: Pressable): Found;
}

interface Entry {
  readonly token: string;
  readonly label: string;
  readonly sinceMs: number;
  /** What the key pressed before. */
  readonly before: string | undefined;
}

interface Lettered {
  readonly tokens: readonly string[];
  /** By token. */
  readonly shown: ReadonlyMap<string, ShownButton>;
}

export function createButtons(registry: ActionRegistry, now: () => number, settleMs: number = SETTLE_MS): Buttons {
  let numbers: readonly Entry[] = [];
  const works = new Map<object, Lettered>();
  let lettersGiven = 0;

  const nextLetter = () => LETTERS[lettersGiven++ % LETTERS.length]!;

  const lettered = (letter: string) => {
    for (const { shown } of works.values()) {
      for (const [token, { key, label }] of shown) {
        if (key === letter) {
          return { token, label };
        }
      }
    }
    return undefined;
  };

  return {
    answered(actions) {
      const sinceMs = now();
      const before = numbers;
      numbers = registry
        .issue(actions)
        .map((token, index) => ({ token, label: actions[index]!.label, sinceMs, before: before[index]?.token }));
      return actions.map(({ label }, index) => ({ key: String(index + 1), label }));
    },

    underWay(work, actions) {
      const known = works.get(work);
      const tokens = registry.issue(actions, known?.tokens);
      const shown = new Map(
        tokens.map((token, index) => {
          const key = known?.shown.get(token)?.key ?? nextLetter();
          return [token, { key, label: actions[index]!.label }] as const;
        }),
      );
      works.set(work, { tokens, shown });
      return [...shown.values()];
    },

    ended(work) {
      works.delete(work);
    },

    look() {
      const found = new Map<string, string>();
      for (const [index, { token, sinceMs, before }] of numbers.entries()) {
        const settled = before === undefined || now() - sinceMs >= settleMs;
        found.set(String(index + 1), settled ? token : before);
      }
      for (const { shown } of works.values()) {
        for (const [token, { key }] of shown) {
          found.set(key, token);
        }
      }
      return found;
    },

    find(key, begun) {
      const wanted = begun.get(key);
      const numbered = /^\d/.test(key);
      const current = numbered ? numbers[Number(key) - 1] : lettered(key);
      if (wanted === undefined && current === undefined) {
        return 'none';
      }
      return current !== undefined && wanted === current.token
        ? { token: current.token, label: current.label, numbered }
        : 'changed';
    },
  };
}
