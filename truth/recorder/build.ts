/** Builds the recorder for one tree of llama.cpp. Needs cmake and a C++17 compiler. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './run.ts';
import { takenRules } from './taken-rules.ts';

/** Compilers at work at a time. */
const JOBS = 2;

export interface BuiltRecorder {
  readonly program: string;
  /** Whether CUDA's rules are the package's own, or ours. */
  readonly rules: 'taken' | 'written';
}

/** The recorder's program, built under `folder`; what was built before is not built again. */
export async function buildRecorder(tree: string, folder: string): Promise<BuiltRecorder> {
  mkdirSync(folder, { recursive: true });
  const rules = takenRules(tree);
  if (rules !== undefined) {
    writeFileSync(join(folder, 'taken-rules.inc'), rules);
  }
  const options = [`-DLLAMA_TREE=${tree}`, `-DTAKEN_RULES=${rules === undefined ? '' : folder}`];
  await run('cmake', ['-S', import.meta.dirname, '-B', folder, ...options]);
  await run('cmake', ['--build', folder, '--target', 'recorder', '-j', String(JOBS)]);
  return { program: join(folder, 'recorder'), rules: rules === undefined ? 'written' : 'taken' };
}
