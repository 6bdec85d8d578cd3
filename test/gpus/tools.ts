import { accessSync, chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach } from 'vitest';

export const MIB = 1024 * 1024;
export const GIB = 1024 * MIB;

const cleanups: (() => void | Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) {
    await cleanup();
  }
});

/** Runs after the test. */
export function onEnd(cleanup: () => void | Promise<void>): void {
  cleanups.push(cleanup);
}

/** A directory that is gone after the test. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'headroom-test-'));
  onEnd(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** An executable shell script; returns its path. */
export function script(directory: string, name: string, body: string): string {
  const path = join(directory, name);
  writeFileSync(path, `#!/bin/sh\n${body}\n`);
  chmodSync(path, 0o755);
  return path;
}

/** A PATH with the system's plain tools and nothing that reads GPUs, whatever this machine has installed. */
export function plainTools(): string {
  const directory = temporaryDirectory();
  for (const tool of ['cat', 'date', 'grep', 'head', 'ps', 'sed', 'sort', 'timeout']) {
    const found = ['/usr/bin', '/bin'].map((folder) => join(folder, tool)).find(exists);
    if (found !== undefined) {
      symlinkSync(found, join(directory, tool));
    }
  }
  script(directory, 'uname', 'echo Linux');
  return directory;
}

function exists(path: string): boolean {
  try {
    accessSync(path);
    return true;
  } catch {
    return false;
  }
}

/** A tree of files: path to content. */
export function files(root: string, tree: Readonly<Record<string, string>>): string {
  for (const [path, content] of Object.entries(tree)) {
    const full = join(root, path);
    mkdirSync(dirname(full), { recursive: true });
    writeFileSync(full, content);
  }
  return root;
}

/** A real HTTP server on loopback; returns `http://127.0.0.1:port`. */
export async function httpServer(
  handler: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<string> {
  const server: Server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onEnd(() => {
    server.closeAllConnections();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

export const UUID_A = 'GPU-1f0c6a52-9d3e-4b7a-8c11-5e2d90aa7701';
export const UUID_B = 'GPU-2b9e14c7-03fd-4a86-b5d2-c7748f1e6602';
