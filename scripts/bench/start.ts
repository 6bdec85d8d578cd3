import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { layPacked } from './packed.ts';

const RUNS = 20;
const CALLS: readonly (readonly string[])[] = [
  ['--help'],
  ['fit', '--help'],
  ['--version'],
  ['fit', 'gemma3:12b', '--ctx', '32768', '--gpus', '24GiB'],
  ['fit', 'gemma3:12b', '--ctx', '32768', '--gpus', '4x8GiB'],
];

/** Whole processes of the packed tool, from start to end: medians, and what an empty program of that Node costs. */
export async function benchStart(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'headroom-bench-'));
  try {
    const tool = layPacked(folder);
    const rows = nodes().flatMap((node) => {
      const version = spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim();
      const empty = median(node, ['-e', '0'], folder);
      return CALLS.map((call) => {
        const ms = median(node, [join(tool, 'bin', 'headroom.js'), ...call], folder);
        return `| ${version} | \`headroom ${call.join(' ')}\` | ${ms.toFixed(0)} | ${empty.toFixed(0)} |`;
      });
    });
    return `## Start of the packed tool\n\nMedian of ${RUNS} whole processes, ms\n\n| Node | call | ms | of them Node's own start |\n|---|---|---:|---:|\n${rows.join('\n')}\n`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** This Node, and the one that the machine has, where it is another. */
function nodes(): readonly string[] {
  const others = (process.env.PATH ?? '')
    .split(':')
    .filter((path) => !path.includes('node_modules'))
    .map((path) => join(path, 'node'))
    .filter(existsSync);
  return [process.execPath, ...others.slice(0, 1)];
}

function median(command: string, args: readonly string[], cache: string): number {
  const env = { PATH: process.env.PATH, LANG: 'C', XDG_CACHE_HOME: cache, HOME: cache };
  const once = () => {
    const started = performance.now();
    spawnSync(command, args, { env, cwd: cache });
    return performance.now() - started;
  };
  once();
  const times = Array.from({ length: RUNS }, once).sort((a, b) => a - b);
  return times[Math.floor(times.length / 2)]!;
}
