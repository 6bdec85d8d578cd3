import { StoreError } from '../../store/errors.ts';
import type { AuditEntry, AuditRepository, Hold, Json } from '../../store/types.ts';
import { createRefusalFold } from '../refusals.ts';
import type { BenchOrder, BenchOutcome } from './bench.ts';
import { isBooking } from './booked.ts';
import type { HoldEvent } from './hold-watch.ts';
import { usedVram } from './proof.ts';
import type { SetOrder, SetOutcome } from './safe-set.ts';
import type { UnloadOrder, UnloadOutcome } from './safe-unload.ts';
import type { LoadOrder, LoadOutcome, Requester } from './types.ts';

export type HoldAction = 'hold-extend' | 'hold-release';

/** Writes the rows of the audit trail that loads and unloads make. Nothing here rejects. */
export interface Records {
  load(order: LoadOrder, outcome: LoadOutcome, afterBytes: number | null): Promise<void>;
  /** The end of a set, beside the rows of its loads. */
  set(order: SetOrder, outcome: SetOutcome, afterBytes: number | null): Promise<void>;
  unload(order: UnloadOrder, outcome: UnloadOutcome, afterBytes: number | null): Promise<void>;
  bench(order: BenchOrder, outcome: BenchOutcome): Promise<void>;
  hold(action: HoldAction, by: Requester, hold: Hold): Promise<void>;
  holdRefused(action: HoldAction, by: Requester, server: string, model: string, code: string): Promise<void>;
  event(event: HoldEvent): Promise<void>;
  /** Writes the counts of refusals that still wait. */
  close(): Promise<void>;
}

const LOAD_RESULT = {
  loaded: 'ok',
  'needs-room': 'refused',
  refused: 'refused',
  failed: 'failed',
  canceled: 'canceled',
} as const satisfies Readonly<Record<LoadOutcome['result'], AuditEntry['result']>>;

const UNLOAD_RESULT = {
  gone: 'ok',
  'memory-stuck': 'failed',
  'still-loaded': 'failed',
  'needs-yes': 'refused',
  refused: 'refused',
  failed: 'failed',
  canceled: 'canceled',
} as const satisfies Readonly<Record<UnloadOutcome['result'], AuditEntry['result']>>;

/** Rows that wait for a store that does not answer; what is beyond them is told as lost. */
const MAX_WAITING_ROWS = 500;
const TRY_AGAIN_MS = 5_000;

/**
 * What was done stays done when its row cannot be written (the disk is full, the database is away): the row waits and is
 * tried again, in order, with its own time.
 * @param onError told of every row that could not be written at once; stops nobody's work
 */
