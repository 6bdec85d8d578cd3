import type { Locale } from './locale.ts';
import type { MessageRef } from './poster.ts';

/**
 * An answer that is still coming into being. One that its asker alone sees has neither channel nor message (empty), only
 * the ticket.
 */
export interface OpenAnswer extends MessageRef {
  /** What the platform gave to answer with; it is void after a while. A secret while it lasts. */
  readonly ticket: string | null;
  /** What was asked: `/load`. */
  readonly title: string;
  readonly locale: Locale;
}

/** An answer that was written down. */
export interface NotedAnswer {
  /** Resolves when it stands in the store, or could not be put there. Never rejects. */
  readonly noted: Promise<void>;
  /** Tells which message the answer is, once that is known; it outlives the ticket. Never throws. */
  place(message: MessageRef): void;
  /** To be called when the answer stands. */
  end(): void;
}

/** Remembers what is being worked on, so that it is told when the process ends before the answer came. */
export interface OpenAnswers {
  /** Never throws. */
  begin(answer: OpenAnswer): NotedAnswer;
}
