/** Dry runs by the recorder: configurations in, what llama.cpp plans out. */

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** Sizes in bytes. */
export interface PlannedBuffers {
  readonly model: number;
  readonly context: number;
  readonly compute: number;
}

/** What llama.cpp plans for one configuration. */
export interface DryRunResult {
  readonly devices: readonly PlannedBuffers[];
  readonly host: Readonly<Record<string, PlannedBuffers>>;
  /** Compute buffers as `--fit` believes them. */
  readonly compute_fit: readonly number[];
  readonly host_compute_fit: number;
  readonly n_ctx: number;
  readonly fa: boolean;
  readonly copies: number;
  readonly splits: number;
  readonly nodes: number;
}

export interface DryRunError {
  readonly error: string;
}

/** A configuration as the recorder reads it: a line of `key=value`. */
export type DryRunConfig = Readonly<Record<string, string | number | readonly (string | number)[] | undefined>>;

/** Longest that one configuration may take, milliseconds. */
const PATIENCE_MS = 120_000;
/** Stands between patterns, which may hold commas. */
const PATTERN_SEPARATOR = '\u001f';

function lineOf(config: DryRunConfig): string {
  const pairs: string[] = [];
  for (const [key, value] of Object.entries(config)) {
    if (value === undefined) {
      continue;
    }
    const text = typeof value === 'object' ? value.join(key === 'ot' ? PATTERN_SEPARATOR : ',') : String(value);
    if (/[\t\n]/.test(text)) {
      throw new Error(`the recorder cannot be told ${key}=${text}`);
    }
    pairs.push(`${key}=${text}`);
  }
  return pairs.join('\t');
}

/**
 * Runs configurations of one model, in order. Where llama.cpp itself aborts, that configuration's answer says so and the
 * rest goes on in a new process.
 */
export async function dryRuns<Result>(
  program: string,
  model: string,
  configs: readonly DryRunConfig[],
): Promise<readonly (Result | DryRunError)[]> {
  const results: (Result | DryRunError)[] = [];
  while (results.length < configs.length) {
    const before = results.length;
    const ended = await runSome(program, model, configs.slice(before), results);
    if (results.length < configs.length) {
      results.push({ error: ended });
    }
  }
  return results;
}

async function runSome<Result>(
  program: string,
  model: string,
  configs: readonly DryRunConfig[],
  results: (Result | DryRunError)[],
): Promise<string> {
  const child = spawn('nice', ['-n', '10', program, model], { stdio: ['pipe', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said = `${said}${chunk.toString()}`.slice(-400);
  });
  child.stdin.on('error', () => {
    // It ended before it read everything; what it answered counts.
  });
  child.stdin.end(`${configs.map(lineOf).join('\n')}\n`);
  let timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
  const closed = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  for await (const line of createInterface({ input: child.stdout })) {
    clearTimeout(timer);
    timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
    results.push(JSON.parse(line) as Result | DryRunError);
  }
  const code = await closed;
  clearTimeout(timer);
  return `llama.cpp ended (${code ?? 'killed'}): ${said.trim().split('\n').at(-1) ?? ''}`;
}
