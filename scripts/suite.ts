import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

/** How many checks passed and failed; a step counts as one, and every test of the test runner as one. */
export class Tally {
  #passed = 0;
  #failed = 0;
  #skipped = 0;

  /** A program of the installed packages, which passes when it ends with 0. */
  step(name: string, command: string, args: readonly string[]): void {
    if (run(name, command, args)) {
      this.#passed += 1;
    } else {
      this.#failed += 1;
    }
  }

  /** Tests; `args` are the test runner's. */
  tests(name: string, args: readonly string[]): void {
    const folder = mkdtempSync(join(tmpdir(), 'headroom-test-'));
    const report = join(folder, 'report.json');
    const ok = run(name, 'vitest', [
      'run',
      ...args,
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
    ]);
    try {
      const result = JSON.parse(readFileSync(report, 'utf8')) as {
        numPassedTests: number;
        numFailedTests: number;
        numPendingTests: number;
      };
      this.#passed += result.numPassedTests;
      this.#failed += result.numFailedTests;
      this.#skipped += result.numPendingTests;
      // A file that cannot be imported, or an unhandled rejection, fails the run without failing a test.
      if (!ok && result.numFailedTests === 0) {
        this.#failed += 1;
      }
    } catch {
      this.#failed += 1;
    }
    rmSync(folder, { recursive: true, force: true });
  }

  /** The last line, `N passed, N failed`, and the exit code. */
  report(): void {
    if (this.#skipped > 0) {
      console.log(`\n${this.#skipped} skipped`);
    }
    console.log(`\n${this.#passed} passed, ${this.#failed} failed`);
    process.exitCode = this.#failed === 0 ? 0 : 1;
  }
}

function run(name: string, command: string, args: readonly string[]): boolean {
  console.log(`\n== ${name}`);
  const { status } = spawnSync(join(root, 'node_modules', '.bin', command), args, { stdio: 'inherit', cwd: root });
  return status === 0;
}
