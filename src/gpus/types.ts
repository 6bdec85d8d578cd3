/**
 * What every telemetry source delivers: one snapshot of a machine's GPUs. Sizes are bytes, times are milliseconds
 * since the epoch. Unknown is `null`, never 0. GPUs are told apart by UUID, never by index.
 */

import type { Coded } from '../base/coded.ts';

/** Where the numbers come from. The Prometheus kinds are recognised by the metric names on the page. */
export type GpuSourceKind =
  | 'nvidia-smi'
  | 'ssh'
  | 'dcgm-exporter'
  | 'nvidia-gpu-exporter'
  | 'all-smi'
  | 'amd-metrics-exporter'
  | 'hami'
  | 'node-exporter'
  | 'prometheus'
  | 'amd-sysfs'
  | 'amd-smi'
  | 'rocm-smi'
  | 'xpu-smi'
  | 'intel-sysfs'
  | 'apple'
  | 'declared'
  | 'none';

/**
 * - `ok`: its own memory, readable.
 * - `mig`: cut into slices; the sums shown are nothing that one process can use.
 * - `uma`: shares the machine's memory; total and free are the host's.
 * - `lost`: fell off the bus; needs a reset or a reboot.
 * - `unreadable`: there, but the driver does not tell its memory.
 */
export type GpuState = 'ok' | 'mig' | 'uma' | 'lost' | 'unreadable';

/** Remarks on one GPU. */
export type GpuNoteCode =
  /** used + free + reserved is not the total: read with care. Params: `differenceBytes`. */
  | 'memory-sum-off'
  /** The source tells no free memory; it is total − used, a little more than can be had. */
  | 'free-computed'
  /** The source tells no total; it is the sum of the parts without the reserved one. */
  | 'total-computed'
  /** Memory is used, but no process is seen (container without the host's PIDs, or another owner). */
  | 'owner-unknown'
  /** The driver hides fields from this account. */
  | 'no-permission'
  /** The sums of a GPU cut by MIG. */
  | 'mig-sum-of-slices'
  /** Shared with the system: every process takes from it. */
  | 'shared-with-system'
  /** Sizes declared by the administrator; use by others is not seen. */
  | 'declared'
  /** An integrated GPU whose share of the system's memory the source does not tell. */
  | 'share-unknown'
  /** A driver field held no number. Params: `field`. */
  | 'field-unreadable';

export type GpuNote = Coded<GpuNoteCode>;

export interface Gpu {
  /** `GPU-…` of NVIDIA, the PCI address or serial of others, `declared-0` for declared ones. */
  readonly uuid: string;
  /** `0000:01:00.0`, lower case, when known. */
  readonly pci: string | null;
  /** The source's own number. For people only; it changes between boots. */
  readonly index: number | null;
  readonly name: string;
  readonly totalBytes: number | null;
  readonly usedBytes: number | null;
  /** As the driver says it, never total − used where the driver says it. */
  readonly freeBytes: number | null;
  /** Kept by the driver: in the total, neither used nor free. */
  readonly reservedBytes: number | null;
  /** 0 to 100. */
  readonly utilPct: number | null;
  readonly tempC: number | null;
  readonly powerW: number | null;
  readonly powerLimitW: number | null;
  /** CUDA compute capability, such as 6.1. */
  readonly computeCapability: number | null;
  readonly vendor: 'nvidia' | 'amd' | 'intel' | 'apple' | 'unknown';
  readonly state: GpuState;
  readonly notes: readonly GpuNote[];
}

export interface GpuProcess {
  readonly gpuUuid: string;
  readonly pid: number;
  readonly usedBytes: number | null;
  /** UNTRUSTED: chosen by whoever started the process. Cut to 256 characters, control characters removed. */
  readonly name: string;
  /** UNTRUSTED. The account that runs it, when the source knows. */
  readonly user: string | null;
}

