import { type AmdOptions, createAmdSource } from './amd/amd.ts';
import { readAmdCards } from './amd/sysfs.ts';
import { type AppleOptions, createAppleSource } from './apple/apple.ts';
import { createIntelSource, type IntelOptions } from './intel/intel.ts';
import { readIntelCards } from './intel/sysfs.ts';
import { createNvidiaSmiSource, type NvidiaSmiOptions } from './nvidia/nvidia-smi.ts';
import { createSource, failedReading, type Reading } from './source.ts';
import type { Clock, GpuError, GpuSnapshot, GpuSource } from './types.ts';
import { gpuError } from './values.ts';

export interface AutoOptions {
  readonly clock?: Clock;
  readonly nvidia?: NvidiaSmiOptions;
  readonly amd?: AmdOptions;
  readonly intel?: IntelOptions;
  readonly apple?: AppleOptions;
  /** Default: the platform that this program runs on. */
  readonly platform?: NodeJS.Platform;
  /** Whether Ollama runs on this machine. If not, this machine's GPUs are the wrong ones. Default true. */
  readonly isLocal?: boolean;
}

/** Nothing found is looked for again after this time, ms: a driver may be installed, a container get its devices. */
const RETRY_MS = 300_000;

/** No telemetry: GPUs are unknown. */
export function createNoneSource(clock: Clock = Date.now): GpuSource {
  return createSource({
    kind: 'none',
    snapshotKind: 'none',
    host: 'none',
    description: 'none',
    clock,
    timeoutMs: 1_000,
    reader: () => Promise.resolve(noneReading(clock(), [])),
  });
}

function noneReading(takenAtMs: number, errors: readonly GpuError[]): Reading {
  return failedReading({ source: 'none', host: 'none', takenAtMs }, errors, { basis: 'none' });
}

/**
 * Finds out: nvidia-smi when it is installed (also when it fails: that failure is the news), else AMD's or Intel's driver
 * files, else a Mac's own GPU, else nothing. The choice stays once a reading has succeeded.
 */
export function createAutoSource(options: AutoOptions = {}): GpuSource {
  const clock = options.clock ?? Date.now;
  let chosen: GpuSource | null = null;
  let nothingUntilMs = Number.NEGATIVE_INFINITY;
  let lastNothing: GpuSnapshot | null = null;
  const nvidia = createNvidiaSmiSource({ clock, ...options.nvidia });
  /** What else a machine may have, and whether it has it. Most office machines have Intel graphics: memory of its own counts. */
  const others: readonly { readonly source: GpuSource; readonly isThere: () => Promise<boolean> }[] = [
    {
      source: createAmdSource({ clock, ...options.amd }),
      isThere: async () => (await readAmdCards(options.amd?.root)).length > 0,
    },
    {
      source: createIntelSource({ clock, ...options.intel }),
      isThere: async () => (await readIntelCards(options.intel?.root)).length > 0,
    },
    {
      source: createAppleSource({ clock, ...options.apple }),
      isThere: () => Promise.resolve((options.platform ?? process.platform) === 'darwin'),
    },
  ];

  const nothing = (code: 'no-source' | 'source-elsewhere'): GpuSnapshot => {
    lastNothing = { ...noneReading(clock(), [gpuError(code)]), missing: [] };
    nothingUntilMs = clock() + RETRY_MS;
    return lastNothing;
  };

  async function decide(): Promise<GpuSnapshot> {
    const first = await nvidia.read();
    if (first.status !== 'failed') {
      chosen = nvidia;
      return first;
    }
    const isInstalled = !first.errors.some(({ code }) => code === 'not-installed');
    // A machine may carry NVIDIA's tool and only another maker's cards.
    if (isInstalled && !first.errors.some(({ code }) => code === 'no-devices' || code === 'driver-not-loaded')) {
      return first;
    }
    for (const { source, isThere } of others) {
      if (!(await isThere())) {
        continue;
      }
      const reading = await source.read();
      if (reading.status !== 'failed') {
        chosen = source;
        return reading;
      }
      if (!isInstalled) {
        return reading;
      }
    }
    return isInstalled ? first : nothing('no-source');
  }

  let current: Promise<GpuSnapshot> | null = null;
  return {
    kind: 'auto',
    description: 'auto',
    read(readOptions) {
      if (options.isLocal === false) {
        return Promise.resolve(nothing('source-elsewhere'));
      }
      if (chosen !== null) {
        return chosen.read(readOptions);
      }
      if (lastNothing !== null && clock() < nothingUntilMs) {
        return Promise.resolve(lastNothing);
      }
      current ??= decide().finally(() => {
        current = null;
      });
      return current;
    },
    async close() {
      await Promise.all([nvidia, ...others.map(({ source }) => source)].map((source) => source.close()));
    },
  };
}
