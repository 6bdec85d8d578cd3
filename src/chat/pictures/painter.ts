import { createHash } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import { createPictureCache } from './cache.ts';
import type { PictureSpec } from './spec.ts';

/** Most pictures that may wait; beyond it a reply goes without its picture rather than late. */
const MAX_WAITING = 64;
const DRAW_TIMEOUT_MS = 10_000;
/** Pictures after which a thread makes room for a fresh one: what a native library leaves behind goes with it. */
const PICTURES_PER_THREAD = 2_000;

/** A small heap is swept often; what a chart leaves behind would otherwise be let grow for minutes. MiB. */
const HEAP = { maxOldGenerationSizeMb: 48, maxYoungGenerationSizeMb: 4 };

/** A picture could not be drawn. `code`: `picture-failed`, `picture-timeout`, `picture-queue-full`, `picture-closed`. */
export class PictureError extends Error {
  readonly code: string;

  constructor(code: string, detail = '') {
    super(detail === '' ? code : `${code}: ${detail}`);
    this.name = 'PictureError';
    this.code = code;
  }
}

interface Waiting {
  readonly spec: PictureSpec;
  readonly resolve: (png: Uint8Array) => void;
  readonly reject: (error: PictureError) => void;
}

/**
 * Draws pictures in a thread of its own, one at a time: between two of them the thread's event loop turns, which is when
 * the memory of the last one is given back. The same picture, asked for again or by several at once, is drawn once.
 */
export class Painter {
  #worker: Worker | null = null;
  #drawn = 0;
  #closed = false;
  #current: Waiting | null = null;
  #timer: NodeJS.Timeout | undefined;
  readonly #waiting: Waiting[] = [];
  readonly #cache = createPictureCache();

  /** A PNG of the picture. Rejects with PictureError. */
  draw(spec: PictureSpec): Promise<Uint8Array> {
    if (this.#closed) {
      return Promise.reject(new PictureError('picture-closed'));
    }
    const key = createHash('sha256').update(JSON.stringify(spec)).digest('base64url');
    return this.#cache.get(key, () => this.#enqueue(spec));
  }

  /** Ends the thread; what waits is rejected. */
  async close(): Promise<void> {
    this.#closed = true;
    const worker = this.#worker;
    for (const { reject } of this.#waiting.splice(0)) {
      reject(new PictureError('picture-closed'));
    }
    this.#fail(new PictureError('picture-closed'));
    await worker?.terminate();
  }

  #enqueue(spec: PictureSpec): Promise<Uint8Array> {
    if (this.#waiting.length >= MAX_WAITING) {
      return Promise.reject(new PictureError('picture-queue-full'));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ spec, resolve, reject });
      this.#next();
    });
  }

  #next(): void {
    if (this.#current !== null) {
      return;
    }
    const next = this.#waiting.shift();
    if (next === undefined) {
      this.#worker?.unref();
      return;
    }
    if (this.#drawn >= PICTURES_PER_THREAD) {
      this.#endThread();
    }
    const worker = this.#worker ?? this.#start();
    this.#current = next;
    this.#drawn += 1;
    worker.ref();
    // A drawing that hangs takes its thread with it; the next picture gets a new one.
    this.#timer = setTimeout(() => this.#fail(new PictureError('picture-timeout')), DRAW_TIMEOUT_MS);
    worker.postMessage(next.spec);
  }

  #start(): Worker {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { resourceLimits: HEAP });
    const failed = (detail: string) => {
      if (this.#worker === worker) {
        this.#fail(new PictureError('picture-failed', detail));
      }
    };
    worker.on('message', ({ png, error }: { png?: Uint8Array; error?: string }) => {
      const current = this.#current;
      if (this.#worker !== worker || current === null) {
        return;
      }
      clearTimeout(this.#timer);
      this.#current = null;
      if (png !== undefined) {
        current.resolve(png);
      } else {
        current.reject(new PictureError('picture-failed', error));
      }
      this.#next();
    });
    worker.on('error', (error) => failed(String(error)));
    worker.on('exit', () => failed('the thread ended'));
    this.#worker = worker;
    this.#drawn = 0;
    return worker;
  }

  /** Ends the thread and the picture that it draws; those that wait go on with another. */
  #fail(error: PictureError): void {
    clearTimeout(this.#timer);
    const current = this.#current;
    this.#current = null;
    this.#endThread();
    current?.reject(error);
    this.#next();
  }

  #endThread(): void {
    const worker = this.#worker;
    this.#worker = null;
    void worker?.terminate().catch(() => undefined);
  }
}
