import { z } from 'zod';
import { type Command, runnable } from '../src/chat/command.ts';
import type { MessageKey } from '../src/chat/messages/index.ts';
import type { Span } from '../src/chat/text.ts';
import { serverOption } from './parts/options.ts';
import type { Services } from './services.ts';

/** What /help lists: name, example and the row that describes it. Kept beside the commands' own definitions by a test. */
const LINES: readonly (readonly [example: string, description: MessageKey])[] = [
  ['/fit gemma3:12b ctx:32768', 'fit.description'],
];

const schema = z.object({ server: z.string().optional() });

/** `/help`: what can be typed. */
export const helpCommand: Command<Services> = {
  name: 'help',
  description: 'help.description',
  run: runnable<Services, typeof schema>({
    description: 'help.description',
    access: 'everyone',
    private: true,
    options: [serverOption],
    schema,
    run: ({ translator }) =>
      Promise.resolve({
        tone: 'neutral',
        title: translator.text('help.title'),
        blocks: [
          {
            kind: 'list',
            items: LINES.map(([example, description]): Span[] => [{ code: example }, `  ${translator.t(description)}`]),
          },
          { kind: 'small', text: translator.text('help.more') },
        ],
      }),
  }),
};
