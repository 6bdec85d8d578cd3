import { setTimeout as sleep } from 'node:timers/promises';
import type { APIInteraction } from 'discord.js';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createActionRegistry } from '../../src/chat/actions.ts';
import type { OpenAnswers } from '../../src/chat/open-answers.ts';
import type { Dispatcher, DispatchRequest, MessageRequest, Prepared } from '../../src/chat/dispatch/dispatcher.ts';
import { DiscordApi } from '../../src/discord/api.ts';
import { handleInteraction } from '../../src/discord/interactions.ts';
import { createRest } from '../../src/discord/transport.ts';
import { DiscordStandIn, type Exchange } from '../support/discord-stand-in/index.ts';
import { discordPlatform } from '../support/platforms.ts';

const log = pino({ level: 'silent' });
let discord: DiscordStandIn;

beforeEach(async () => {
  discord = await DiscordStandIn.start();
});

afterEach(async () => {
  await discord.stop();
});

/** What reaches the dispatcher when Discord sends this. */
async function requestOf(
  change: Record<string, unknown>,
  roles = { operators: ['op'], admins: [] as string[] },
  guildIds: readonly string[] = [discord.guildId],
  exchange = discord.slash('status'),
  answers?: OpenAnswers,
) {
  const rest = createRest({ apiUrl: discord.apiUrl, token: discord.token, log });
  const requests: DispatchRequest[] = [];
  const pointed: MessageRequest[] = [];
  const prepared: Prepared = {
    private: false,
    target: 'new',
    refusal: null,
    run: async () => ({ tone: 'good', title: 'ok', blocks: [] }),
  };
  const dispatcher: Pick<Dispatcher, 'actions' | 'prepare' | 'prepareMessage'> = {
    actions: createActionRegistry(),
    prepare: (request) => {
      requests.push(request);
      return prepared;
    },
    prepareMessage: (request) => {
      pointed.push(request);
      return prepared;
    },
  };
  const payload = {
    id: exchange.id,
    application_id: discord.applicationId,
    token: exchange.token,
    type: 2,
    guild_id: discord.guildId,
    channel_id: discord.channel.id,
    locale: 'de',
    member: { user: { id: '1', username: 'ada', global_name: 'Ada' }, nick: null, roles: [], permissions: '0' },
    data: { id: '1', type: 1, name: 'status', options: [] },
    ...change,
  };
  const settings = {
    platform: discordPlatform,
    api: new DiscordApi(rest, rest),
    dispatcher: dispatcher as Dispatcher,
    roles,
    guildIds,
    log,
    answers,
  };
  await handleInteraction(settings, payload as unknown as APIInteraction);
  return requests[0] ?? pointed[0];
}

describe('an interaction', () => {
  it('tells who asks, where, in which language, and what', async () => {
    const request = await requestOf({
      locale: 'zh-TW',
      data: {
        id: '1',
        type: 1,
        name: 'status',
        options: [
          {
            type: 1,
            name: 'schedule',
            options: [
              { type: 3, name: 'cron', value: '0 9 * * *' },
              { type: 7, name: 'channel', value: '42' },
              { type: 5, name: 'live', value: true },
            ],
          },
        ],
      },
    });
    expect(request).toEqual({
      person: { id: '1', name: 'Ada', access: 'everyone' },
      place: { platform: discordPlatform, guildId: discord.guildId, channelId: discord.channel.id },
      locale: 'zh-CN',
      command: 'status',
      subcommand: 'schedule',
      options: { cron: '0 9 * * *', channel: '42', live: true },
    });
  });

  it('gives access by role, and by Manage Server only where no role is set', async () => {
    const user = { id: '1', username: 'ada' };
    const access = async (member: Record<string, unknown>, roles?: { operators: string[]; admins: string[] }) =>
      (await requestOf({ member: { user, ...member } }, roles))?.person.access;
    const unset = { operators: [], admins: [] };
    expect(await access({ roles: ['op'], permissions: '0' })).toBe('operator');
    expect(await access({ roles: [], permissions: '32' })).toBe('everyone');
    expect(await access({ roles: [], permissions: '32' }, unset)).toBe('admin');
    expect(await access({ roles: [], permissions: '8' }, unset)).toBe('admin');
    expect(await access({ roles: [], permissions: '2048' }, unset)).toBe('everyone');
    expect(await access({}, unset)).toBe('everyone');
  });

  it('brings the file of an option, and none where Discord sends none', async () => {
    const data = {
      id: '1',
      type: 1,
      name: 'explain',
      options: [{ type: 11, name: 'log', value: '55' }],
      resolved: { attachments: { 55: { id: '55', filename: 'server.log', size: 12, url: 'https://evil.example/x' } } },
    };
    const request = (await requestOf({ data })) as DispatchRequest;
    expect(request.options.log).toMatchObject({ name: 'server.log', sizeBytes: 12 });
    const without = (await requestOf({ data: { ...data, resolved: undefined } })) as DispatchRequest;
    expect(without.options.log).toMatchObject({ name: '', sizeBytes: null });
  });

  it('on a message brings that message', async () => {
    const request = (await requestOf({
      data: {
        id: '1',
        type: 3,
        name: 'Explain this log',
        target_id: '9',
        resolved: { messages: { 9: { content: 'out of memory', attachments: [{ filename: 'a.log' }] } } },
      },
    })) as MessageRequest;
    expect(request.command).toBe('Explain this log');
    expect(request.message.text).toBe('out of memory');
    expect(request.message.attachments.map(({ name }) => name)).toEqual(['a.log']);
  });

  it('from a direct message may ask only', async () => {
    const request = await requestOf(
      { member: undefined, guild_id: undefined, user: { id: '7', username: 'bob' } },
      { operators: [], admins: [] },
      [],
    );
    expect(request?.person).toEqual({ id: '7', name: 'bob', access: 'everyone' });
    expect(request?.place.guildId).toBeNull();
  });
});

