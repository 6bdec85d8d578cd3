import type { Log } from '../base/log.ts';
import type { AuditEntry, AuditQuery, AuditRepository, AuditRow } from '../store/types.ts';

export type { AuditEntry, AuditQuery, AuditRow } from '../store/types.ts';

/** Who did what, with which result: append-only. */
export interface AuditTrail {
  /** Never rejects: what cannot be kept is logged. @returns whether the row is kept */
  record(entry: AuditEntry): Promise<boolean>;
  /** Newest first. Rejects with a StoreError. */
  list(query?: AuditQuery): Promise<readonly AuditRow[]>;
}

export function createAuditTrail(repository: AuditRepository, log: Log): AuditTrail {
  return {
    record: async (entry) => {
      try {
        await repository.append(entry);
        return true;
      } catch (error) {
        log.error({ err: error, action: entry.action, result: entry.result }, 'an audit row could not be kept');
        return false;
      }
    },
    list: (query) => repository.list(query),
  };
}
