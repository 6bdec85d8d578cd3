/** The page as people see it, for pictures, measurements and tests: the files alone, or a bot on the simulated server. */

import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.webmanifest': 'application/manifest+json',
};

export interface Host {
  readonly url: string;
  close(): Promise<void>;
}

/** Any web server: the built files in a folder, and nothing else. */
export async function hostFiles(folder: string, at = '/'): Promise<Host> {
  const server = createServer((request, response) => {
    const asked = decodeURIComponent((request.url ?? '').split('?', 1)[0]!);
    const inside = asked.startsWith(at) ? normalize(asked.slice(at.length) || 'index.html') : '..';
    const file = join(folder, inside);
    if (inside.startsWith('..') || !existsSync(file)) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' });
    response.end(readFileSync(file));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}${at}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Where Debian and others put Chromium. */
const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Chromium's path; undefined where there is none. */
export function findChromium(): string | undefined {
  return [process.env.CHROMIUM ?? '', ...CHROMIUM].find((path) => path !== '' && existsSync(path));
}

/** Starts Chromium. In a container it runs as root, which its sandbox refuses. */
export function openBrowser(executablePath: string): Promise<Browser> {
  return chromium.launch({ executablePath, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] });
}
