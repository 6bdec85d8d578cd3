/**
 * The public cases (`../shared/cases`): every case is asked through the project's own doors, `headroom estimate` and
 * `headroom fit`, or read by the telemetry parsers, and its answer held against the right value.
 */

import { execFile, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { amdReading } from '../../src/gpus/amd/sysfs.ts';
import { amdSmiReading, rocmSmiReading } from '../../src/gpus/amd/tools.ts';
import { exporterReading } from '../../src/gpus/exporters/reading.ts';
import { parseExposition } from '../../src/gpus/exporters/exposition.ts';
import { FULL_FIELDS } from '../../src/gpus/nvidia/csv.ts';
import { nvidiaReading } from '../../src/gpus/nvidia/reading.ts';
import { parseGpuSource } from '../../src/gpus/parse-source.ts';
import { type Asking, CASES, type CaseExpectation, type Check } from './cases/expectations.ts';

const ROOT = resolve(import.meta.dirname, '..', '..');
const TOOL = join(ROOT, 'bin', 'headroom.js');
const GIB = 2 ** 30;
const MIB = 2 ** 20;
/** A figure within this of the right one is right. */
const TOLERANCE = 0.02;
/** The machine of a telemetry file, where it matters. */
const HOST_MEMORY = { totalBytes: 64 * GIB, availableBytes: 32 * GIB, swapFreeBytes: 0 };
/** How long one question may take. */
const TIMEOUT_MS = 60_000;
/** Questions asked of the tool at the same time. */
const AT_ONCE = 2;

/** A case and what was wrong about its answer. */
export interface CaseScore {
  readonly id: string;
  readonly wrong: readonly string[];
}

/** Holds an answer (JSON as text, or words) against a case's checks. */
export function checkAnswer(answer: string, checks: readonly Check[]): string[] {
  let json: unknown = null;
  try {
    json = JSON.parse(answer);
  } catch {
    // Words for a person: only `says` can be held against them.
  }
  return checks.flatMap((check) => {
    const wrong = failedCheck(json, answer, check);
    return wrong === null ? [] : [wrong];
  });
}

function failedCheck(json: unknown, text: string, check: Check): string | null {
  if ('says' in check) {
    return check.says.test(text) ? null : `says nothing of ${check.says.source}: ${text.trim().slice(0, 160)}`;
  }
  const value = sumAt(json, check.at);
  if ('equals' in check) {
    return value === check.equals ? null : `${check.at} is ${String(value)}, right ${check.equals}`;
  }
  if ('oneOf' in check) {
    return check.oneOf.includes(String(value))
      ? null
      : `${check.at} is ${String(value)}, right ${check.oneOf.join(' or ')}`;
  }
  if (typeof value !== 'number') {
    return `${check.at} is ${String(value)}: ${text.trim().slice(0, 160)}`;
  }
  if ('atLeastGib' in check) {
    return value >= check.atLeastGib * GIB
      ? null
      : `${check.at} is ${mib(value)}, right at least ${check.atLeastGib} GiB`;
  }
  const right = 'mib' in check ? check.mib * MIB : check.gib * GIB;
  const whole =
    check.of === 'gpu' ? Number(valueAt(json, `${check.at.split('.').slice(0, 2).join('.')}.total`)) : right;
  return Math.abs(value - right) <= TOLERANCE * whole ? null : `${check.at} is ${mib(value)}, right ${mib(right)}`;
}

function mib(bytes: number): string {
  return `${(bytes / MIB).toFixed(2)} MiB`;
}

/** The value of a path; figures of paths joined by `+` are added. */
function sumAt(json: unknown, paths: string): unknown {
  const values = paths.split('+').map((path) => valueAt(json, path));
  return values.length === 1 ? values[0] : values.reduce<number>((sum, value) => sum + Number(value), 0);
}

function valueAt(json: unknown, path: string): unknown {
  let value = json;
  for (const key of path.split('.')) {
    if (typeof value !== 'object' || value === null) {
      return undefined;
    }
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

/** Reads a telemetry file with the parser of its kind. */
function readTelemetry(path: string, parser: Extract<Asking, { parser: unknown }>['parser']): string {
  const text = readFileSync(path, 'utf8');
  const at = { host: 'case', nowMs: 0, takenAtMs: 0, hostMemory: HOST_MEMORY };
  switch (parser) {
    case 'nvidia-smi':
      return JSON.stringify(
        nvidiaReading({
          ...at,
          source: 'nvidia-smi',
          fields: FULL_FIELDS,
          gpuText: text,
          gpuExit: 0,
          appText: null,
          appExit: null,
        }),
      );
    case 'exporter':
      return JSON.stringify(exporterReading(parseExposition(text), at));
    case 'rocm-smi':
      return JSON.stringify(rocmSmiReading(text, at));
    case 'amd-smi':
      return JSON.stringify(amdSmiReading(text, null, at));
    case 'amd-sysfs': {
      const cards = JSON.parse(text) as readonly Readonly<Record<string, string>>[];
      return JSON.stringify(
        amdReading(
          cards.map((files) => ({ read: (file) => files[file] ?? null })),
          { ...at, source: 'amd-sysfs' },
        ),
      );
    }
  }
}

/** The line for `headroom estimate`: models of the records become paths. */
function estimateLine(id: string, asking: Asking, directories: Directories): string | null {
  let line: Readonly<Record<string, unknown>> | null = null;
  if ('line' in asking) {
    line = asking.line;
  } else if ('estimate' in asking) {
    const file = JSON.parse(readFileSync(join(directories.cases, `${id}.json`), 'utf8')) as { input: object };
    line = { ...file.input, ...asking.estimate };
  }
  if (line === null) {
    return null;
  }
  const model = String(line.model)
    .replace(/^truth:(.*)$/, join(directories.truth, 'models', '$1.json'))
    .replace(/^cases\//, `${directories.cases}/`);
  return JSON.stringify({ ...line, id, model });
}

interface Directories {
  readonly truth: string;
  readonly cases: string;
}

/** All lines by one process of `headroom estimate`. */
function runEstimate(lines: readonly string[]): Promise<readonly string[]> {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, [TOOL, 'estimate'], { cwd: ROOT, stdio: ['pipe', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
    child.on('error', fail);
    child.on('close', () => done(text.split('\n')));
    child.stdin.end(`${lines.join('\n')}\n`);
  });
}

function runFit(args: readonly string[], env: Readonly<Record<string, string>>): Promise<string> {
  return new Promise((done) => {
    const options = { cwd: ROOT, timeout: TIMEOUT_MS, env: { ...process.env, ...env } };
    execFile(process.execPath, [TOOL, 'fit', ...args], options, (_error, stdout, stderr) => done(stdout || stderr));
  });
}

/** Scores every case. `directories.cases` holds the case files, `directories.truth` the models they name. */
export async function scoreCases(directories: Directories): Promise<readonly CaseScore[]> {
  const answers = new Map<CaseExpectation, string>();
  const asked: CaseExpectation[] = [];
  const lines: string[] = [];
  const fits: CaseExpectation[] = [];
  for (const one of CASES) {
    const { asking, id } = one;
    if ('telemetry' in asking) {
      answers.set(one, readTelemetry(join(directories.cases, asking.telemetry), asking.parser));
    } else if ('gpuSource' in asking) {
      answers.set(one, JSON.stringify(parseGpuSource(asking.gpuSource)));
    } else if ('fit' in asking) {
      fits.push(one);
    } else {
      asked.push(one);
      lines.push(estimateLine(id, asking, directories)!);
    }
  }
  const estimated = await runEstimate(lines);
  for (const [i, one] of asked.entries()) {
    answers.set(one, estimated[i] ?? '');
  }
  const queue = fits.values();
  const work = async (): Promise<void> => {
    for (const one of queue) {
      if ('fit' in one.asking) {
        answers.set(one, await runFit(one.asking.fit, one.asking.env ?? {}));
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  const scores = new Map<string, string[]>();
  for (const one of CASES) {
    const wrong = checkAnswer(answers.get(one) ?? '', one.checks);
    scores.set(one.id, [...(scores.get(one.id) ?? []), ...wrong]);
  }
  return [...scores].map(([id, wrong]) => ({ id, wrong }));
}

/** The Markdown section for `npm run accuracy`. */
export async function casesSection(directories: Directories): Promise<string> {
  if (!existsSync(directories.cases)) {
    return '### Public cases\n\nskipped: no cases beside the truth directory.\n';
  }
  const scores = await scoreCases(directories);
  const right = scores.filter(({ wrong }) => wrong.length === 0);
  return [
    '### Public cases',
    '',
    `${right.length} of ${scores.length} right. A figure is right within 2 %.`,
    '',
    '| case | |',
    '|---|---|',
    ...scores.map(
      ({ id, wrong }) => `| ${id} | ${wrong.length === 0 ? 'right' : wrong.join('; ').replaceAll('|', '\\|')} |`,
    ),
    '',
  ].join('\n');
}
