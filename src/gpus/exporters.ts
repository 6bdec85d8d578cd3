/**
 * Pages of GPU exporters to GPUs, recognised by their metric names. Sources of names and units:
 * NVIDIA/dcgm-exporter etc/default-counters.csv (FB_* in MiB), utkuozdemir/nvidia_gpu_exporter (bytes, `_ratio`),
 * lablup/all-smi src/api/metrics (bytes), ROCm/device-metrics-exporter docs (MiB, called MB), node_exporter drm
 * collector (bytes).
 */

import { MIB } from '../base/bytes.ts';
import { singleLine } from '../base/text.ts';
import type { Exposition, Sample } from './exposition.ts';
import { isUnifiedMemoryName } from './nvidia-csv.ts';
import { isIntegratedRadeon, sharedPool } from './shared-pool.ts';
import type { Reading } from './source.ts';
import type { Gpu, GpuError, GpuNote, GpuProcess, GpuSourceKind, HostMemory } from './types.ts';
import { bytesOrNull, gpuError, normalizePci, readNumber } from './values.ts';

/** Numbers of one exporter older than this are told to be old, seconds. */
const STALE_SECONDS = 90;
const MAX_GPUS = 256;

/** What an exporter says of one GPU before it is checked. */
interface RawGpu {
  uuid: string;
  pci: string | null;
  index: number | null;
  name: string;
  totalBytes: number | null;
  usedBytes: number | null;
  freeBytes: number | null;
  reservedBytes: number | null;
  utilPct: number | null;
  tempC: number | null;
  powerW: number | null;
  powerLimitW: number | null;
  computeCapability: number | null;
  vendor: Gpu['vendor'];
  isMig: boolean;
  /** System memory that the GPU may use (AMD's GTT). */
  gttTotalBytes: number | null;
  gttUsedBytes: number | null;
}

interface PageReading {
  readonly kind: GpuSourceKind;
  readonly gpus: readonly RawGpu[];
  readonly processes?: readonly GpuProcess[];
  readonly errors?: readonly GpuError[];
  readonly takenAtMs?: number;
  readonly driverVersion?: string | null;
  readonly failed?: boolean;
}

/** Turns a page into a reading; a page without any known metric is a failure, not a machine without GPUs. */
export function exporterReading(
  page: Exposition,
  at: {
    readonly host: string;
    readonly nowMs: number;
    /** The machine whose GPUs are meant, where a page has those of several. */
    readonly node?: string | undefined;
  },
): Reading {
  const chosen = chooseNode(page.samples, at.node);
  if ('error' in chosen) {
    return reading('prometheus', at, [], [chosen.error], { hostMemory: null, failed: true });
  }
  const byName = Map.groupBy(chosen.samples, (sample) => sample.name);
  const found =
    readNvidiaExporter(byName, at.nowMs) ??
    readDcgm(byName) ??
    readAllSmi(byName) ??
    readAmdExporter(byName) ??
    readHami(byName) ??
    readNodeDrm(byName);
  const hostMemory = readHostMemory(byName);
  if (found === null) {
    const code = page.samples.length === 0 && page.badLines > 0 ? 'not-metrics' : 'no-known-metrics';
    return reading('prometheus', at, [], [gpuError(code)], { hostMemory, failed: true });
  }
  const gpus = found.gpus
    .toSorted((a, b) => (a.index ?? MAX_GPUS) - (b.index ?? MAX_GPUS) || a.uuid.localeCompare(b.uuid))
    .slice(0, MAX_GPUS)
    .map((gpu) => checkGpu(gpu, hostMemory));
  const errors = [...(found.errors ?? [])];
  if (page.badLines > 0) {
    errors.push(gpuError('bad-rows', { rows: page.badLines }));
  }
  for (const gpu of gpus) {
    if (gpu.state === 'unreadable') {
      const code = gpu.notes.some((note) => note.code === 'share-unknown') ? 'pool-unknown' : 'gpu-unreadable';
      errors.push(gpuError(code, { gpu: gpu.name, pci: gpu.pci ?? '?' }));
    }
    if (gpu.state === 'mig') {
      errors.push(gpuError('gpu-mig', { gpu: gpu.name, pci: gpu.pci ?? '?' }));
    }
  }
  if (gpus.length === 0 && errors.length === 0) {
    errors.push(gpuError('no-devices'));
  }
  return reading(found.kind, { host: at.host, nowMs: found.takenAtMs ?? at.nowMs }, found.failed ? [] : gpus, errors, {
    hostMemory,
    driverVersion: found.driverVersion ?? null,
    processes: found.processes ?? null,
    failed: found.failed ?? false,
  });
}

