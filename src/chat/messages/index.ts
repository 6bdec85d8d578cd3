import type { Message } from './area.ts';
import { commonMessages } from './common.ts';
import { consoleMessages } from './console.ts';
import { discordMessages } from './discord.ts';
import { dispatchMessages } from './dispatch.ts';
import { doctorMessages } from './doctor.ts';
import { estimatorMessages } from './estimator.ts';
import { fitMessages } from './fit.ts';
import { modelMessages } from './models.ts';
import { serverMessages } from './server.ts';

/** The message table: every string that a person sees. */
export const messages = {
  ...commonMessages,
  ...consoleMessages,
  ...fitMessages,
  ...modelMessages,
  ...serverMessages,
  ...estimatorMessages,
  ...doctorMessages,
  ...discordMessages,
  ...dispatchMessages,
} satisfies Readonly<Record<string, Message>>;

export type MessageKey = keyof typeof messages;
