/** The processes on a server's GPUs: whose they are, and what they took and gave back between two moments. */

import type { GpuProcess, GpuSnapshot } from '../gpus/types.ts';

/**
 * Whose process it is, by its executable: `ours` for Ollama itself and the runner that lies in its directory, `maybe` for a
 * llama-server whose directory is not told. The name is untrusted and decides nothing but this split.
 */
export function processOwner(process: GpuProcess): 'ours' | 'maybe' | 'other' {
  const path = process.name.replaceAll('\\', '/').toLowerCase();
  const base = path.slice(path.lastIndexOf('/') + 1);
  if (/^ollama(_llama_server|-runner)?(\.exe)?(\s|$)/.test(base)) {
    return 'ours';
  }
  if (!/^llama-server(\.exe)?(\s|$)/.test(base)) {
    return 'other';
  }
  return path.includes('/ollama/') ? 'ours' : path === base ? 'maybe' : 'other';
}

/** What changed on the GPUs besides one load. */
export type ChangeElsewhere =
  /** By GPU, bytes: what all processes but the load's own runner took (or gave back, below 0). */
  | { readonly state: 'known'; readonly byGpu: ReadonlyMap<string, number> }
  /** The source names no processes, or not their sizes. */
  | { readonly state: 'unseen' }
  /** Two new processes could each be the load's runner. */
  | { readonly state: 'ambiguous' };

/**
 * What processes other than the runner of a load took between two readings: other programs, models that left, models that
 * were there. A runner is a process that is new and Ollama's.
 */
export function changeElsewhere(before: GpuSnapshot | null, after: GpuSnapshot | null): ChangeElsewhere {
  const now = after?.processes ?? null;
  if (before === null || now === null) {
    return { state: 'unseen' };
  }
  // Exporters have no line for "nobody": where processes are told now, none before means that there were none.
  const earlier = before.processes ?? [];
  if ([...earlier, ...now].some(({ usedBytes }) => usedBytes === null)) {
    return { state: 'unseen' };
  }
  const known = new Set(earlier.map(({ pid }) => pid));
  const fresh = now.filter(({ pid }) => !known.has(pid));
  const ours = new Set(fresh.filter((process) => processOwner(process) === 'ours').map(({ pid }) => pid));
  const maybe = new Set(fresh.filter((process) => processOwner(process) === 'maybe').map(({ pid }) => pid));
  const runners = ours.size > 0 ? ours : maybe;
  // Each model has one runner: of two, one is another client's load.
  if (runners.size > 1) {
    return { state: 'ambiguous' };
  }
  const byGpu = new Map<string, number>();
  const add = ({ gpuUuid, usedBytes }: GpuProcess, sign: 1 | -1): void => {
    byGpu.set(gpuUuid, (byGpu.get(gpuUuid) ?? 0) + sign * usedBytes!);
  };
  for (const process of earlier) {
    add(process, -1);
  }
  for (const process of now) {
    if (!runners.has(process.pid)) {
      add(process, 1);
    }
  }
  return { state: 'known', byGpu };
}
