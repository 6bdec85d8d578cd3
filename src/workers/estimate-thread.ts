/** The estimating thread: takes questions, gives answers. It may be ended at any moment, in the middle of one. */

import { parentPort } from 'node:worker_threads';
import { EstimateError, type ModelSpec } from '../estimator/types.ts';
import { type JobName, runJob } from './jobs.ts';
import { lowerPriority } from './low-priority.ts';

/** A question. Models that the thread has not seen yet come along, those that it will not need again are named. */
export interface Question {
  readonly id: number;
  readonly job: JobName;
  readonly keys: readonly string[];
  readonly fresh: Readonly<Record<string, ModelSpec>>;
  readonly forget: readonly string[];
  readonly rest: readonly unknown[];
}

/** What came of a question, and the work of the thread so far. */
export type Answer = (
  | { readonly id: number; readonly result: unknown }
  | {
      readonly id: number;
      readonly refused: { readonly code: string; readonly params: Readonly<Record<string, string | number>> };
    }
  | { readonly id: number; readonly failed: string }
) & { readonly workedMs?: number };

/** The thread listens. */
export interface Ready {
  readonly ready: true;
  readonly workedMs: number;
}

const specs = new Map<string, ModelSpec>();

function answer({ id, job, keys, fresh, forget, rest }: Question): Answer {
  for (const key of forget) {
    specs.delete(key);
  }
  for (const [key, spec] of Object.entries(fresh)) {
    specs.set(key, spec);
  }
  try {
    const models = keys.map((key) => specs.get(key)!);
    return { id, result: runJob(job, models, rest as never) };
  } catch (error) {
    if (error instanceof EstimateError) {
      return { id, refused: { code: error.code, params: error.params } };
    }
    return { id, failed: error instanceof Error ? `${error.name}: ${error.message}` : String(error) };
  }
}

lowerPriority();
parentPort?.on('message', (question: Question) => {
  parentPort?.postMessage({ ...answer(question), workedMs: workedMs() });
});
parentPort?.postMessage({ ready: true, workedMs: workedMs() } satisfies Ready);

function workedMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}
