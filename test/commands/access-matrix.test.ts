import type { APIInteraction } from 'discord.js';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  BUTTON_RIGHTS,
  COMMAND_RIGHTS,
  type Granted,
  MESSAGE_RIGHTS,
  PEOPLE,
  PLACES,
  RIGHTS,
  type Right,
} from '../../commands/access.ts';
import { actionHandlers, commands, messageCommands } from '../../commands/index.ts';
import { createActionRegistry } from '../../src/chat/actions.ts';
import type { Access, ActionHandler, Command, Runnable } from '../../src/chat/command.ts';
import { createDispatcher } from '../../src/chat/dispatch/dispatcher.ts';
import { createPace } from '../../src/chat/dispatch/pace.ts';
import type { MessageCommand } from '../../src/chat/message-command.ts';
import { allows } from '../../src/chat/permissions.ts';
import type { Reply } from '../../src/chat/reply.ts';
import type { DiscordApi } from '../../src/discord/api.ts';
import { handleInteraction, type InteractionSettings } from '../../src/discord/interactions.ts';
import type { RenderedMessage } from '../../src/discord/render.ts';
import { discordPlatform } from '../support/platforms.ts';

const NAMED = '100000000000000001';
const OTHER = '100000000000000002';
const OPERATOR = '200000000000000001';
const ADMIN = '200000000000000002';
const MEMBER_OF: Readonly<Record<(typeof PEOPLE)[number], { roles: string[]; permissions: string }>> = {
  member: { roles: ['200000000000000009'], permissions: '2048' },
  'may Manage Server': { roles: [], permissions: '32' },
  'has an operator role': { roles: [OPERATOR], permissions: '0' },
  'has an admin role': { roles: [ADMIN], permissions: '0' },
};

type Kind = 'command' | 'message' | 'button';

/** The real commands' access, with nothing behind them. */
const done = async (): Promise<Reply> => ({ tone: 'good', title: 'done', blocks: [] });
const stubRunnable = (one: Runnable<never>): Runnable<null> => ({
  ...one,
  options: [],
  schema: z.object({}),
  run: done,
});
const stubs = commands.map(
  (command): Command<null> => ({
    name: command.name,
    description: command.description,
    ...(command.run === undefined ? {} : { run: stubRunnable(command.run as Runnable<never>) }),
    ...(command.subcommands === undefined
      ? {}
      : {
          subcommands: Object.fromEntries(
            Object.entries(command.subcommands).map(([name, one]) => [name, stubRunnable(one as Runnable<never>)]),
          ),
        }),
  }),
);
const stubHandlers = actionHandlers.map(
  (handler): ActionHandler<null> => ({ ...handler, payload: z.object({}), run: done }) as ActionHandler<null>,
);

const stubPointing = messageCommands.map(
  (command): MessageCommand<null> => ({ ...command, run: done }) as MessageCommand<null>,
);

/** Whether somebody's command or press is done: told by what the bot answers. */
function bot(named: readonly string[], rolesSet: boolean) {
  const said: string[] = [];
  const hear = (message: RenderedMessage) => {
    said.push(JSON.stringify(message.body.components));
    return Promise.resolve('1');
  };
  const actions = createActionRegistry();
  const settings: InteractionSettings = {
    api: {
      acknowledge: () => Promise.resolve('1'),
      answerPrivately: (_handle: unknown, message: RenderedMessage) => hear(message),
      editOriginal: (_handle: unknown, message: RenderedMessage) => hear(message),
    } as unknown as DiscordApi,
    platform: discordPlatform,
    dispatcher: createDispatcher<null>({
      commands: stubs,
      actionHandlers: stubHandlers,
      messageCommands: stubPointing,
      services: null,
      actions,
      log: pino({ level: 'silent' }),
      rateLimit: { count: 1e9, windowMs: 1 },
      pace: { ...createPace(), begin: () => () => undefined },
    }),
    roles: { operators: rolesSet ? [OPERATOR] : [], admins: rolesSet ? [ADMIN] : [] },
    guildIds: named,
    log: pino({ level: 'silent' }),
  };
  return {
    async isDone(kind: Kind, name: string, place: (typeof PLACES)[number], person: (typeof PEOPLE)[number]) {
      said.length = 0;
      const member = { user: { id: '7', username: 'ada', global_name: null }, nick: null, ...MEMBER_OF[person] };
      const where =
        place === 'a direct message'
          ? { user: member.user }
          : { guild_id: place === 'a named server' ? NAMED : OTHER, member };
      const [command, sub] = name.split(' ');
      const data =
        kind === 'command'
          ? { id: '1', type: 1, name: command, options: sub === undefined ? [] : [{ type: 1, name: sub, options: [] }] }
          : kind === 'message'
            ? { id: '1', type: 3, name, target_id: '5', resolved: { messages: {} } }
            : {
                component_type: 2,
                custom_id: `headroom:${actions.issue([{ label: name, style: 'primary', call: { handler: name, payload: {} } }])[0]}`,
              };
      await handleInteraction(settings, {
        id: '1',
        application_id: '2',
        token: 't',
        type: kind === 'button' ? 3 : 2,
        channel_id: '3',
        locale: 'en-US',
        message: { id: '4', flags: 0, components: [] },
        data,
        ...where,
      } as unknown as APIInteraction);
      expect(said).toHaveLength(1);
      return said[0]!.includes('done');
    },
  };
}

function expected(granted: Granted, kind: Kind, place: (typeof PLACES)[number], right: Right): boolean {
  if (kind === 'button' && place === 'a direct message') {
    return right.access === 'everyone';
  }
  return granted !== 'refused' && allows(granted as Access, right.access);
}

describe('the table of rights', () => {
  const cells = PLACES.flatMap((place) =>
    (['roles', 'noRoles'] as const).flatMap((how) => PEOPLE.map((person) => ({ place, how, person }))),
  );
  it.each(cells)('holds in $place, $how, for who: $person', async ({ place, how, person }) => {
    const { isDone } = bot(place === 'any server, none named' ? [] : [NAMED], how === 'roles');
    const wrong: string[] = [];
    for (const [kind, table] of [
      ['command', COMMAND_RIGHTS],
      ['message', MESSAGE_RIGHTS],
      ['button', BUTTON_RIGHTS],
    ] as const) {
      for (const [name, right] of Object.entries(table)) {
        const should = expected(RIGHTS[place][how][person], kind, place, right);
        if ((await isDone(kind, name, place, person)) !== should) {
          wrong.push(`${kind} ${name}: ${should ? 'refused' : 'done'}`);
        }
      }
    }
    expect(wrong).toEqual([]);
  });
});
