import { globSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { actionHandlers, commands } from '../../commands/index.ts';
import { builtinCatalogue } from '../../src/catalogue/builtin.ts';
import { createActionRegistry } from '../../src/chat/actions.ts';
import { createDispatcher } from '../../src/chat/dispatch/dispatcher.ts';
import { LOCALES, type Locale } from '../../src/chat/locale.ts';
import type { ActionCall, OptionValue, Reply } from '../../src/chat/reply.ts';
import { displayWidth } from '../../src/chat/table.ts';
import { createLog } from '../../src/compose/log.ts';
import { renderReply } from '../../src/discord/render.ts';
import { digestReply } from '../../src/schedule/digest/tell.ts';
import { gtx1070Ti } from '../../src/simulator/demo-machine.ts';
import { recordedLogs } from '../logs/recorded.ts';
import { type DemoServices, startDemoServices } from '../support/demo-services.ts';
import { discordPlatform } from '../support/platforms.ts';

/** What a phone shows of a line of code before it breaks it. */
const PHONE_CELLS = 40;
const LONG = 'hf.co/unsloth/Qwen3-30B-A3B-Instruct-2507-very-long-name-GGUF:UD-Q4_K_XL';
const CARDS = [
  { ...gtx1070Ti(), name: 'NVIDIA GeForce RTX 3070 Laptop GPU with Max-Q Design' },
  { ...gtx1070Ti(), name: '某公司出品的测试用图形处理器豪华典藏版' },
];

let demo: DemoServices;

beforeAll(async () => {
  const models = [LONG, 'gemma3:12b', 'qwen3:8b'].map((name) => ({
    spec: { ...builtinCatalogue().find(name === LONG ? 'llama3.1:8b' : name)!, name },
  }));
  demo = await startDemoServices([], {}, { models, gpus: CARDS });
});
afterAll(() => demo.close());

const log = createLog('silent');

/** Every line of code of a reply as Discord shows it. */
async function codeLines(reply: Reply, locale: Locale): Promise<string[]> {
  const { body } = await renderReply(reply, { locale, actions: createActionRegistry(), log });
  const contents = [...JSON.stringify(body).matchAll(/"content":("(?:[^"\\]|\\.)*")/g)];
  const text = contents.map((match) => String(JSON.parse(match[1]!))).join('\n');
  return [...text.matchAll(/```\n([\s\S]*?)\n?```/g)].flatMap((match) => match[1]!.split('\n'));
}

async function replyTo(
  call: { readonly command: string; readonly subcommand?: string; readonly options: Record<string, OptionValue> },
  locale: Locale,
  button?: string,
): Promise<Reply> {
  const dispatcher = createDispatcher({ commands, actionHandlers, services: demo.services, log });
  const caller = {
    locale,
    person: { id: '223456789012345678', name: 'Someone', access: 'admin' as const },
    place: { platform: discordPlatform, guildId: '323456789012345678', channelId: '423456789012345678' },
  };
  const events = { progress: () => undefined };
  const reply = await dispatcher.dispatch({ subcommand: null, ...call, ...caller }, events);
  if (button === undefined) {
    return reply;
  }
  const action = reply.actions?.find(({ call: called }) => 'handler' in called && called.handler === button) as {
    call: ActionCall;
  };
  return dispatcher.call(action.call, caller, events);
}

/** What shows each table, by the file that makes it: a table that nobody measures fails the first test. */
const SHOWN: Readonly<Record<string, (locale: Locale) => Promise<Reply[]>>> = {
  'commands/fit/reply.ts': async (locale) => [
    await replyTo({ command: 'fit', options: { model: LONG, ctx: 8192 } }, locale),
    await replyTo({ command: 'fit', options: { model: 'gemma3:12b', gpus: '192GiB,96GiB:1GiB,8GiB' } }, locale),
  ],
  'commands/fit/sweep.ts': async (locale) => [
    await replyTo(
      { command: 'fit', options: { model: 'gemma3:12b', ctx: 16_384, gpus: '12GiB' } },
      locale,
      'fit.sweep',
    ),
  ],
  'commands/fit/somewhere.ts': async (locale) => {
    const name = 'a-server-with-a-name-that-goes-on-and-on';
    const one = demo.services.servers.servers[0]!;
    const services = {
      ...demo.services,
      servers: { ...demo.services.servers, servers: [one, { ...one, name }], find: () => one },
    } as typeof demo.services;
    const dispatcher = createDispatcher({ commands, actionHandlers, services, log });
    return [
      await dispatcher.dispatch(
        {
          command: 'fit',
          options: { model: 'qwen3:8b' },
          locale,
          person: { id: '1', name: 'Someone', access: 'everyone' },
          place: { platform: discordPlatform, guildId: null, channelId: null },
        },
        { progress: () => undefined },
      ),
    ];
  },
  'commands/models.ts': async (locale) => [await replyTo({ command: 'models', options: {} }, locale)],
  'commands/load/reply.ts': async (locale) => [
    await replyTo({ command: 'load', options: { model: LONG, ctx: locale === 'en' ? 4096 : 8192 } }, locale),
  ],
  'commands/ps.ts': async (locale) => [await replyTo({ command: 'ps', options: {} }, locale)],
  'commands/vram.ts': async (locale) => [await replyTo({ command: 'vram', options: {} }, locale)],
  'commands/plan/reply.ts': async (locale) => [
    await replyTo({ command: 'plan', subcommand: 'check', options: { models: `${LONG}@4k qwen3:8b@4k` } }, locale),
  ],
  'commands/explain/reply.ts': async (locale) => {
    const log = recordedLogs.find(({ file }) => file === '0.6.5-06.log')!;
    const lines = log.text.split('\n').filter((line) => !/assigned to device|layer +\d+: dev|updating/.test(line));
    const options = { text: lines.join('\n').slice(0, 6_000) };
    return [await replyTo({ command: 'explain', options }, locale)];
  },
  'src/schedule/digest/tell.ts': async (locale) => {
    const used = { model: LONG, loadedMs: 90_061_000, loads: 12_345, peakVramBytes: 123.4 * 2 ** 30 };
    const server = { server: 'main', peaks: [], busyBy: null, busiest: [], used: [used], unused: null };
    return [digestReply({ fromMs: 0, toMs: 604_800_000, servers: [server] } as never, locale, 'UTC')];
  },
};

describe('a table on a phone', () => {
  it('is measured here, whoever makes it', () => {
    const makers = globSync(['commands/**/*.ts', 'src/{chat,schedule,discord,servers}/**/*.ts']).filter(
      (path) => path !== 'src/chat/reply.ts' && /kind: 'table'/.test(readFileSync(path, 'utf8')),
    );
    expect(makers.sort()).toEqual(Object.keys(SHOWN).sort());
  });

  it.each(Object.keys(SHOWN))(
    'of %s is at most 40 columns wide in both languages, with long and wide names',
    async (maker) => {
      for (const locale of LOCALES) {
        for (const reply of await SHOWN[maker]!(locale)) {
          expect(reply.failed ?? false, JSON.stringify(reply.title)).toBe(false);
          expect(reply.blocks.some(({ kind }) => kind === 'table')).toBe(true);
          const lines = await codeLines(reply, locale);
          expect(lines.length).toBeGreaterThan(1);
          const wide = lines.filter((line) => displayWidth(line) > PHONE_CELLS);
          expect(wide).toEqual([]);
        }
      }
    },
  );
});