function reading(
  source: GpuSourceKind,
  at: { readonly host: string; readonly nowMs: number },
  gpus: readonly Gpu[],
  errors: readonly GpuError[],
  more: {
    readonly hostMemory: HostMemory | null;
    readonly driverVersion?: string | null;
    readonly processes?: readonly GpuProcess[] | null;
    readonly failed: boolean;
  },
): Reading {
  return {
    source,
    host: at.host,
    takenAtMs: at.nowMs,
    status: more.failed || gpus.length === 0 ? 'failed' : errors.length > 0 ? 'partial' : 'ok',
    basis: 'measured',
    gpus,
    processes: more.processes ?? null,
    errors,
    driverVersion: more.driverVersion ?? null,
    hostMemory: more.hostMemory,
  };
}

function checkGpu(raw: RawGpu, hostMemory: HostMemory | null): Gpu {
  const notes: GpuNote[] = [];
  let { totalBytes, usedBytes, freeBytes } = raw;
  let state: Gpu['state'] = 'ok';
  const pool = sharedPool(
    raw,
    { totalBytes: raw.gttTotalBytes, usedBytes: raw.gttUsedBytes },
    hostMemory?.availableBytes ?? null,
  );
  if (pool !== null) {
    ({ totalBytes, usedBytes, freeBytes } = pool);
  }
  const isUnified = pool !== null || isUnifiedMemoryName(raw.name);
  if (totalBytes === null && usedBytes !== null && freeBytes !== null) {
    totalBytes = usedBytes + freeBytes + (raw.reservedBytes ?? 0);
    if (raw.reservedBytes === null) {
      notes.push({ code: 'total-computed', params: {} });
    }
  }
  if (isUnified && usedBytes === null && freeBytes === null && hostMemory !== null) {
    totalBytes = hostMemory.totalBytes;
    freeBytes = hostMemory.availableBytes;
    usedBytes = totalBytes - freeBytes;
  }
  if (usedBytes === null && totalBytes !== null && freeBytes !== null) {
    usedBytes = Math.max(0, totalBytes - freeBytes);
  }
  if (freeBytes === null && totalBytes !== null && usedBytes !== null && usedBytes <= totalBytes) {
    freeBytes = Math.max(0, totalBytes - usedBytes - (raw.reservedBytes ?? 0));
    if (raw.reservedBytes === null && !isUnified) {
      notes.push({ code: 'free-computed', params: {} });
    }
  }
  if (totalBytes === null || freeBytes === null || usedBytes === null || totalBytes === 0 || freeBytes > totalBytes) {
    state = 'unreadable';
    usedBytes = null;
    freeBytes = null;
  } else if (pool === null && raw.vendor === 'amd' && isIntegratedRadeon(raw.name)) {
    // The carve-out alone says nothing of what Ollama can use.
    state = 'unreadable';
    usedBytes = null;
    freeBytes = null;
    notes.push({ code: 'share-unknown', params: {} });
  } else if (raw.isMig) {
    state = 'mig';
    notes.push({ code: 'mig-sum-of-slices', params: {} });
  } else if (isUnified) {
    state = 'uma';
    notes.push({ code: 'shared-with-system', params: {} });
  }
  const { isMig: _mig, gttTotalBytes: _total, gttUsedBytes: _used, ...rest } = raw;
  return { ...rest, totalBytes, usedBytes, freeBytes, state, notes };
}

type Page = Map<string, Sample[]>;

function rawGpu(uuid: string, vendor: Gpu['vendor']): RawGpu {
  return {
    uuid,
    pci: null,
    index: null,
    name: '',
    totalBytes: null,
    usedBytes: null,
    freeBytes: null,
    reservedBytes: null,
    utilPct: null,
    tempC: null,
    powerW: null,
    powerLimitW: null,
    computeCapability: null,
    vendor,
    isMig: false,
    gttTotalBytes: null,
    gttUsedBytes: null,
  };
}

