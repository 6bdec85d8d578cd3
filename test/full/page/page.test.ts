import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toAddress } from '../../../page/question/address.ts';
import { buildPage, FIRST_LOAD_BYTES, measurePage } from '../../../scripts/page/build.ts';
import { findChromium, type Host, hostFiles, openBrowser } from '../../../scripts/page/show.ts';
import { createFitLines } from '../../page/fit-lines.ts';
import { randomQuestions } from '../../page/random-questions.ts';
import { tinyModel, writeGguf } from '../../support/gguf-writer.ts';
import { startPageBot } from './bot.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const chromium = findChromium();
if (chromium === undefined) {
  console.error('skipped: there is no Chromium on this machine (apt-get install chromium, or CHROMIUM=/path/to/it)');
}
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const TOKEN = 'a-token-of-some-length';

describe.skipIf(chromium === undefined)('the fit page in Chromium', () => {
  let folder: string;
  let host: Host;
  let browser: Browser;
  const contexts: BrowserContext[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'headroom-built-page-'));
    await buildPage(root, folder);
    // In a folder of somebody's server, as on many hosts.
    host = await hostFiles(folder, '/tools/fit/');
    browser = await openBrowser(chromium!);
  });
  afterAll(async () => {
    await Promise.all(contexts.map((context) => context.close()));
    await browser?.close();
    await host?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function visit(hash = '', options: BrowserContextOptions & { readonly url?: string } = {}) {
    const { url = host.url, ...rest } = options;
    const context = await browser.newContext({ locale: 'en-US', reducedMotion: 'reduce', ...rest });
    contexts.push(context);
    const page = await context.newPage();
    const asked: string[] = [];
    const faults: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    page.on('pageerror', (error) => faults.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error') {
        faults.push(message.text());
      }
    });
    await page.goto(url + hash);
    return { context, page, asked, faults };
  }

  const headline = (page: Page) => page.locator('.headline');
  const answered = (page: Page) => page.locator('[data-largest]').waitFor();
  const bytesOf = (page: Page) =>
    page
      .locator('[data-gpu] td[data-bytes]')
      .evaluateAll((cells) =>
        cells.map((cell) => `${cell.getAttribute('data-part')} ${cell.getAttribute('data-bytes')}`),
      );

  it('answers at once, asks nobody but its own host, and says no error', async () => {
    const { page, asked, faults } = await visit();
    await answered(page);
    expect(await headline(page).textContent()).toMatch(/^gemma3:27b fits with a context of 32768/);
    await page.locator('.sweep-row.waiting').first().waitFor({ state: 'detached', timeout: 30_000 });
    expect(asked.filter((url) => !url.startsWith(host.url))).toEqual([]);
    expect(faults).toEqual([]);
  });

  it('lets one choose a model by keyboard, GPUs by a press and by typing', async () => {
    const { page } = await visit();
    await answered(page);
    const model = page.getByRole('combobox', { name: 'Model' });
    await model.click();
    await model.fill('llama3.1 8b');
    await page.locator('[role=option]').first().waitFor();
    await model.press('ArrowDown');
    await model.press('ArrowUp');
    await model.press('Enter');
    await expect.poll(() => headline(page).textContent()).toMatch(/^llama3\.1:8b fits/);
    await page.getByRole('button', { name: 'Remove RTX 4090' }).click();
    expect(await page.getByText('No GPU: everything').isVisible()).toBe(true);
    await page.getByRole('button', { name: 'RTX 3060' }).click();
    const gpus = page.getByRole('combobox', { name: 'Add GPUs' });
    await gpus.click();
    await gpus.fill('2x 8GiB:7.5GiB');
    await gpus.press('Enter');
    await expect.poll(() => page.locator('[data-gpu="2"]').count()).toBe(1);
    await expect.poll(() => page.url()).toContain('gpus=RTX+3060,+2x+8GiB:7.5GiB');
    await gpus.click();
    await gpus.fill('RTX 9999');
    await gpus.press('Enter');
    await page.locator('.gpus [role=alert]').waitFor();
  });

  it('follows the slider with every step, and ends where the context stops fitting', async () => {
    const { page } = await visit('#model=qwen3:8b&gpus=8GiB&ctx=2048');
    await answered(page);
    const slider = page.getByRole('slider');
    const largest = Number(await page.locator('[data-largest]').getAttribute('data-largest'));
    await slider.scrollIntoViewIfNeeded();
    const box = (await slider.boundingBox())!;
    await page.mouse.move(box.x + box.width * 0.3, box.y + box.height / 2);
    await page.mouse.down();
    for (let at = 0.3; at <= 1; at += 0.05) {
      await page.mouse.move(box.x + box.width * Math.min(at, 0.995), box.y + box.height / 2);
    }
    await page.mouse.up();
    await expect.poll(() => headline(page).textContent()).toContain('only in part');
    await page.getByRole('button', { name: `fits up to ${largest.toLocaleString('en')}` }).click();
    await expect.poll(() => page.locator('[data-verdict]').getAttribute('data-verdict')).toBe('fits');
    await slider.press('ArrowRight');
    await expect.poll(() => page.locator('[data-verdict]').getAttribute('data-verdict')).toBe('partial');
    await page.getByRole('button', { name: 'Try it' }).first().click();
    await expect.poll(() => page.locator('[data-verdict]').getAttribute('data-verdict')).toBe('fits');
  });

  it('shows a colleague the same answer by a link', async () => {
    const first = await visit('#model=gpt-oss:20b&gpus=2x+RTX+3060&ctx=65536&kv=q8_0&parallel=2&ollama=0.24.0');
    await answered(first.page);
    await first.page.getByRole('radio', { name: 'q4_0' }).check({ force: true });
    await expect.poll(() => first.page.url()).toContain('kv=q4_0');
    const second = await visit(new URL(first.page.url()).hash, { locale: 'zh-CN', colorScheme: 'dark' });
    await answered(second.page);
    expect(await bytesOf(second.page)).toEqual(await bytesOf(first.page));
    expect(await headline(second.page).textContent()).toMatch(/[\u4e00-\u9fff]/);
  });

  it('speaks both languages, and keeps the one that is chosen', async () => {
    const { page, context } = await visit();
    await answered(page);
    await page.getByRole('button', { name: /Switch to Chinese/ }).click();
    expect(await page.locator('html').getAttribute('lang')).toBe('zh-CN');
    await page.getByText('显存分布').waitFor();
    const again = await context.newPage();
    await again.goto(host.url);
    await again.getByText('显存分布').waitFor();
  });

  it('reads a dropped file’s header in the browser, and sends nothing anywhere', async () => {
    const { page, asked } = await visit();
    await answered(page);
    const before = asked.length;
    const { bytes } = writeGguf(tinyModel());
    await page.evaluate(
      (content) => {
        const transfer = new DataTransfer();
        transfer.items.add(new File([Uint8Array.from(content)], 'tiny-Q4_0.gguf'));
        dispatchEvent(new DragEvent('dragover', { dataTransfer: transfer, cancelable: true }));
        dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, cancelable: true }));
      },
      [...bytes],
    );
    await page.getByText('your file').waitFor();
    await expect.poll(() => headline(page).textContent()).toMatch(/^tiny-Q4_0/);
    // The code that reads headers is a file of the page's own; nothing else was asked for.
    expect(asked.slice(before).filter((url) => !url.startsWith(`${host.url}files/`))).toEqual([]);
    await expect.poll(() => page.url()).toContain('file=tiny-Q4_0');
    const colleague = await visit(new URL(page.url()).hash);
    await colleague.page.getByText(/This link is about the file tiny-Q4_0/).waitFor();
  });

  it('reads a hub by Range requests, from the host that was entered alone', async () => {
    const { page, asked } = await visit();
    await answered(page);
    const { bytes } = writeGguf({ ...tinyModel(), data: true });
    const cors = { 'access-control-allow-origin': '*' };
    const ranges: (string | undefined)[] = [];
    await page.route('https://huggingface.co/**', async (route) => {
      const request = route.request();
      if (request.url().includes('/api/models/')) {
        const siblings = [{ rfilename: 'tiny-Q4_0.gguf', size: bytes.length }];
        await route.fulfill({ headers: cors, json: { siblings } });
      } else {
        ranges.push(request.headers().range);
        await route.fulfill({ status: 206, headers: cors, body: bytes });
      }
    });
    const model = page.getByRole('combobox', { name: 'Model' });
    await model.click();
    await model.fill('hf.co/org/tiny-GGUF:Q4_0');
    await page.getByRole('option', { name: /Read org\/tiny-GGUF from huggingface\.co/ }).waitFor();
    await model.press('Enter');
    await expect.poll(() => headline(page).textContent()).toMatch(/^hf\.co\/org\/tiny-GGUF:Q4_0/);
    expect(ranges).toEqual([expect.stringMatching(/^bytes=0-\d+$/)]);
    expect(
      asked.filter((url) => !url.startsWith(host.url)).every((url) => url.startsWith('https://huggingface.co/')),
    ).toBe(true);
    // Any other host is refused by the page's own policy.
    const refused = await page.evaluate(() =>
      fetch('https://example.org/x').then(
        () => 'reached',
        () => 'refused',
      ),
    );
    expect(refused).toBe('refused');
  });

  it('works without a network after the first visit', async () => {
    const { page, context } = await visit('#model=gemma3:12b&gpus=12GiB&ctx=8192');
    await answered(page);
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
    await context.setOffline(true);
    await host.close();
    await page.reload();
    await answered(page);
    expect(await headline(page).textContent()).toMatch(/^gemma3:12b/);
    host = await hostFiles(folder, '/tools/fit/');
  });

  it('fits on a phone: nothing is wider than the screen, and the answer stays in sight', async () => {
    for (const width of [320, 390]) {
      const { page } = await visit('#model=qwen3:32b&gpus=2x+RTX+3060,24GiB:20GiB&ctx=32768', {
        viewport: { width, height: 780 },
        isMobile: true,
        hasTouch: true,
      });
      await answered(page);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect(wide, `at ${width}`).toBeLessThanOrEqual(0);
      await page.getByRole('button', { name: /Show the answer/ }).click();
      await expect
        .poll(() => headline(page).evaluate((one) => one.getBoundingClientRect().top < innerHeight))
        .toBe(true);
    }
  });

  async function axe(page: Page, without: readonly string[] = []): Promise<readonly string[]> {
    await page.evaluate(axeSource);
    return page.evaluate(async (rules) => {
      const { axe: run } = globalThis as unknown as {
        axe: {
          run(
            options: object,
          ): Promise<{ violations: { id: string; nodes: { target: string[]; failureSummary: string }[] }[] }>;
        };
      };
      const { violations } = await run.run({
        runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
        rules: Object.fromEntries(rules.map((rule) => [rule, { enabled: false }])),
      });
      return violations.flatMap(({ id, nodes }) =>
        nodes.map(({ target, failureSummary }) => `${id} ${target.join(' ')}: ${failureSummary}`),
      );
    }, without);
  }

  it('has nothing that axe finds: light and dark, both languages, wide and narrow, whatever the verdict', async () => {
    const hashes = ['', '#model=qwen3:32b&gpus=RTX+3060&ctx=32768', '#model=kimi-k2-thinking:1t&gpus=8GiB&ctx=4096'];
    for (const [index, hash] of hashes.entries()) {
      for (const colorScheme of ['light', 'dark'] as const) {
        const narrow = index === 1;
        const { page } = await visit(hash, {
          colorScheme,
          locale: index === 2 ? 'zh-CN' : 'en-US',
          ...(narrow ? { viewport: { width: 390, height: 800 } } : {}),
        });
        await answered(page);
        await page.locator('.sweep-row.waiting').first().waitFor({ state: 'detached', timeout: 60_000 });
        await page.locator('summary').click();
        await page.locator('.why dl').waitFor();
        expect(await axe(page), `${hash} ${colorScheme}`).toEqual([]);
        await page.getByRole('combobox').first().click();
        await page.locator('[role=option]').first().waitFor();
        // An open list covers part of what lies below it.
        expect(await axe(page, ['target-size']), `${hash} ${colorScheme}, list open`).toEqual([]);
      }
    }
  }, 240_000);

  it('shows the figures of headroom fit --json for 200 random questions', async () => {
    const lines = await createFitLines();
    const { page } = await visit();
    await answered(page);
    for (const { question, line } of randomQuestions(200, 17)) {
      const told = (await lines.ask(line)) as {
        readonly error?: string;
        readonly verdict: string;
        readonly maxCtx: number | null;
        readonly sizeVram: number;
        readonly size: number;
        readonly gpus: readonly Record<'weights' | 'cache' | 'compute' | 'projector' | 'overhead' | 'left', number>[];
        readonly host: Record<'weights' | 'cache' | 'compute' | 'total', number>;
      };
      await page.evaluate((hash) => {
        location.hash = hash;
      }, toAddress(question));
      const shown = () => page.evaluate(readAnswer);
      if (told.error !== undefined) {
        await expect
          .poll(async () => (await shown()).failed, { message: JSON.stringify(line), timeout: 20_000 })
          .toBe(true);
        continue;
      }
      const expected = {
        failed: false,
        model: line.model,
        verdict: told.verdict,
        largest: told.maxCtx === null ? 'none' : String(told.maxCtx),
        sizeVram: told.sizeVram,
        size: told.size,
        gpus: told.gpus.map(({ weights, cache, compute, projector, overhead, left }) =>
          // A GPU that gets nothing shows what is free of it.
          weights === 0 && cache === 0 ? { weights, cache } : { weights, cache, compute, projector, overhead, left },
        ),
        host:
          told.host.total === 0
            ? null
            : { weights: told.host.weights, cache: told.host.cache, compute: told.host.compute },
      };
      await expect.poll(shown, { message: JSON.stringify(line), timeout: 20_000 }).toEqual(expected);
    }
    await lines.close();
  }, 600_000);

  it('loads little at first', () => {
    expect(measurePage(folder).firstLoadBytes).toBeLessThanOrEqual(FIRST_LOAD_BYTES);
  });

  describe('on the bot’s port', () => {
    it('wants the token once, and never shows it to scripts or in an address', async () => {
      const bot = await startPageBot(folder, { token: TOKEN });
      const { page, context, asked } = await visit('', { url: bot.url });
      const field = page.getByLabel(/Token of this page/);
      await field.fill('not-the-token-at-all');
      await page.getByRole('button', { name: 'Log in' }).click();
      await page.getByText('The token is wrong.').waitFor();
      expect(await axe(page)).toEqual([]);
      await field.fill(TOKEN);
      await page.getByRole('button', { name: 'Log in' }).click();
      await page.getByRole('article', { name: 'main' }).waitFor();
      expect(asked.some((url) => url.includes(TOKEN))).toBe(false);
      expect(await page.evaluate(() => document.cookie + JSON.stringify({ ...localStorage }))).not.toContain('session');
      expect(await context.cookies()).toMatchObject([{ name: 'headroom_session', httpOnly: true, sameSite: 'Strict' }]);
      await page.reload();
      await page.getByRole('article', { name: 'main' }).waitFor();
      await page.getByRole('button', { name: 'Log out' }).click();
      await field.waitFor();
      await bot.close();
    });

    it('says whether it fits there now, and follows what happens by events', async () => {
      const bot = await startPageBot(folder);
      const { page, faults } = await visit('#model=gemma3:12b&ctx=16384', { url: bot.url });
      await page.getByRole('button', { name: 'Does it fit here?' }).click();
      await page.locator('[data-now]').waitFor();
      expect(await page.locator('[data-now]').getAttribute('data-now')).toBe('fits');
      await expect.poll(() => page.locator('[data-gpu="3"]').count()).toBe(1);
      await expect.poll(() => page.url()).toContain('on=main');
      const { ollama } = bot.demo.services.servers.defaultServer;
      await ollama.load('qwen3:8b', { numCtx: 8192 });
      await bot.demo.services.servers.snapshotAll({ maxAgeMs: 0 });
      await page.locator('.loaded').getByText('qwen3:8b').waitFor({ timeout: 10_000 });
      expect(await axe(page)).toEqual([]);
      expect(faults).toEqual([]);
      await bot.close();
    });

    it('asks now and then where a stream is not to be had', async () => {
      const bot = await startPageBot(folder);
      const { context } = await visit('', { url: bot.url });
      const page = await context.newPage();
      const states: string[] = [];
      page.on('request', (request) => {
        if (request.url().endsWith('/api/v1/state')) {
          states.push(request.url());
        }
      });
      await page.route('**/api/v1/events', (route) => route.fulfill({ status: 503, body: '{}' }));
      await page.goto(bot.url);
      await page.getByRole('article', { name: 'main' }).waitFor();
      await expect.poll(() => states.length, { timeout: 15_000 }).toBeGreaterThan(1);
      await bot.close();
    });

    it('gives nothing to a page whose name was made to point at it', async () => {
      const bot = await startPageBot(folder);
      const evil = await openBrowserWith(['--host-resolver-rules=MAP evil.example 127.0.0.1']);
      const page = await evil.newPage();
      await page.goto(`http://evil.example:${bot.port}/`);
      const told = await page.evaluate(() =>
        fetch('/api/v1/state').then(async (one) => [one.status, await one.text()] as const),
      );
      expect(told[0]).toBe(421);
      expect(told[1]).not.toContain('servers');
      await evil.close();
      await bot.close();
    });
  });
});

