/**
 * The record as it ships: every file of facts compressed under truth/record, folders as lists of their files. Unpacked it
 * is the folder that the scores and the recorder read.
 */

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';

const RECORD = join(import.meta.dirname, 'record');
const SUFFIX = '.gz';
/** Marks a folder. */
const FOLDER = '.folder.gz';
/** More than any file of the record has, bytes. */
const MAX_BYTES = 64 * 1024 * 1024;

/** One file of a folder; base64, since some are no text. */
interface FolderEntry {
  readonly file: string;
  readonly base64: string;
}

/**
 * Unpacks the record into a folder of its own: `truth/` with its files and `models/`, and beside it `cases/`. The folder
 * goes when the process ends.
 *
 * @returns the path of `truth/`
 */
export function unpackRecord(): string {
  const top = mkdtempSync(join(tmpdir(), 'headroom-record-'));
  process.on('exit', () => rmSync(top, { recursive: true, force: true }));
  const truth = join(top, 'truth');
  mkdirSync(truth);
  for (const name of readdirSync(RECORD)) {
    if (!name.endsWith(SUFFIX)) {
      continue;
    }
    const content = gunzipSync(readFileSync(join(RECORD, name)), { maxOutputLength: MAX_BYTES });
    if (name.endsWith(FOLDER)) {
      const folder = name.slice(0, -FOLDER.length);
      unpackFolder(content, join(folder === 'cases' ? top : truth, folder));
    } else {
      writeFileSync(join(truth, name.slice(0, -SUFFIX.length)), content);
    }
  }
  return truth;
}

function unpackFolder(content: Buffer, path: string): void {
  mkdirSync(path);
  for (const { file, base64 } of JSON.parse(content.toString()) as readonly FolderEntry[]) {
    writeFileSync(join(path, basename(file)), Buffer.from(base64, 'base64'));
  }
}

/** Compresses a file or a folder into the record. Returns its size there, bytes. */
export function packIntoRecord(path: string): number {
  const isFolder = statSync(path).isDirectory();
  const content = isFolder ? packedFolder(path) : readFileSync(path);
  const packed = gzipSync(content, { level: 9 });
  writeFileSync(join(RECORD, `${basename(path)}${isFolder ? FOLDER : SUFFIX}`), packed);
  return packed.length;
}

function packedFolder(path: string): Buffer {
  // What people wrote about the facts stays where it was written.
  const entries = readdirSync(path)
    .filter((file) => !file.endsWith('.md'))
    .sort()
    .map((file): FolderEntry => ({ file, base64: readFileSync(join(path, file)).toString('base64') }));
  return Buffer.from(JSON.stringify(entries));
}
