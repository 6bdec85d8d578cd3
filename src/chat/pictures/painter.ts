import { Worker } from 'node:worker_threads';
import type { PictureSpec } from './spec.ts';

/** Most pictures that may wait; beyond it a reply goes without its picture rather than late. */
const MAX_WAITING = 64;
const DRAW_TIMEOUT_MS = 10_000;

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
  readonly resolve: (png: Uint8Array) => void;
  readonly reject: (error: PictureError) => void;
  readonly timer: NodeJS.Timeout;
}

/** Draws pictures in a thread of its own. */
export class Painter {
  #worker: Worker | null = null;
  #nextId = 1;
  #closed = false;
  readonly #waiting = new Map<number, Waiting>();

  /** A PNG of the picture. Rejects with PictureError. */
  draw(spec: PictureSpec): Promise<Uint8Array> {
    if (this.#closed) {
      return Promise.reject(new PictureError('picture-closed'));
    }
    if (this.#waiting.size >= MAX_WAITING) {
      return Promise.reject(new PictureError('picture-queue-full'));
    }
    const worker = this.#start();
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      // A drawing that hangs takes its thread with it; the next picture gets a new one.
      const timer = setTimeout(() => this.#fail(worker, new PictureError('picture-timeout')), DRAW_TIMEOUT_MS);
      timer.unref();
      this.#waiting.set(id, { resolve, reject, timer });
      worker.postMessage({ id, spec });
    });
  }

  /** Ends the thread; what waits is rejected. */
  async close(): Promise<void> {
    this.#closed = true;
    const worker = this.#worker;
    if (worker !== null) {
      this.#fail(worker, new PictureError('picture-closed'));
    }
    await worker?.terminate();
  }

  #start(): Worker {
    if (this.#worker !== null) {
      return this.#worker;
    }
    const worker = new Worker(new URL('./worker.ts', import.meta.url));
    worker.unref();
    worker.on('message', ({ id, png, error }: { id: number; png?: Uint8Array; error?: string }) => {
      const waiting = this.#waiting.get(id);
      if (waiting === undefined) {
        return;
      }
      this.#waiting.delete(id);
      clearTimeout(waiting.timer);
      if (png !== undefined) {
        waiting.resolve(png);
      } else {
        waiting.reject(new PictureError('picture-failed', error));
      }
    });
    worker.on('error', (error) => this.#fail(worker, new PictureError('picture-failed', String(error))));
    worker.on('exit', () => this.#fail(worker, new PictureError('picture-failed', 'thread ended')));
    this.#worker = worker;
    return worker;
  }

  #fail(worker: Worker, error: PictureError): void {
    if (this.#worker !== worker) {
      return;
    }
    this.#worker = null;
    for (const waiting of this.#waiting.values()) {
      clearTimeout(waiting.timer);
      waiting.reject(error);
    }
    this.#waiting.clear();
    void worker.terminate().catch(() => undefined);
  }
}
