import type { Reply } from '../../chat/reply.ts';
import type { Schedule } from '../../store/types.ts';

/** A schedule as commands see it. */
export type { Schedule };

/** What a status post tells besides the status itself. */
export interface StatusExtra {
  /** Posts that were due while nobody could post, or whose fate is not known. */
  readonly missed: number;
  /** The message is left as it is from now on. */
  readonly ended: boolean;
  /** When the next post is due; `null`: there is none, or the message is a live one. */
  readonly nextMs: number | null;
}

/** Where the contents of status posts come from. */
export interface StatusSource {
  /**
   * What would be shown, from the readings at hand: cheap, and different when something that people see is different.
   * Must not throw.
   */
  fingerprint(schedule: Schedule): string;
  /** The status with fresh numbers. Bounded in time even when a server hangs. */
  reply(schedule: Schedule, extra: StatusExtra): Promise<Reply>;
  /** Asks for a fast pace of readings until the returned function is called. */
  watch(schedule: Schedule): () => void;
}
