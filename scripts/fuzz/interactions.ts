import type { APIInteraction } from 'discord.js';
import { actionHandlers, commands, messageCommands } from '../../commands/index.ts';
import type { Services } from '../../commands/services.ts';
import { CodedError } from '../../src/base/coded.ts';
import type { Log } from '../../src/base/log.ts';
import { createActionRegistry } from '../../src/chat/actions.ts';
import { createDispatcher } from '../../src/chat/dispatch/dispatcher.ts';
import type { Platform } from '../../src/chat/platform.ts';
import type { DiscordApi } from '../../src/discord/api.ts';
import { handleInteraction } from '../../src/discord/interactions.ts';
import { CUSTOM_ID_PREFIX } from '../../src/discord/render.ts';
import { mutate, mutateJson, type Random } from './random.ts';
import type { Target } from './target.ts';

const PLATFORM: Platform = { name: 'discord', poster: null };
const LONG = 'x'.repeat(100_000);

/** What a command would ask; none gets as far as an answer. */
const services = new Proxy({} as Services, {
  get: (_, name) => {
    throw new CodedError('nothing-kept', { name: String(name) });
  },
});
const actions = createActionRegistry();
const [token = ''] = actions.issue([
  { label: 'More', style: 'secondary', call: { command: 'fit', options: { model: 'gemma3:12b' } } },
]);
/** What went wrong inside: such a fault is logged, not thrown. */
let faults: string[] = [];
const note = (facts: object | string, message = '') => {
  const { err } = facts as { readonly err?: unknown };
  faults.push(`${message}: ${err instanceof Error ? err.stack?.split('\n').slice(0, 3).join(' ') : String(err)}`);
};
const silent = () => undefined;
const log: Log = { fatal: note, error: note, warn: silent, info: silent, debug: silent };
const dispatcher = createDispatcher<Services>({
  commands,
  actionHandlers,
  messageCommands,
  services,
  actions,
  log,
  rateLimit: { count: 1e9, windowMs: 1 },
});

/** Interactions that are wrong in every way: each is handled without a fault, and answered once at most. */
export const interactions: Target = {
  name: "Discord's interactions",
  weight: 3,
  make: (random) => {
    const input = bend(random, mutateJson(random, whole(random)));
    return { input, run: () => handle(input as APIInteraction) };
  },
};

async function handle(interaction: APIInteraction): Promise<void> {
  faults = [];
  let acknowledged = 0;
  const acknowledge = async () => {
    acknowledged += 1;
    return null;
  };
  const api = {
    acknowledge,
    answerPrivately: acknowledge,
    offerChoices: acknowledge,
    editOriginal: async () => null,
    deleteOriginal: async () => undefined,
    followUpPrivately: async () => null,
    createMessage: async () => '1',
    editMessage: async () => null,
    openDirect: async () => '1',
  } as unknown as DiscordApi;
  await handleInteraction(
    {
      platform: PLATFORM,
      api,
      dispatcher,
      roles: { operators: ['5'], admins: ['6'] },
      guildIds: ['7'],
      log,
      fetchFile: () => Promise.reject(new Error('nothing is fetched here')),
      unknownButtonWaitMs: 0,
    },
    interaction,
  );
  if (faults.length > 0 || acknowledged > 1) {
    throw new RangeError(`acknowledged ${acknowledged} times; ${faults.join('; ').slice(0, 500)}`);
  }
}

/** Texts that are too long, of the wrong kind, or nearly right. */
function bend(random: Random, value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map((item) => bend(random, item));
  }
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, bend(random, item)]));
  }
  if (typeof value !== 'string' || !random.chance(0.04)) {
    return value;
  }
  return random.chance(0.1) ? LONG : random.chance(0.1) ? Number(value) : mutate(random, value, value);
}

function whole(random: Random): Record<string, unknown> {
  const user = { id: '1', username: 'ada', global_name: 'Ada' };
  const base = {
    id: '100000000000000001',
    application_id: '2',
    token: 'token',
    version: 1,
    guild_id: random.pick(['7', '8', undefined]),
    channel_id: '9',
    channel: { id: '9', type: 0 },
    locale: random.pick(['en-US', 'zh-CN', 'de']),
    attachment_size_limit: 10_485_760,
    ...(random.chance(0.8)
      ? { member: { user, nick: null, roles: random.pick([[], ['5'], ['6']]), permissions: '2147483647' } }
      : { user }),
  };
  switch (random.below(4)) {
    case 0:
      return { ...base, type: 3, ...press(random) };
    case 1:
      return { ...base, type: 2, data: pointed() };
    default:
      return { ...base, type: random.pick([2, 2, 4]), data: typed(random) };
  }
}

function press(random: Random): Record<string, unknown> {
  const custom = random.pick([`${CUSTOM_ID_PREFIX}${token}`, CUSTOM_ID_PREFIX, token, '', 'other:1', LONG]);
  const button = { type: 2, style: 2, label: 'More', custom_id: custom };
  return {
    data: { custom_id: custom, component_type: 2 },
    message: {
      id: '3',
      flags: random.pick([0, 64, 32_768]),
      components: [
        { type: 17, components: [{ type: 1, components: [button, { ...button, custom_id: `${CUSTOM_ID_PREFIX}z` }] }] },
      ],
    },
  };
}

function pointed(): Record<string, unknown> {
  const file = {
    id: '4',
    filename: 'ollama.log',
    size: 100,
    url: 'https://cdn.discordapp.com/a',
    content_type: 'text/plain',
  };
  const message = { id: '3', content: 'level=INFO msg="x"', attachments: [file], channel_id: '9', author: { id: '1' } };
  return { id: '1', type: 3, name: 'Explain this log', target_id: '3', resolved: { messages: { 3: message } } };
}

/** A command with options of the kinds that it has. */
function typed(random: Random): Record<string, unknown> {
  const command = random.pick(commands);
  const subcommands = Object.entries(command.subcommands ?? {});
  const [name, runnable] = subcommands.length === 0 ? ['', command.run!] : random.pick(subcommands);
  const options = runnable.options
    .filter(({ required }) => required === true || random.chance(0.4))
    .map((option) => ({
      name: option.name,
      type: random.pick([3, 4, 5, 7, 10, 11]),
      value: random.pick<unknown>([
        'gemma3:12b',
        '8192',
        4_096,
        true,
        '5m',
        '4x8GiB',
        option.choices?.[0]?.value ?? '9',
      ]),
      ...(random.chance(0.2) ? { focused: true } : {}),
    }));
  return {
    id: '1',
    type: 1,
    name: command.name,
    options: name === '' ? options : [{ type: 1, name, options }],
    resolved: { attachments: { 9: { id: '9', filename: 'a.log', size: 10, url: 'https://cdn.discordapp.com/b' } } },
  };
}
