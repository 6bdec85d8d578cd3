import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Services } from '../../../commands/services.ts';
import { startHttp } from '../../../src/web/http.ts';
import { readPageFiles } from '../../../src/web/page/files.ts';
import { createPage, type LiveParts } from '../../../src/web/page/page.ts';
import { onEnd } from '../../gpus/tools.ts';
import { quiet } from '../../schedule/watches/world.ts';

export const TOKEN = 'a-token-of-some-length';

/** A page of three files, as a build would leave it. */
export function smallPage(): string {
  const folder = mkdtempSync(join(tmpdir(), 'headroom-page-'));
  onEnd(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'files'));
  writeFileSync(join(folder, 'index.html'), '<!doctype html>\n<html lang="en"><title>page</title></html>');
  writeFileSync(join(folder, 'files', 'index-abc.js'), 'export const a = 1;');
  writeFileSync(join(folder, 'secret.txt'), 'not a kind of file that a page has');
  return folder;
}

export interface PageWorld {
  readonly port: number;
  readonly url: string;
}

/** Serves the page on this machine. */
export async function servePage(
  services: Services | null,
  more: Partial<LiveParts> & { readonly hosts?: readonly string[] } = {},
): Promise<PageWorld> {
  const { hosts = [], ...live } = more;
  const page = createPage({
    files: readPageFiles(smallPage(), services !== null),
    hosts,
    log: quiet,
    live: services === null ? null : { ...services, token: null, names: false, watch: () => () => undefined, ...live },
  });
  const http = await startHttp({
    port: 0,
    host: '127.0.0.1',
    metrics: { contentType: 'text/plain', text: async () => 'up 1\n' },
    readiness: async () => ({ chat: true }),
    token: null,
    page,
    log: quiet,
  });
  onEnd(() => http.close());
  return { port: http.port, url: `http://127.0.0.1:${http.port}` };
}

export interface Told {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  json(): { readonly [key: string]: unknown; readonly error?: { readonly code: string } };
}

/** A request with any headers: fetch does not let a test choose Host, Origin and the like. */
export function ask(
  port: number,
  path: string,
  options: { readonly method?: string; readonly headers?: Record<string, string>; readonly body?: string } = {},
): Promise<Told> {
  return new Promise((resolve, reject) => {
    const asked = request(
      { port, host: '127.0.0.1', path, method: options.method ?? 'GET', headers: options.headers ?? {} },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk) => {
          text += chunk;
        });
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json: () => JSON.parse(text) }),
        );
      },
    );
    asked.on('error', reject);
    asked.end(options.body);
  });
}

/** Logs in and gives the cookie. */
export async function logIn(port: number, token = TOKEN): Promise<{ readonly told: Told; readonly cookie: string }> {
  const told = await ask(port, '/api/v1/session', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token }),
  });
  const [cookie = ''] = told.headers['set-cookie'] ?? [];
  return { told, cookie: cookie.split(';')[0]! };
}
