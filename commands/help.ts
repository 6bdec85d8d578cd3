import { z } from 'zod';
import { type Access, type Command, runnable } from '../src/chat/command.ts';
import { allows } from '../src/chat/permissions.ts';
import type { Span } from '../src/chat/text.ts';
import { completeServer } from './parts/completion.ts';
import { serverOption } from './parts/options.ts';
import type { Services } from './services.ts';

const schema = z.object({ server: z.string().trim().min(1).max(64).optional() });

/** Who may use a command: the least that any of its parts asks for. */
function accessOf(command: Command<Services>): Access {
  const parts = [...(command.run === undefined ? [] : [command.run]), ...Object.values(command.subcommands ?? {})];
  const order: readonly Access[] = ['everyone', 'operator', 'admin'];
  return order.find((access) => parts.some((part) => part.access === access)) ?? 'admin';
}

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
                .filter((command) => allows(person.access, accessOf(command)))
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
