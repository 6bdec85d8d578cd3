/**
 * The simulated cards as nvidia-smi prints them with `--format=csv,noheader,nounits`: comma and space between columns,
 * MiB without a unit, `[N/A]` for what a card does not have.
 */

import { MIB } from '../base/bytes.ts';
import type { GpuProcessView, GpuView } from './types.ts';

const GPU_FIELDS: Readonly<Record<string, (gpu: GpuView) => string>> = {
  index: (gpu) => String(gpu.index),
  uuid: (gpu) => gpu.uuid,
  name: (gpu) => gpu.name,
  'memory.total': (gpu) => mib(gpu.totalBytes),
  'memory.used': (gpu) => mib(gpu.usedBytes),
  'memory.free': (gpu) => String(Math.floor(gpu.freeBytes / MIB)),
  'memory.reserved': (gpu) => mib(gpu.reservedBytes),
  'utilization.gpu': (gpu) => String(gpu.utilizationPercent),
  'temperature.gpu': (gpu) => String(gpu.temperatureC),
  'power.draw': (gpu) => gpu.powerWatts.toFixed(2),
  'power.limit': (gpu) => gpu.powerLimitWatts.toFixed(2),
  driver_version: (gpu) => gpu.driverVersion,
  compute_cap: (gpu) => gpu.computeCapability.toFixed(1),
  'pci.bus_id': (gpu) => gpu.pciBusId,
  'mig.mode.current': () => '[N/A]',
};

const PROCESS_FIELDS: Readonly<Record<string, (process: GpuProcessView) => string>> = {
  gpu_uuid: (process) => process.gpuUuid,
  pid: (process) => String(process.pid),
  used_memory: (process) => mib(process.usedBytes),
  process_name: (process) => process.name,
};

/** The columns of the query in reference order; ask for these or for fewer. */
export const GPU_QUERY_FIELDS: readonly string[] = Object.keys(GPU_FIELDS);

function mib(bytes: number): string {
  return String(Math.round(bytes / MIB));
}

/** What a run of nvidia-smi leaves: its text on stdout and its exit code. */
export interface NvidiaSmiRun {
  readonly stdout: string;
  readonly exitCode: number;
}

/** Answers `nvidia-smi --query-gpu=…` or `--query-compute-apps=…`; an unknown field ends in exit code 2. */
export function runNvidiaSmi(
  args: readonly string[],
  gpus: readonly GpuView[],
  processes: readonly GpuProcessView[],
): NvidiaSmiRun {
  const gpuQuery = optionOf(args, '--query-gpu=');
  if (gpuQuery !== undefined) {
    return table(gpuQuery, GPU_FIELDS, gpus);
  }
  const processQuery = optionOf(args, '--query-compute-apps=');
  if (processQuery !== undefined) {
    return table(processQuery, PROCESS_FIELDS, processes);
  }
  return { stdout: "Invalid combination of input arguments. Please run 'nvidia-smi -h' for help.\n", exitCode: 2 };
}

function optionOf(args: readonly string[], prefix: string): string | undefined {
  return args.find((arg) => arg.startsWith(prefix))?.slice(prefix.length);
}

function table<T>(
  query: string,
  fields: Readonly<Record<string, (row: T) => string>>,
  rows: readonly T[],
): NvidiaSmiRun {
  const asked = query.split(',');
  const unknown = asked.find((field) => !Object.hasOwn(fields, field));
  if (unknown !== undefined) {
    return { stdout: `Field "${unknown}" is not a valid field to query.\n\n`, exitCode: 2 };
  }
  const lines = rows.map((row) => asked.map((field) => fields[field]!(row)).join(', '));
  return { stdout: lines.map((line) => `${line}\n`).join(''), exitCode: 0 };
}
