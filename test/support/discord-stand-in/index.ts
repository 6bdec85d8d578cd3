import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Exchange } from './exchange.ts';
import { Faults } from './faults.ts';
import { Gateway } from './gateway.ts';
import { parseBody } from './multipart.ts';
import { type ApiResponse, createRoutes } from './routes.ts';
import { ALL, ApiError, type Channel, type Message, messageText, PERMISSION, snowflake, World } from './world.ts';

export { Exchange } from './exchange.ts';
export { type Message, messageText, PERMISSION } from './world.ts';

type Json = Record<string, unknown>;
type OptionValue = string | number | boolean;
const OPTION_TYPE: Readonly<Record<string, number>> = { string: 3, number: 4, boolean: 5 };

/** Who does something in the chat. */
export interface Actor {
  readonly userId?: string;
  readonly name?: string;
  readonly roles?: readonly string[];
  readonly permissions?: bigint;
  readonly locale?: string;
  readonly channelId?: string;
  /** Another server than the stand-in's own. */
  readonly guildId?: string;
}

export interface RecordedRequest {
  readonly line: string;
  readonly at: number;
  readonly json: Json | Json[];
  readonly status: number;
}

export interface StandInOptions {
  /** Life of an interaction's token, milliseconds; Discord's is 15 minutes. */
  readonly tokenTtlMs?: number;
  readonly heartbeatMs?: number;
  /** Further servers that the bot is in. */
  readonly otherGuildIds?: readonly string[];
}

/**
 * Discord on the loopback: the REST API and the gateway that one bot sees, with Discord's limits checked on every
 * payload, faults on request, and people who type, press and look.
 */
export class DiscordStandIn {
  readonly token = `stand-in.${randomBytes(8).toString('hex')}`;
  readonly applicationId = snowflake();
  readonly guildId = snowflake();
  readonly userId = snowflake();
  readonly world = new World();
  readonly channel: Channel = this.world.addChannel('gpu-lab');
  readonly faults = new Faults();
  /** Everything that Discord would have refused or that would have gone wrong for people. */
  readonly violations: string[] = [];
  readonly requests: RecordedRequest[] = [];
  readonly exchanges = new Map<string, Exchange>();
  /** Registered commands by guild id or `global`. */
  readonly commands = new Map<string, Json[]>();
  /** Messages outside of interactions, as they came. */
  readonly posts: {
    readonly how: 'bot-edit' | 'post' | 'deleted';
    readonly message: Message;
    readonly text: string;
    readonly at: number;
  }[] = [];
  readonly gateway: Gateway;
  tokenTtlMs: number;
  readonly #otherGuildIds: readonly string[];
  readonly #server: Server;
  readonly #events = new Map<string, Json>();
  readonly #listeners = new Set<() => void>();

