import { within } from '../base/wait.ts';
import type { Clock, Gpu, GpuError, GpuReadOptions, GpuSnapshot, GpuSource, GpuSourceKind } from './types.ts';
import { gpuError } from './values.ts';

/** What a reader delivers; the source adds what is missing compared with earlier readings. */
export type Reading = Omit<GpuSnapshot, 'missing'>;

/** A reading that brought nothing, and why. */
export function failedReading(
  from: Pick<Reading, 'source' | 'host' | 'takenAtMs'>,
  errors: readonly GpuError[],
  more: Partial<Pick<Reading, 'basis' | 'hostMemory'>> = {},
): Reading {
  return {
    ...from,
    status: 'failed',
    basis: 'measured',
    gpus: [],
    processes: null,
    errors,
    driverVersion: null,
    hostMemory: null,
    ...more,
  };
}

/**
 * A reading of what a tool or a driver told of this machine's GPUs. One that could not be read is an error with its name,
 * and none at all is one too.
 */
export function measuredReading(
  from: Pick<Reading, 'source' | 'host' | 'takenAtMs' | 'hostMemory'>,
  gpus: readonly Gpu[],
  driverVersion: string | null = null,
): Reading {
  const errors = gpus
    .filter((gpu) => gpu.state === 'unreadable')
    .map((gpu) => gpuError('gpu-unreadable', { gpu: gpu.name, pci: gpu.pci ?? '?' }));
  if (gpus.length === 0) {
    return { ...failedReading(from, [gpuError('no-devices')]), hostMemory: from.hostMemory };
  }
  const status = errors.length > 0 ? 'partial' : 'ok';
  return { ...from, status, basis: 'measured', gpus, processes: null, errors, driverVersion };
}

export interface SourceOptions {
  readonly kind: GpuSource['kind'];
  /** What a snapshot says it is when nothing could be read. */
  readonly snapshotKind: GpuSourceKind;
  readonly host: string;
  readonly description: string;
  readonly clock: Clock;
  /** Outer bound of one reading, ms: whatever the reader does, `read` settles by then. */
  readonly timeoutMs: number;
  /** Should not reject; when it does, that is a failed reading. */
  readonly reader: (signal: AbortSignal) => Promise<Reading>;
  readonly onClose?: () => void | Promise<void>;
}

const BACKOFF_FIRST_MS = 10_000;
const BACKOFF_LAST_MS = 300_000;
/** A source that makes up identities must not fill the memory. */
const MAX_KNOWN = 1_024;
const HANGING: readonly string[] = ['timeout', 'still-hanging'];

/**
 * Makes a source of a reader: calls at the same time share one reading, every reading ends within the bound, a source
 * that hangs is asked less and less often (10 s doubling to 5 min), and GPUs seen once are missed when they are gone:
 * a shorter list is a failure, not a smaller machine.
 */
export function createSource(options: SourceOptions): GpuSource {
  const known = new Map<string, { readonly pci: string | null; readonly name: string }>();
  const lifetime = new AbortController();
  let current: Promise<GpuSnapshot> | null = null;
  let hangs = 0;
  let notBeforeMs = 0;
  let lastHang: GpuSnapshot | null = null;

  const failed = (error: GpuError): Reading =>
    failedReading({ source: options.snapshotKind, host: options.host, takenAtMs: options.clock() }, [error]);

  const readWithin = async (): Promise<Reading> => {
    const reading = options.reader(lifetime.signal).catch((error: unknown) => {
      const text = error instanceof Error ? error.message : String(error);
      return failed(gpuError('command-failed', { exit: 'exception' }, text));
    });
    return within(options.timeoutMs, reading, () =>
      failed(gpuError('timeout', { seconds: Math.round(options.timeoutMs / 1000) })),
    );
  };

  const readOnce = async (): Promise<GpuSnapshot> => {
    if (lastHang !== null && options.clock() < notBeforeMs) {
      return lastHang;
    }
    const reading = await readWithin();
    const snapshot = compare(reading, known);
    if (snapshot.status === 'failed' && snapshot.errors.some((error) => HANGING.includes(error.code))) {
      notBeforeMs = options.clock() + Math.min(BACKOFF_FIRST_MS * 2 ** hangs, BACKOFF_LAST_MS);
      hangs = Math.min(hangs + 1, 16);
      lastHang = snapshot;
    } else {
      hangs = 0;
      lastHang = null;
    }
    return snapshot;
  };

  return {
    kind: options.kind,
    description: options.description,
    read(readOptions?: GpuReadOptions) {
      const startedMs = options.clock();
      current ??= readOnce().finally(() => {
        current = null;
      });
      return endEarly(current, readOptions?.signal, () => ({
        ...failed(gpuError('timeout', { seconds: Math.max(1, Math.round((options.clock() - startedMs) / 1000)) })),
        missing: [],
      }));
    },
    async close() {
      lifetime.abort();
      await options.onClose?.();
    },
  };
}

/** Stops waiting when the caller gives up; the reading itself goes on for the others. */
function endEarly<T>(work: Promise<T>, signal: AbortSignal | undefined, instead: () => T): Promise<T> {
  if (signal === undefined) {
    return work;
  }
  if (signal.aborted) {
    return Promise.resolve(instead());
  }
  return new Promise((resolve, reject) => {
    const onAbort = (): void => resolve(instead());
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

/** Finds what was there before and is not now, and gives a nameless lost card its UUID back. */
function compare(
  reading: Reading,
  known: Map<string, { readonly pci: string | null; readonly name: string }>,
): GpuSnapshot {
  if (reading.status === 'failed' || reading.basis !== 'measured') {
    return { ...reading, missing: [] };
  }
  const gpus = reading.gpus.map((gpu): Gpu => {
    if (!gpu.uuid.startsWith('pci:') || gpu.pci === null) {
      return gpu;
    }
    for (const [uuid, earlier] of known) {
      if (earlier.pci === gpu.pci) {
        return { ...gpu, uuid };
      }
    }
    return gpu;
  });
  const present = new Set(gpus.map((gpu) => gpu.uuid));
  const missing = [...known.keys()].filter((uuid) => !present.has(uuid));
  for (const gpu of gpus) {
    // Stand-in identities are not remembered: they would be missed as soon as the card tells its name again.
    if (/^(pci|index):/.test(gpu.uuid) && gpu.vendor === 'nvidia') {
      continue;
    }
    if (known.size >= MAX_KNOWN && !known.has(gpu.uuid)) {
      continue;
    }
    known.set(gpu.uuid, { pci: gpu.pci ?? known.get(gpu.uuid)?.pci ?? null, name: gpu.name });
  }
  if (missing.length === 0) {
    return { ...reading, gpus, missing };
  }
  const errors = [...reading.errors, gpuError('gpu-missing', { count: missing.length }, missing.join(' '))];
  return { ...reading, gpus, missing, errors, status: 'partial' };
}
