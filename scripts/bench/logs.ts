/** Reading pastes: 10,000 wrong ones, the same each time by their seed, and the longest of them. */

import { readLog } from '../../src/logs/read-log.ts';
import { wrongPaste } from '../fuzz/logs.ts';
import { createRandom } from '../fuzz/random.ts';
import { section } from './measure.ts';

const COUNT = 10_000;
const SEED = 14;

export async function benchLogs(): Promise<string> {
  const times: number[] = [];
  let failed = 0;
  for (let index = 0; index < COUNT; index++) {
    const text = wrongPaste(createRandom(SEED + Math.imul(index, 0x9e3779b1)));
    const start = workedMs();
    try {
      readLog(text);
    } catch {
      failed++;
    }
    times.push(workedMs() - start);
  }
  times.sort((a, b) => a - b);
  const at = (share: number) => `${times[Math.min(COUNT - 1, Math.floor(COUNT * share))]!.toFixed(1)} ms`;
  return section(
    `Pastes of logs (${COUNT} wrong ones, seed ${SEED})`,
    ['crashes', 'median', 'p99', 'longest', 'target'],
    [[String(failed), at(0.5), at(0.99), at(1), '0, ≤ 200 ms']],
  );
}

/** Work of this thread: waiting for a processor is not in it. */
function workedMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}
