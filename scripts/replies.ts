/**
 * Draws docs/replies/*.webp and writes docs/replies.md: real replies of the bot to a simulated server, as a phone shows
 * them in Discord, in both languages and on both themes. `npm run docs:replies`; it needs Chromium
 * (`apt-get install chromium`).
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { actionHandlers, commands } from '../commands/index.ts';
import { createActionRegistry } from '../src/chat/actions.ts';
import { createDispatcher } from '../src/chat/dispatch/dispatcher.ts';
import { LOCALES } from '../src/chat/locale.ts';
import type { Platform } from '../src/chat/platform.ts';
import { type App, compose } from '../src/compose/compose.ts';
import { startDemo } from '../src/compose/demo.ts';
import { createLog } from '../src/compose/log.ts';
import { renderReply } from '../src/discord/render.ts';
import { startBrowser } from './replies/browser.ts';
import { messageHtml, PHONE_POINTS, pageStyle, THEME_NAMES } from './replies/look.ts';
import { repliesPage } from './replies/page.ts';
import { askIn, scenes } from './replies/scenes.ts';

const root = join(import.meta.dirname, '..');
/** Names of scenes to draw; none: all. */
const only = process.argv.slice(2);
const ANNA = { id: '223456789012345678', name: 'Anna', access: 'operator' as const };
const HOUR_MS = 3_600_000;
const MIB = 2 ** 20;

/** Channels in which nothing is posted. */
const nowhere = () => Promise.reject(new Error('nothing is posted here'));
const platform: Platform = {
  name: 'discord',
  poster: { post: nowhere, edit: nowhere, delete: nowhere, direct: nowhere, missingPermissions: nowhere },
};

/** A day's memory as a team leaves it: little at night, more from the morning on. */
async function writeHistory(app: App): Promise<void> {
  const server = app.services.servers.defaultServer;
  const { gpuViews, name } = await server.snapshot({ maxAgeMs: 0, timeoutMs: 5_000 });
  const nowMs = Date.now();
  for (let atMs = nowMs - 24 * HOUR_MS; atMs < nowMs; atMs += HOUR_MS / 20) {
    const hour = new Date(atMs).getUTCHours();
    await app.memory!.store.samples.add(
      gpuViews.map((gpu, index) => {
        const totalBytes = gpu.totalBytes ?? 0;
        const usedBytes = (hour < 8 ? 90 : 1_800 + ((hour * 7 + index * 5) % 9) * 520) * MIB;
        const unknown = { ollamaBytes: null, utilPct: null, tempC: null, powerW: null };
        const which = { server: name, gpuUuid: gpu.uuid, gpuName: gpu.name, atMs };
        return { ...which, ...unknown, totalBytes, usedBytes, freeBytes: totalBytes - usedBytes };
      }),
    );
  }
}

const dataDir = mkdtempSync(join(tmpdir(), 'headroom-replies-'));
const { config, simulator } = await startDemo({ DATA_DIR: dataDir, TZ: 'UTC', LOG_LEVEL: 'error' });
const log = createLog('error');
const app = await compose({ config, log, simulated: true, platforms: [platform] });
const browser = await startBrowser();
const folder = join(root, 'docs', 'replies');
mkdirSync(folder, { recursive: true });
try {
  await writeHistory(app);
  const dispatcher = createDispatcher({ commands, actionHandlers, services: app.services, log });
  const caller = { person: ANNA, place: { platform, guildId: '323456789012345678', channelId: '423456789012345678' } };
  const font = readFileSync(join(root, 'assets', 'fonts', 'NotoSansSC-Regular.subset.woff2')).toString('base64');
  const style = pageStyle(`data:font/woff2;base64,${font}`);
  for (const scene of scenes) {
    const panels: string[] = [];
    for (const locale of LOCALES) {
      const reply = await scene.run(askIn(dispatcher, caller, locale));
      const message = await renderReply(reply, { locale, actions: createActionRegistry(), log });
      const reader = { locale, nowMs: Date.now(), people: { [ANNA.id]: ANNA.name } };
      panels.push(...THEME_NAMES.map((theme) => messageHtml(message, theme, reader)));
    }
    if (only.length === 0 || only.includes(scene.name)) {
      const html = `<!doctype html><meta charset="utf-8"><style>${style}</style><body>${panels.join('')}</body>`;
      writeFileSync(join(folder, `${scene.name}.webp`), await browser.shoot(html, 2 * PHONE_POINTS, 1));
    }
  }
  writeFileSync(join(root, 'docs', 'replies.md'), repliesPage(scenes));
} finally {
  await browser.close();
  await app.close();
  await simulator.close();
  rmSync(dataDir, { recursive: true, force: true });
}
