/**
 * Accuracy of converted safetensors repositories against what llama.cpp's converter writes: tensors from the recorded
 * headers, metadata from the model files.
 */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MetadataValue, ModelSpec } from '../../src/estimator/types.ts';
import { specFromSafetensors } from '../../src/gguf/safetensors/convert.ts';
import type { SourceTensor } from '../../src/gguf/safetensors/types.ts';
import { tableBytes } from '../../src/gguf/spec.ts';

/** `[name, dtype, shape, layers, experts]`: `{L}` runs over the listed layers, `{X}` over 0…experts-1. */
type Collapsed = readonly [name: string, dtype: string, shape: readonly number[], layers?: string, experts?: number];

/** One recorded conversion. */
export interface SafetensorsRow {
  readonly model: string;
  readonly class: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly header: readonly Collapsed[];
  readonly architecture: string;
  readonly tensors: readonly Collapsed[];
}

function layerNumbers(text: string): number[] {
  return text.split(',').flatMap((part) => {
    const [from, to] = part.split('-').map(Number) as [number, number?];
    return Array.from({ length: (to ?? from) - from + 1 }, (_, i) => from + i);
  });
}

/** All tensors of a collapsed list. */
export function expanded(rows: readonly Collapsed[]): SourceTensor[] {
  return rows.flatMap(([pattern, dtype, shape, layers, experts]) => {
    const names =
      layers === undefined || layers === null
        ? [pattern]
        : layerNumbers(String(layers)).map((n) => pattern.replace('{L}', String(n)));
    return names.flatMap((name) =>
      name.includes('{X}')
        ? Array.from({ length: experts ?? 0 }, (_, x) => ({ name: name.replace('{X}', String(x)), dtype, shape }))
        : [{ name, dtype, shape }],
    );
  });
}

/** Dimensions without trailing ones, as ggml compares them. */
function trimmed(shape: readonly number[]): string {
  const last = shape.findLastIndex((n) => n !== 1);
  return shape.slice(0, Math.max(1, last + 1)).join('×');
}

export interface SafetensorsScore {
  readonly shapes: number;
  readonly expected: number;
  readonly extra: number;
  readonly types: number;
  readonly bytes: readonly [computed: number, recorded: number];
  readonly first: string | null;
}

/** Scores one row's tensors. */
export function scoreSafetensors(row: SafetensorsRow): SafetensorsScore & { readonly spec: ModelSpec } {
  const spec = specFromSafetensors({ name: row.model, config: row.config, tensors: expanded(row.header) });
  const recorded = expanded(row.tensors).map(({ name, dtype, shape }) => ({ name, shape, type: dtype }));
  const made = new Map(spec.tensors.map((tensor) => [tensor.name, tensor]));
  const wrong = recorded.filter(({ name, shape }) => trimmed(made.get(name)?.shape ?? []) !== trimmed(shape));
  const types = recorded.filter(({ name, type }) => made.get(name)?.type === type).length;
  const one = wrong[0];
  return {
    spec,
    shapes: recorded.length - wrong.length,
    expected: recorded.length,
    extra: spec.tensors.length - recorded.filter(({ name }) => made.has(name)).length,
    types,
    bytes: [tableBytes(spec.tensors), tableBytes(recorded)],
    first: one === undefined ? null : `${one.name} [${one.shape}], made [${made.get(one.name)?.shape ?? 'nothing'}]`,
  };
}

/** Keys that memory does not depend on, or that the recorded files spell otherwise. */
const UNSCORED = /general\.|rope\.freq_base|epsilon|vocab_size|tokenizer\./;

/** Keys of the file that the conversion lacks or gives another value. */
export function metadataFaults(spec: ModelSpec, file: ModelSpec): string[] {
  const same = (a: MetadataValue | undefined, b: MetadataValue): boolean => JSON.stringify(a) === JSON.stringify(b);
  return Object.entries(file.metadata)
    .filter(([key, value]) => !UNSCORED.test(key) && !same(spec.metadata[key], value))
    .map(
      ([key, value]) =>
        `${key}: ${JSON.stringify(spec.metadata[key])?.slice(0, 60)}, file ${JSON.stringify(value).slice(0, 60)}`,
    );
}

/** Reads the recorded conversions. */
export function readSafetensorsRows(path: string): SafetensorsRow[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as SafetensorsRow);
}

/** The section about safetensors repositories. */
export function safetensorsSection(directory: string): string {
  const path = join(directory, 'hf.jsonl');
  if (!existsSync(path)) {
    return '### Safetensors repositories\n\nskipped: no hf.jsonl.\n';
  }
  const rows = readSafetensorsRows(path);
  const faults: string[] = [];
  let shapes = 0;
  let expected = 0;
  let types = 0;
  let exact = 0;
  let worst = 0;
  for (const row of rows) {
    try {
      const score = scoreSafetensors(row);
      shapes += score.shapes;
      expected += score.expected;
      types += score.types;
      exact += score.shapes === score.expected && score.extra === 0 ? 1 : 0;
      worst = Math.max(worst, Math.abs(score.bytes[0] / score.bytes[1] - 1));
      if (score.first !== null || score.extra > 0) {
        faults.push(`- ${row.model} (${row.class}): ${score.first ?? ''} ${score.extra} extra`);
      }
    } catch (error) {
      faults.push(`- ${row.model} (${row.class}): ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  const share = (n: number, of: number): string => `${n} of ${of} (${((100 * n) / Math.max(1, of)).toFixed(2)} %)`;
  return [
    '### Safetensors repositories',
    '',
    `${rows.length} models of ${new Set(rows.map((row) => row.class)).size} converter classes: tables equal ${share(exact, rows.length)}, ` +
      `shapes ${share(shapes, expected)}, types ${share(types, expected)}, worst size ${(100 * worst).toFixed(4)} %.`,
    '',
    ...faults.slice(0, 30),
    '',
  ].join('\n');
}
