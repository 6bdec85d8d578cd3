/** JSON that is parsed a piece at a time: a list of 20,000 models takes tens of milliseconds, in which nobody is answered. */

import { nextTurn } from '../base/turns.ts';

/** A shorter text is parsed in one go, characters. */
const WHOLE = 256 * 1024;
/** Of a longer one, so much at a time. */
const SLICE = 256 * 1024;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPENING = new Set([0x5b, 0x7b]);
const CLOSING = new Set([0x5d, 0x7d]);
const LIST = 0x5b;

/**
 * Parses as JSON.parse does; between pieces of the lists in the outermost object the event loop turns.
 * Rejects with a SyntaxError.
 */
export async function parseInTurns(text: string): Promise<unknown> {
  if (text.length <= WHOLE) {
    return JSON.parse(text);
  }
  const reader = new Reader(text);
  while (reader.advance()) {
    await nextTurn();
  }
  return reader.value();
}

/** A list in the outermost object: its entries are parsed, what stands around it waits. */
interface List {
  readonly key: string;
  readonly entries: unknown[];
  /** Where the first entry begins that was not parsed yet. */
  from: number;
}

class Reader {
  readonly #text: string;
  readonly #lists: List[] = [];
  #around = '';
  #aroundFrom = 0;
  #at = 0;
  #depth = 0;
  #lastText = '""';
  #list: List | null = null;

  constructor(text: string) {
    this.#text = text;
  }

  /** Reads on, and parses the entries that are whole. @returns false at the end */
  advance(): boolean {
    const until = Math.min(this.#text.length, this.#at + SLICE);
    let whole = -1;
    while (this.#at < until) {
      const code = this.#text.charCodeAt(this.#at);
      if (code === QUOTE) {
        this.#skipText();
        continue;
      }
      if (OPENING.has(code)) {
        this.#open(code);
      } else if (CLOSING.has(code)) {
        this.#close();
        whole = this.#list === null ? -1 : whole;
      } else if (code === COMMA && this.#depth === 2 && this.#list !== null) {
        whole = this.#at;
      }
      this.#at += 1;
    }
    if (whole >= 0) {
      this.#take(whole);
      this.#list!.from = whole + 1;
    }
    return this.#at < this.#text.length;
  }

  value(): unknown {
    const root: unknown = JSON.parse(this.#around + this.#text.slice(this.#aroundFrom));
    for (const { key, entries } of this.#lists) {
      // Not by assignment, to which a key such as __proto__ means something else.
      Object.defineProperty(root, JSON.parse(key), {
        value: entries,
        enumerable: true,
        writable: true,
        configurable: true,
      });
    }
    return root;
  }

  #skipText(): void {
    const from = this.#at;
    let end = this.#text.indexOf('"', from + 1);
    while (end >= 0 && this.#isEscaped(end)) {
      end = this.#text.indexOf('"', end + 1);
    }
    this.#at = end < 0 ? this.#text.length : end + 1;
    if (this.#depth === 1) {
      this.#lastText = this.#text.slice(from, this.#at);
    }
  }

  #isEscaped(at: number): boolean {
    let slashes = 0;
    while (this.#text.charCodeAt(at - 1 - slashes) === BACKSLASH) {
      slashes += 1;
    }
    return slashes % 2 === 1;
  }

  #open(code: number): void {
    if (code === LIST && this.#depth === 1) {
      this.#list = { key: this.#lastText, entries: [], from: this.#at + 1 };
      this.#around += `${this.#text.slice(this.#aroundFrom, this.#at)}null`;
    }
    this.#depth += 1;
  }

  #close(): void {
    this.#depth -= 1;
    if (this.#depth === 1 && this.#list !== null) {
      this.#take(this.#at);
      this.#lists.push(this.#list);
      this.#list = null;
      this.#aroundFrom = this.#at + 1;
    }
  }

  /** Parses the entries up to here. */
  #take(until: number): void {
    const list = this.#list!;
    for (const entry of JSON.parse(`[${this.#text.slice(list.from, until)}]`) as unknown[]) {
      list.entries.push(entry);
    }
  }
}
