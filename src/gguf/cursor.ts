import type { ByteSource } from './byte-source.ts';
import { concatBytes, viewOf } from './bytes.ts';
import { GgufError } from './errors.ts';

/**
 * Reads numbers and strings out of a byte source, front to back. Only what is being read is kept in memory. The end of the
 * source before the end of a value is `gguf-truncated`; more than `limitBytes` is `gguf-limit-exceeded`.
 */
export class Cursor {
  readonly #source: ByteSource;
  readonly #limitBytes: number;
  #buffer: Uint8Array = new Uint8Array(0);
  #view: DataView = viewOf(this.#buffer);
  #at = 0;
  #consumed = 0;
  littleEndian = true;
  /** Lengths and counts have 4 bytes in GGUF version 1, 8 later. */
  wideCounts = true;

  constructor(source: ByteSource, limitBytes: number) {
    this.#source = source;
    this.#limitBytes = limitBytes;
  }

  /** Bytes read so far. */
  get position(): number {
    return this.#consumed;
  }

  /** Bytes that can be read without waiting. */
  get #available(): number {
    return this.#buffer.length - this.#at;
  }

  async #pull(): Promise<void> {
    const chunk = await this.#source.next();
    if (chunk === null) {
      throw new GgufError('gguf-truncated', { atBytes: this.#consumed + this.#available });
    }
    this.#buffer = this.#available === 0 ? chunk : concatBytes([this.#buffer.subarray(this.#at), chunk]);
    this.#view = viewOf(this.#buffer);
    this.#at = 0;
  }

  #advance(bytes: number): void {
    this.#at += bytes;
    this.#consumed += bytes;
    this.#check(0);
  }

  #check(moreBytes: number): void {
    if (this.#consumed + moreBytes > this.#limitBytes) {
      throw new GgufError('gguf-limit-exceeded', { what: 'header bytes', limit: this.#limitBytes });
    }
  }

  /** A copy of the next bytes. */
  async take(bytes: number): Promise<Uint8Array> {
    this.#check(bytes);
    while (this.#available < bytes) {
      await this.#pull();
    }
    const taken = Uint8Array.from(this.#buffer.subarray(this.#at, this.#at + bytes));
    this.#advance(bytes);
    return taken;
  }

  /** Passes over bytes without keeping them. */
  async skip(bytes: number): Promise<void> {
    this.#check(bytes);
    let left = bytes;
    while (left > 0) {
      if (this.#available === 0) {
        await this.#pull();
      }
      const step = Math.min(left, this.#available);
      this.#advance(step);
      left -= step;
    }
  }

  async u32(): Promise<number> {
    while (this.#available < 4) {
      await this.#pull();
    }
    const value = this.#view.getUint32(this.#at, this.littleEndian);
    this.#advance(4);
    return value;
  }

  /** A count or length; `limit` bounds it. */
  async count(what: string, limit: number): Promise<number> {
    const value = await this.#rawCount();
    if (value > limit) {
      throw new GgufError('gguf-limit-exceeded', { what, limit });
    }
    return value;
  }

  async #rawCount(): Promise<number> {
    const size = this.wideCounts ? 8 : 4;
    while (this.#available < size) {
      await this.#pull();
    }
    return this.#readCount();
  }

  #readCount(): number {
    const at = this.#at;
    this.#advance(this.wideCounts ? 8 : 4);
    if (!this.wideCounts) {
      return this.#view.getUint32(at, this.littleEndian);
    }
    const low = this.#view.getUint32(this.littleEndian ? at : at + 4, this.littleEndian);
    const high = this.#view.getUint32(this.littleEndian ? at + 4 : at, this.littleEndian);
    // Above 2^53 this is inexact, and far above every limit.
    return high * 2 ** 32 + low;
  }

  /** Passes over an array of strings: vocabularies have half a million of them, so that awaiting each would cost seconds. */
  async skipStrings(count: number): Promise<void> {
    const size = this.wideCounts ? 8 : 4;
    for (let i = 0; i < count; i++) {
      while (this.#available < size) {
        await this.#pull();
      }
      const length = this.#readCount();
      if (length <= this.#available) {
        this.#advance(length);
      } else {
        await this.skip(length);
      }
    }
  }
}
