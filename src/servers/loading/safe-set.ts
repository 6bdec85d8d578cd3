/**
 * The safe load of a set: one model after the other under one turn, each proved; when one fails, what the others brought
 * is taken back and what left for them is loaded again. Whom it would send away is asked for before anything is touched.
 */

import type { Calibration } from '../../estimator/plan/calibration.ts';
import type { WantedModel } from '../../estimator/plan/fit-set.ts';
import type { ModelSpec } from '../../estimator/types.ts';
import type { Hold, MadeAliasRepository } from '../../store/types.ts';
import type { Estimator } from '../../workers/estimates.ts';
import { requestFor, viewFor } from '../asking/question.ts';
import { sameModel } from '../asking/same-model.ts';
import type { Remark, Server, ServerSnapshot } from '../types.ts';
import type { HoldBook } from './holds.ts';
import { findOrdered } from './ordered-model.ts';
import { readBefore } from './proof.ts';
import { restore } from './restore.ts';
import {
  type Answers,
  givenUp,
  holdKey,
  type LoadOrder,
  type LoadOutcome,
  type LoadStep,
  NeedsAnswer,
  type Obstacle,
  type Requester,
  Stop,
  TurnLost,
  toRemark,
} from './types.ts';

/** One model of a set that is to be loaded. */
export interface SetMember {
  readonly model: string;
  readonly numCtx: number;
  /** A shorter context than this will not do. */
  readonly leastCtx: number;
}

/** A set that somebody wants loaded. */
export interface SetOrder extends Pick<LoadOrder, 'keepAlive' | 'mayUnload' | 'mayInterrupt' | 'overrideHolds' | 'by'> {
  /** Its name, where it has one. UNTRUSTED text. */
  readonly name: string | null;
  readonly members: readonly SetMember[];
}

/** How the load of a set ended. */
export interface SetOutcome {
  readonly result: LoadOutcome['result'];
  readonly problem: Remark | null;
  readonly server: string;
  /** Of each model whose turn came, in order; the last one is that which failed. */
  readonly loads: readonly LoadOutcome[];
  /** Models that were loaded for the set and taken back. */
  readonly undone: readonly string[];
  /** Models that were there before and could not be put back. */
  readonly lost: readonly string[];
  /** Who would have to leave. */
  readonly obstacles: readonly Obstacle[];
}

export interface SetParts {
  readonly server: Server;
  readonly holds: HoldBook;
  readonly aliases: MadeAliasRepository;
  /** What holders have answered so far. */
  readonly answers: Answers;
  readonly estimator: Estimator;
  readonly findSpec: (model: string, server: Server, signal: AbortSignal) => Promise<ModelSpec>;
  readonly calibration: Calibration | null;
  readonly isInUse: (model: string) => boolean;
  /** One load, written down as any other. Never rejects. */
  readonly loadOne: (
    order: LoadOrder,
    index: number,
    onStep: (step: LoadStep) => void,
  ) => Promise<LoadOutcome | NeedsAnswer>;
  readonly settleMs: number;
  readonly now: () => number;
  readonly signal: AbortSignal;
  /** The program ends. */
  readonly ending: AbortSignal;
  readonly onStep: (index: number | null, step: LoadStep) => void;
}

export function emptySetOutcome(server: string): SetOutcome {
  return { result: 'failed', problem: null, server, loads: [], undone: [], lost: [], obstacles: [] };
}

/** Loads a set, or tells whose answer it needs first. Never rejects. */
export async function safeLoadSet(parts: SetParts, order: SetOrder): Promise<SetOutcome | NeedsAnswer> {
  const { server, signal } = parts;
  const loads: LoadOutcome[] = [];
  let start: SetStart | null = null;
  const ended = (end: Partial<SetOutcome>): SetOutcome => ({ ...emptySetOutcome(server.name), loads, ...end });
  try {
    start = await look(parts);
    // A model that is not there ends the set before anything is loaded for it.
    for (const member of order.members) {
      await findOrdered(server, orderOf(order, member), parts.aliases, signal);
    }
    const obstacles = await whoIsInTheWay(parts, order, start.before);
    if (obstacles.length > 0) {
      const models = obstacles.map(({ model }) => model).join(', ');
      return ended({ result: 'needs-room', problem: { code: 'set-needs-room', params: { models } }, obstacles });
    }
    await askFirst(parts, order, start.before);
    for (const [index, member] of order.members.entries()) {
      signal.throwIfAborted();
      const outcome = await parts.loadOne(orderOf(order, member), index, (step) => parts.onStep(index, step));
      if (outcome instanceof NeedsAnswer) {
        // A hold that came up meanwhile: nothing half loaded waits for an answer.
        await undo(parts, order.by, start, loads);
        return outcome;
      }
      loads.push(outcome);
      if (outcome.result !== 'loaded') {
        const { result, problem } = outcome;
        const inTheWay = outcome.wayOut?.obstacles ?? [];
        return ended({ result, problem, ...(await undo(parts, order.by, start, loads)), obstacles: inTheWay });
      }
    }
    return ended({ result: 'loaded' });
  } catch (error) {
    if (error instanceof NeedsAnswer && !signal.aborted) {
      return error;
    }
    if (signal.aborted) {
      return ended({ ...givenUp(signal.reason), ...(await undo(parts, order.by, start, loads)) });
    }
    const problem = error instanceof Stop ? error.problem : toRemark(error);
    const result = error instanceof Stop ? error.result : 'failed';
    return ended({ result, problem, ...(await undo(parts, order.by, start, loads)) });
  }
}

