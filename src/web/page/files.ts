import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join, sep } from 'node:path';
import { gzipSync } from 'node:zlib';
import { MIB } from '../../base/bytes.ts';
import { CodedError } from '../../base/coded.ts';

/** The page's files are not there. The edge finds the sentence under `error.page-not-built`. */
export class PageFilesError extends CodedError<'page-not-built'> {
  override readonly name = 'PageFilesError';
}

/**
 * Scripts and styles of this server alone, and the hubs that the page may read headers from. The page says the same in
 * its own head, for whoever hosts it elsewhere.
 */
const SECURITY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; worker-src 'self'; manifest-src 'self'; connect-src 'self' https://huggingface.co https://*.huggingface.co https://*.hf.co https://hf-mirror.com https://modelscope.cn https://*.modelscope.cn; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': SECURITY,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  webmanifest: 'application/manifest+json',
};
const MAX_FILES = 200;
const MAX_BYTES = 16 * MIB;

interface StaticFile {
  readonly type: string;
  readonly plain: Buffer;
  readonly gzipped: Buffer;
  readonly tag: string;
  /** Named by what is in it: right for ever. */
  readonly lasting: boolean;
}

/** The built page, in memory: the paths that are served are those that were there at the start, and no others. */
export interface PageFiles {
  /** @returns whether there is such a file; it is sent then */
  send(path: string, request: IncomingMessage, response: ServerResponse): boolean;
}

/**
 * Reads the built page.
 * @param live whether the page shall look for the team's servers
 * @throws PageFilesError
 */
export function readPageFiles(folder: string, live: boolean): PageFiles {
  const files = new Map<string, StaticFile>();
  let sum = 0;
  for (const name of listFiles(folder)) {
    const type = TYPES[name.split('.').at(-1) ?? ''];
    if (type === undefined || files.size >= MAX_FILES || sum > MAX_BYTES) {
      continue;
    }
    const read = readFileSync(join(folder, name));
    const plain =
      name === 'index.html' && live
        ? Buffer.from(read.toString('utf8').replace('<html lang="en">', '<html lang="en" data-live="yes">'))
        : read;
    sum += plain.length;
    files.set(`/${name.split(sep).join('/')}`, {
      type,
      plain,
      gzipped: gzipSync(plain),
      tag: `"${createHash('sha256').update(plain).digest('base64url').slice(0, 24)}"`,
      lasting: name.startsWith('files'),
    });
  }
  const index = files.get('/index.html');
  if (index === undefined) {
    throw new PageFilesError('page-not-built');
  }
  files.set('/', index);
  return {
    send(path, request, response) {
      const file = files.get(path);
      if (file === undefined) {
        return false;
      }
      const zips = /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''));
      const headers = {
        ...SECURITY_HEADERS,
        'content-type': file.type,
        'cache-control': file.lasting ? 'public, max-age=31536000, immutable' : 'no-cache',
        etag: file.tag,
        vary: 'accept-encoding',
      };
      if (request.headers['if-none-match'] === file.tag) {
        response.writeHead(304, headers).end();
        return true;
      }
      const body = zips ? file.gzipped : file.plain;
      response.writeHead(200, {
        ...headers,
        'content-length': body.length,
        ...(zips ? { 'content-encoding': 'gzip' } : {}),
      });
      response.end(request.method === 'HEAD' ? undefined : body);
      return true;
    },
  };
}

function listFiles(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
  } catch (error) {
    throw new PageFilesError('page-not-built', {}, error);
  }
}