async function openBrowserWith(args: readonly string[]): Promise<Browser> {
  const { chromium: engine } = await import('playwright-core');
  return engine.launch({
    executablePath: chromium!,
    args: [...args, ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])],
  });
}

/** What the page shows, read off its own elements. Runs in the page. */
function readAnswer() {
  const text = (selector: string, name: string) => document.querySelector(selector)?.getAttribute(name) ?? null;
  const table = document.querySelector('table[data-size]');
  const row = (selector: string, parts: readonly string[]) => {
    const cells = document.querySelector(selector);
    return cells === null
      ? null
      : Object.fromEntries(
          parts.map((part) => [
            part,
            Number(cells.querySelector(`[data-part=${part}]`)?.getAttribute('data-bytes') ?? 0),
          ]),
        );
  };
  const gpus = [...document.querySelectorAll('[data-gpu]:not([data-gpu=host])')].map((one) => {
    const all = row(`[data-gpu="${one.getAttribute('data-gpu')}"]`, [
      'weights',
      'cache',
      'compute',
      'projector',
      'overhead',
      'left',
    ])!;
    return all.weights === 0 && all.cache === 0 ? { weights: 0, cache: 0 } : all;
  });
  return {
    failed: document.querySelector('.answer .problem') !== null,
    model: (document.querySelector('.model input') as HTMLInputElement | null)?.value ?? '',
    verdict: text('[data-verdict]', 'data-verdict'),
    largest: text('[data-largest]', 'data-largest'),
    sizeVram: Number(table?.getAttribute('data-size-vram')),
    size: Number(table?.getAttribute('data-size')),
    gpus,
    host: row('[data-gpu=host]', ['weights', 'cache', 'compute']),
  };
}
