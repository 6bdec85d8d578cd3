import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';

/** As `nice -n 10`: whoever waits for an acknowledgement goes first. */
const NICENESS = 10;

/**
 * Lowers the priority of the calling thread alone, where the system counts threads (Linux, setpriority(2): "the nice
 * value is per-thread"); elsewhere nothing happens.
 */
export function lowerPriority(): void {
  try {
    const [, thread] = /\/task\/(\d+)$/.exec(readlinkSync('/proc/thread-self')) ?? [];
    if (thread !== undefined) {
      setPriority(Number(thread), NICENESS);
    }
  } catch {
    // A thread of ordinary priority does the same work.
  }
}
