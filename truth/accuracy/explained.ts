/** How well logs are read: version, engine, model, verdict, layers and context of recorded logs. */

import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { readLog } from '../../src/logs/read-log.ts';

interface Row {
  readonly file: string;
  readonly text: string;
  readonly version: string;
  readonly engine: string;
  readonly model?: string;
  readonly architecture?: string;
  readonly verdict: string;
  readonly offloaded: readonly [number, number] | null;
  readonly numCtx?: number;
}

/** Candidates of a release count as the release; a build that a log does not print cannot be read. */
const release = (version: string | null) => (version ?? '').replace(/-rc\d+$/, '').replace(/ b\d+$/, '');

/** The section of `npm run accuracy` for logs; `path` = JSON lines, gzipped, each with the log's text and its meaning. */
export function explainedSection(path: string): string {
  const rows = gunzipSync(readFileSync(path))
    .toString()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Row);
  const right = new Map<string, [right: number, of: number]>();
  const wrong: string[] = [];
  let whole = 0;
  for (const row of rows) {
    const { version, engine, load } = readLog(row.text);
    const checks: [string, boolean, unknown, unknown][] = [
      ['version', release(version) === release(row.version), version, row.version],
      ['engine', engine === row.engine, engine, row.engine],
      ['verdict', load?.verdict === row.verdict, load?.verdict, row.verdict],
      ['layers', String(load?.offloaded ?? null) === String(row.offloaded), load?.offloaded, row.offloaded],
    ];
    if (row.model !== undefined) {
      checks.push(['model', (load?.model ?? '').startsWith(row.model), load?.model, row.model]);
    }
    if (row.architecture !== undefined) {
      checks.push(['architecture', load?.architecture === row.architecture, load?.architecture, row.architecture]);
    }
    if (row.numCtx !== undefined) {
      checks.push(['context', load?.numCtx === row.numCtx, load?.numCtx, row.numCtx]);
    }
    whole += checks.every(([, ok]) => ok) ? 1 : 0;
    for (const [name, ok, read, real] of checks) {
      const sum = right.get(name) ?? [0, 0];
      right.set(name, [sum[0] + (ok ? 1 : 0), sum[1] + 1]);
      if (!ok) {
        wrong.push(`- ${row.file}: ${name} read as ${String(read)}, was ${String(real)}`);
      }
    }
  }
  return [
    '### Logs read',
    '',
    `${rows.length} logs of real loads (0.6.5 to 0.33 and llama-server); ${whole} right in everything.`,
    '',
    '| what | right |',
    '|---|---|',
    ...[...right].map(([name, [count, of]]) => `| ${name} | ${count} of ${of} |`),
    '',
    ...wrong,
    '',
  ].join('\n');
}
