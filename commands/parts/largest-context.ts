import type { EstimateRequest, EstimateServer, ModelSpec } from '../../src/estimator/types.ts';
import type { Estimator } from '../../src/workers/estimates.ts';
import { largestContext } from '../fit/answer.ts';

/** Answers remembered for each model. */
const MAX_REMEMBERED = 16;

const remembered = new WeakMap<ModelSpec, Map<string, number | null>>();

/**
 * Largest context that fits, tokens per slot, `null` where none does; for lists of many models. The same question on an
 * unchanged server is answered from memory.
 * @throws EstimateError, EstimateRefusedError
 */
export async function searchLargestContext(
  estimator: Estimator,
  spec: ModelSpec,
  server: EstimateServer,
  request: EstimateRequest,
): Promise<number | null> {
  const known = remembered.get(spec) ?? new Map<string, number | null>();
  remembered.set(spec, known);
  const key = JSON.stringify([server, request]);
  const answer = known.get(key);
  if (answer !== undefined) {
    return answer;
  }
  const largest = await largestContext(estimator, spec, server, request);
  if (known.size >= MAX_REMEMBERED) {
    known.clear();
  }
  known.set(key, largest);
  return largest;
}
