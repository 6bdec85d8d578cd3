import { join } from 'node:path';
import type { Log } from '../base/log.ts';
import type { Finding } from '../servers/doctor.ts';
import type { Session } from '../servers/shared/session.ts';
import type { Config } from '../settings/config.ts';
import { guarded } from '../store/errors.ts';
import { makeFolder } from '../store/folder.ts';
import type { Store } from '../store/types.ts';

/** What is kept between commands, alone in a file or with other processes in PostgreSQL. */
export interface Memory {
  readonly store: Store;
  /** `null`: this process is alone. */
  readonly session: Session | null;
  /** Milliseconds since the epoch: the database's time where several hosts share it, for their clocks differ. */
  readonly now: () => number;
  /** What the program finds about it. Never rejects. */
  examine(): Promise<readonly Finding[]>;
  /** Never rejects. */
  close(): Promise<void>;
}

/** Opens what is kept. What is simulated is kept nowhere. Rejects with a StoreError. */
export async function openMemory(config: Config, simulated: boolean, log: Log): Promise<Memory> {
  // The command-line tool keeps nothing and shall not pay for loading this.
  const { openStore } = await import('../store/store.ts');
  if (config.database !== null && !simulated) {
    return openShared(config.database, log);
  }
  const store = await openStore(simulated ? ':memory:' : join(dataFolder(config, ''), 'headroom.db'));
  return {
    store,
    session: null,
    now: Date.now,
    examine: async () => {
      const code = await store.check();
      return [
        code === null
          ? { level: 'ok', remark: { code: 'data-ok', params: {} } }
          : { level: 'fault', remark: { code: 'data-fault', params: { code } } },
      ];
    },
    close: () => store.close().catch((err: unknown) => log.warn({ err }, 'the store did not close cleanly')),
  };
}

async function openShared(address: NonNullable<Config['database']>, log: Log): Promise<Memory> {
  const [{ openSharedStore }, { openSession }] = await Promise.all([
    import('../store/store.ts'),
    import('../servers/shared/session.ts'),
  ]);
  const store = await openSharedStore(address);
  const session = await openSession(address, log).catch(async (error: unknown) => {
    await store.close();
    throw error;
  });
  return {
    store,
    session,
    now: session.now,
    examine: async () => {
      const code = (await store.check()) ?? (session.connection() === null ? 'store-unreachable' : null);
      return [
        code === null
          ? { level: 'ok', remark: { code: 'database-ok', params: {} } }
          : { level: 'fault', remark: { code: 'database-fault', params: { code } } },
      ];
    },
    close: async () => {
      for (const result of await Promise.allSettled([session.close(), store.close()])) {
        if (result.status === 'rejected') {
          log.warn({ err: result.reason }, 'the store did not close cleanly');
        }
      }
    },
  };
}

/** The folder of a kind of data, made when it is not there. @throws StoreError */
export function dataFolder(config: Pick<Config, 'dataDir'>, name: string): string {
  const folder = join(config.dataDir, name);
  guarded(() => makeFolder(folder));
  return folder;
}
