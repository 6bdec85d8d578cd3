import type { GpuSnapshot } from '../gpus/types.ts';
import { processOwner } from './gpu-processes.ts';
import type { ServerSnapshot } from './types.ts';

/** One of Ollama's runners on the GPUs. */
export interface RunnerProcess {
  readonly pid: number;
  /** What it holds, by the GPU's UUID. */
  readonly bytes: ReadonlyMap<string, number>;
  readonly totalBytes: number;
}

/** What seem to be Ollama's runners; `null` where processes, or what one of them holds, are not told. */
export function runnersOn(gpus: GpuSnapshot | null): readonly RunnerProcess[] | null {
  if (gpus === null || gpus.processes === null || gpus.status === 'failed') {
    return null;
  }
  const byPid = new Map<number, Map<string, number>>();
  for (const process of gpus.processes) {
    if (processOwner(process) === 'other') {
      continue;
    }
    if (process.usedBytes === null) {
      return null;
    }
    const bytes = byPid.get(process.pid) ?? new Map<string, number>();
    bytes.set(process.gpuUuid, (bytes.get(process.gpuUuid) ?? 0) + process.usedBytes);
    byPid.set(process.pid, bytes);
  }
  return [...byPid].map(([pid, bytes]) => ({
    pid,
    bytes,
    totalBytes: [...bytes.values()].reduce((sum, held) => sum + held, 0),
  }));
}

/** Memory that runners of an Ollama hold which does not know them any more. */
export interface Orphans {
  readonly pids: readonly number[];
  readonly bytes: number;
}

/**
 * Runners that outlived their Ollama: it was ended by force, and they hold their memory until somebody ends them. They were
 * there before, and there are more runners than the Ollama that is there now has loaded (or it is down).
 * @param before a look from before the end of the former one
 * @returns `null` where there are none, or it cannot be told
 */
export function orphanRunners(before: ServerSnapshot, after: ServerSnapshot): Orphans | null {
  const earlier = runnersOn(before.gpus);
  const now = after.gpuStale ? null : runnersOn(after.gpus);
  if (earlier === null || now === null) {
    return null;
  }
  const up = after.ollama.state === 'up' && !after.modelsStale;
  const known = up ? (after.models ?? []).filter((model) => model.sizeVramBytes > 0).length : 0;
  const pids = new Set(earlier.map(({ pid }) => pid));
  const orphans = now.filter(({ pid }) => pids.has(pid)).slice(0, Math.max(0, now.length - known));
  const bytes = orphans.reduce((sum, { totalBytes }) => sum + totalBytes, 0);
  return bytes === 0 ? null : { pids: orphans.map(({ pid }) => pid), bytes };
}
