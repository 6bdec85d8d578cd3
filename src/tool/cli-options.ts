import type { Services } from '../../commands/services.ts';
import type { Locale } from '../chat/locale.ts';
import type { ModelSpec } from '../estimator/types.ts';

/** What the command-line tool stands on. */
export interface CliOptions {
  readonly locale: Locale;
  readonly colour: boolean;
  readonly write: (text: string) => void;
  readonly writeError: (text: string) => void;
  /** Made only when a command needs them. */
  readonly services: () => Promise<Services>;
  readonly readModelJson: (json: unknown) => ModelSpec;
  readonly doctor: () => Promise<number>;
  readonly input: NodeJS.ReadableStream;
}
