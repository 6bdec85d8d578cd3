/**
 * The whole suite: format, lint, types, tests. Everything runs even when an earlier step failed; the last line is
 * `N passed, N failed`, where a step counts as one and every test of the test runner as one.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const bin = (name: string) => join(import.meta.dirname, '..', 'node_modules', '.bin', name);
const folder = mkdtempSync(join(tmpdir(), 'headroom-test-'));
const report = join(folder, 'report.json');

let passed = 0;
let failed = 0;

function step(name: string, command: string, args: readonly string[]): boolean {
  console.log(`\n== ${name}`);
  const { status } = spawnSync(bin(command), args, { stdio: 'inherit', cwd: join(import.meta.dirname, '..') });
  return status === 0;
}

function count(ok: boolean): void {
  if (ok) {
    passed += 1;
  } else {
    failed += 1;
  }
}

count(step('format', 'biome', ['format', '.']));
count(step('lint', 'biome', ['lint', '--error-on-warnings', '.']));
count(step('types', 'tsc', ['--noEmit']));
const testsOk = step('tests', 'vitest', [
  'run',
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${report}`,
]);
let skipped = 0;
try {
  const result = JSON.parse(readFileSync(report, 'utf8')) as {
    numPassedTests: number;
    numFailedTests: number;
    numPendingTests: number;
  };
  passed += result.numPassedTests;
  failed += result.numFailedTests;
  skipped = result.numPendingTests;
  // A file that cannot be imported, or an unhandled rejection, fails the run without failing a test.
  if (!testsOk && result.numFailedTests === 0) {
    failed += 1;
  }
} catch {
  failed += 1;
}
rmSync(folder, { recursive: true, force: true });

if (skipped > 0) {
  console.log(`\n${skipped} skipped`);
}
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
