/** The worker's side: surveys in pieces, and lets go of one as soon as the next is asked for. */

import { EstimateError, type ModelSpec } from '../../src/estimator/index.ts';
import type { Asked } from './ask.ts';
import { createMemory, type Memory, type Piece, survey } from './survey.ts';

/** To the worker: a model, or a question about the model that was sent last. */
export type ToWorker =
  | { readonly kind: 'model'; readonly spec: ModelSpec }
  | { readonly kind: 'cancel'; readonly job: number }
  | { readonly kind: 'survey'; readonly job: number; readonly asked: Asked; readonly quant: string | null };

/** From the worker. `begun` tells that it is free for this job. */
export type FromWorker =
  | { readonly job: number; readonly kind: 'begun' }
  | { readonly job: number; readonly kind: 'done' }
  | { readonly job: number; readonly kind: 'piece'; readonly piece: Piece }
  | { readonly job: number; readonly kind: 'failed'; readonly code: string };

/** Longest that pieces are made for before the worker listens again, ms. */
const TURN_MS = 30;

const scope = globalThis as unknown as {
  postMessage(message: FromWorker): void;
  addEventListener(type: 'message', listener: (event: { readonly data: ToWorker }) => void): void;
};

let source: ModelSpec | null = null;
let memory: Memory = createMemory();
let latest = 0;

scope.addEventListener('message', ({ data }) => {
  if (data.kind === 'model') {
    source = data.spec;
    memory = createMemory();
    latest = 0;
    return;
  }
  latest = data.job;
  if (data.kind === 'survey') {
    void work(data);
  }
});

async function work({ job, asked, quant }: Extract<ToWorker, { kind: 'survey' }>): Promise<void> {
  scope.postMessage({ job, kind: 'begun' });
  try {
    if (source === null) {
      throw new Error('no model was sent');
    }
    let since = performance.now();
    for (const piece of survey(source, quant, asked, memory)) {
      scope.postMessage({ job, kind: 'piece', piece });
      if (performance.now() - since > TURN_MS) {
        await nextTurn();
        since = performance.now();
      }
      if (latest !== job) {
        return;
      }
    }
    scope.postMessage({ job, kind: 'done' });
  } catch (error) {
    scope.postMessage({ job, kind: 'failed', code: error instanceof EstimateError ? error.code : 'internal' });
  }
}

/** Lets messages in. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 0);
  });
}