/** Gets or makes the GPU of a key; `null` without a key. */
function entry(gpus: Map<string, RawGpu>, uuid: string | undefined, vendor: Gpu['vendor']): RawGpu | null {
  if (uuid === undefined || uuid.trim() === '') {
    return null;
  }
  const key = singleLine(uuid, 100);
  const gpu = gpus.get(key) ?? rawGpu(key, vendor);
  gpus.set(key, gpu);
  return gpu;
}

function label(sample: Sample, ...names: readonly string[]): string | undefined {
  for (const name of names) {
    if (sample.labels[name] !== undefined && sample.labels[name] !== '') {
      return sample.labels[name];
    }
  }
  return undefined;
}

function indexOf(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,4}$/.test(text) ? Number(text) : null;
}

type Field =
  | 'totalBytes'
  | 'usedBytes'
  | 'freeBytes'
  | 'reservedBytes'
  | 'utilPct'
  | 'tempC'
  | 'powerW'
  | 'powerLimitW'
  | 'gttTotalBytes'
  | 'gttUsedBytes';

/** Names since the exporter was rewritten in Go, and those of its shell days (`dcgm_fb_free`). */
const DCGM: readonly (readonly [string, Field])[] = [
  ['DCGM_FI_DEV_FB_TOTAL', 'totalBytes'],
  ['DCGM_FI_DEV_FB_USED', 'usedBytes'],
  ['DCGM_FI_DEV_FB_FREE', 'freeBytes'],
  ['DCGM_FI_DEV_FB_RESERVED', 'reservedBytes'],
  ['DCGM_FI_DEV_GPU_UTIL', 'utilPct'],
  ['DCGM_FI_DEV_GPU_TEMP', 'tempC'],
  ['DCGM_FI_DEV_POWER_USAGE', 'powerW'],
  ['dcgm_fb_total', 'totalBytes'],
  ['dcgm_fb_used', 'usedBytes'],
  ['dcgm_fb_free', 'freeBytes'],
  ['dcgm_gpu_utilization', 'utilPct'],
  ['dcgm_gpu_temp', 'tempC'],
  ['dcgm_power_usage', 'powerW'],
];

function readDcgm(page: Page): PageReading | null {
  if (!DCGM.some(([metric]) => page.has(metric))) {
    return null;
  }
  const gpus = new Map<string, RawGpu>();
  // Where pods share a GPU each repeats the series: one value per GPU and MIG instance, the largest.
  const parts = new Map<string, Map<string, number>>();
  let driverVersion: string | null = null;
  for (const [metric, field] of DCGM) {
    for (const sample of page.get(metric) ?? []) {
      const number = label(sample, 'gpu', 'minor_number');
      const uuid = label(sample, 'UUID', 'uuid') ?? (number === undefined ? undefined : `index:${number}`);
      const gpu = entry(gpus, uuid, 'nvidia');
      if (gpu === null) {
        continue;
      }
      gpu.name ||= singleLine(label(sample, 'modelName', 'model_name') ?? 'GPU', 128);
      gpu.pci ??= normalizePci(label(sample, 'pci_bus_id') ?? '');
      gpu.index ??= indexOf(label(sample, 'gpu'));
      driverVersion ??= label(sample, 'DCGM_FI_DRIVER_VERSION') ?? null;
      const instance = label(sample, 'GPU_I_ID') ?? '';
      if (instance !== '') {
        gpu.isMig = true;
      }
      const value = field.endsWith('Bytes') ? bytesOrNull(sample.value * MIB) : blankToNull(sample.value);
      if (value === null) {
        continue;
      }
      const key = `${gpu.uuid} ${field}`;
      const values = parts.get(key) ?? new Map<string, number>();
      values.set(instance, Math.max(values.get(instance) ?? 0, value));
      parts.set(key, values);
    }
  }
  for (const gpu of gpus.values()) {
    for (const [, field] of DCGM) {
      const values = parts.get(`${gpu.uuid} ${field}`);
      if (values === undefined) {
        continue;
      }
      const slices = [...values].filter(([instance]) => instance !== '').map(([, value]) => value);
      const whole = values.get('');
      if (whole !== undefined) {
        gpu[field] = whole;
      } else if (field.endsWith('Bytes')) {
        gpu[field] = slices.reduce((sum, value) => sum + value, 0);
      }
    }
  }
  return { kind: 'dcgm-exporter', gpus: [...gpus.values()], driverVersion };
}

/** DCGM's blank values lie near 2^63 (int64) and 2^47 (double). */
function blankToNull(value: number): number | null {
  return value < 2 ** 46 ? value : null;
}

