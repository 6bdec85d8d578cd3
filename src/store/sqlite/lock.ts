import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { guarded, StoreError, toStoreError } from '../errors.ts';
import { makeFolder } from '../folder.ts';

/**
 * Takes a data folder for this process. The lock is SQLite's own on a file of no other use: the system gives it back when
 * the process ends, however it ends, and no other process has to judge whether a number in a file still means anything.
 * @returns gives the folder back
 * @throws StoreError `store-in-use` where another process has it
 */
export function lockFolder(folder: string): () => void {
  const noteFile = join(folder, 'headroom.pid');
  const lock = guarded(() => {
    makeFolder(folder);
    return new DatabaseSync(join(folder, 'headroom.lock'), { timeout: 0 });
  });
  try {
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    const { code } = toStoreError(error);
    throw code === 'store-locked'
      ? new StoreError('store-in-use', { folder, process: readNote(noteFile) })
      : toStoreError(error);
  }
  try {
    writeFileSync(noteFile, `${process.pid}\n`, { mode: 0o600 });
  } catch {
    // Only the words of a refusal are poorer without it.
  }
  return () => lock.close();
}

function readNote(file: string): string {
  try {
    return /^\d{1,10}$/m.exec(readFileSync(file, 'utf8').slice(0, 64))?.[0] ?? '?';
  } catch {
    return '?';
  }
}
