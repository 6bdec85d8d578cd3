import type { Hold } from '../../store/types.ts';
import type { Remark, Server, ServerSnapshot } from '../types.ts';
import type { HoldBook } from './holds.ts';
import { findLoaded, proveUnload, readBefore } from './proof.ts';
import {
  type Answers,
  givenUp,
  holdKey,
  isByPerson,
  type Mutable,
  NeedsAnswer,
  type Obstacle,
  type Requester,
  Stop,
  TurnLost,
  toRemark,
} from './types.ts';

/** What somebody wants unloaded. */
export interface UnloadOrder {
  readonly model: string;
  readonly by: Requester;
  /** May unload what is not held by the requester. */
  readonly isOperator: boolean;
  /** Yes to unloading a model that is in use: a button said so. */
  readonly mayInterrupt: boolean;
  /** Ask the holder, who is somebody else: a button said so. */
  readonly askHolder: boolean;
  /** An administrator overrides the hold; recorded. */
  readonly overrideHolds: boolean;
}

/** How an unload ended. */
export interface UnloadOutcome {
  readonly result: 'gone' | 'memory-stuck' | 'still-loaded' | 'needs-yes' | 'refused' | 'failed' | 'canceled';
  readonly problem: Remark | null;
  readonly model: string;
  readonly server: string;
  /** For `needs-yes`: whom it affects. */
  readonly obstacle: Obstacle | null;
  readonly recoveredBytes: number | null;
  /** What the model held in VRAM, bytes. */
  readonly heldBytes: number | null;
  readonly overridden: readonly Hold[];
  readonly before: ServerSnapshot | null;
}

export interface UnloadParts {
  readonly server: Server;
  readonly holds: HoldBook;
  /** What holders have answered so far. */
  readonly answers: Answers;
  readonly isInUse: (model: string) => boolean;
  readonly settleMs: number;
  readonly signal: AbortSignal;
}

export function emptyUnload(server: string, model: string): Mutable<UnloadOutcome> {
  return {
    result: 'failed',
    problem: null,
    model,
    server,
    obstacle: null,
    recoveredBytes: null,
    heldBytes: null,
    overridden: [],
    before: null,
  };
}

/**
 * Unloads a model with the consent of those it affects, and proves that its memory came back; or tells whose answer it
 * needs first. Never rejects.
 */
export async function safeUnload(parts: UnloadParts, order: UnloadOrder): Promise<UnloadOutcome | NeedsAnswer> {
  const outcome = emptyUnload(parts.server.name, order.model);
  try {
    await unload(parts, order, outcome);
  } catch (error) {
    if (error instanceof NeedsAnswer && !parts.signal.aborted) {
      return error;
    }
    if (parts.signal.aborted) {
      const { reason } = parts.signal;
      const code = isByPerson(reason) ? 'canceled' : 'shutting-down';
      Object.assign(
        outcome,
        reason instanceof TurnLost ? givenUp(reason) : { result: 'canceled', problem: { code, params: {} } },
      );
    } else {
      const refused = error instanceof Stop && error.result === 'refused';
      const problem = error instanceof Stop ? error.problem : toRemark(error);
      Object.assign(outcome, { result: refused ? 'refused' : 'failed', problem });
    }
  }
  return outcome;
}

async function unload(parts: UnloadParts, order: UnloadOrder, outcome: Mutable<UnloadOutcome>): Promise<void> {
  const { server, holds, settleMs, signal } = parts;
  const before = await readBefore(server, settleMs, signal);
  outcome.before = before;
  if (before.ollama.state !== 'up') {
    throw new Stop('failed', `ollama-${before.ollama.state}`, { server: server.name });
  }
  const loaded = findLoaded(before, order.model);
  if (loaded === null) {
    throw new Stop('refused', 'not-loaded', { model: order.model, server: server.name });
  }
  Object.assign(outcome, { model: loaded.name, heldBytes: loaded.sizeVramBytes });
  const hold = await holds.get(server.name, loaded.name);
  const own = hold !== null && hold.holderId === order.by.id;
  if (!order.isOperator && !own) {
    throw new Stop('refused', 'unload-not-yours', { model: loaded.name });
  }
  const foreign = own ? null : hold;
  const inUse = parts.isInUse(loaded.name);
  const overrides = order.overrideHolds && order.by.isAdmin;
  if (foreign !== null ? !order.askHolder && !overrides : inUse && !order.mayInterrupt) {
    Object.assign(outcome, { result: 'needs-yes', obstacle: { model: loaded.name, hold: foreign, inUse } });
    return;
  }
  if (foreign !== null && overrides) {
    outcome.overridden = [foreign];
  } else if (foreign !== null) {
    const answer = parts.answers.get(holdKey(foreign));
    if (answer === undefined) {
      throw new NeedsAnswer(foreign, null);
    }
    if (answer === 'keep') {
      throw new Stop('refused', 'holder-keeps', { model: loaded.name, holder: foreign.holderName });
    }
  }
  await server.ollama.unload(loaded.name, { signal });
  const proof = await proveUnload(server, loaded, before, parts.settleMs, signal);
  Object.assign(outcome, { result: proof.result, recoveredBytes: proof.recoveredBytes });
  if (proof.result !== 'still-loaded') {
    await holds.release(server.name, loaded.name);
  }
}
