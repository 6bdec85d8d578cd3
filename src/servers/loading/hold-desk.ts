import type { Hold } from '../../store/types.ts';
import type { Remark, Server } from '../types.ts';
import type { Activity } from './activity.ts';
import { readKeepAlive } from './caps.ts';
import { holdEnd } from './hold-watch.ts';
import type { HoldBook } from './holds.ts';
import { findLoaded, readAgain } from './proof.ts';
import type { HoldAction, Records } from './records.ts';
import { type LoadOrder, type LoadOutcome, type Requester, Stop, toRemark } from './types.ts';

export type HoldAnswer =
  | { readonly ok: true; readonly hold: Hold; readonly untilMs: number | null }
  | { readonly ok: false; readonly problem: Remark };

export interface HoldDeskParts {
  readonly holds: HoldBook;
  readonly records: Records;
  readonly activity: Activity;
  /** The longest keep-alive as Ollama writes it; `null` = no cap. */
  readonly maxKeepAlive: string | null;
  /** The program ends. */
  readonly ending: AbortSignal;
  readonly now: () => number;
}

/** Holds as loads make them and people change them. */
export interface HoldDesk {
  /** The hold that a load leaves behind; `null` where nothing was loaded. Rejects with a StoreError. */
  putAfter(order: LoadOrder, outcome: LoadOutcome): Promise<Hold | null>;
  /** Models that left for a load are held no longer. Rejects with a StoreError. */
  releaseLost(outcome: LoadOutcome): Promise<void>;
  /** The holder (or an administrator) keeps the model for longer, from now. */
  extend(server: Server, model: string, keepAlive: string, by: Requester): Promise<HoldAnswer>;
  /** The holder (or an administrator) lets go; the model stays until its time is over. */
  release(server: Server, model: string, by: Requester): Promise<HoldAnswer>;
}

export function createHoldDesk({ holds, records, activity, maxKeepAlive, ending, now }: HoldDeskParts): HoldDesk {
  /**
   * The hold after a load: the requester's. A model that somebody else holds already stays theirs when it was only
   * renewed, for as long as either wants it.
   */
  const putAfter = async (order: LoadOrder, outcome: LoadOutcome): Promise<Hold | null> => {
    const { proof, server, model } = outcome;
    if (outcome.result !== 'loaded' || proof === null) {
      return null;
    }
    const untilMs = holdEnd(proof.expiresAtMs, now());
    const earlier = outcome.renewed ? await holds.get(server, model) : null;
    if (earlier !== null && earlier.holderId !== order.by.id) {
      if (earlier.untilMs === null || (untilMs !== null && untilMs <= earlier.untilMs)) {
        return earlier;
      }
      await holds.extend(server, model, untilMs, earlier.holderId);
      return { ...earlier, untilMs };
    }
    const hold: Hold = {
      server,
      model,
      holderId: order.by.id,
      holderName: order.by.name,
      platform: order.by.platform,
      guildId: order.by.guildId,
      channelId: order.by.channelId,
      sinceMs: now(),
      untilMs,
      numCtx: proof.contextLength ?? outcome.numCtx,
    };
    await holds.put(hold);
    return hold;
  };

  const releaseLost = async (outcome: LoadOutcome) => {
    // Of a server that does not answer nobody knows what has left.
    const lost = outcome.after === null || outcome.after.ollama.state === 'up' ? outcome.lost : [];
    for (const model of [...outcome.unloaded, ...lost]) {
      if (model !== outcome.model) {
        await holds.release(outcome.server, model);
      }
    }
  };

  /** The hold that somebody may change: their own, or any for an administrator. */
  const changeable = async (server: Server, model: string, by: Requester): Promise<Hold> => {
    const hold = await holds.get(server.name, model);
    if (hold === null) {
      throw new Stop('refused', 'no-hold', { model });
    }
    if (hold.holderId !== by.id && !by.isAdmin) {
      throw new Stop('refused', 'hold-not-yours', { model, holder: hold.holderName });
    }
    return hold;
  };

  const changeHold = async (
    action: HoldAction,
    server: Server,
    model: string,
    by: Requester,
    change: (hold: Hold) => Promise<Hold>,
  ): Promise<HoldAnswer> => {
    try {
      const hold = await change(await changeable(server, model, by));
      await records.hold(action, by, hold);
      return { ok: true, hold, untilMs: hold.untilMs };
    } catch (error) {
      const problem = error instanceof Stop ? error.problem : toRemark(error);
      await records.holdRefused(action, by, server.name, model, problem.code);
      return { ok: false, problem };
    }
  };

  return {
    putAfter,
    releaseLost,
    extend: (server, model, keepAlive, by) =>
      changeHold('hold-extend', server, model, by, async (hold) => {
        const wanted = readKeepAlive(keepAlive, maxKeepAlive, by.isAdmin);
        const snapshot = await readAgain(server);
        const loaded = snapshot.ollama.state === 'up' && !snapshot.modelsStale ? findLoaded(snapshot, model) : null;
        const numCtx = loaded?.contextLength ?? hold.numCtx;
        if (loaded === null || loaded.stopping || numCtx === null) {
          throw new Stop('refused', 'not-loaded', { model, server: server.name });
        }
        activity.ownTouch(server.name, loaded.name);
        // The same context: Ollama only sets the time anew.
        const keep = wanted === null ? {} : { keepAlive: wanted };
        await server.ollama.load(loaded.name, { numCtx, signal: ending, ...keep });
        const after = findLoaded(await readAgain(server), model);
        const untilMs = holdEnd(after?.expiresAtMs ?? null, now());
        await holds.extend(server.name, hold.model, untilMs, hold.holderId);
        return { ...hold, untilMs };
      }),

    release: (server, model, by) =>
      changeHold('hold-release', server, model, by, async (hold) => {
        await holds.release(server.name, hold.model, hold.holderId);
        return hold;
      }),
  };
}
