/** The public loads of truth/mined.jsonl, as far as the engines are scored on them. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GIB, MIB } from '../../../src/base/bytes.ts';
import type { ModelSpec } from '../../../src/estimator/types.ts';

/** One load. Sizes in `lines` are MiB, as printed (so `1.9 GiB` is 1945.6). */
export interface MinedRecord {
  readonly era: 'A' | 'B' | 'C' | 'D';
  readonly date: string;
  readonly software_version: string;
  readonly source_url: string;
  readonly model: string | null;
  readonly gpus: readonly {
    readonly name?: string;
    readonly total_mib?: number | null;
    readonly free_mib?: number | null;
  }[];
  readonly ctx_total: number | null;
  readonly num_parallel: number | null;
  readonly n_gpu_layers: number | null;
  readonly lines: Readonly<Record<string, unknown>>;
}

/** Reads the records of some eras. */
export async function readMined(truthDir: string, eras: readonly string[]): Promise<readonly MinedRecord[]> {
  const text = await readFile(join(truthDir, 'mined.jsonl'), 'utf8');
  const records = text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as MinedRecord);
  return records.filter((record) => eras.includes(record.era));
}

/** A model of the ground truth by its file's name. */
export async function truthModel(truthDir: string, name: string): Promise<ModelSpec> {
  const raw = JSON.parse(await readFile(join(truthDir, 'models', `${name}.json`), 'utf8')) as ModelSpec;
  return { name: raw.name, architecture: raw.architecture, metadata: raw.metadata, tensors: raw.tensors };
}

/** Whether a record is the one meant by a date and the beginning of a model's name. */
export function isRecord(record: MinedRecord, date: string, model: string): boolean {
  return record.date === date && (record.model ?? '').startsWith(model);
}

/** Free memory that a printed size may stand for: ± half of its last digit, as bytes. */
export function windowOf(printedMib: number): readonly [low: number, high: number] {
  const half = printedMib >= 1024 ? 0.05 * GIB : 0.05 * MIB;
  return [Math.ceil(printedMib * MIB - half), Math.floor(printedMib * MIB + half)];
}

/** A size as Ollama prints it, in MiB, for comparison with `lines`. */
export function printedMib(text: string): number {
  const [value, unit] = text.split(' ');
  const factor = { B: 1 / MIB, KiB: 1 / 1024, MiB: 1, GiB: 1024 }[unit ?? 'B'] ?? 1;
  return Number(value) * factor;
}
