import { singleLine } from '../../base/text.ts';
import type { Gpu, GpuError, GpuProcess, GpuSourceKind } from '../types.ts';
import type { Sample } from './exposition.ts';

/** What an exporter says of one GPU before it is checked. */
export interface RawGpu {
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

/** What one exporter says on a page. */
export interface PageReading {
  readonly kind: GpuSourceKind;
  readonly gpus: readonly RawGpu[];
  readonly processes?: readonly GpuProcess[];
  readonly errors?: readonly GpuError[];
  readonly takenAtMs?: number;
  readonly driverVersion?: string | null;
  readonly failed?: boolean;
}

/** One exporter: which metrics are its own, and how a page of it is read. A new one is one more entry of `EXPORTERS`. */
export interface Exporter {
  /** How the names of its metrics of GPUs begin, as a regular expression: by them machines on a page are told apart. */
  readonly prefix: string;
  /** The metrics that are read, as a Prometheus server is asked for them. */
  readonly metrics: readonly string[];
  /** Those of them whose age tells whether the exporter still lives. */
  readonly ages: readonly string[];
  /** `null`: the page is none of this exporter. */
  readonly read: (page: Page, nowMs: number) => PageReading | null;
}

/** The samples of a page by their name. */
export type Page = Map<string, Sample[]>;

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
export function entry(gpus: Map<string, RawGpu>, uuid: string | undefined, vendor: Gpu['vendor']): RawGpu | null {
  if (uuid === undefined || uuid.trim() === '') {
    return null;
  }
  const key = singleLine(uuid, 100);
  const gpu = gpus.get(key) ?? rawGpu(key, vendor);
  gpus.set(key, gpu);
  return gpu;
}

/** The first of these labels that says something. */
export function label(sample: Sample, ...names: readonly string[]): string | undefined {
  for (const name of names) {
    if (sample.labels[name] !== undefined && sample.labels[name] !== '') {
      return sample.labels[name];
    }
  }
  return undefined;
}

/** A card's own number; `null` where the label is none. */
export function indexOf(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,4}$/.test(text) ? Number(text) : null;
}

/** What a metric can tell of a GPU. */
export type Field =
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
