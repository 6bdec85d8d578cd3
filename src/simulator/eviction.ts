/** Which model leaves when room is needed, and when room is needed at all (server/sched.go). */

import { choosePlacement } from '../estimator/engines/llama-server/placement.ts';
import {
  availableMemory,
  batchSurcharge,
  percentOf,
  predictServerVram,
} from '../estimator/engines/llama-server/prediction.ts';
import { blockCount } from '../estimator/plan/facts.ts';
import type { EstimateServer, ModelSpec } from '../estimator/types.ts';
import { engineFor } from '../estimator/versions.ts';
import type { LoadedRunner } from './runner-load.ts';
import type { RunnerOptions } from './runner-options.ts';
import type { Placed, Refused } from './types.ts';

/**
 * Whether a model is loaded beside others without any of them leaving. From 0.30 on by Ollama's rough prediction
 * and four fifths of the free memory; before, when it fits on the GPUs in full.
 */
export function fitsBeside(
  spec: ModelSpec,
  server: EstimateServer,
  options: RunnerOptions,
  slots: number,
  placed: () => Placed | Refused,
): boolean {
  if (server.gpus.length === 0) {
    return true;
  }
  if (engineFor(server.ollama, spec) === 'llama-server') {
    if (options.numGpu > 0 && options.numGpu < blockCount(spec) + 1) {
      return true;
    }
    const predicted = predictServerVram(spec, options.numCtx * slots);
    const { chosen } = choosePlacement(server.gpus, predicted, server.system, server.schedSpread ?? false);
    const available = availableMemory(
      chosen.map((index) => server.gpus[index]!),
      server.system,
    );
    return predicted + batchSurcharge(options.numBatch ?? 0) <= percentOf(available, 80);
  }
  const where = placed();
  return !('refused' in where) && where.fullyOnGpu;
}

/**
 * Free memory as Ollama's scheduler believes it (GetDeviceInfos and updateFreeSpace, since 0.30): on a card with a
 * runner it is what was free before that runner, less what the runners took. What others took since, it does not see.
 * @param cards index of each of the server's GPUs among all cards
 */
export function asSchedulerSees(
  server: EstimateServer,
  runners: readonly { readonly loaded: LoadedRunner }[],
  cards: readonly number[],
): EstimateServer {
  const gpus = server.gpus.map((gpu, position) => {
    const card = cards[position]!;
    const here = runners.filter(({ loaded }) => loaded.placed.usesGpu[card]);
    if (here.length === 0) {
      return gpu;
    }
    const taken = here.reduce((sum, { loaded }) => sum + loaded.placed.gpuBytes[card]!, 0);
    const believed = here.map(({ loaded }) => loaded.freeBefore[card]! - loaded.placed.gpuBytes[card]!);
    return { ...gpu, freeBytes: Math.max(0, Math.min(gpu.totalBytes - taken, ...believed)) };
  });
  return { ...server, gpus };
}

export interface Evictable {
  /** Duration of keep_alive; Infinity for ever. */
  readonly keepAliveMs: number;
  readonly users: number;
  readonly key: string;
}

/** The first idle one by shortest keep_alive, then name; else the first of all. Size does not count. */
export function chooseVictim<R extends Evictable>(runners: Iterable<R>): R | undefined {
  const sorted = [...runners].sort((a, b) => {
    if (a.keepAliveMs !== b.keepAliveMs) {
      return a.keepAliveMs < b.keepAliveMs ? -1 : 1;
    }
    return a.key < b.key ? -1 : 1;
  });
  return sorted.find((runner) => runner.users === 0) ?? sorted[0];
}
