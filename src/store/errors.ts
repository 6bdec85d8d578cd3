export type StoreErrorCode =
  /** The file is damaged or no database. */
  | 'store-corrupt'
  /** Another process holds it for longer than we may wait. */
  | 'store-locked'
  /** The file or its directory cannot be written or opened. */
  | 'store-unwritable'
  /** The disk is full. */
  | 'store-full'
  /** Written by a newer version of this program. */
  | 'store-too-new'
  /** A rule of the schema was broken (append-only table, unknown reference). */
  | 'store-refused'
  | 'store-failed';

/** The only error that leaves src/store. */
export class StoreError extends Error {
  readonly code: StoreErrorCode;
  readonly params: Readonly<Record<string, string | number>>;

  constructor(code: StoreErrorCode, params: Readonly<Record<string, string | number>> = {}, cause?: unknown) {
    super(`${code} ${JSON.stringify(params)}`, cause === undefined ? undefined : { cause });
    this.name = 'StoreError';
    this.code = code;
    this.params = params;
  }
}

/** SQLite's primary result codes (https://sqlite.org/rescode.html). */
const CODES: Readonly<Record<number, StoreErrorCode>> = {
  3: 'store-unwritable',
  5: 'store-locked',
  6: 'store-locked',
  8: 'store-unwritable',
  10: 'store-failed',
  11: 'store-corrupt',
  13: 'store-full',
  14: 'store-unwritable',
  19: 'store-refused',
  26: 'store-corrupt',
};

/** Gives an error of SQLite or of the file system its name. */
export function toStoreError(error: unknown): StoreError {
  if (error instanceof StoreError) {
    return error;
  }
  const { errcode, code } = (error ?? {}) as { errcode?: unknown; code?: unknown };
  if (typeof errcode === 'number') {
    return new StoreError(CODES[errcode & 0xff] ?? 'store-failed', { sqlite: errcode }, error);
  }
  if (typeof code === 'string') {
    if (code === 'ENOSPC' || code === 'EDQUOT') {
      return new StoreError('store-full', {}, error);
    }
    if (/^E(ACCES|PERM|ROFS|NOENT|NOTDIR|EXIST|ISDIR)$/.test(code)) {
      return new StoreError('store-unwritable', { reason: code }, error);
    }
  }
  return new StoreError('store-failed', {}, error);
}

/** Runs work on the file system or a database; whatever it throws leaves as a {@link StoreError}. */
export function guarded<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw toStoreError(error);
  }
}

/** A repository whose methods reject with a {@link StoreError} and nothing else, also where they would throw. */
export function guardRepository<T extends object>(repository: T): T {
  const methods = Object.entries(repository).map(([name, method]) => {
    const call = async (...args: unknown[]): Promise<unknown> => {
      try {
        return await (method as (...args: unknown[]) => Promise<unknown>)(...args);
      } catch (error) {
        throw toStoreError(error);
      }
    };
    return [name, call];
  });
  return Object.fromEntries(methods) as T;
}
