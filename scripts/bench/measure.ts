/** Measuring for the sections of `npm run bench`. */

import { monitorEventLoopDelay } from 'node:perf_hooks';

/** Times of one kind of work, ms. */
export interface Times {
  readonly median: number;
  readonly p95: number;
  readonly max: number;
  /** The longest time for which the event loop did not turn meanwhile. */
  readonly blocked: number;
}

/** The timer of the delay histogram; what it finds is told less this. */
const RESOLUTION_MS = 1;

/** Runs the work several times, one after the other, and watches the event loop. */
export async function measure(
  count: number,
  work: (turn: number) => Promise<unknown> | unknown,
  warm = 3,
): Promise<Times> {
  for (let turn = 0; turn < warm; turn++) await work(turn);
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  await pause(20);
  delay.enable();
  const times: number[] = [];
  for (let turn = 0; turn < count; turn++) {
    const start = performance.now();
    await work(warm + turn);
    times.push(performance.now() - start);
    await pause(2);
  }
  delay.disable();
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))]!;
  const blocked = Math.max(0, delay.max / 1e6 - RESOLUTION_MS);
  return { median: at(0.5), p95: at(0.95), max: at(1), blocked };
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Milliseconds as people read them in a table. */
export function shownMs(value: number): string {
  return `${value.toFixed(value < 10 ? 2 : 0)} ms`;
}

/** A Markdown section with one table. */
export function section(title: string, columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [`## ${title}`, '', line(columns), line(columns.map(() => '---')), ...rows.map(line), ''].join('\n');
}
