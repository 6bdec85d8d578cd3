import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { actionHandlers, commands } from '../../commands/index.ts';
import type { Person, Place } from '../../src/chat/command.ts';
import { createDispatcher, type Dispatcher } from '../../src/chat/dispatch/dispatcher.ts';
import type { Locale } from '../../src/chat/locale.ts';
import type { OptionValue, Reply } from '../../src/chat/reply.ts';
import { plainText } from '../../src/chat/text.ts';
import { createLog } from '../../src/compose/log.ts';
import { CONSOLE_PERSON, CONSOLE_PLACE, createConsolePlatform } from '../../src/console/platform.ts';
import { renderReply } from '../../src/console/render.ts';
import { newsReply } from '../../src/schedule/watches/tell.ts';
import { GIB } from '../gpus/tools.ts';
import { type DemoServices, startDemoServices } from '../support/demo-services.ts';
import { discordPlatform } from '../support/platforms.ts';

let demo: DemoServices;
let dispatcher: Dispatcher;
let plain: Dispatcher;
let people = 0;
let ann: Person;

beforeAll(async () => {
  demo = await startDemoServices(['gemma3:12b', 'qwen3:8b'], {}, {}, [createConsolePlatform(() => undefined)]);
  const { services } = demo;
  const { watches: _, ...unwatched } = services;
  dispatcher = createDispatcher({ commands, actionHandlers, services, log: createLog('silent') });
  plain = createDispatcher({ commands, actionHandlers, services: unwatched, log: createLog('silent') });
});
afterAll(() => demo.close());
beforeEach(async () => {
  ann = { id: `ann-${people++}`, name: 'Ann', access: 'everyone' };
  await occupy(0);
});

/** Memory that another program holds on every GPU. */
async function occupy(gib: number): Promise<void> {
  for (let gpu = 0; gpu < 4; gpu++) {
    demo.simulator.setForeign('python3', gpu, gib * GIB);
  }
  await demo.services.servers.defaultServer.snapshot({ maxAgeMs: 0 });
}

const channel: Place = { platform: discordPlatform, guildId: 'g', channelId: 'c' };

function notify(
  subcommand: string,
  options: Record<string, OptionValue> = {},
  who: { person?: Person; place?: Place; locale?: Locale; through?: Dispatcher } = {},
): Promise<Reply> {
  const { person = ann, place = channel, locale = 'en', through = dispatcher } = who;
  const request = { person, place, locale, command: 'notify', subcommand, options };
  return through.dispatch(request, { progress: () => undefined });
}

const text = (reply: Reply, locale: Locale = 'en') => renderReply(reply, { locale, colour: false, nowMs: Date.now() });

describe('/notify when-free', () => {
  it('answers at once where so much is free, and keeps nothing', async () => {
    const reply = await notify('when-free', { gib: 10 });
    expect(reply.tone).toBe('good');
    expect(plainText(reply.title)).toMatch(/^31\.\d GiB are free on main right now\.$/);
    expect(text(await notify('list'))).toContain('You are not waiting for anything.');
  });

  it('makes a watch that the list shows and the button stops', async () => {
    await occupy(7);
    const reply = await notify('when-free', { gib: 10 });
    expect(plainText(reply.title)).toBe('I will tell you when 10.0 GiB are free on main.');
    const list = await notify('list');
    expect(list.private).toBe(true);
    expect(text(list)).toMatch(/10\.0 GiB free on main: waiting, (1 d|23 h)/);
    const stop = reply.actions?.find(({ label }) => label.startsWith('Stop'));
    expect(stop?.onlyFor).toEqual([ann.id]);
    const caller = { person: ann, place: channel, locale: 'en' as const };
    expect((await dispatcher.call(stop!.call, caller, { progress: () => undefined })).tone).toBe('good');
    expect(text(await notify('list'))).toContain('stopped');
  });

  it('refuses what can never be', async () => {
    const reply = await notify('when-free', { gib: 33 });
    expect(reply.failed).toBe(true);
    expect(plainText(reply.title)).toContain('32.0 GiB in all');
  });

  it.each([
    { gib: 0 },
    { gib: -3 },
    { gib: 'much' },
    { gib: 1e9 },
    { gib: 4, hours: 0 },
    { gib: 4, hours: 169 },
    { gib: 4, server: 'nowhere' },
  ])('refuses %j in words', async (options) => {
    const reply = await notify('when-free', options);
    expect(reply.failed).toBe(true);
    expect(plainText(reply.title)).not.toMatch(/inside the bot/);
  });
});

