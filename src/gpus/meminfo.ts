import { readFile } from 'node:fs/promises';
import type { HostMemory } from './types.ts';

/** Reads `MemTotal`, `MemAvailable` and `SwapFree` of /proc/meminfo. `null` when the first two are not there. */
export function parseMeminfo(text: string): HostMemory | null {
  const values = new Map<string, number>();
  for (const line of text.slice(0, 64 * 1024).split('\n')) {
    const match = /^(MemTotal|MemAvailable|SwapFree):?\s+(\d{1,15})\s*kB\s*$/.exec(line);
    if (match) {
      values.set(match[1]!, Number(match[2]) * 1024);
    }
  }
  const totalBytes = values.get('MemTotal');
  const availableBytes = values.get('MemAvailable');
  if (totalBytes === undefined || availableBytes === undefined || totalBytes === 0) {
    return null;
  }
  return {
    totalBytes,
    availableBytes: Math.min(availableBytes, totalBytes),
    swapFreeBytes: values.get('SwapFree') ?? null,
  };
}

/** This machine's memory; `null` where there is no /proc. */
export async function readHostMemory(path = '/proc/meminfo'): Promise<HostMemory | null> {
  try {
    return parseMeminfo(await readFile(path, 'utf8'));
  } catch {
    return null;
  }
}