  private constructor(server: Server, options: StandInOptions) {
    this.#server = server;
    this.#otherGuildIds = options.otherGuildIds ?? [];
    this.tokenTtlMs = options.tokenTtlMs ?? 15 * 60_000;
    const violation = (text: string) => this.violations.push(text);
    this.gateway = new Gateway(server, {
      token: this.token,
      heartbeatMs: options.heartbeatMs ?? 41_250,
      url: () => this.#gatewayUrl(),
      hello: () => this.#hello(),
      violation,
    });
    const routes = createRoutes({
      token: this.token,
      applicationId: this.applicationId,
      guildId: this.guildId,
      gatewayUrl: () => this.#gatewayUrl(),
      tokenLifeMs: () => this.tokenTtlMs,
      world: this.world,
      exchanges: this.exchanges,
      commands: this.commands,
      violation,
      posted: (how, message) => this.#posted(how, message),
    });
    server.on('request', (request, response) => {
      this.#answer(request, response, routes).catch((error: unknown) => {
        this.violations.push(`the stand-in failed: ${String(error)}`);
        response.destroy();
      });
    });
  }

  static async start(options: StandInOptions = {}): Promise<DiscordStandIn> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new DiscordStandIn(server, options);
  }

  /** For DISCORD_API_URL. */
  get apiUrl(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/api`;
  }

  async stop(): Promise<void> {
    this.gateway.close();
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  /** Drops what is remembered of an exchange and of all requests, for runs of many thousands. */
  forget(exchange: Exchange): void {
    this.exchanges.delete(exchange.id);
    this.#events.delete(exchange.id);
    this.requests.length = 0;
    for (const { message } of exchange.seen) {
      this.world.messages.delete(message.id);
    }
    if (exchange.original !== null) {
      this.world.messages.delete(exchange.original.id);
    }
  }

  /** Types a slash command; `status schedule` names a subcommand. */
  slash(command: string, options: Readonly<Record<string, OptionValue>> = {}, actor: Actor = {}): Exchange {
    const data = this.#commandData(command, options, null);
    return this.#interact(2, data, actor, { kind: 'command', optionType: 0 });
  }

  /** Types into an option of a command whose other options are filled in already. */
  complete(
    command: string,
    option: string,
    typed: string,
    options: Readonly<Record<string, OptionValue>> = {},
    actor: Actor = {},
  ): Exchange {
    const data = this.#commandData(command, { ...options, [option]: typed }, option);
    return this.#interact(4, data, actor, { kind: 'completion', optionType: this.#optionType(command, option) ?? 3 });
  }

  /** Presses a button of a message by its label or custom_id. */
  press(message: Message, button: string, actor: Actor = {}): Exchange {
    const found = buttonsOf(message).find(({ label, customId }) => label === button || customId === button);
    if (found === undefined) {
      throw new Error(`there is no button ${button} on: ${messageText(message)}`);
    }
    return this.pressId(message, found.customId, actor);
  }

  /** Sends a press with any custom_id, as a forger would. */
  pressId(message: Message, customId: string, actor: Actor = {}): Exchange {
    const json = this.world.json(message, this.applicationId);
    return this.#interact(3, { custom_id: customId, component_type: 2 }, actor, {
      kind: 'button',
      optionType: 0,
      message: json,
      original: message,
    });
  }

  /** Sends an interaction's event once more, as the gateway may after a resume. */
  replay(exchange: Exchange): void {
    this.gateway.dispatch('INTERACTION_CREATE', this.#events.get(exchange.id));
  }

  /** Requests whose line (`METHOD /path`) matches. */
  sent(pattern: RegExp): readonly RecordedRequest[] {
    return this.requests.filter(({ line }) => pattern.test(line));
  }

  /** The first of the bot's own messages for which `holds` is true. */
  async waitPost(
    holds: (post: DiscordStandIn['posts'][number]) => boolean = () => true,
    timeoutMs = 10_000,
  ): Promise<DiscordStandIn['posts'][number]> {
    return await new Promise((resolve, reject) => {
      const check = () => {
        const found = this.posts.find(holds);
        if (found === undefined) {
          return;
        }
        this.#listeners.delete(check);
        clearTimeout(timer);
        resolve(found);
      };
      const timer = setTimeout(() => {
        this.#listeners.delete(check);
        reject(
          new Error(`no such message within ${timeoutMs} ms; posts: ${this.posts.map(({ text }) => text).join(' | ')}`),
        );
      }, timeoutMs);
      this.#listeners.add(check);
      check();
    });
  }

  /** A moderator deletes a message. */
  deleteMessage(message: Message): void {
    message.deleted = true;
    const { id, channelId } = message;
    this.gateway.dispatch('MESSAGE_DELETE', { id, channel_id: channelId, guild_id: this.guildId });
  }

  deleteChannel(channel: Channel): void {
    this.world.channels.delete(channel.id);
    this.gateway.dispatch('CHANNEL_DELETE', this.#channelJson(channel));
  }

  setBotPermissions(channel: Channel, permissions: bigint): void {
    channel.botPermissions = permissions;
    this.gateway.dispatch('CHANNEL_UPDATE', this.#channelJson(channel));
  }

  #gatewayUrl(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}/gateway`;
  }

  #posted(how: 'bot-edit' | 'post' | 'deleted', message: Message): void {
    this.posts.push({ how, message, text: messageText(message), at: Date.now() });
    // An answer that went on as the bot's own edit still belongs to its interaction.
    const exchange = message.interactionId === null ? undefined : this.exchanges.get(message.interactionId);
    exchange?.record(how, message);
    for (const listener of this.#listeners) {
      listener();
    }
  }

  #commandData(command: string, options: Readonly<Record<string, OptionValue>>, focused: string | null): Json {
    const [name, subcommand] = command.split(' ');
    const list = Object.entries(options).map(([option, value]) => ({
      name: option,
      type: this.#optionType(command, option) ?? OPTION_TYPE[typeof value]!,
      value,
      ...(option === focused ? { focused: true } : {}),
    }));
    const inner = subcommand === undefined ? list : [{ name: subcommand, type: 1, options: list }];
    return { id: snowflake(), name, type: 1, options: inner };
  }

  #optionType(command: string, option: string): number | null {
    const [name, subcommand] = command.split(' ');
    const registered = this.commands.get(this.guildId) ?? this.commands.get('global') ?? [];
    let level = registered.find((candidate) => candidate.name === name);
    if (subcommand !== undefined) {
      level = (level?.options as Json[] | undefined)?.find((item) => item.name === subcommand);
    }
    const found = (level?.options as Json[] | undefined)?.find((item) => item.name === option);
    return found === undefined ? null : Number(found.type);
  }

  #interact(
    type: number,
    data: Json,
    actor: Actor,
    about: { kind: Exchange['kind']; optionType: number; message?: Json; original?: Message },
  ): Exchange {
    const id = snowflake();
    const userId = actor.userId ?? this.userId;
    const channelId = actor.channelId ?? this.channel.id;
    const exchange = new Exchange({
      id,
      token: `interaction-${randomBytes(24).toString('hex')}`,
      userId,
      channelId,
      kind: about.kind,
      optionType: about.optionType,
      ...(about.original === undefined ? {} : { original: about.original }),
    });
    this.exchanges.set(id, exchange);
    const user = { id: userId, username: actor.name ?? 'ada', global_name: null, discriminator: '0', avatar: null };
    const direct = this.world.channels.get(channelId)?.kind === 'direct';
    const member = {
      user,
      nick: null,
      roles: actor.roles ?? [],
      joined_at: '2026-01-01T00:00:00.000Z',
      premium_since: null,
      deaf: false,
      mute: false,
      flags: 0,
      permissions: String(actor.permissions ?? PERMISSION.viewChannel | PERMISSION.sendMessages),
    };
    const event = {
      id,
      application_id: this.applicationId,
      type,
      token: exchange.token,
      version: 1,
      channel_id: channelId,
      channel: { id: channelId, type: direct ? 1 : 0 },
      ...(direct ? { user } : { guild_id: actor.guildId ?? this.guildId, guild_locale: 'en-US', member }),
      app_permissions: String(ALL),
      locale: actor.locale ?? 'en-US',
      entitlements: [],
      authorizing_integration_owners: { 0: this.guildId },
      attachment_size_limit: 10 * 2 ** 20,
      data,
      ...(about.message === undefined ? {} : { message: about.message }),
    };
    this.#events.set(id, event);
    this.gateway.dispatch('INTERACTION_CREATE', event);
    return exchange;
  }

  #channelJson(channel: Channel): Json {
    const denied = ALL & ~channel.botPermissions;
    return {
      id: channel.id,
      guild_id: this.guildId,
      type: 0,
      name: channel.name,
      position: 0,
      permission_overwrites: [
        { id: this.applicationId, type: 1, allow: String(channel.botPermissions), deny: String(denied) },
      ],
    };
  }

  #hello(): { ready: Json; after: [string, unknown][] } {
    const user = { id: this.applicationId, username: 'headroom', discriminator: '0000', avatar: null, bot: true };
    const channels = [...this.world.channels.values()].filter((channel) => channel.kind === 'guild');
    const guild = {
      id: this.guildId,
      name: 'Lab',
      owner_id: this.userId,
      roles: [
        {
          id: this.guildId,
          name: '@everyone',
          permissions: String(ALL),
          position: 0,
          color: 0,
          hoist: false,
          managed: false,
          mentionable: false,
          flags: 0,
        },
      ],
      channels: channels.map((channel) => this.#channelJson(channel)),
      members: [{ user, roles: [], joined_at: '2026-01-01T00:00:00.000Z', deaf: false, mute: false, flags: 0 }],
      threads: [],
      emojis: [],
      stickers: [],
      features: [],
      member_count: 2,
      preferred_locale: 'en-US',
    };
    return {
      ready: {
        v: 10,
        user,
        guilds: [this.guildId, ...this.#otherGuildIds].map((id) => ({ id, unavailable: true })),
        application: { id: this.applicationId, flags: 0 },
      },
      after: [
        ['GUILD_CREATE', guild],
        ...this.#otherGuildIds.map((id): [string, unknown] => ['GUILD_CREATE', { ...guild, id, channels: [] }]),
      ],
    };
  }

  async #answer(
    request: IncomingMessage,
    response: ServerResponse,
    routes: (request: Parameters<ReturnType<typeof createRoutes>>[0]) => ApiResponse,
  ): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) {
      chunks.push(chunk as Buffer);
    }
    const url = new URL(request.url ?? '/', 'http://stand-in');
    const path = decodeURIComponent(url.pathname).replace(/^\/api\/v10/, '');
    const line = `${request.method ?? 'GET'} ${path}`;
    const { json, files } = await parseBody(request.headers['content-type'] ?? '', Buffer.concat(chunks));
    const at = Date.now();

    const effect = this.faults.take(line);
    if (effect?.kind === 'delay') {
      await sleep(effect.ms);
    }
    if (effect?.kind === 'cut' && effect.when === 'before') {
      this.requests.push({ line, at, json, status: 0 });
      request.socket.destroy();
      return;
    }
    let result: ApiResponse & { headers?: Record<string, string> };
    if (effect?.kind === 'error') {
      const { status, code, retryAfter } = effect;
      result = {
        status,
        body: {
          code,
          message: `programmed fault ${code}`,
          ...(retryAfter === undefined || retryAfter === null ? {} : { retry_after: retryAfter }),
        },
        headers: retryAfter === undefined || retryAfter === null ? {} : { 'retry-after': String(retryAfter) },
      };
    } else {
      try {
        const authorization = request.headers.authorization ?? null;
        result = routes({ method: request.method ?? 'GET', path, query: url.searchParams, authorization, json, files });
      } catch (error) {
        if (!(error instanceof ApiError)) {
          throw error;
        }
        const { status, code, message, retryAfter } = error;
        result = {
          status,
          body: { code, message },
          headers: retryAfter === null ? {} : { 'retry-after': String(retryAfter) },
        };
      }
    }
    this.requests.push({ line, at, json, status: result.status });
    if (effect?.kind === 'cut') {
      request.socket.destroy();
      return;
    }
    const type = result.body === undefined ? 'text/html; charset=utf-8' : 'application/json';
    response.writeHead(result.status, { 'content-type': type, ...result.headers });
    response.end(result.body === undefined ? undefined : JSON.stringify(result.body));
  }
}

/** The buttons of a message, however deep they stand. */
export function buttonsOf(
  message: Pick<Message, 'components'>,
): { readonly label: string; readonly customId: string }[] {
  const found: { label: string; customId: string }[] = [];
  const visit = (component: Json) => {
    if (component.type === 2) {
      found.push({ label: String(component.label), customId: String(component.custom_id) });
    }
    if (Array.isArray(component.components)) {
      component.components.forEach(visit);
    }
  };
  message.components.forEach(visit);
  return found;
}
