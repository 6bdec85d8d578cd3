/**
 * Takes long lists out of a JSON text while it arrives. A verbose /api/show carries vocabularies of hundreds of thousands
 * of words; parsing them in one go would hold up everything else for longer than a chat may wait, only to count them.
 */

import { OllamaError } from './errors.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const ARRAY_START = 0x5b;
const ARRAY_END = 0x5d;
const OBJECT_START = 0x7b;
const OBJECT_END = 0x7d;

interface Frame {
  readonly isArray: boolean;
  /** Where it begins in the output. */
  readonly start: number;
  commas: number;
  /** Holds neither lists nor objects so far. */
  flat: boolean;
}

/** Lists of at most so many entries stay: per-layer lists have some hundred, vocabularies tens of thousands. */
export const MAX_KEPT_ARRAY = 1024;

/** Ollama's answers are four deep. */
const MAX_DEPTH = 64;

/** Fed with a JSON text in pieces, keeps it with every long flat list replaced by `{"length": n}`. */
export class JsonShrinker {
  #out = Buffer.alloc(64 * 1024);
  #size = 0;
  readonly #stack: Frame[] = [];
  /** The list that is being dropped. */
  #dropped: Frame | undefined;
  #inString = false;
  #escaped = false;

  /** @throws OllamaError `bad-answer` when the text nests deeper than any answer does */
  push(chunk: Uint8Array): void {
    // A note is shorter than the list it stands for, so the output grows by no more than the chunk and one note of a
    // list that began in an earlier chunk.
    this.#reserve(chunk.length + 64);
    for (const byte of chunk) {
      if (this.#inString) {
        this.#insideString(byte);
      } else {
        this.#structure(byte);
      }
    }
  }

  text(): string {
    return this.#out.toString('utf8', 0, this.#size);
  }

  #insideString(byte: number): void {
    if (this.#escaped) {
      this.#escaped = false;
    } else if (byte === BACKSLASH) {
      this.#escaped = true;
    } else if (byte === QUOTE) {
      this.#inString = false;
    }
    this.#keep(byte);
  }

  #structure(byte: number): void {
    switch (byte) {
      case QUOTE:
        this.#inString = true;
        break;
      case ARRAY_START:
      case OBJECT_START: {
        if (this.#stack.length >= MAX_DEPTH) {
          throw new OllamaError('bad-answer', { reason: 'json' });
        }
        const parent = this.#stack.at(-1);
        if (parent) {
          parent.flat = false;
        }
        this.#stack.push({ isArray: byte === ARRAY_START, start: this.#size, commas: 0, flat: true });
        break;
      }
      case COMMA:
        this.#nextEntry();
        break;
      case ARRAY_END:
      case OBJECT_END:
        if (this.#closes()) {
          return;
        }
        break;
      default:
        break;
    }
    this.#keep(byte);
  }

  #nextEntry(): void {
    const frame = this.#stack.at(-1);
    if (!frame) {
      return;
    }
    frame.commas += 1;
    if (this.#dropped === undefined && frame.isArray && frame.flat && frame.commas >= MAX_KEPT_ARRAY) {
      this.#dropped = frame;
      this.#size = frame.start;
    }
  }

  /** Whether the end of a frame was the end of the dropped list, which is then noted. */
  #closes(): boolean {
    const frame = this.#stack.pop();
    if (frame === undefined || frame !== this.#dropped) {
      return false;
    }
    this.#dropped = undefined;
    const note = `{"length":${frame.commas + 1}}`;
    this.#size += this.#out.write(note, this.#size);
    return true;
  }

  #keep(byte: number): void {
    if (this.#dropped === undefined) {
      this.#out[this.#size++] = byte;
    }
  }

  #reserve(more: number): void {
    if (this.#size + more <= this.#out.length) {
      return;
    }
    const larger = Buffer.alloc(Math.max(this.#out.length * 2, this.#size + more));
    this.#out.copy(larger, 0, 0, this.#size);
    this.#out = larger;
  }
}
