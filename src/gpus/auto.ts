import { type AmdOptions, createAmdSource } from './amd/amd.ts';
import { readAmdCards } from './amd/sysfs.ts';
import { createNvidiaSmiSource, type NvidiaSmiOptions } from './nvidia/nvidia-smi.ts';
import { createSource, failedReading, type Reading } from './source.ts';
import type { Clock, GpuError, GpuSnapshot, GpuSource } from './types.ts';
import { gpuError } from './values.ts';

export interface AutoOptions {
  readonly clock?: Clock;
  readonly nvidia?: NvidiaSmiOptions;
  readonly amd?: AmdOptions;
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
 * Finds out: nvidia-smi when it is installed (also when it fails: that failure is the news), else AMD's driver files,
 * else nothing. The choice stays once a reading has succeeded.
 */
export function createAutoSource(options: AutoOptions = {}): GpuSource {
  const clock = options.clock ?? Date.now;
  let chosen: GpuSource | null = null;
  let nothingUntilMs = Number.NEGATIVE_INFINITY;
  let lastNothing: GpuSnapshot | null = null;
  const nvidia = createNvidiaSmiSource({ clock, ...options.nvidia });
  const amd = createAmdSource({ clock, ...options.amd });

  const nothing = (code: 'no-source' | 'source-elsewhere'): GpuSnapshot => {
    lastNothing = { ...noneReading(clock(), [gpuError(code)]), missing: [] };
    nothingUntilMs = clock() + RETRY_MS;
    return lastNothing;
  };

  async function decide(): Promise<GpuSnapshot> {
    const first = await nvidia.read();
    if (!first.errors.some((error) => error.code === 'not-installed')) {
      if (first.status !== 'failed') {
        chosen = nvidia;
      }
      // A machine may carry NVIDIA's tool and only AMD's cards.
      if (
        chosen === nvidia ||
        !first.errors.some((error) => ['no-devices', 'driver-not-loaded'].includes(error.code))
      ) {
        return first;
      }
      const second = (await hasAmdCards()) ? await amd.read() : null;
      if (second === null || second.status === 'failed') {
        return first;
      }
      chosen = amd;
      return second;
    }
    if (!(await hasAmdCards())) {
      return nothing('no-source');
    }
    const second = await amd.read();
    if (second.status !== 'failed') {
      chosen = amd;
    }
    return second;
  }

  const hasAmdCards = async (): Promise<boolean> => (await readAmdCards(options.amd?.root)).length > 0;

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
      await Promise.all([nvidia.close(), amd.close()]);
    },
  };
}
