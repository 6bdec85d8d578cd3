/**
 * Accuracy of computed quantizations against what llama-quantize gives each tensor (a dry run of it), and against
 * Ollama's own quantizer.
 */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { quantize } from '../../src/estimator/model/quantize/quantize.ts';
import type { QuantizeEra } from '../../src/estimator/model/quantize/targets.ts';
import { EstimateError, type ModelSpec } from '../../src/estimator/types.ts';

/** One recorded run. */
export interface QuantRow {
  readonly model: string;
  readonly target: string;
  /** One letter a tensor, run-length coded. */
  readonly tensors?: string;
  readonly bytes?: number;
  readonly imatrix?: boolean;
  readonly error?: string;
}

const LETTERS: Readonly<Record<string, string>> = {
  F: 'F32',
  H: 'F16',
  B: 'BF16',
  a: 'Q4_0',
  b: 'Q4_1',
  c: 'Q5_0',
  d: 'Q5_1',
  e: 'Q8_0',
  g: 'Q2_K',
  h: 'Q3_K',
  i: 'Q4_K',
  j: 'Q5_K',
  k: 'Q6_K',
  L: 'IQ1_S',
  M: 'IQ1_M',
  N: 'IQ2_XXS',
  O: 'IQ2_XS',
  P: 'IQ2_S',
  Q: 'IQ3_XXS',
  R: 'IQ3_S',
  S: 'IQ4_NL',
  T: 'IQ4_XS',
  U: 'TQ1_0',
  V: 'TQ2_0',
  X: 'MXFP4',
  Y: 'Q1_0',
  Z: 'Q2_0',
};

/** The types of a row, one a tensor. */
export function decodeTypes(coded: string): string[] {
  return [...coded.matchAll(/([A-Za-z])(\d*)/g)].flatMap(([, letter, count]) =>
    Array.from({ length: count === '' ? 1 : Number(count) }, () => LETTERS[letter!] ?? '?'),
  );
}

/** The table as the converter writes it: F32 where the recorded table says so, else F16. */
export function asSource(spec: ModelSpec): ModelSpec {
  const tensors = spec.tensors.map((tensor) => (tensor.type === 'F32' ? tensor : { ...tensor, type: 'F16' }));
  return { ...spec, tensors };
}

/** What is wrong with a row; null = all of it is right. */
export function quantFault(row: QuantRow, source: ModelSpec, era: QuantizeEra): string | null {
  try {
    const { spec, bytes } = quantize(source, row.target, { era, imatrix: row.imatrix ?? false });
    if (row.tensors === undefined) {
      return `expected: ${row.error}`;
    }
    const types = decodeTypes(row.tensors);
    const wrong = spec.tensors.findIndex(
      (tensor, i) => tensor.type !== types[i] && !(types[i] === 'F16' && tensor.type === 'BF16'),
    );
    if (wrong >= 0 || types.length !== spec.tensors.length) {
      const tensor = spec.tensors[wrong];
      return `${tensor?.name} [${tensor?.shape}]: ${tensor?.type}, recorded ${types[wrong]}`;
    }
    return bytes === row.bytes ? null : `${bytes} bytes, recorded ${row.bytes}`;
  } catch (error) {
    if (error instanceof EstimateError && error.code === 'quantize-shape-refused' && row.error !== undefined) {
      return null;
    }
    return error instanceof Error ? error.message : String(error);
  }
}

const FILES: readonly (readonly [file: string, era: QuantizeEra])[] = [
  ['quants.jsonl', 'new'],
  ['quants-old.jsonl', 'old'],
  ['quants-ollama-go.jsonl', 'ollama-go'],
];

/** The section about quantizations: rows whose every tensor and whose bytes are right. */
export function quantsSection(directory: string, find: (model: string) => ModelSpec | null): string {
  const lines = [
    '### Quantizations',
    '',
    '| rules | rows | models | exact (every tensor, bytes) |',
    '|---|---|---|---|',
  ];
  const faults: string[] = [];
  const sources = new Map<string, ModelSpec>();
  for (const [file, era] of FILES) {
    const path = join(directory, file);
    if (!existsSync(path)) {
      continue;
    }
    const rows = readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as QuantRow);
    let exact = 0;
    let scored = 0;
    for (const row of rows) {
      const model = sources.get(row.model) ?? find(row.model);
      if (model === null || model === undefined) {
        continue;
      }
      const source = sources.get(row.model) ?? asSource(model);
      sources.set(row.model, source);
      scored++;
      const fault = quantFault(row, source, era);
      exact += fault === null ? 1 : 0;
      if (fault !== null) {
        faults.push(`- ${era} ${row.model} ${row.target}${row.imatrix ? ' imatrix' : ''}: ${fault}`);
      }
    }
    const models = new Set(rows.map((row) => row.model)).size;
    lines.push(`| ${era} | ${scored} | ${models} | ${exact} (${((100 * exact) / scored).toFixed(2)} %) |`);
  }
  return [...lines, '', ...faults.slice(0, 30), ''].join('\n');
}
