import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MIB } from '../base/bytes.ts';
import type { GgufHeader } from '../gguf/header.ts';

/** Bytes that one entry may have; a condensed header of 100,000 tensors has about 10 MB. */
const MAX_ENTRY_BYTES = 32 * MIB;
const FORMAT = 1;
const DIGEST = /^sha256:[0-9a-f]{64}$/;

/**
 * GGUF headers on disk by the digest of their blob. A blob never changes, so that an entry is good for ever; the oldest
 * leave when the directory grows beyond its bound. An entry that is damaged counts as absent. A cache that cannot be
 * written is no fault of the answer: writing fails silently, and the next question asks the registry again.
 */
export class HeaderCache {
  readonly #directory: string;
  readonly #limitBytes: number;

  /** @param limitBytes bound of all entries together; default 64 MiB */
  constructor(directory: string, limitBytes = 64 * MIB) {
    this.#directory = directory;
    this.#limitBytes = limitBytes;
  }

  #path(digest: string): string {
    return join(this.#directory, `${digest.replace(':', '-')}.json`);
  }

  /** The header of a blob, or null. */
  async read(digest: string): Promise<GgufHeader | null> {
    if (!DIGEST.test(digest)) {
      return null;
    }
    const path = this.#path(digest);
    try {
      const text = await readBounded(path);
      const newline = text.indexOf('\n');
      const body = text.slice(newline + 1);
      if (text.slice(0, newline) !== checksum(digest, body)) {
        return null;
      }
      const now = new Date();
      await utimes(path, now, now).catch(() => undefined);
      return JSON.parse(body) as GgufHeader;
    } catch {
      return null;
    }
  }

  /** Keeps a header. Written beside and renamed, so that a reader never sees half of it. */
  async write(digest: string, header: GgufHeader): Promise<void> {
    if (!DIGEST.test(digest)) {
      return;
    }
    const body = JSON.stringify(header);
    if (body.length > Math.min(MAX_ENTRY_BYTES, this.#limitBytes)) {
      return;
    }
    const beside = join(this.#directory, `${randomUUID()}.tmp`);
    try {
      await mkdir(this.#directory, { recursive: true });
      await writeFile(beside, `${checksum(digest, body)}\n${body}`, { mode: 0o600 });
      await rename(beside, this.#path(digest));
      await this.#prune();
    } catch {
      await rm(beside, { force: true }).catch(() => undefined);
    }
  }

  async #prune(): Promise<void> {
    const entries: { path: string; bytes: number; usedMs: number }[] = [];
    for (const name of await readdir(this.#directory)) {
      if (!/^sha256-[0-9a-f]{64}\.json$|^[0-9a-f-]{36}\.tmp$/.test(name)) {
        continue;
      }
      const path = join(this.#directory, name);
      const stats = await stat(path).catch(() => null);
      if (stats !== null) {
        entries.push({ path, bytes: stats.size, usedMs: stats.mtimeMs });
      }
    }
    entries.sort((a, b) => b.usedMs - a.usedMs);
    let total = 0;
    for (const { path, bytes } of entries) {
      total += bytes;
      if (total > this.#limitBytes) {
        await rm(path, { force: true });
      }
    }
  }
}

function checksum(digest: string, body: string): string {
  return createHash('sha256').update(`${FORMAT}\n${digest}\n`).update(body).digest('hex');
}

async function readBounded(path: string): Promise<string> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    if (size > MAX_ENTRY_BYTES + 65) {
      throw new Error('too large');
    }
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}