describe('what is no interaction that Discord documents', () => {
  it.each([
    ['no interaction', { type: null }],
    ['a press without its message', { type: 3, data: { custom_id: 'headroom:x' } }],
    ['a command without a name', { data: { id: '1', type: 1 } }],
    ['options that are no list', { data: { id: '1', type: 1, name: 'status', options: 'all' } }],
    ['an option that is none', { data: { id: '1', type: 1, name: 'status', options: [null] } }],
    ['a name without an end', { data: { id: '1', type: 1, name: 'x'.repeat(100_000) } }],
    [
      'a value of several parts',
      { data: { id: '1', type: 1, name: 'status', options: [{ name: 'a', type: 3, value: {} }] } },
    ],
  ])('is passed over: %s', async (_name, change) => {
    const exchange = discord.slash('status');
    expect(await requestOf(change, undefined, undefined, exchange)).toBeUndefined();
    expect(exchange.acknowledgement).toBe(null);
  });

  it('gives no right by what is malformed, and is answered all the same', async () => {
    const member = { user: { id: '1', username: 'ada' }, nick: 7, roles: 'op', permissions: { all: true } };
    const request = await requestOf({ locale: 5, member }, { operators: [], admins: [] });
    expect(request).toMatchObject({ person: { id: '1', name: 'ada', access: 'everyone' }, locale: 'en' });
  });
});

describe('an answer that is owed', () => {
  /** Notes slowly, and keeps what the asker had seen when it was done. */
  function notes(exchange: Exchange) {
    const seen: string[] = [];
    const answers: OpenAnswers = {
      begin: ({ title }) => {
        seen.push(`begin ${title}, acknowledged: ${exchange.acknowledgement !== null}`);
        const noted = sleep(30).then(() => {
          seen.push(`noted, acknowledged: ${exchange.acknowledgement !== null}`);
        });
        return { noted, place: () => seen.push('place'), end: () => seen.push('end') };
      },
    };
    return { seen, answers };
  }

  it('is written down before anybody waits for it, so that a kill in between leaves nobody waiting', async () => {
    const exchange = discord.slash('status');
    const { seen, answers } = notes(exchange);
    await requestOf({}, undefined, undefined, exchange, answers);
    expect(seen).toEqual(['begin /status, acknowledged: false', 'noted, acknowledged: false', 'place', 'end']);
  });

  it('is struck out where the acknowledgement is refused', async () => {
    const exchange = discord.slash('status');
    await requestOf({}, undefined, undefined, exchange);
    const { seen, answers } = notes(exchange);
    await requestOf({}, undefined, undefined, exchange, answers);
    expect(seen.at(-1)).toBe('end');
    expect(seen).not.toContain('place');
  });

  it('is acknowledged in time though the store does not answer', async () => {
    const exchange = discord.slash('status');
    const answers: OpenAnswers = {
      begin: () => ({ noted: new Promise(() => undefined), place: () => undefined, end: () => undefined }),
    };
    await requestOf({}, undefined, undefined, exchange, answers);
    expect(exchange.acknowledgement?.type).toBe(5);
  });
});
