/**
 * Where each release of Ollama writes its log lines: the file and line that a log record names (`source=sched.go:443`)
 * tell the version when nothing else does. Reads a clone of Ollama with its tags and writes src/logs/source-lines.json:
 * facts (versions and line numbers), none of its text but the messages themselves.
 *
 *   node scripts/source-lines.ts PATH_OF_A_CLONE
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';

const FOLDERS = ['server', 'llm', 'runner', 'ml', 'discover', 'fs', 'gpu'];
/** Files whose records a person's log usually has. */
const FILES = new Set([
  'routes.go',
  'sched.go',
  'server.go',
  'llama_server.go',
  'runner.go',
  'memory.go',
  'device.go',
  'ggml.go',
  'gpu.go',
  'types.go',
]);
/** A message that moved about less than this in all releases says little. */
const LEAST_RUNS = 3;
const CALL =
  /slog\.(?:Debug|Info|Warn|Error|Log)\((?:context\.\w+\(\), level, |ctx, level, )?(?:fmt\.Sprintf\()?"((?:[^"\\]|\\.)*)"/g;

const clone = process.argv[2];
if (clone === undefined) {
  throw new Error('usage: node scripts/source-lines.ts PATH_OF_A_CLONE_OF_OLLAMA');
}
const git = (...args: string[]): string =>
  execFileSync('git', ['-C', clone, ...args], { encoding: 'utf8', maxBuffer: 64 * 2 ** 20 });

type Version = readonly [number, number, number, number];
function order(tag: string): Version | null {
  const match = /^v(\d+)\.(\d+)\.(\d+)(?:-rc(\d+))?$/.exec(tag);
  return match === null
    ? null
    : [Number(match[1]), Number(match[2]), Number(match[3]), match[4] === undefined ? 999 : Number(match[4])];
}
const compare = (a: Version, b: Version) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2] || a[3] - b[3];

const all = git('tag')
  .split('\n')
  .flatMap((tag) => {
    const at = order(tag);
    return at === null || compare(at, [0, 1, 30, 0]) < 0 ? [] : [{ tag, at }];
  })
  .sort((a, b) => compare(a.at, b.at));
const newest = all.findLast(({ at }) => at[3] === 999);
// Release candidates count only where they are newer than every release.
const versions = all.filter(({ at }) => at[3] === 999 || newest === undefined || compare(at, newest.at) > 0);

/** As an observed message is looked up: figures and names in it do not matter. */
const normal = (message: string) => message.replace(/%\d*\.?\d*[dfvsxq]/g, '#').replace(/\d+(?:\.\d+)?/g, '#');

const read = new Map<string, readonly (readonly [message: string, line: number])[]>();
function callsOf(blob: string): readonly (readonly [string, number])[] {
  let calls = read.get(blob);
  if (calls === undefined) {
    calls = git('cat-file', 'blob', blob)
      .split('\n')
      .flatMap((text, index) => [...text.matchAll(CALL)].map((match) => [normal(match[1]!), index + 1] as const));
    read.set(blob, calls);
  }
  return calls;
}

const runs = new Map<string, [from: number, to: number, line: number][]>();
for (const [index, { tag }] of versions.entries()) {
  const files = git('ls-tree', '-r', tag, '--', ...FOLDERS).split('\n');
  for (const row of files) {
    const [meta, path] = row.split('\t');
    const name = path?.split('/').at(-1) ?? '';
    if (!FILES.has(name)) {
      continue;
    }
    for (const [message, line] of callsOf(meta!.split(' ')[2]!)) {
      const key = `${name}|${message}`;
      const list = runs.get(key) ?? [];
      runs.set(key, list);
      const open = list.find((run) => run[2] === line && (run[1] === index - 1 || run[1] === index));
      if (open === undefined) {
        list.push([index, index, line]);
      } else {
        open[1] = index;
      }
    }
  }
}

const lines: Record<string, string> = {};
for (const [key, list] of [...runs].sort(([a], [b]) => (a < b ? -1 : 1))) {
  if (list.length >= LEAST_RUNS && !key.endsWith('|') && !key.includes('cloud')) {
    lines[key] = list.map(([from, to, line]) => `${from === to ? from : `${from}-${to}`}:${line}`).join(' ');
  }
}
const target = new URL('../src/logs/source-lines.json', import.meta.url);
writeFileSync(target, `${JSON.stringify({ versions: versions.map(({ tag }) => tag.slice(1)), lines })}\n`);
console.log(`${versions.length} versions, ${Object.keys(lines).length} messages`);
