import { createAlertRepository } from './alerts.ts';
import { createAuditRepository } from './audit.ts';
import { openDatabase } from './database.ts';
import { createHoldRepository } from './holds.ts';
import { createObservationRepository } from './observations.ts';
import { createOpenAnswerRepository } from './open-answers.ts';
import { createSampleRepository } from './samples.ts';
import { createScheduleRepository } from './schedules.ts';
import { type Store, StoreError } from './types.ts';
import { createUsageRepository } from './usage.ts';
import { createWatchRepository } from './watches.ts';

/**
 * Opens the store.
 * @param path a file (`headroom.db` in DATA_DIR), or `:memory:`
 * @throws StoreError
 */
export function openStore(path: string): Store {
  const db = openDatabase(path);
  return {
    path,
    samples: createSampleRepository(db),
    audit: createAuditRepository(db),
    holds: createHoldRepository(db),
    observations: createObservationRepository(db),
    schedules: createScheduleRepository(db),
    watches: createWatchRepository(db),
    alerts: createAlertRepository(db),
    usage: createUsageRepository(db),
    openAnswers: createOpenAnswerRepository(db),
    check() {
      try {
        // Takes the write lock and gives it back.
        db.transaction(() => undefined);
        return null;
      } catch (error) {
        return error instanceof StoreError ? error.code : 'store-failed';
      }
    },
    close() {
      db.close();
    },
  };
}
