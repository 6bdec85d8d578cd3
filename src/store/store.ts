import type { Database } from './database.ts';
import { guardRepository, toStoreError } from './errors.ts';
import type { PostgresAddress } from './postgres/address.ts';
import { openPostgres } from './postgres/open.ts';
import { createAlertRepository } from './repositories/alerts.ts';
import { createAuditRepository } from './repositories/audit.ts';
import { createBenchRepository } from './repositories/benches.ts';
import { createHoldRepository } from './repositories/holds.ts';
import { createInteractionRepository } from './repositories/interactions.ts';
import { createMadeAliasRepository } from './repositories/made-aliases.ts';
import { createModelSetRepository } from './repositories/model-sets.ts';
import { createObservationRepository } from './repositories/observations.ts';
import { createOpenAnswerRepository } from './repositories/open-answers.ts';
import { createReservationRepository } from './repositories/reservations.ts';
import { createSampleRepository } from './repositories/samples.ts';
import { createScheduleRepository } from './repositories/schedules.ts';
import { createSetScheduleRepository } from './repositories/set-schedules.ts';
import { createUsageRepository } from './repositories/usage.ts';
import { createWatchRepository } from './repositories/watches.ts';
import { openSqlite } from './sqlite/open.ts';
import type { Store } from './types.ts';

/**
 * Opens the embedded store.
 * @param path a file (`headroom.db` in DATA_DIR), or `:memory:`
 * @throws StoreError
 */
export async function openStore(path: string): Promise<Store> {
  return createStore(await openSqlite(path));
}

/**
 * Opens the store that several processes share, on any hosts.
 * Rejects with a StoreError.
 */
export async function openSharedStore(address: PostgresAddress): Promise<Store> {
  return createStore(await openPostgres(address));
}

function createStore(db: Database): Store {
  return {
    samples: guardRepository(createSampleRepository(db)),
    audit: guardRepository(createAuditRepository(db)),
    holds: guardRepository(createHoldRepository(db)),
    observations: guardRepository(createObservationRepository(db)),
    schedules: guardRepository(createScheduleRepository(db)),
    watches: guardRepository(createWatchRepository(db)),
    alerts: guardRepository(createAlertRepository(db)),
    usage: guardRepository(createUsageRepository(db)),
    interactions: guardRepository(createInteractionRepository(db)),
    madeAliases: guardRepository(createMadeAliasRepository(db)),
    modelSets: guardRepository(createModelSetRepository(db)),
    setSchedules: guardRepository(createSetScheduleRepository(db)),
    openAnswers: guardRepository(createOpenAnswerRepository(db)),
    benches: guardRepository(createBenchRepository(db)),
    reservations: guardRepository(createReservationRepository(db)),
    async check() {
      try {
        const { id } = await db.insertInto('probes').values({ at_ms: 0 }).returning('id').executeTakeFirstOrThrow();
        const found = await db.selectFrom('probes').select('id').where('id', '=', id).executeTakeFirst();
        await db.deleteFrom('probes').where('id', '=', id).execute();
        return found === undefined ? 'store-failed' : null;
      } catch (error) {
        return toStoreError(error).code;
      }
    },
    close: () => db.destroy(),
  };
}
