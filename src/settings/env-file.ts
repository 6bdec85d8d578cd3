import { closeSync, constants, fsyncSync, lstatSync, openSync, renameSync, writeSync } from 'node:fs';
import { CodedError } from '../base/coded.ts';

/** A setting as it will stand in the file. */
export type EnvEntry = readonly [name: string, value: string];

/** Only these need no quotes, wherever the file is read: Node, a shell, systemd, Compose. */
const PLAIN = /^[A-Za-z0-9_./:@,+=-]*$/;

/**
 * One line of a .env file.
 * @throws CodedError `env-value` when no way of writing says the value: it has a line break, or every kind of quote
 */
export function envLine([name, value]: EnvEntry): string {
  if (/\p{Cc}/u.test(value)) {
    throw new CodedError('env-value', { variable: name });
  }
  if (PLAIN.test(value)) {
    return `${name}=${value}`;
  }
  // In single quotes nothing is read as anything else, in any of the readers.
  if (!value.includes("'")) {
    return `${name}='${value}'`;
  }
  if (!/["$\\`]/.test(value)) {
    return `${name}="${value}"`;
  }
  throw new CodedError('env-value', { variable: name });
}

/** Whether something lies at the path, be it a link to nowhere. */
export function envFileExists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/**
 * Writes a new .env, which its owner alone may read. Nothing is ever written over, and no link is followed: with
 * `replace` the old file is moved aside first.
 * @returns where the old file went; null where there was none
 * @throws CodedError `env-exists`, `env-link` (a link or no plain file lies there), `env-unwritable`, `env-value`
 */
export function writeEnvFile(
  path: string,
  entries: readonly EnvEntry[],
  { replace }: { readonly replace: boolean },
): string | null {
  const text = `${entries.map(envLine).join('\n')}\n`;
  const before = lstatSync(path, { throwIfNoEntry: false });
  if (before !== undefined && !before.isFile()) {
    throw new CodedError('env-link', { path });
  }
  if (before !== undefined && !replace) {
    throw new CodedError('env-exists', { path });
  }
  try {
    const aside = before === undefined ? null : freeName(path);
    if (aside !== null) {
      renameSync(path, aside);
    }
    // Made anew or not at all: what appeared in between, a link too, is not opened.
    const file = openSync(
      path,
      constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
      0o600,
    );
    try {
      writeSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    return aside;
  } catch (error) {
    throw new CodedError('env-unwritable', { path, reason: (error as NodeJS.ErrnoException).code ?? 'unknown' });
  }
}

function freeName(path: string): string {
  for (let i = 1; i < 100; i++) {
    const name = `${path}.old${i}`;
    if (!envFileExists(name)) {
      return name;
    }
  }
  throw new CodedError('env-exists', { path });
}
