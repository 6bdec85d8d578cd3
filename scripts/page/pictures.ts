/** `node scripts/page/pictures.ts`: the pictures of the page in README.md and docs/page.md, taken of the real page. */

import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { createLog } from '../../src/compose/log.ts';
import { startHttp } from '../../src/web/http.ts';
import { readPageFiles } from '../../src/web/page/files.ts';
import { createPage } from '../../src/web/page/page.ts';
import { startDemoServices } from '../../test/support/demo-services.ts';
import { findChromium, hostFiles, openBrowser } from './show.ts';

const root = join(import.meta.dirname, '..', '..');
const built = join(root, 'dist', 'page');
const [folder = join(root, 'docs')] = process.argv.slice(2);

interface Picture {
  readonly name: string;
  readonly hash: string;
  readonly width: number;
  readonly height: number;
  readonly dark?: boolean;
  readonly chinese?: boolean;
  readonly live?: boolean;
  /** The whole page instead of what a screen shows. */
  readonly whole?: boolean;
}

const PICTURES: readonly Picture[] = [
  { name: 'page', hash: 'model=gemma3:27b&gpus=RTX+4090&ctx=32768', width: 1280, height: 900 },
  {
    name: 'page-dark',
    hash: 'model=gpt-oss:120b&gpus=2x+RTX+3090,RTX+4090&ctx=65536&parallel=2',
    width: 1280,
    height: 900,
    dark: true,
  },
  { name: 'page-phone', hash: 'model=qwen3:32b&gpus=2x+RTX+3060&ctx=32768', width: 390, height: 1500 },
  {
    name: 'page-zh',
    hash: 'model=deepseek-r1:70b&gpus=2x+RTX+4090&ctx=16384&kv=q8_0',
    width: 1280,
    height: 900,
    chinese: true,
  },
  { name: 'page-live', hash: 'model=gemma3:12b&on=main&ctx=65536', width: 1280, height: 1000, live: true },
];

const executable = findChromium();
if (executable === undefined) {
  throw new Error('there is no Chromium on this machine; CHROMIUM=/path/to/it says where it is');
}
const files = await hostFiles(built);
const demo = await startDemoServices(['gemma3:12b', 'qwen3:8b', 'nomic-embed-text']);
const bot = await liveBot();
const browser = await openBrowser(executable);
try {
  for (const picture of PICTURES) {
    await take(picture);
  }
} finally {
  await browser.close();
  await bot.close();
  await demo.close();
  await files.close();
}

async function take({ name, hash, width, height, dark, chinese, live, whole }: Picture): Promise<void> {
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: dark === true ? 'dark' : 'light',
    locale: chinese === true ? 'zh-CN' : 'en-US',
    deviceScaleFactor: 1.5,
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  await page.goto(`${live === true ? bot.url : files.url}#${hash}`);
  await settled(page);
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: whole === true });
  await context.close();
}

/** The answer is there, and every quantization. */
async function settled(page: Page): Promise<void> {
  await page.waitForSelector('[data-largest]');
  await page.locator('.sweep-row.waiting').first().waitFor({ state: 'detached' });
  await page.waitForTimeout(600);
}

/** A bot's page with what the simulated server had in the last day. */
async function liveBot() {
  const { services } = demo;
  const { ollama } = services.servers.defaultServer;
  await ollama.load('qwen3:8b', { numCtx: 16_384, keepAlive: { kind: 'for', ms: 7_200_000 } });
  await ollama.load('nomic-embed-text', { keepAlive: { kind: 'for', ms: 1_800_000 } });
  await services.servers.snapshotAll({ maxAgeMs: 0 });
  const page = createPage({
    files: readPageFiles(built, true),
    hosts: [],
    log: createLog('silent'),
    live: {
      ...services,
      token: null,
      names: true,
      holders: () => new Map([['qwen3:8b', 'Ada']]),
      underWay: () => [{ model: 'gemma3:12b', kind: 'load' }],
      watch: () => () => undefined,
      history: async (server, window, points) => simulatedDay(server, window, points),
    },
  });
  const http = await startHttp({
    port: 0,
    host: '127.0.0.1',
    metrics: { contentType: 'text/plain', text: async () => '' },
    readiness: async () => ({}),
    token: null,
    page,
    log: createLog('silent'),
  });
  return { url: `http://127.0.0.1:${http.port}/`, close: () => http.close() };
}

/** A day as teams have them: little at night, more in the afternoon. */
function simulatedDay(server: string, window: '1h' | '24h' | '7d', points: number) {
  const toMs = demo.services.now();
  const stepMs = Math.ceil(86_400_000 / points);
  const totalBytes = 8 * 2 ** 30;
  const gpus = [0, 1, 2, 3].map((index) => ({
    gpuUuid: String(index),
    gpuName: 'GTX 1070 Ti',
    totalBytes,
    points: Array.from({ length: points }, (_, at) => {
      const hour = (at / points) * 24;
      const busy = Math.max(0, Math.sin(((hour - 6 - index) / 24) * 2 * Math.PI));
      const used = Math.round(totalBytes * (0.06 + 0.8 * Math.round(busy * 3 + index / 4) * 0.27));
      return {
        atMs: toMs - (points - at) * stepMs,
        usedAvgBytes: hour > 3 && hour < 3.6 ? null : used,
        usedMaxBytes: used,
        freeMinBytes: totalBytes - used,
        ollamaAvgBytes: used,
        utilAvgPct: busy * 60,
      };
    }),
  }));
  return { server, window, fromMs: toMs - 86_400_000, toMs, stepMs, gpus };
}
