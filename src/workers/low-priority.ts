import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';

/** Whoever waits for an acknowledgement goes first; beside other programs a quarter of a core is still left. */
const NICENESS = 5;

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
