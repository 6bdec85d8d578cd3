import { MIB } from '../../base/bytes.ts';
import { parseAppRows, parseGpuRows } from './csv.ts';
import { nvidiaExitError } from './errors.ts';
import type { Reading } from '../source.ts';
import type { Gpu, GpuError, GpuProcess, HostMemory } from '../types.ts';
import { gpuError } from '../values.ts';

/** What nvidia-smi printed, read here or over there. */
export interface NvidiaOutput {
  readonly source: 'nvidia-smi' | 'ssh';
  readonly host: string;
  readonly takenAtMs: number;
  readonly fields: readonly string[];
  readonly gpuText: string;
  readonly gpuExit: number | null;
  /** `null`: not asked, or no answer. */
  readonly appText: string | null;
  readonly appExit: number | null;
  readonly hostMemory: HostMemory | null;
  readonly users?: ReadonlyMap<number, string>;
  /** What else went wrong on the way. */
  readonly errors?: readonly GpuError[];
}

/** From here on memory that nobody holds is somebody we cannot see; below it is the driver and the desktop. */
const OWNERLESS_BYTES = 600 * MIB;

/** Turns nvidia-smi's output into a reading: rows where there are rows, a named error where there is one. */
export function nvidiaReading(output: NvidiaOutput): Reading {
  const parsed = parseGpuRows(output.gpuText, output.fields, output.gpuExit === 0 ? output.hostMemory : null);
  // The whole text tells more than its lines do: a version stands on a line of its own.
  const exitError = output.gpuExit === 0 ? null : nvidiaExitError(output.gpuExit, output.gpuText);
  const lineErrors = parsed.errors.filter((error) => error.code !== exitError?.code);
  const errors: GpuError[] = [...(output.errors ?? []), ...(exitError === null ? [] : [exitError]), ...lineErrors];
  if (parsed.badRows > 0 && (output.gpuExit === 0 || parsed.gpus.length > 0)) {
    errors.push(gpuError('bad-rows', { rows: parsed.badRows }));
  }
  for (const gpu of parsed.gpus) {
    const named = { gpu: gpu.name, pci: gpu.pci ?? '?' };
    if (gpu.state === 'lost') {
      errors.push(gpuError('gpu-lost', named));
    }
    if (gpu.state === 'unreadable') {
      errors.push(gpuError('gpu-unreadable', named));
    }
    if (gpu.state === 'mig') {
      errors.push(gpuError('gpu-mig', named));
    }
  }
  if (parsed.gpus.length === 0 && errors.length === 0) {
    errors.push(gpuError('no-devices'));
  }

  const apps = output.appText !== null && output.appExit === 0 ? parseAppRows(output.appText, output.users) : null;
  const { gpus, processes } = withOwners(parsed.gpus, apps?.processes ?? null);
  return {
    source: output.source,
    host: output.host,
    takenAtMs: output.takenAtMs,
    status: gpus.length === 0 ? 'failed' : errors.length > 0 ? 'partial' : 'ok',
    basis: 'measured',
    gpus,
    processes,
    errors,
    driverVersion: parsed.driverVersion,
    hostMemory: output.hostMemory,
  };
}

/**
 * Marks GPUs whose memory is used although no process is seen on them. In a container without the host's PIDs the list
 * is empty while the figures are the whole card's (NVIDIA/nvidia-docker#179): then nothing is known about processes.
 */
function withOwners(
  gpus: readonly Gpu[],
  processes: readonly GpuProcess[] | null,
): { gpus: readonly Gpu[]; processes: readonly GpuProcess[] | null } {
  if (processes === null) {
    return { gpus, processes };
  }
  const owned = new Set(processes.map((process) => process.gpuUuid));
  let ownerless = false;
  const marked = gpus.map((gpu): Gpu => {
    if (gpu.state === 'uma' || owned.has(gpu.uuid) || (gpu.usedBytes ?? 0) < OWNERLESS_BYTES) {
      return gpu;
    }
    ownerless = true;
    return { ...gpu, notes: [...gpu.notes, { code: 'owner-unknown', params: {} }] };
  });
  return { gpus: marked, processes: ownerless && processes.length === 0 ? null : processes };
}
