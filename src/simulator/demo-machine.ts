/** The machine of `npm run demo`: four small cards, as in many a team's basement. */

import { GIB, MIB } from '../base/bytes.ts';
import { estimatedPlacement } from './placement.ts';
import type { SimulatedGpu, SimulatedModel, SimulatorOptions } from './types.ts';

/** A GTX 1070 Ti as nvidia-smi shows it: 8 GiB, of which the driver keeps 85 MiB. */
export function gtx1070Ti(cudaContextBytes = 148 * MIB): SimulatedGpu {
  return {
    name: 'NVIDIA GeForce GTX 1070 Ti',
    totalBytes: 8 * GIB,
    reservedBytes: 85 * MIB,
    baselineBytes: 4 * MIB,
    computeCapability: 6.1,
    cudaContextBytes,
    powerLimitWatts: 180,
  };
}

/**
 * Four cards of 8 GiB, 64 GiB of RAM, Ollama 0.33.0. Loads take seconds, not minutes.
 * @param models on the disk
 * @param registry what a pull can bring besides
 */
export function demoMachine(
  models: readonly SimulatedModel[],
  registry: readonly SimulatedModel[] = [],
  seed = 10181,
): SimulatorOptions {
  return {
    gpus: [0, 1, 2, 3].map((index) => gtx1070Ti((142 + 5 * index) * MIB)),
    system: { totalBytes: 64 * GIB, usedBytes: 6 * GIB },
    ollamaVersion: '0.33.0',
    models,
    registry,
    placement: estimatedPlacement(seed),
    timing: { startupMs: 250, loadBytesPerSecond: 6 * GIB, recoveryMs: 300, pullBytesPerSecond: 400 * MIB },
    seed,
  };
}
