import { CodedError } from '../base/coded.ts';
import type { Log } from '../base/log.ts';
import { StoreError } from '../store/errors.ts';
import type { AuditEntry, AuditQuery, AuditRow, Store } from '../store/types.ts';
import { createRefusalFold } from './refusals.ts';

export type { AuditEntry, AuditQuery, AuditRow } from '../store/types.ts';

/** Who did what, with which result: append-only, until rows are old. */
export interface AuditTrail {
  /** Never rejects: what cannot be kept is logged. @returns whether the row is kept */
  record(entry: AuditEntry): Promise<boolean>;
  /** Somebody was turned away; the same again within minutes becomes one row with a count. Never throws. */
  refused(entry: AuditEntry): void;
  /**
   * Somebody sets about an act: to be awaited before it is begun. Rejects with a CodedError `trail-unwritable`.
   * @param often everybody may ask for it, so the same again within minutes becomes one row with a count
   */
  asked(entry: AuditEntry, often: boolean): Promise<void>;
  /** Newest first. Rejects with a StoreError. */
  list(query?: AuditQuery): Promise<readonly AuditRow[]>;
  /** Drops rows that are old, and writes the counts that still wait. Never rejects. */
  tidy(nowMs: number): Promise<void>;
  /** Writes the counts that still wait. Never rejects. */
  close(): Promise<void>;
}

export function createAuditTrail(store: Pick<Store, 'audit' | 'check'>, log: Log): AuditTrail {
  const record = async (entry: AuditEntry) => {
    try {
      await store.audit.append(entry);
      return true;
    } catch (error) {
      log.error({ err: error, action: entry.action, result: entry.result }, 'an audit row could not be kept');
      return false;
    }
  };
  const refusals = createRefusalFold(record);
  const unwritable = (reason: string) => new CodedError('trail-unwritable', { reason });
  /** Writes a row, or tells why that cannot be. */
  const write = async (entry: AuditEntry): Promise<boolean> => {
    await store.audit.append(entry).catch((error: unknown) => {
      throw unwritable(error instanceof StoreError ? error.code : 'store-failed');
    });
    return true;
  };
  const often = createRefusalFold(write);
  const sweepOften = async (nowMs: number) => {
    try {
      await often.sweep(nowMs);
    } catch (error) {
      log.error({ err: error }, 'how often something was asked for could not be kept');
    }
  };
  return {
    record,
    refused: (entry) => void refusals.add(entry),
    asked: async (entry, mayRepeat) => {
      if (!mayRepeat) {
        await write(entry);
        return;
      }
      if (await often.add(entry)) {
        return;
      }
      // Counted, and written later: whether that can be is seen now.
      const reason = await store.check();
      if (reason !== null) {
        throw unwritable(reason);
      }
    },
    list: (query) => store.audit.list(query),
    tidy: async (nowMs) => {
      await refusals.sweep(nowMs);
      await sweepOften(nowMs);
      try {
        await store.audit.prune(nowMs);
      } catch (error) {
        log.warn({ err: error }, 'old audit rows could not be dropped');
      }
    },
    close: async () => {
      await refusals.sweep(Number.POSITIVE_INFINITY);
      await sweepOften(Number.POSITIVE_INFINITY);
    },
  };
}