function orderOf(order: SetOrder, { model, numCtx, leastCtx }: SetMember): LoadOrder {
  const { members: _members, name: _name, ...same } = order;
  return { ...same, model, numCtx, leastCtx, partial: false };
}

/** The server and its holds before anything was done. */
interface SetStart {
  readonly before: ServerSnapshot;
  readonly held: readonly Hold[];
}

async function look({ server, holds, settleMs, signal }: SetParts): Promise<SetStart> {
  const before = await readBefore(server, settleMs, signal);
  if (before.ollama.state !== 'up') {
    throw new Stop('failed', `ollama-${before.ollama.state}`, { server: server.name });
  }
  return { before, held: await holds.list(server.name) };
}

/**
 * Asks the holders of all that would leave or be loaded anew, before the first load.
 * @throws NeedsAnswer, Stop
 */
async function askFirst(parts: SetParts, order: SetOrder, before: ServerSnapshot): Promise<void> {
  const { server, holds, answers } = parts;
  if (order.overrideHolds && order.by.isAdmin) {
    return;
  }
  for (const { name, contextLength } of before.models ?? []) {
    const member = order.members.find(({ model }) => sameModel(model, name));
    const leaves = order.mayUnload.some((other) => sameModel(other, name));
    const isReplaced = member !== undefined && contextLength !== member.numCtx;
    const hold = leaves || isReplaced ? await holds.get(server.name, name) : null;
    if (hold === null || hold.holderId === order.by.id) {
      continue;
    }
    const answer = answers.get(holdKey(hold));
    if (answer === undefined) {
      throw new NeedsAnswer(hold, (member ?? order.members[0])?.model ?? null);
    }
    if (answer === 'keep') {
      throw new Stop('refused', 'holder-keeps', { model: name, holder: hold.holderName });
    }
  }
}

/** Models beside the set that Ollama would unload for it, and that nobody has agreed to. */
async function whoIsInTheWay(parts: SetParts, order: SetOrder, now: ServerSnapshot): Promise<readonly Obstacle[]> {
  const { server, estimator, calibration } = parts;
  const own = order.members.map(({ model }) => model);
  const agreed = [...own, ...order.mayUnload];
  const there = (now.models ?? []).map(({ name }) => name);
  if (there.every((name) => agreed.some((other) => sameModel(other, name)))) {
    return [];
  }
  const without = there.filter((name) => agreed.some((other) => sameModel(other, name)));
  const models: WantedModel[] = [];
  for (const { model, numCtx } of order.members) {
    const spec = await parts.findSpec(model, server, parts.signal);
    const request = { ...requestFor(server.config.env, 0), numCtx };
    models.push({ spec, name: model, request, pinned: true });
  }
  const view = viewFor(server, now, own[0] ?? '', calibration, { without });
  const { asked } = await estimator.fitSet(models, view);
  const leaving = new Set(
    asked.steps.flatMap(({ evicted }) => evicted).filter((name) => !own.some((other) => sameModel(other, name))),
  );
  return Promise.all([...leaving].map((model) => obstacleOf(parts, model, order.by)));
}

async function obstacleOf({ server, holds, isInUse }: SetParts, model: string, by: Requester): Promise<Obstacle> {
  const hold = await holds.get(server.name, model);
  return hold?.holderId === by.id ? { model, hold: null, inUse: false } : { model, hold, inUse: isInUse(model) };
}

/** Leaves the server as it was before the set; holds too. Never rejects. */
async function undo(
  parts: SetParts,
  by: Requester,
  start: SetStart | null,
  loads: readonly LoadOutcome[],
): Promise<Pick<SetOutcome, 'undone' | 'lost'>> {
  const { server, holds, settleMs, ending, signal } = parts;
  const brought = loads.filter(({ result, attempts }) => result === 'loaded' && attempts > 0).map(({ model }) => model);
  // Without the turn nothing more is done to the server: another process may be at work there.
  if (start === null || brought.length === 0 || signal.reason instanceof TurnLost) {
    return { undone: [], lost: [] };
  }
  const { lost } = await restore({
    server,
    before: start.before,
    brought,
    settleMs,
    now: parts.now,
    ending,
    step: (name, state, params = {}) => parts.onStep(null, { name, state, params }),
  });
  try {
    for (const model of brought) {
      await holds.release(server.name, model, by.id);
    }
    for (const hold of start.held) {
      const now = await holds.get(server.name, hold.model);
      if (now?.holderId !== hold.holderId && !lost.some((name) => sameModel(name, hold.model))) {
        await holds.put(hold);
      }
    }
  } catch {
    // Holds that cannot be written now end by their own time; the models stand as before.
  }
  return { undone: brought, lost };
}
