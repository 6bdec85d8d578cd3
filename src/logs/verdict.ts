/** What a load came to, by what the log shows of it. */

import type { DeviceUse, LogVerdict } from './types.ts';

export interface VerdictFacts {
  readonly refused: boolean;
  readonly failed: boolean;
  readonly offloaded: readonly [number, number] | null;
  readonly overflowing: number;
  readonly experts: number;
  readonly fileBytes: number | null;
  readonly devices: ReadonlyMap<string, Readonly<DeviceUse>>;
}

/** Devices that are system memory. */
export const isHost = (device: string): boolean => /^(?:CPU|Host|host)|_Host$|_Mapped$|_REPACK$/.test(device);

/**
 * With all layers on the GPUs, so much of a mixture's file may still lie elsewhere as the token embedding takes; when
 * more is missing, experts were left in system memory (`--cpu-moe`, `--n-cpu-moe`, `-ot`).
 */
const EMBEDDING_SHARE = 0.25;

function weightsOnGpus(devices: ReadonlyMap<string, Readonly<DeviceUse>>): number | null {
  let sum: number | null = null;
  for (const [device, use] of devices) {
    if (!isHost(device) && use.weightsBytes !== null) {
      sum = (sum ?? 0) + use.weightsBytes;
    }
  }
  return sum;
}

/** The verdict, `null` where the log does not come so far. */
export function verdictOf(facts: VerdictFacts): LogVerdict | null {
  if (facts.refused) {
    return 'refused';
  }
  if (facts.failed) {
    return 'failed';
  }
  if (facts.offloaded === null) {
    return null;
  }
  const [count, of] = facts.offloaded;
  if (count === 0) {
    return 'cpu';
  }
  if (count < of || facts.overflowing > 0) {
    return 'partial';
  }
  const onGpus = weightsOnGpus(facts.devices);
  if (facts.experts > 0 && facts.fileBytes !== null && onGpus !== null) {
    return onGpus < facts.fileBytes * (1 - EMBEDDING_SHARE) ? 'partial' : 'fits';
  }
  return 'fits';
}