const NVIDIA_EXPORTER: readonly (readonly [string, Field])[] = [
  ['nvidia_smi_memory_total_bytes', 'totalBytes'],
  ['nvidia_smi_memory_used_bytes', 'usedBytes'],
  ['nvidia_smi_memory_free_bytes', 'freeBytes'],
  ['nvidia_smi_memory_reserved_bytes', 'reservedBytes'],
  ['nvidia_smi_utilization_gpu_ratio', 'utilPct'],
  ['nvidia_smi_temperature_gpu', 'tempC'],
  ['nvidia_smi_power_draw_watts', 'powerW'],
  ['nvidia_smi_power_limit_watts', 'powerLimitW'],
];

function readNvidiaExporter(page: Page, nowMs: number): PageReading | null {
  if (![...page.keys()].some((name) => name.startsWith('nvidia_smi_'))) {
    return null;
  }
  const kind = 'nvidia-gpu-exporter';
  const single = (name: string): number | null => page.get(name)?.[0]?.value ?? null;
  const exit = single('nvidia_smi_command_exit_code');
  const errors: GpuError[] = [];
  const failed = single('nvidia_smi_last_collect_success') === 0 || (exit !== null && exit !== 0);
  if (failed) {
    errors.push(gpuError('exporter-failed', exit === null ? {} : { exit }));
  }
  // Its numbers are a cache: the time of the last success is their age. A clock in the future tells nothing.
  const success = single('nvidia_smi_last_collect_success_timestamp_seconds');
  const ageSeconds = success === null ? 0 : Math.max(0, Math.round(nowMs / 1000 - success));
  if (!failed && ageSeconds > STALE_SECONDS) {
    errors.push(gpuError('exporter-stale', { seconds: ageSeconds }));
  }
  const gpus = new Map<string, RawGpu>();
  for (const [metric, field] of NVIDIA_EXPORTER) {
    for (const sample of page.get(metric) ?? []) {
      const gpu = entry(gpus, withPrefix(label(sample, 'uuid')), 'nvidia');
      if (gpu === null) {
        continue;
      }
      gpu[field] = field.endsWith('Bytes')
        ? bytesOrNull(sample.value)
        : field === 'utilPct'
          ? sample.value * 100
          : sample.value;
    }
  }
  let driverVersion: string | null = null;
  for (const sample of page.get('nvidia_smi_gpu_info') ?? []) {
    const gpu = entry(gpus, withPrefix(label(sample, 'uuid')), 'nvidia');
    if (gpu === null) {
      continue;
    }
    gpu.name = singleLine(label(sample, 'name') ?? '', 128);
    gpu.pci = normalizePci(label(sample, 'pci_bus_id') ?? '');
    gpu.index = indexOf(label(sample, 'index'));
    gpu.computeCapability = readNumber(label(sample, 'compute_cap') ?? '');
    driverVersion ??= label(sample, 'driver_version') ?? null;
  }
  for (const sample of page.get('nvidia_smi_mig_mode_current') ?? []) {
    const gpu = entry(gpus, withPrefix(label(sample, 'uuid')), 'nvidia');
    if (gpu !== null && sample.value === 1) {
      gpu.isMig = true;
    }
  }
  for (const gpu of gpus.values()) {
    gpu.name ||= 'NVIDIA GPU';
  }
  const apps = page.get('nvidia_smi_compute_app_used_memory_bytes');
  const processes = apps?.slice(0, 4096).map(
    (sample): GpuProcess => ({
      gpuUuid: withPrefix(label(sample, 'uuid')) ?? '',
      pid: indexOfPid(label(sample, 'pid')),
      usedBytes: bytesOrNull(sample.value),
      name: singleLine(label(sample, 'process_name') ?? '', 256),
      user: null,
    }),
  );
  return {
    kind,
    gpus: [...gpus.values()],
    errors,
    driverVersion,
    failed,
    takenAtMs: nowMs - ageSeconds * 1000,
    ...(processes === undefined ? {} : { processes }),
  };
}

function indexOfPid(text: string | undefined): number {
  return text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : 0;
}

function withPrefix(uuid: string | undefined): string | undefined {
  return uuid === undefined || uuid === '' || /^(GPU|MIG)-/i.test(uuid) ? uuid : `GPU-${uuid}`;
}

