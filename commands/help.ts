import { z } from 'zod';
import { type Command, runnable } from '../src/chat/command.ts';
import { leastAccess } from '../src/chat/least-access.ts';
import { allows } from '../src/chat/permissions.ts';
import type { Span } from '../src/chat/text.ts';
import { completeServer } from './parts/completion.ts';
import { serverOption } from './parts/options.ts';
import type { Services } from './services.ts';

const schema = z.object({ server: z.string().trim().min(1).max(64).optional() });

/** `/help`: what this person may type, each with an example. */
export function createHelpCommand(commands: () => readonly Command<Services>[]): Command<Services> {
  return {
    name: 'help',
    description: 'help.description',
    run: runnable<Services, typeof schema>({
      description: 'help.description',
      access: 'everyone',
      private: true,
      options: [serverOption],
      schema,
      run: ({ translator, person }) =>
        Promise.resolve({
          tone: 'neutral',
          title: translator.text('help.title'),
          blocks: [
            {
              kind: 'list',
              items: commands()
                .filter((command) => allows(person.access, leastAccess(command)))
                .map((command): Span[] => [
                  { code: command.example ?? `/${command.name}` },
                  `  ${translator.t(command.description)}`,
                ]),
            },
            { kind: 'small', text: translator.text('help.more') },
          ],
        }),
      complete: completeServer,
    }),
  };
}
