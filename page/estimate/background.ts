/** The page's side of the worker. */

import type { ModelSpec } from '../../src/estimator/index.ts';
import type { Asked } from './ask.ts';
import type { Piece } from './survey.ts';
import type { FromWorker, ToWorker } from './worker.ts';

export interface SurveyListener {
  /** One piece of the latest question; pieces of earlier ones are not told. */
  piece(piece: Piece): void;
  done(): void;
  failed(code: string): void;
}

export interface Background {
  /** Asks about a model; whatever was asked before is let go of. */
  ask(spec: ModelSpec, quant: string | null, asked: Asked, listener: SurveyListener): void;
  /** Lets go of what was asked. */
  cancel(): void;
  close(): void;
}

/** A worker that has not taken up the next question after this time is in the middle of something long, ms. */
const PATIENCE_MS = 300;

/** Keeps one worker, and starts another where one is too busy to listen. */
export function createBackground(spawn: () => Worker): Background {
  let worker: Worker | null = null;
  let sent: ModelSpec | null = null;
  let job = 0;
  let current: SurveyListener | null = null;
  /** A worker that is still being loaded is not stuck. */
  let heard = false;
  let impatient: ReturnType<typeof setTimeout> | undefined;

  const start = (): Worker => {
    const fresh = spawn();
    fresh.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => {
      heard ||= worker === fresh;
      if (data.job !== job || worker !== fresh) {
        return;
      }
      if (data.kind === 'begun') {
        clearTimeout(impatient);
      } else if (data.kind === 'piece') {
        current?.piece(data.piece);
      } else if (data.kind === 'done') {
        current?.done();
      } else if (data.kind === 'failed') {
        current?.failed(data.code);
      }
    });
    sent = null;
    heard = false;
    worker = fresh;
    return fresh;
  };

  const post = (spec: ModelSpec, message: ToWorker): void => {
    const target = worker ?? start();
    if (sent !== spec) {
      sent = spec;
      target.postMessage({ kind: 'model', spec } satisfies ToWorker);
    }
    target.postMessage(message);
    clearTimeout(impatient);
    if (heard) {
      impatient = setTimeout(() => {
        worker?.terminate();
        worker = null;
        post(spec, message);
      }, PATIENCE_MS);
    }
  };

  return {
    ask(spec, quant, asked, listener) {
      job++;
      current = listener;
      post(spec, { kind: 'survey', job, asked, quant });
    },
    cancel() {
      job++;
      current = null;
      clearTimeout(impatient);
      worker?.postMessage({ kind: 'cancel', job } satisfies ToWorker);
    },
    close() {
      clearTimeout(impatient);
      worker?.terminate();
      worker = null;
    },
  };
}
