/** Measuring for the sections of `npm run bench`. */

/** Times of one kind of work, ms. */
export interface Times {
  readonly median: number;
  readonly p95: number;
  readonly max: number;
  /** The longest work of the main thread, ms, between two turns of the event loop; waiting for a processor is not in it. */
  readonly blocked: number;
}

/** Runs the work several times, one after the other, and watches the event loop. */
export async function measure(
  count: number,
  work: (turn: number) => Promise<unknown> | unknown,
  warm = 3,
): Promise<Times> {
  for (let turn = 0; turn < warm; turn++) {
    await work(turn);
  }
  const turns = watchTurns();
  await pause(20);
  turns.reset();
  const times: number[] = [];
  for (let turn = 0; turn < count; turn++) {
    const start = performance.now();
    await work(warm + turn);
    times.push(performance.now() - start);
    await pause(2);
  }
  const blocked = turns.end();
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))]!;
  return { median: at(0.5), p95: at(0.95), max: at(1), blocked };
}

/** Asks at every turn of the event loop how much the main thread has worked since the last one. */
function watchTurns() {
  let last = workedMs();
  let most = 0;
  const timer = setInterval(() => {
    const now = workedMs();
    most = Math.max(most, now - last);
    last = now;
  }, 1);
  return {
    reset: () => {
      last = workedMs();
      most = 0;
    },
    end: () => {
      clearInterval(timer);
      return Math.max(most, workedMs() - last);
    },
  };
}

function workedMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
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
