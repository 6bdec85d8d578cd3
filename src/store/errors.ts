import { StoreError, type StoreErrorCode } from './types.ts';

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

/** Runs a database call; whatever it throws leaves as a StoreError. */
export function guarded<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw toStoreError(error);
  }
}
