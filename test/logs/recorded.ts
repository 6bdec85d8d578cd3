/** Logs of real loads, with what they mean: what ships of the record. */

import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

export interface RecordedLog {
  readonly file: string;
  readonly version: string;
  readonly engine: string;
  readonly model?: string;
  readonly architecture?: string;
  readonly verdict: string;
  readonly offloaded: readonly [number, number] | null;
  readonly numCtx?: number;
  readonly text: string;
}

export const recordedLogs: readonly RecordedLog[] = gunzipSync(
  readFileSync(new URL('../../truth/record/logs.jsonl.gz', import.meta.url)),
)
  .toString()
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as RecordedLog);
