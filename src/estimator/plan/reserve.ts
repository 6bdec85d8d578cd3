/**
 * Memory that shall stay free for other programs (HEADROOM_RESERVE). Ollama is not told of it and places models as if it
 * were not kept: so the plan is Ollama's own, and where that takes of what is kept, it does not fit.
 */

import type { EstimateServer, Plan } from '../types.ts';

/** What shall stay free on a GPU of the server, bytes. */
export function reservedOn({ reservedBytes = [] }: Pick<EstimateServer, 'reservedBytes'>, gpu: number): number {
  return (reservedBytes.length === 1 ? reservedBytes[0] : reservedBytes[gpu]) ?? 0;
}

/** The most that shall stay free on any GPU, bytes. */
export function mostReserved(server: Pick<EstimateServer, 'gpus' | 'reservedBytes'>): number {
  return server.gpus.reduce((most, _, index) => Math.max(most, reservedOn(server, index)), 0);
}

/** A plan that fits by what Ollama sees, but takes of what is kept for others, as one that does not. */
export function keepReserve(plan: Plan, server: EstimateServer): Plan {
  if (plan.verdict !== 'fits') {
    return plan;
  }
  // What is missing for first prompts alone is a remark of the plan's.
  const gpu = plan.gpus.findIndex(({ totalBytes, headroomBytes }, index) => {
    const kept = reservedOn(server, index);
    return totalBytes > 0 && kept > 0 && headroomBytes < kept;
  });
  if (gpu < 0) {
    return plan;
  }
  const params = {
    gpu,
    reservedBytes: reservedOn(server, gpu),
    leftBytes: Math.max(0, plan.gpus[gpu]!.headroomBytes),
  };
  return { ...plan, verdict: 'partial', reason: { code: 'takes-reserve', params } };
}
