import type { LoadOrder, LoadOutcome, Mutable } from './types.ts';

/** The outcome of an order before anything was done. */
export function emptyOutcome(server: string, order: LoadOrder): Mutable<LoadOutcome> {
  return {
    result: 'failed',
    problem: null,
    model: order.model,
    ordered: order.model,
    server,
    spec: null,
    digest: null,
    askedCtx: order.numCtx ?? null,
    wantedCtx: null,
    numCtx: null,
    clamp: null,
    plan: null,
    plainPlan: null,
    learnedFrom: 0,
    proof: null,
    renewed: false,
    attempts: 0,
    loadMs: null,
    unloaded: [],
    overridden: [],
    kept: [],
    wayOut: null,
    alias: null,
    aliasProblem: null,
    lost: [],
    after: null,
    orphans: null,
    before: null,
    hold: null,
  };
}
