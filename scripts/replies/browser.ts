import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const START_MS = 30_000;
const ANSWER_MS = 60_000;

/** A browser without a window that takes pictures of pages. */
export interface Browser {
  /** A picture of a page from its HTML, as large as its content, with so many pixels to a point. */
  shoot(html: string, widthPoints: number, scale: number, format?: 'webp' | 'png'): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** The address that Chromium prints when it listens. */
function listening(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('the browser did not start in time')), START_MS);
    child.once('error', reject);
    child.once('exit', () => reject(new Error('the browser ended at once')));
    createInterface({ input: child.stderr! }).on('line', (line) => {
      const url = /DevTools listening on (\S+)/.exec(line)?.[1];
      if (url !== undefined) {
        clearTimeout(timer);
        resolve(url);
      }
    });
  });
}

/** Starts Chromium (Debian: `apt-get install chromium`). @throws where there is none */
export async function startBrowser(program = process.env.CHROMIUM ?? 'chromium'): Promise<Browser> {
  const profile = mkdtempSync(join(tmpdir(), 'headroom-browser-'));
  const child = spawn(
    program,
    ['--headless=new', '--no-sandbox', '--disable-gpu', '--remote-debugging-port=0', `--user-data-dir=${profile}`],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const socket = new WebSocket(await listening(child));
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = reject;
  });
  const waiting = new Map<number, (answer: { readonly result?: unknown; readonly error?: unknown }) => void>();
  socket.onmessage = ({ data }) => {
    const answer = JSON.parse(String(data));
    waiting.get(answer.id)?.(answer);
    waiting.delete(answer.id);
  };
  let last = 0;
  const ask = <T>(method: string, params: object, sessionId?: string): Promise<T> =>
    new Promise((resolve, reject) => {
      last += 1;
      const timer = setTimeout(() => reject(new Error(`the browser did not answer ${method}`)), ANSWER_MS);
      waiting.set(last, ({ result, error }) => {
        clearTimeout(timer);
        if (error === undefined) {
          resolve(result as T);
        } else {
          reject(new Error(`${method}: ${JSON.stringify(error)}`));
        }
      });
      socket.send(JSON.stringify({ id: last, method, params, ...(sessionId === undefined ? {} : { sessionId }) }));
    });

  return {
    async shoot(html, width, scale, format = 'webp') {
      const { targetId } = await ask<{ targetId: string }>('Target.createTarget', { url: 'about:blank' });
      const { sessionId } = await ask<{ sessionId: string }>('Target.attachToTarget', { targetId, flatten: true });
      const size = { width, height: 800, deviceScaleFactor: scale, mobile: false };
      await ask('Emulation.setDeviceMetricsOverride', size, sessionId);
      const { frameTree } = await ask<{ frameTree: { frame: { id: string } } }>('Page.getFrameTree', {}, sessionId);
      await ask('Page.setDocumentContent', { frameId: frameTree.frame.id, html }, sessionId);
      const expression = 'document.fonts.ready.then(() => Math.ceil(document.body.getBoundingClientRect().height))';
      const { result } = await ask<{ result: { value: number } }>(
        'Runtime.evaluate',
        { expression, awaitPromise: true },
        sessionId,
      );
      const clip = { x: 0, y: 0, width, height: result.value, scale: 1 };
      const { data } = await ask<{ data: string }>(
        'Page.captureScreenshot',
        { format, quality: format === 'png' ? undefined : 82, clip, captureBeyondViewport: true },
        sessionId,
      );
      await ask('Target.closeTarget', { targetId });
      return Buffer.from(data, 'base64');
    },
    async close() {
      socket.close();
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill();
      await ended;
      rmSync(profile, { recursive: true, force: true });
    },
  };
}
