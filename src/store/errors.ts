import { CodedError } from '../base/coded.ts';

export type StoreErrorCode =
  /** The file is damaged or no database. */
  | 'store-corrupt'
  /** Another process holds it for longer than we may wait. */
  | 'store-locked'
  /** The file or its directory cannot be written or opened. */
  | 'store-unwritable'
  /** Another process of this program works with the same folder. */
  | 'store-in-use'
  /** The disk is full. */
  | 'store-full'
  /** Written by a newer version of this program. */
  | 'store-too-new'
  /** A rule of the schema was broken (append-only table, unknown reference). */
  | 'store-refused'
  /** PostgreSQL does not answer, or ended the connection. */
  | 'store-unreachable'
  /** PostgreSQL does not let this user in, or not write. */
  | 'store-denied'
  /** The server has no certificate that can be trusted, or speaks no TLS. */
  | 'store-untrusted'
  /** Between here and PostgreSQL stands a pooler that changes connections between transactions. */
  | 'store-pooler'
  | 'store-failed';

/** The only error that leaves src/store. */
export class StoreError extends CodedError<StoreErrorCode> {
  override readonly name = 'StoreError';
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

/** SQLSTATE codes, or the classes they begin with (https://www.postgresql.org/docs/current/errcodes-appendix.html). */
const SQL_STATES: readonly (readonly [prefix: string, code: StoreErrorCode])[] = [
  ['25006', 'store-denied'],
  ['28', 'store-denied'],
  ['3D000', 'store-denied'],
  ['42501', 'store-denied'],
  ['53100', 'store-full'],
  ['40', 'store-locked'],
  ['55P03', 'store-locked'],
  ['57014', 'store-locked'],
  ['22', 'store-refused'],
  ['23', 'store-refused'],
  ['P0001', 'store-refused'],
  ['08', 'store-unreachable'],
  ['53', 'store-unreachable'],
  ['57P', 'store-unreachable'],
  ['25P03', 'store-unreachable'],
];

/** Gives an error of a database or of the file system its name. */
export function toStoreError(error: unknown): StoreError {
  if (error instanceof StoreError) {
    return error;
  }
  const { errcode, code, message, syscall } = (error ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof errcode === 'number') {
    return new StoreError(CODES[errcode & 0xff] ?? 'store-failed', { sqlite: errcode }, error);
  }
  if (typeof code === 'string') {
    // What the driver says of a connection has the address in it, which is part of a URL that is never logged.
    const name = syscall === 'connect' || syscall === 'getaddrinfo' ? 'store-unreachable' : codeOf(code);
    const isAddressed = ['store-unreachable', 'store-denied', 'store-untrusted'].includes(name);
    return new StoreError(name, { reason: code }, isAddressed ? undefined : error);
  }
  // The driver's own words for a connection that broke or never stood have no code.
  if (typeof message === 'string' && /SSL|TLS|certificate/i.test(message)) {
    return new StoreError('store-untrusted');
  }
  if (typeof message === 'string' && /connect|terminated|time-?out|not queryable/i.test(message)) {
    return new StoreError('store-unreachable');
  }
  return new StoreError('store-failed', {}, error);
}

function codeOf(code: string): StoreErrorCode {
  const state = /^[0-9A-Z]{5}$/.test(code) ? SQL_STATES.find(([prefix]) => code.startsWith(prefix)) : undefined;
  if (state !== undefined) {
    return state[1];
  }
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return 'store-full';
  }
  if (/^E(ACCES|PERM|ROFS|NOENT|NOTDIR|EXIST|ISDIR)$/.test(code)) {
    return 'store-unwritable';
  }
  if (/^E(CONN|HOST|NET|PIPE|TIMEDOUT|AI_|NOTFOUND)/.test(code) || code === 'ENOTFOUND') {
    return 'store-unreachable';
  }
  return /CERT|TLS|SSL|SIGNATURE|ISSUER/.test(code) ? 'store-untrusted' : 'store-failed';
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