/** What went wrong, as a code that the edge turns into words. */
export type GpuErrorCode =
  /** The driver was upgraded under the running kernel module: reboot or reload. Params: `libraryVersion`. */
  | 'driver-mismatch'
  | 'driver-not-loaded'
  | 'no-devices'
  /** Fell off the bus. Params: `pci`. */
  | 'gpu-lost'
  /** One card does not answer and hides the others. Params: `pci`. */
  | 'gpu-handle'
  /** A container lost its devices: restart it. */
  | 'nvml-unknown'
  | 'nvml-library-missing'
  | 'no-permission'
  | 'inforom-corrupted'
  /** Not even the short list of fields is known. */
  | 'driver-too-old'
  /** Params: `command`. */
  | 'not-installed'
  /** No answer within the bound. Params: `seconds`. */
  | 'timeout'
  /** The earlier query still has not ended; no second one is started. Params: `seconds`. */
  | 'still-hanging'
  /** Params: `limitBytes`. */
  | 'output-too-large'
  /** The output ends before its end mark. */
  | 'output-cut'
  /** Params: `rows`. */
  | 'bad-rows'
  /** Any other exit code. Params: `exit`. */
  | 'command-failed'
  /** GPUs seen earlier are not there. Params: `count`. */
  | 'gpu-missing'
  /** A GPU says nothing of its memory. Params: `gpu`. */
  | 'gpu-unreadable'
  /** A GPU cut into slices (MIG): a process gets one of them, whose size is not told. Params: `gpu`. */
  | 'gpu-mig'
  /** An integrated GPU whose share of the system's memory is not told. Params: `gpu`. */
  | 'pool-unknown'
  | 'ssh-host-key'
  | 'ssh-auth'
  /** Name unknown, refused or no route. */
  | 'ssh-unreachable'
  | 'ssh-failed'
  /** The far machine runs gpu-report and has nothing that it could ask. Params: `host`. */
  | 'host-without-gpus'
  /** The far script is not gpu-report, or of another version. */
  | 'report-unknown'
  /** Params: `status`. */
  | 'http-status'
  | 'http-unauthorized'
  /** Params: `reason` (a short code such as ECONNREFUSED). */
  | 'http-unreachable'
  /** The page is no exposition format (HTML, …). */
  | 'not-metrics'
  /** A proper page without any metric we know. */
  | 'no-known-metrics'
  /** The page has the GPUs of several machines; one must be named. Params: `hosts`. */
  | 'several-hosts'
  /** The page has no GPU of the machine that was named. Params: `host`, `hosts`. */
  | 'host-not-on-page'
  /** The exporter itself could not read its GPUs. Params: `exit` when known. */
  | 'exporter-failed'
  /** The exporter's numbers are old. Params: `seconds`. */
  | 'exporter-stale'
  /** The Prometheus server refuses the query. Params: `type`. */
  | 'query-failed'
  | 'not-json'
  /** `auto` found nothing on this machine that could be read. */
  | 'no-source'
  /** `auto` reads this machine only, and Ollama runs on another one. */
  | 'source-elsewhere';

export interface GpuError extends Coded<GpuErrorCode> {
  /** UNTRUSTED text of the tool, cut to 300 characters; for the log and for admins. */
  readonly text: string;
}

/** The machine's own memory. */
export interface HostMemory {
  readonly totalBytes: number;
  readonly availableBytes: number;
  readonly swapFreeBytes: number | null;
}

export interface GpuSnapshot {
  readonly source: GpuSourceKind;
  /** Where it was read, without credentials: `local`, `user@host`, `host:9400`. */
  readonly host: string;
  /** When the numbers were true as far as known (an exporter's cache is older than the call), ms since the epoch. */
  readonly takenAtMs: number;
  /**
   * - `ok`: every known GPU was read.
   * - `partial`: some are missing, lost or unreadable; the others are right.
   * - `failed`: nothing was read; `errors` says why.
   */
  readonly status: 'ok' | 'partial' | 'failed';
  /** `declared`: sizes from the administrator with what Ollama reports taken off; others are invisible. */
  readonly basis: 'measured' | 'declared' | 'none';
  readonly gpus: readonly Gpu[];
  /** `null`: could not be known. Empty: nobody. */
  readonly processes: readonly GpuProcess[] | null;
  /** UUIDs seen earlier and not now. */
  readonly missing: readonly string[];
  readonly errors: readonly GpuError[];
  readonly driverVersion: string | null;
  readonly hostMemory: HostMemory | null;
}

export interface GpuReadOptions {
  readonly signal?: AbortSignal;
}

/** A telemetry source. */
export interface GpuSource {
  /** What was configured; `auto` decides at its first read. */
  readonly kind: 'nvidia-smi' | 'ssh' | 'prometheus' | 'amd' | 'intel' | 'apple' | 'declared' | 'none' | 'auto';
  /** For people and logs: without credentials and query. */
  readonly description: string;
  /** Reads once. Never rejects: failures are snapshots with status `failed`. Calls at the same time share one read. */
  read(options?: GpuReadOptions): Promise<GpuSnapshot>;
  /** Ends children and connections. */
  close(): Promise<void>;
}

/** Milliseconds since the epoch. */
export type Clock = () => number;