const ALL_SMI: readonly (readonly [string, Field])[] = [
  ['all_smi_gpu_memory_total_bytes', 'totalBytes'],
  ['all_smi_gpu_memory_used_bytes', 'usedBytes'],
  ['all_smi_gpu_utilization', 'utilPct'],
  ['all_smi_gpu_temperature_celsius', 'tempC'],
  ['all_smi_gpu_power_consumption_watts', 'powerW'],
];

function readAllSmi(page: Page): PageReading | null {
  if (!ALL_SMI.some(([metric]) => page.has(metric))) {
    return null;
  }
  const gpus = new Map<string, RawGpu>();
  for (const [metric, field] of ALL_SMI) {
    for (const sample of page.get(metric) ?? []) {
      const number = label(sample, 'gpu_index', 'index');
      const uuid = label(sample, 'gpu_uuid', 'uuid') ?? (number === undefined ? undefined : `index:${number}`);
      const gpu = entry(gpus, uuid, 'unknown');
      if (gpu === null) {
        continue;
      }
      gpu.name ||= singleLine(label(sample, 'gpu') ?? 'GPU', 128);
      gpu.index ??= indexOf(label(sample, 'gpu_index', 'index'));
      gpu[field] = field.endsWith('Bytes') ? bytesOrNull(sample.value) : sample.value;
    }
  }
  for (const gpu of gpus.values()) {
    gpu.vendor = /^Apple/i.test(gpu.name)
      ? 'apple'
      : /NVIDIA|GeForce|^GPU-/i.test(`${gpu.name}${gpu.uuid}`)
        ? 'nvidia'
        : /AMD|Radeon|Instinct/i.test(gpu.name)
          ? 'amd'
          : 'unknown';
  }
  return { kind: 'all-smi', gpus: [...gpus.values()] };
}

const AMD_EXPORTER: readonly (readonly [string, Field])[] = [
  ['gpu_total_vram', 'totalBytes'],
  ['gpu_used_vram', 'usedBytes'],
  ['gpu_free_vram', 'freeBytes'],
  ['gpu_total_gtt', 'gttTotalBytes'],
  ['gpu_used_gtt', 'gttUsedBytes'],
  ['gpu_gfx_activity', 'utilPct'],
  ['gpu_edge_temperature', 'tempC'],
  ['gpu_package_power', 'powerW'],
];

function readAmdExporter(page: Page): PageReading | null {
  const prefix = ['', 'amd_'].find((candidate) => page.has(`${candidate}gpu_total_vram`));
  if (prefix === undefined) {
    return null;
  }
  const gpus = new Map<string, RawGpu>();
  for (const [metric, field] of AMD_EXPORTER) {
    for (const sample of page.get(prefix + metric) ?? []) {
      const serial = label(sample, 'serial_number');
      const id = label(sample, 'gpu_id');
      const partition = label(sample, 'gpu_partition_id');
      const uuid = label(sample, 'gpu_uuid') ?? serial ?? id ?? undefined;
      // Partitions of one card have the card's serial number.
      const gpu = entry(
        gpus,
        uuid === undefined
          ? undefined
          : `AMD-${uuid}${partition === undefined || partition === '0' ? '' : `-${partition}`}`,
        'amd',
      );
      if (gpu === null) {
        continue;
      }
      gpu.name ||= singleLine(label(sample, 'card_model', 'card_series') ?? 'AMD GPU', 128);
      gpu.index ??= indexOf(id);
      // Documented as MB and meaning MiB; look-alikes give bytes, and no card has 100 million MiB.
      gpu[field] = field.endsWith('Bytes')
        ? bytesOrNull(sample.value > 1e8 ? sample.value : sample.value * MIB)
        : sample.value;
    }
  }
  return { kind: 'amd-metrics-exporter', gpus: [...gpus.values()] };
}

/**
 * HAMi shares a card between containers: the share that this one may use is its limit
 * (Project-HAMi/HAMi, cmd/vGPUmonitor/metrics.go: bytes).
 */
