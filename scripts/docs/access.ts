import {
  BUTTON_RIGHTS,
  COMMAND_RIGHTS,
  MESSAGE_RIGHTS,
  PEOPLE,
  PLACES,
  RIGHTS,
  type Right,
} from '../../commands/access.ts';

const WORDS = { everyone: 'everybody', operator: 'operators', admin: 'admins', refused: 'nothing' } as const;

/** docs/access.md: who may use what, from the table that a test walks through. */
export function accessPage(): string {
  const rights = (table: Readonly<Record<string, Right>>, call: (name: string) => string) =>
    Object.entries(table)
      .map(
        ([name, { access, also }]) =>
          `| \`${call(name)}\` | ${WORDS[access]}${also === undefined ? '' : `: ${also}`} |`,
      )
      .join('\n');
  const places = PLACES.flatMap((place) =>
    (['roles', 'noRoles'] as const).map((how) => {
      const cells = PEOPLE.map((person) => {
        const granted = RIGHTS[place][how][person];
        return granted === 'everyone' ? 'asks' : granted === 'refused' ? 'nothing' : `acts as ${granted}`;
      });
      return `| ${place} | ${how === 'roles' ? 'set' : 'not set'} | ${cells.join(' | ')} |`;
    }),
  );
  return [
    '# Who may do what',
    'Written by `npm run docs` from the table in commands/access.ts; a test walks through every cell of it with the real adapter.',
    '## Who somebody is',
    'Roles are `OPERATOR_ROLES` and `ADMIN_ROLES`, named servers those of `DISCORD_GUILD_IDS`. Rights come with each request from Discord and are looked at again when a button is pressed. In a direct message the buttons of the bot’s own messages answer as to everybody.',
    `| asked in | roles | ${PEOPLE.join(' | ')} |\n|---|---|${PEOPLE.map(() => '---|').join('')}\n${places.join('\n')}`,
    '## Commands',
    `| command | who |\n|---|---|\n${rights(COMMAND_RIGHTS, (name) => `/${name}`)}`,
    '## On a message (right click, Apps)',
    `| command | who |\n|---|---|\n${rights(MESSAGE_RIGHTS, (name) => name)}`,
    '## Buttons',
    `| button | who |\n|---|---|\n${rights(BUTTON_RIGHTS, (name) => name)}`,
    '',
  ].join('\n\n');
}
