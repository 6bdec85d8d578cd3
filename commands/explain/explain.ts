import { z } from 'zod';
import { type Command, type CommandContext, runnable } from '../../src/chat/command.ts';
import type { Reply } from '../../src/chat/reply.ts';
import { readLog } from '../../src/logs/read-log.ts';
import type { Services } from '../services.ts';
import { explainReading } from './replan.ts';
import { explainLogReply } from './reply.ts';

/** Text options of chats hold no more. */
const MAX_TEXT = 6_000;

const schema = z.object({ text: z.string().min(1).max(MAX_TEXT) });

async function run(context: CommandContext<Services>, options: z.output<typeof schema>): Promise<Reply> {
  const { services, translator, person, signal } = context;
  const reading = readLog(options.text);
  const explained = await explainReading(reading, services.models, services.estimates.by(person.id, signal));
  return explainLogReply(explained, translator);
}

/** `/explain`: what a pasted log says, why, and what would help. The answer is for the asker alone. */
export const explainCommand: Command<Services> = {
  name: 'explain',
  description: 'log.description',
  example: '/explain Error: model requires more system memory (55.2 GiB) than is available (30.1 GiB)',
  run: runnable<Services, typeof schema>({
    description: 'log.description',
    access: 'everyone',
    private: true,
    options: [
      {
        name: 'text',
        description: 'log.option.text',
        type: 'string',
        required: true,
        maxLength: MAX_TEXT,
        takesRest: true,
      },
    ],
    schema,
    run,
  }),
};
