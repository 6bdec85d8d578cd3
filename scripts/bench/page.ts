/** The fit page in Chromium: the first answer, and each step of the slider (one plan and its drawing). */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildPage, measurePage } from '../page/build.ts';
import { findChromium, hostFiles, openBrowser } from '../page/show.ts';
import { section } from './measure.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const CASES = [
  ['8B on four GPUs', 'model=llama3.1:8b&gpus=4x+8GiB&ctx=2048', 16],
  ['8B on one GPU', 'model=qwen3:8b&gpus=12GiB&ctx=2048', 16],
  ['a trillion parameters on eight GPUs', 'model=kimi-k2-thinking:1t&gpus=8x+H200&ctx=2048', 50],
  ['a trillion parameters on four GPUs, in part', 'model=kimi-k2-thinking:1t&gpus=4x+H200&ctx=2048', 50],
] as const;

/** The Markdown section for `npm run bench -- page`. */
export async function benchPage(): Promise<string> {
  const executable = findChromium();
  if (executable === undefined) {
    throw new Error('there is no Chromium on this machine');
  }
  const folder = await mkdtemp(join(tmpdir(), 'headroom-page-bench-'));
  await buildPage(ROOT, folder);
  const host = await hostFiles(folder);
  const browser = await openBrowser(executable);
  const rows: string[][] = [];
  try {
    for (const [name, hash, target] of CASES) {
      const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
      const page = await context.newPage();
      const begun = performance.now();
      await page.goto(`${host.url}#${hash}`);
      await page.locator('.headline').waitFor();
      const first = performance.now() - begun;
      await page.locator('.sweep-row.waiting').first().waitFor({ state: 'detached', timeout: 120_000 });
      const { times, steps } = (await page.evaluate(STEPS)) as { readonly times: number[]; readonly steps: number };
      times.sort((a, b) => a - b);
      const at = (share: number) => `${times[Math.floor((times.length - 1) * share)]!.toFixed(1)} ms`;
      rows.push([name, `${first.toFixed(0)} ms`, at(0.5), at(0.95), `≤ ${target} ms`, at(1), String(steps)]);
      await context.close();
    }
  } finally {
    await browser.close();
    await host.close();
  }
  const { firstLoadBytes } = measurePage(folder);
  await rm(folder, { recursive: true, force: true });
  rows.push([`first load: ${(firstLoadBytes / 1024).toFixed(1)} KiB gzipped without the list`, '', '', '', '', '', '']);
  return section(
    'The fit page in Chromium',
    ['case', 'first answer', 'step, median', 'step, p95', 'target', 'longest', 'steps'],
    rows,
  );
}

/**
 * Moves the slider over its whole length and back, a step a frame as a hand does, and takes the time from the input to the
 * page laid out anew. As text: it runs in the page.
 */
const STEPS = `(async () => {
  const slider = document.querySelector('input[type=range]');
  const last = Number(slider.max);
  const order = [...Array(last + 1).keys()];
  const times = [];
  for (const step of [...order, ...order.reverse()]) {
    if (String(step) === slider.value) continue;
    await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 0)));
    const before = slider.getAttribute('aria-valuetext');
    const begun = performance.now();
    slider.value = String(step);
    slider.dispatchEvent(new Event('input', { bubbles: true }));
    for (let turn = 0; turn < 50 && slider.getAttribute('aria-valuetext') === before; turn++) {
      await new Promise((resolve) => { const channel = new MessageChannel(); channel.port1.onmessage = resolve; channel.port2.postMessage(0); });
    }
    document.body.getBoundingClientRect();
    times.push(performance.now() - begun);
  }
  return { times, steps: times.length };
})()`;
