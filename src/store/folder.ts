import { mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** Folders one inside the other that are made at most. */
const MAX_DEPTH = 64;

/**
 * Makes a folder and those above it, readable by their owner alone. One step at a time: mkdir with `recursive` goes round
 * for ever where the system says that a folder is not there and lets nobody make it, as /proc does.
 * Throws what the file system says.
 */
export function makeFolder(path: string): void {
  const missing: string[] = [];
  let folder = resolve(path);
  while (missing.length < MAX_DEPTH && statSync(folder, { throwIfNoEntry: false }) === undefined) {
    missing.push(folder);
    folder = dirname(folder);
  }
  for (const one of missing.toReversed()) {
    mkdirSync(one, { mode: 0o700 });
  }
}