describe('/notify when-fits', () => {
  it('answers at once with a button to load what fits', async () => {
    const reply = await notify('when-fits', { model: 'gemma3:12b', ctx: 8192 });
    expect(plainText(reply.title)).toBe('gemma3:12b with a context of 8192 fits on main right now.');
    expect(reply.actions?.[0]?.call).toEqual({
      command: 'load',
      options: { model: 'gemma3:12b', ctx: 8192, server: 'main' },
    });
  });

  it('waits for what does not fit now', async () => {
    await occupy(6.5);
    const reply = await notify('when-fits', { model: 'gemma3:12b', ctx: 8192, hours: 2 });
    expect(plainText(reply.title)).toBe('I will tell you when gemma3:12b with a context of 8192 fits on main.');
    expect(text(reply)).toContain('nothing is unloaded for it');
    expect(text(await notify('list'))).toMatch(/gemma3:12b with a context of 8192 on main: waiting, (2 h|1 h 59 min)/);
  });

  it('refuses a context that does not fit on the empty machine, with the largest that does', async () => {
    await occupy(7);
    const reply = await notify('when-fits', { model: 'qwen3:8b', ctx: 40_960 });
    expect(reply.failed ?? false).toBe(false);
    const small = await startDemoServices(['gemma3:12b'], { GPU_SOURCE: '1x8GiB' }, {}, [
      createConsolePlatform(() => undefined),
    ]);
    try {
      const { services } = small;
      const through = createDispatcher({ commands, actionHandlers, services, log: createLog('silent') });
      const never = await notify('when-fits', { model: 'qwen3:8b', ctx: 40_960 }, { through });
      expect(plainText(never.title)).toMatch(
        /does not fit on main even when it is empty\. The longest that would fit is [1-9]\d*/,
      );
      const hopeless = await notify('when-fits', { model: 'llama3.3:70b', ctx: 8192 }, { through });
      expect(plainText(hopeless.title)).toBe(
        'llama3.3:70b does not fit on main even when it is empty, however short the context.',
      );
    } finally {
      await small.close();
    }
  });

  it('refuses a model that nobody knows', async () => {
    const reply = await notify('when-fits', { model: 'no-such-model' });
    expect(plainText(reply.title)).toMatch(/There is no model/);
  });
});

describe('/notify', () => {
  it('bounds what one person waits for, and keeps people apart', async () => {
    await occupy(7);
    for (let i = 0; i < 10; i++) {
      expect((await notify('when-free', { gib: 12 })).failed ?? false).toBe(false);
    }
    expect(plainText((await notify('when-free', { gib: 12 })).title)).toContain(
      'You are already waiting for 10 things',
    );
    const ben: Person = { id: `ben-${people++}`, name: 'Ben', access: 'everyone' };
    expect(text(await notify('list', {}, { person: ben }))).toContain('You are not waiting for anything.');
    const id = Number(/(\d+) {2}12\.0 GiB/.exec(text(await notify('list')))?.[1]);
    expect((await notify('stop', { id }, { person: ben })).failed).toBe(true);
    expect((await notify('stop', { id })).failed ?? false).toBe(false);
    expect((await notify('stop', { id })).failed).toBe(true);
  });

  it('says in the terminal that the program must go on running', async () => {
    await occupy(7);
    const who = { person: CONSOLE_PERSON, place: CONSOLE_PLACE };
    expect(text(await notify('when-free', { gib: 12 }, who))).toContain('as long as this program runs');
  });

  it('says so where nothing is kept', async () => {
    const reply = await notify('when-free', { gib: 12 }, { through: plain });
    expect(plainText(reply.title)).toContain('Nothing is saved here');
  });

  it('speaks Chinese', async () => {
    await occupy(7);
    for (const reply of [
      await notify('when-free', { gib: 12 }, { locale: 'zh-CN' }),
      await notify('when-fits', { model: 'gemma3:12b', ctx: 8192 }, { locale: 'zh-CN' }),
      await notify('list', {}, { locale: 'zh-CN' }),
    ]) {
      expect(plainText(reply.title)).toMatch(/\p{sc=Han}/u);
      expect(text(reply, 'zh-CN')).not.toMatch(/undefined|\{\w+/);
    }
  });
});

describe('the news', () => {
  it('ping the one who waited and nobody else, and offer to load', () => {
    const watch = {
      id: 7,
      kind: 'when-fits' as const,
      ownerId: '42',
      ownerName: '@everyone',
      platform: 'discord',
      guildId: 'g',
      channelId: 'c',
      server: null,
      model: 'gemma3:12b',
      numCtx: 8192,
      freeBytes: null,
      locale: 'en',
      createdAtMs: 0,
      expiresAtMs: 1,
      state: 'waiting' as const,
      settledAtMs: null,
    };
    const news = { watch, server: 'main', freeBytes: 20 * GIB, freeMaxBytes: 8 * GIB, needBytes: 10 * GIB };
    const reply = newsReply(news, 'en');
    expect(reply.ping).toEqual(['42']);
    expect(plainText(reply.title)).toBe('gemma3:12b with a context of 8192 fits on main now.');
    expect(JSON.stringify(reply.blocks)).toContain('"user":"42"');
    expect(reply.actions).toMatchObject([
      { call: { command: 'load', options: { model: 'gemma3:12b', ctx: 8192, server: 'main' } } },
    ]);
    const free = newsReply(
      { ...news, watch: { ...watch, kind: 'when-free', model: null, numCtx: null, freeBytes: GIB } },
      'zh-CN',
    );
    expect(free.actions ?? []).toEqual([]);
    expect(plainText(free.title)).toMatch(/\p{sc=Han}/u);
  });
});