export function createRecords(audit: AuditRepository, now: () => number, onError: (error: unknown) => void): Records {
  const waiting: AuditEntry[] = [];
  let writing: Promise<void> | null = null;
  let timer: NodeJS.Timeout | undefined;

  const writeAll = async () => {
    clearTimeout(timer);
    try {
      for (let row = waiting[0]; row !== undefined; row = waiting[0]) {
        await audit.append(row).catch((error: unknown) => {
          onError(error);
          // A row that the store refuses for what it is would keep all others from it.
          if (!(error instanceof StoreError && error.code === 'store-refused')) {
            throw error;
          }
        });
        waiting.shift();
      }
    } catch {
      timer = setTimeout(() => void write(), TRY_AGAIN_MS);
      timer.unref();
    } finally {
      // In the same step as the last look: whoever comes now begins anew.
      writing = null;
    }
  };
  const write = async (): Promise<void> => {
    if (waiting.length > 0) {
      writing ??= writeAll();
    }
    await writing;
  };
  const add = async (row: AuditEntry) => {
    if (waiting.length >= MAX_WAITING_ROWS) {
      onError(new StoreError('store-full'));
      return;
    }
    waiting.push(row);
    await write();
  };
  // Everybody may ask for an unload: who is refused again and again does not fill the trail.
  const refusals = createRefusalFold(add);
  const append = async (
    by: Pick<Requester, 'id' | 'name' | 'platform' | 'guildId' | 'channelId'>,
    entry: Pick<AuditEntry, 'action' | 'server' | 'target' | 'result'> & Partial<AuditEntry>,
  ) => {
    const row: AuditEntry = {
      atMs: now(),
      personId: by.id,
      personName: by.name,
      platform: by.platform,
      guildId: by.guildId,
      channelId: by.channelId,
      args: {},
      code: null,
      vramBeforeBytes: null,
      vramAfterBytes: null,
      ...entry,
    };
    if (row.result !== 'refused') {
      await add(row);
      return;
    }
    await refusals.sweep(row.atMs);
    await refusals.add(row);
  };
  const overrides = async (by: Requester, server: string, holds: readonly Hold[]) => {
    for (const hold of holds) {
      const args: Json = { holderId: hold.holderId, holderName: hold.holderName, untilMs: hold.untilMs };
      const action = isBooking(hold) ? 'reserve-override' : 'hold-override';
      await append(by, { action, server, target: hold.model, args, result: 'ok' });
    }
  };
  return {
    close: () => refusals.sweep(Number.POSITIVE_INFINITY),
    async load(order, outcome, afterBytes) {
      await overrides(order.by, outcome.server, outcome.overridden);
      await append(order.by, {
        action: 'load',
        server: outcome.server,
        target: outcome.model,
        args: {
          askedCtx: outcome.askedCtx,
          numCtx: outcome.numCtx,
          keepAlive: order.keepAlive ?? null,
          partial: order.partial,
          alias: order.alias ?? null,
          attempts: outcome.attempts,
          unloaded: outcome.unloaded,
          lost: outcome.lost,
          ...(outcome.renewed ? { renewed: true } : {}),
        },
        result: LOAD_RESULT[outcome.result],
        code: outcome.problem?.code ?? null,
        vramBeforeBytes: usedVram(outcome.before),
        vramAfterBytes: afterBytes,
      });
    },
    async set(order, outcome, afterBytes) {
      await append(order.by, {
        action: 'load-set',
        server: outcome.server,
        target: order.name,
        args: {
          models: order.members.map(({ model, numCtx }) => `${model}@${numCtx}`),
          undone: outcome.undone,
          lost: outcome.lost,
        },
        result: LOAD_RESULT[outcome.result],
        code: outcome.problem?.code ?? null,
        vramAfterBytes: afterBytes,
      });
    },
    async unload(order, outcome, afterBytes) {
      await overrides(order.by, outcome.server, outcome.overridden);
      await append(order.by, {
        action: 'unload',
        server: outcome.server,
        target: outcome.model,
        args: { recoveredBytes: outcome.recoveredBytes, mayInterrupt: order.mayInterrupt },
        result: UNLOAD_RESULT[outcome.result],
        code: outcome.problem?.code ?? (outcome.result === 'gone' ? null : outcome.result),
        vramBeforeBytes: usedVram(outcome.before),
        vramAfterBytes: afterBytes,
      });
    },
    async bench(order, { server, model, result, problem, bench }) {
      await append(order.by, {
        action: 'bench',
        server,
        target: model,
        args: bench === null ? {} : { numCtx: bench.numCtx, generatedPerSecond: bench.generatedPerSecond },
        result: result === 'measured' ? 'ok' : result,
        code: problem?.code ?? null,
      });
    },
    async hold(action, by, hold) {
      const args: Json = { holderId: hold.holderId, untilMs: hold.untilMs };
      await append(by, { action, server: hold.server, target: hold.model, args, result: 'ok' });
    },
    async holdRefused(action, by, server, model, code) {
      await append(by, { action, server, target: model, result: 'refused', code });
    },
    async event({ kind, hold, numCtx }) {
      await append(
        { ...hold, id: hold.holderId, name: hold.holderName },
        {
          action: kind === 'left' ? 'hold-ended' : 'reloaded-elsewhere',
          server: hold.server,
          target: hold.model,
          args: { heldCtx: hold.numCtx, numCtx },
          result: 'ok',
        },
      );
    },
  };
}
