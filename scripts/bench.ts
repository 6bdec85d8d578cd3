/**
 * `npm run bench [-- SECTION …]`: how fast the parts are, as Markdown on stdout. Sections: estimator, sets, logs,
 * watches, chat, crowd, hostile, pictures, processes, start and bot (of what is packed: `npm run build` first), page (in Chromium),
 * viewers, and memory, which runs only when it is named. It wants an idle machine; the figures are those of this machine.
 */

import { cpus } from 'node:os';
import { benchBot } from './bench/bot.ts';
import { benchChat } from './bench/chat.ts';
import { benchCrowd, benchMemory } from './bench/crowd.ts';
import { benchEstimator } from './bench/estimator.ts';
import { benchHostile } from './bench/hostile.ts';
import { benchLogs } from './bench/logs.ts';
import { benchPage } from './bench/page.ts';
import { benchPictures } from './bench/pictures.ts';
import { benchProcesses } from './bench/server-processes.ts';
import { benchSets } from './bench/sets.ts';
import { benchStart } from './bench/start.ts';
import { benchViewers } from './bench/viewers.ts';
import { benchWatches } from './bench/watches.ts';

const SECTIONS: Readonly<Record<string, () => Promise<string>>> = {
  estimator: benchEstimator,
  sets: benchSets,
  logs: benchLogs,
  start: benchStart,
  bot: benchBot,
  processes: benchProcesses,
  pictures: benchPictures,
  chat: benchChat,
  crowd: benchCrowd,
  hostile: benchHostile,
  watches: benchWatches,
  page: benchPage,
  viewers: benchViewers,
  memory: benchMemory,
};
/** Takes a quarter of an hour, so it runs only when it is asked for. */
const LONG = ['memory'];

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !Object.hasOwn(SECTIONS, name));
if (unknown.length > 0) {
  console.error(`There is no section ${unknown.join(', ')}; there are ${Object.keys(SECTIONS).join(', ')}.`);
  process.exit(1);
}
console.log(
  `# Bench\n\nNode ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}\n`,
);
for (const [name, run] of Object.entries(SECTIONS)) {
  if (asked.length > 0 ? !asked.includes(name) : LONG.includes(name)) {
    continue;
  }
  try {
    console.log(await run());
  } catch (error) {
    process.exitCode = 1;
    console.log(`## ${name}\n\nfailed: ${error instanceof Error ? error.message : String(error)}\n`);
  }
}
process.exit();
