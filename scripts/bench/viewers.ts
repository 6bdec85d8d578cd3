/** The bot with people who watch its page: whether commands are acknowledged as soon, and what the viewers cost in memory. */

import { existsSync } from 'node:fs';
import { get } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { buildPage } from '../page/build.ts';
import { pace, startCrowd } from './crowd.ts';
import { pause, section } from './measure.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const PER_SECOND = 20;
const SECONDS = 20;

/** The Markdown section for `npm run bench -- viewers`. */
export async function benchViewers(): Promise<string> {
  const built = join(ROOT, 'dist', 'page');
  if (!existsSync(join(built, 'index.html'))) {
    await buildPage(ROOT, built);
  }
  const rows: string[][] = [];
  for (const viewers of [0, 50]) {
    const port = await freePort();
    const crowd = await startCrowd(false, { HTTP_PORT: String(port), PAGE: 'live' });
    try {
      await pace(crowd, 5, 5);
      const before = crowd.rssMib();
      const watching = await Promise.all(Array.from({ length: viewers }, () => watch(port)));
      await pause(2_000);
      const opened = crowd.rssMib();
      const { sent, lost, times } = await pace(crowd, PER_SECOND, SECONDS);
      const at = (share: number) => `${Math.round(times[Math.floor((times.length - 1) * share)] ?? 0)} ms`;
      rows.push([
        `${viewers} viewers`,
        at(0.5),
        at(0.99),
        `${before.toFixed(0)} MiB`,
        `${(opened - before).toFixed(1)} MiB`,
        `${crowd.rssMib().toFixed(0)} MiB`,
        String(sent),
        String(lost),
        watching.length === 0 ? '–' : String(Math.min(...watching.map(({ events }) => events()))),
      ]);
      for (const { close } of watching) {
        close();
      }
    } finally {
      await crowd.close();
    }
  }
  return section(
    `Viewers of the page, while ${PER_SECOND} commands a second come`,
    [
      'case',
      'acknowledged, median',
      'p99',
      'memory before',
      'more when they came',
      'at the end',
      'sent',
      'unanswered',
      'events each, at least',
    ],
    rows,
  );
}

/** One browser: loads the page, and stays on the stream. */
async function watch(port: number) {
  await fetch(`http://127.0.0.1:${port}/`).then((response) => response.text());
  let events = 0;
  const asked = get({ host: '127.0.0.1', port, path: '/api/v1/events' });
  await new Promise<void>((resolve, reject) => {
    asked.on('error', reject);
    asked.on('response', (response) => {
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        events += chunk.split('event: state').length - 1;
      });
      response.on('error', () => undefined);
      resolve();
    });
  });
  asked.on('error', () => undefined);
  return { events: () => events, close: () => asked.destroy() };
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
