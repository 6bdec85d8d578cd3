/** Scores the formula engine on public log lines: every printed field to the printed digit. */

import { MIB } from '../../../src/base/bytes.ts';
import { createEstimator, type EstimateGpu } from '../../../src/estimator/engines/formula/estimate.ts';
import { type LogFields, logFields } from '../../../src/estimator/engines/formula/log-fields.ts';
import { parseVersion } from '../../../src/estimator/versions.ts';
import { FORMULA_CASES, FORMULA_UNKNOWN, type FormulaCase } from './formula-cases.ts';
import { isRecord, type MinedRecord, printedMib, readMined, truthModel, windowOf } from './records.ts';

/** How one line came out. */
export interface LineScore {
  readonly source: string;
  readonly model: string;
  readonly version: string;
  readonly fields: number;
  /** Fields that differ at the best free memory found: `name: printed, not computed`. */
  readonly misses: readonly string[];
  readonly rebuilt: boolean;
  readonly inferred?: string;
}

export interface FormulaScore {
  readonly lines: readonly LineScore[];
  /** Lines whose model or version is not known, with the reason. */
  readonly unknown: readonly string[];
}

/** Free memory is printed to 0.1 GiB only, so it is scanned inside that window. */
const SCAN_STEPS: readonly number[] = [0, 41, 17, 9, 5];

export async function scoreFormula(truthDir: string): Promise<FormulaScore> {
  const lines: LineScore[] = [];
  const unknown: string[] = [];
  for (const record of await readMined(truthDir, ['A'])) {
    const found = FORMULA_CASES.find((one) => isRecord(record, one.date, one.model));
    if (found !== undefined) {
      lines.push(await scoreLine(truthDir, record, found));
      continue;
    }
    const why = FORMULA_UNKNOWN.find((one) => isRecord(record, one.date, one.model))?.why ?? 'model not identified';
    unknown.push(`${record.model ?? '?'} (${record.software_version}, ${record.date}): ${why}`);
  }
  return { lines, unknown };
}

async function scoreLine(truthDir: string, record: MinedRecord, one: FormulaCase): Promise<LineScore> {
  const spec = typeof one.spec === 'string' ? await truthModel(truthDir, one.spec) : one.spec;
  const { version } = parseVersion(one.version);
  const estimator = createEstimator(spec, version);
  const expected = expectedFields(record);
  const overheadMib = record.lines['memory.gpu_overhead'];
  const requested = record.lines['layers.requested'];
  let best: readonly string[] | undefined;
  for (const free of freeMemories(record)) {
    const gpus = free.map((freeBytes): EstimateGpu => ({ library: one.library ?? 'CUDA', freeBytes }));
    const input = {
      gpus,
      numCtx: parseNumCtx(one),
      numBatch: one.numBatch ?? 512,
      numParallel: one.numParallel,
      numGpu: one.numGpu ?? (typeof requested === 'number' ? requested : -1),
      kvCacheType: 'f16' as const,
      flashAttention: false,
      gpuOverheadBytes: typeof overheadMib === 'number' ? Math.round(overheadMib * MIB) : 0,
    };
    const misses = compare(expected, logFields(version, input, estimator.estimate(input)));
    if (best === undefined || misses.length < best.length) {
      best = misses;
    }
    if (misses.length === 0) {
      break;
    }
  }
  return {
    source: record.source_url,
    model: spec.name,
    version: one.version,
    fields: Object.keys(expected).length,
    misses: best ?? ['no free memory printed'],
    rebuilt: typeof one.spec !== 'string',
    ...(one.inferred === undefined ? {} : { inferred: one.inferred }),
  };
}

/** Up to 0.11.4 Ollama passes the context of all slots, later that of one. */
function parseNumCtx(one: FormulaCase): number {
  const [, minor, patch] = parseVersion(one.version).version;
  const perSlot = minor > 11 || (minor === 11 && patch >= 5);
  return perSlot ? one.contextTotal / one.numParallel : one.contextTotal;
}

/** Fields of the line that can be compared; free memory is what is scanned. */
function expectedFields(record: MinedRecord): Readonly<Record<string, unknown>> {
  const skip = ['memory.available', 'memory.gpu_overhead', 'layers.requested'];
  return Object.fromEntries(
    Object.entries(record.lines).filter(
      ([name]) => /^(?:layers|memory|projector)\./.test(name) && !skip.includes(name),
    ),
  );
}

function compare(expected: Readonly<Record<string, unknown>>, fields: LogFields): readonly string[] {
  const misses: string[] = [];
  for (const [name, value] of Object.entries(expected)) {
    const text = fields[name];
    if (text === undefined || !sameField(value, text)) {
      misses.push(`${name}: ${String(value)}, not ${text ?? 'there'}`);
    }
  }
  return misses;
}

function sameField(value: unknown, text: string): boolean {
  if (typeof value === 'string') {
    return value === text;
  }
  if (typeof value === 'number') {
    return /^-?\d+$/.test(text) ? Number(text) === value : Math.abs(printedMib(text) - value) < 0.06;
  }
  if (!Array.isArray(value)) {
    return false;
  }
  const parts = text.slice(1, -1).match(/[\d.]+ [KMG]?i?B/g) ?? [];
  return parts.length === value.length && parts.every((part, i) => Math.abs(printedMib(part) - value[i]) < 0.06);
}

/** Every combination of free memories inside the printed windows, coarser the more GPUs there are. */
function* freeMemories(record: MinedRecord): Generator<readonly number[]> {
  const available = record.lines['memory.available'];
  let printed: number[] = [];
  if (Array.isArray(available)) {
    printed = available.map(Number);
  } else if (typeof available === 'number') {
    printed = [available];
  }
  if (printed.length === 0) {
    // The line prints no free memory: whole steps of 0.05 GiB up to what a 16 GB card can have.
    for (let mib = 13_000; mib <= 16_384; mib += 51.2) {
      yield [Math.round(mib * MIB)];
    }
    return;
  }
  const windows = printed.map(windowOf);
  const steps = SCAN_STEPS[Math.min(printed.length, SCAN_STEPS.length - 1)]!;
  const total = steps ** printed.length;
  for (let n = 0; n < total; n++) {
    let rest = n;
    yield windows.map(([low, high]) => {
      const step = rest % steps;
      rest = Math.floor(rest / steps);
      return Math.round(low + ((high - low) * step) / (steps - 1));
    });
  }
}