function readHami(page: Page): PageReading | null {
  const limits = page.get('vGPU_device_memory_limit_in_bytes') ?? page.get('Device_memory_desc_of_container');
  if (limits === undefined) {
    return null;
  }
  const gpus = new Map<string, RawGpu>();
  for (const sample of limits) {
    const gpu = entry(gpus, label(sample, 'deviceuuid'), 'nvidia');
    const bytes = bytesOrNull(sample.value);
    if (gpu !== null && bytes !== null && bytes > 0) {
      gpu.name = 'NVIDIA GPU';
      gpu.index ??= indexOf(label(sample, 'vdeviceid', 'deviceidx'));
      gpu.totalBytes = bytes;
    }
  }
  const usage = page.get('vGPU_device_memory_usage_in_bytes') ?? page.get('HostGPUMemoryUsage') ?? [];
  for (const sample of usage) {
    const gpu = gpus.get(label(sample, 'deviceuuid') ?? '');
    const bytes = bytesOrNull(sample.value);
    if (gpu !== undefined && bytes !== null && gpu.totalBytes !== null) {
      gpu.usedBytes = Math.min(gpu.totalBytes, Math.max(gpu.usedBytes ?? 0, bytes));
    }
  }
  return { kind: 'hami', gpus: [...gpus.values()] };
}

/** Labels by which exporters name the machine; a Prometheus server's `instance` is the exporter's address. */
const NODE_LABELS = ['Hostname', 'nodename', 'node', 'instance', 'hostname', 'host'] as const;
const GPU_SAMPLE = /^(?:DCGM_FI_|dcgm_|nvidia_smi_|all_smi_|(?:amd_)?gpu_|vGPU_|HostGPU|node_drm_)/;
/** Machines that an error names. */
const NAMED_HOSTS = 8;

/** The samples of one machine: all of them where the page is of one, else those of the machine named. */
function chooseNode(
  samples: readonly Sample[],
  wanted: string | undefined,
): { readonly samples: readonly Sample[] } | { readonly error: GpuError } {
  const nodeOf = (sample: Sample) => label(sample, ...NODE_LABELS);
  const nodes = new Set<string>();
  for (const sample of samples) {
    const node = GPU_SAMPLE.test(sample.name) ? nodeOf(sample) : undefined;
    if (node !== undefined && nodes.size < 1_000) {
      nodes.add(node);
    }
  }
  const names = [...nodes]
    .map((node) => singleLine(node, 64))
    .slice(0, NAMED_HOSTS)
    .join(', ');
  if (wanted !== undefined) {
    const ours = samples.filter((sample) => (nodeOf(sample) ?? wanted) === wanted);
    return nodes.size === 0 || nodes.has(wanted)
      ? { samples: ours }
      : { error: gpuError('host-not-on-page', { host: singleLine(wanted, 64), hosts: names }) };
  }
  return nodes.size > 1 ? { error: gpuError('several-hosts', { hosts: names }) } : { samples };
}

function readNodeDrm(page: Page): PageReading | null {
  const totals = page.get('node_drm_memory_vram_size_bytes');
  if (totals === undefined) {
    return null;
  }
  const gpus = new Map<string, RawGpu>();
  const fields = [
    ['node_drm_memory_vram_size_bytes', 'totalBytes'],
    ['node_drm_memory_vram_used_bytes', 'usedBytes'],
    ['node_drm_gpu_busy_percent', 'utilPct'],
  ] as const;
  for (const [metric, field] of fields) {
    for (const sample of page.get(metric) ?? []) {
      const card = label(sample, 'card');
      const gpu = entry(gpus, card === undefined ? undefined : `drm-${card}`, 'amd');
      if (gpu === null) {
        continue;
      }
      gpu.name ||= singleLine(`AMD GPU ${card}`, 128);
      gpu.index ??= indexOf(card?.replace(/^card/, ''));
      gpu[field] = field === 'utilPct' ? sample.value : bytesOrNull(sample.value);
    }
  }
  return { kind: 'node-exporter', gpus: [...gpus.values()] };
}

function readHostMemory(page: Page): HostMemory | null {
  const value = (...names: readonly string[]): number | null => {
    for (const name of names) {
      const bytes = bytesOrNull(page.get(name)?.[0]?.value ?? -1);
      if (bytes !== null) {
        return bytes;
      }
    }
    return null;
  };
  const totalBytes = value('node_memory_MemTotal_bytes', 'all_smi_memory_total_bytes');
  const availableBytes = value('node_memory_MemAvailable_bytes', 'all_smi_memory_available_bytes');
  if (totalBytes === null || availableBytes === null) {
    return null;
  }
  return { totalBytes, availableBytes, swapFreeBytes: value('node_memory_SwapFree_bytes', 'all_smi_swap_free_bytes') };
}
