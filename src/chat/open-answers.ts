import type { Locale } from './locale.ts';
import type { MessageRef } from './poster.ts';

/** An answer that is still coming into being, in a message that others see. */
export interface OpenAnswer extends MessageRef {
  /** What was asked: `/load`. */
  readonly title: string;
  readonly locale: Locale;
}

/** Remembers what is being worked on, so that it is told when the process ends before the answer came. */
export interface OpenAnswers {
  /** Never throws. @returns to be called when the answer stands */
  begin(answer: OpenAnswer): () => void;
}
