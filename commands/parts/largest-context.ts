import { setImmediate as nextTurn } from 'node:timers/promises';
import { clampSteps } from '../../src/estimator/plan/clamp.ts';
import type { EstimateRequest, EstimateServer, ModelSpec } from '../../src/estimator/types.ts';

/** Work done in one go, ms; then whoever else waits has a turn. */
const SLICE_MS = 8;
/** Answers remembered for each model. */
const MAX_REMEMBERED = 16;

const remembered = new WeakMap<ModelSpec, Map<string, number | null>>();

/**
 * Largest context that fits, tokens per slot, `null` where none does; searched in slices, for lists of many models. The
 * same question on an unchanged server is answered from memory.
 * @throws EstimateError
 */
export async function searchLargestContext(
  spec: ModelSpec,
  server: EstimateServer,
  request: EstimateRequest,
  signal: AbortSignal,
): Promise<number | null> {
  if (server.gpus.length === 0) {
    return null;
  }
  const known = remembered.get(spec) ?? new Map<string, number | null>();
  remembered.set(spec, known);
  const key = JSON.stringify([server, request]);
  const answer = known.get(key);
  if (answer !== undefined) {
    return answer;
  }
  const steps = clampSteps(spec, server, request);
  let since = performance.now();
  let step = steps.next();
  for (; step.done !== true; step = steps.next()) {
    if (performance.now() - since < SLICE_MS) {
      continue;
    }
    await nextTurn();
    signal.throwIfAborted();
    since = performance.now();
  }
  const { numCtx } = step.value;
  if (known.size >= MAX_REMEMBERED) {
    known.clear();
  }
  known.set(key, numCtx > 0 ? numCtx : null);
  return numCtx > 0 ? numCtx : null;
}
