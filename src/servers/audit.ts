import type { Log } from '../base/log.ts';
import type { AuditEntry, AuditQuery, AuditRepository, AuditRow } from '../store/types.ts';

export type { AuditEntry, AuditQuery, AuditRow } from '../store/types.ts';

/** Who did what, with which result: append-only. */
export interface AuditTrail {
  /** Never throws: a full disk must not undo what was done; it is logged instead. */
  record(entry: AuditEntry): void;
  /** Newest first. @throws StoreError */
  list(query?: AuditQuery): readonly AuditRow[];
}

export function createAuditTrail(repository: AuditRepository, log: Log): AuditTrail {
  return {
    record: (entry) => {
      try {
        repository.append(entry);
      } catch (error) {
        log.error({ err: error, action: entry.action, result: entry.result }, 'an audit row could not be kept');
      }
    },
    list: (query) => repository.list(query),
  };
}
