import type { Message } from './area.ts';
import { commonMessages } from './common.ts';

/** The message table: every string that a person sees. */
export const messages = {
  ...commonMessages,
} satisfies Readonly<Record<string, Message>>;

export type MessageKey = keyof typeof messages;
