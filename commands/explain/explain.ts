import { z } from 'zod';
import { type Attachment, isAttachment } from '../../src/chat/attachment.ts';
import { type Command, type CommandContext, runnable } from '../../src/chat/command.ts';
import type { MessageCommand } from '../../src/chat/message-command.ts';
import { allows } from '../../src/chat/permissions.ts';
import type { Block, Reply } from '../../src/chat/reply.ts';
import type { Services } from '../services.ts';
import { explainReading } from './replan.ts';
import { explainLogReply } from './reply.ts';
import { type Handed, readHanded } from './sources.ts';

/** Text options of chats hold no more. */
const MAX_TEXT = 6_000;

const schema = z.object({
  text: z.string().max(MAX_TEXT).optional(),
  log: z.custom<Attachment>(isAttachment).optional(),
});

async function explain(context: CommandContext<Services>, handed: Handed): Promise<Reply> {
  const { services, translator, person, signal } = context;
  const explained = await explainReading(handed.reading, services.models, services.estimates.by(person.id, signal));
  const loads = services.loads !== undefined && allows(person.access, 'operator');
  const reply = explainLogReply(explained, translator, loads);
  const notes: Block[] = handed.unread.map(({ key, params }) => ({
    kind: 'small',
    text: translator.text(key, params),
  }));
  if (handed.file !== null && reply.failed !== true) {
    notes.unshift({ kind: 'small', text: translator.text('log.from-file', { name: handed.file }) });
  }
  return notes.length === 0 ? reply : { ...reply, blocks: [...reply.blocks, ...notes] };
}

async function run(context: CommandContext<Services>, { text = '', log }: z.output<typeof schema>): Promise<Reply> {
  return explain(context, await readHanded(text, log === undefined ? [] : [log], context.signal));
}

/** `/explain`: what a pasted log or a file says, why, and what would help. The answer is for the asker alone. */
export const explainCommand: Command<Services> = {
  name: 'explain',
  description: 'log.description',
  example: '/explain Error: model requires more system memory (55.2 GiB) than is available (30.1 GiB)',
  run: runnable<Services, typeof schema>({
    description: 'log.description',
    access: 'everyone',
    private: true,
    options: [
      { name: 'text', description: 'log.option.text', type: 'string', maxLength: MAX_TEXT, takesRest: true },
      { name: 'log', description: 'log.option.log', type: 'attachment' },
    ],
    schema,
    run,
  }),
};

/** "Explain this log" on a message: its text, its embeds and its files. */
export const explainMessage: MessageCommand<Services> = {
  name: 'explain log',
  label: 'log.message-command',
  access: 'everyone',
  private: true,
  run: async (context, { text, attachments }) => explain(context, await readHanded(text, attachments, context.signal)),
};
