import type { Message } from './area.ts';
import { commonMessages } from './common.ts';
import { consoleMessages } from './console.ts';
import { dispatchMessages } from './dispatch.ts';

/** The message table: every string that a person sees. */
export const messages = {
  ...commonMessages,
  ...consoleMessages,
  ...dispatchMessages,
} satisfies Readonly<Record<string, Message>>;

export type MessageKey = keyof typeof messages;
