import type { Exchange } from './exchange.ts';
import { choiceFaults, commandFaults, EPHEMERAL, LOADING, messageFaults, type UploadedFile } from './limits.ts';
import { ApiError, type Channel, type Message, type World } from './world.ts';

type Json = Record<string, unknown>;

export interface ApiRequest {
  readonly method: string;
  /** Path without `/api/v10`. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly authorization: string | null;
  readonly json: Json | Json[];
  readonly files: readonly UploadedFile[];
}

export interface RouteContext {
  readonly token: string;
  readonly applicationId: string;
  readonly guildId: string;
  readonly gatewayUrl: () => string;
  readonly tokenLifeMs: () => number;
  readonly world: World;
  readonly exchanges: Map<string, Exchange>;
  /** Registered commands by scope: a guild id or `global`. */
  readonly commands: Map<string, Json[]>;
  readonly violation: (text: string) => void;
  /** Told of every message outside of interactions. */
  readonly posted: (how: 'bot-edit' | 'post' | 'deleted', message: Message) => void;
}

export interface ApiResponse {
  readonly status: number;
  readonly body?: unknown;
}

type Handler = (request: ApiRequest, parts: readonly string[]) => ApiResponse;

/** Discord's REST routes as far as a bot of slash commands needs them. */
export function createRoutes(context: RouteContext): (request: ApiRequest) => ApiResponse {
  const { world, exchanges, commands, applicationId } = context;
  const noContent: ApiResponse = { status: 204 };
  const show = (message: Message): ApiResponse => ({ status: 200, body: world.json(message, applicationId) });

  const check = (body: Json, files: readonly UploadedFile[], message: Message | null) => {
    const listed = (Array.isArray(body.attachments) ? body.attachments : []).map((item: Json) => String(item.id));
    const kept = (message?.files ?? []).filter(
      (file) => body.attachments === undefined || listed.includes(`${message!.id}-${file.filename}`),
    );
    const faults = messageFaults(
      body,
      files,
      kept.map((file) => file.filename),
      message !== null && (message.flags & (1 << 15)) !== 0,
    );
    if (faults.length === 0) {
      return;
    }
    for (const fault of faults) {
      context.violation(fault);
    }
    throw new ApiError(400, 50035, `Invalid Form Body: ${faults.join('; ')}`);
  };

  const write = (message: Message, body: Json, files: readonly UploadedFile[], isEdit: boolean) => {
    check(body, files, isEdit ? message : null);
    world.apply(message, body, files);
    if (isEdit) {
      message.edits += 1;
    }
  };

  const byToken = (token: string): Exchange => {
    const exchange = [...exchanges.values()].find((candidate) => candidate.token === token);
    if (exchange === undefined) {
      throw new ApiError(404, 10015, 'Unknown Webhook');
    }
    if (Date.now() - exchange.sentAt > context.tokenLifeMs()) {
      throw new ApiError(401, 50027, 'Invalid Webhook Token');
    }
    return exchange;
  };

  const originalOf = (exchange: Exchange): Message => {
    if (exchange.original === null || exchange.original.deleted) {
      throw new ApiError(404, 10008, 'Unknown Message');
    }
    return exchange.original;
  };

  const callback: Handler = (request, [id, token]) => {
    const exchange = exchanges.get(id!);
    const body = request.json as Json;
    if (exchange === undefined || exchange.token !== token) {
      throw new ApiError(404, 10062, 'Unknown interaction');
    }
    if (exchange.acknowledgement !== null) {
      throw new ApiError(400, 40060, 'Interaction has already been acknowledged.');
    }
    if (Date.now() - exchange.sentAt > 3_000) {
      throw new ApiError(404, 10062, 'Unknown interaction');
    }
    const type = Number(body.type);
    const data = (body.data ?? {}) as Json;
    const isPrivate = (Number(data.flags ?? 0) & EPHEMERAL) !== 0;
    const visibleTo = isPrivate ? exchange.userId : null;
    const choices = (data.choices ?? []) as { name: string; value: string | number }[];
    if ((exchange.kind === 'completion') !== (type === 8)) {
      context.violation(`callback ${type} for a ${exchange.kind}`);
    }
    if (type === 5) {
      if ((Number(data.flags ?? 0) & ~EPHEMERAL) !== 0) {
        context.violation('a deferred answer may only be EPHEMERAL');
      }
      exchange.original = world.create({ channelId: exchange.channelId, interactionId: id!, visibleTo, loading: true });
    } else if (type === 4) {
      const message = world.create({ channelId: exchange.channelId, interactionId: id!, visibleTo });
      write(message, data, request.files, false);
      exchange.original = message;
    } else if (type === 8) {
      for (const fault of choiceFaults(choices, exchange.optionType)) {
        context.violation(fault);
      }
    } else if (type !== 6 || exchange.kind !== 'button') {
      context.violation(`callback type ${type}`);
    }
    exchange.acknowledgement = { type, at: Date.now(), private: isPrivate, choices };
    if (type === 4) {
      exchange.record('answer', exchange.original!);
    }
    exchange.changed();
    if (request.query.get('with_response') !== 'true') {
      return noContent;
    }
    const { original } = exchange;
    const interaction = {
      id,
      type: exchange.kind === 'button' ? 3 : 2,
      ...(original === null
        ? {}
        : {
            response_message_id: original.id,
            response_message_loading: type === 5,
            response_message_ephemeral: original.visibleTo !== null,
          }),
    };
    // Discord shows the message itself only where it is there already.
    const message = type === 4 && original !== null ? { message: world.json(original, applicationId) } : {};
    return { status: 200, body: { interaction, resource: { type, ...message } } };
  };

  const editOriginal: Handler = (request, [, token, which]) => {
    const exchange = byToken(token!);
    const message = which === '@original' ? originalOf(exchange) : world.messages.get(which!);
    if (message === undefined || message.deleted) {
      throw new ApiError(404, 10008, 'Unknown Message');
    }
    if (request.method === 'GET') {
      return show(message);
    }
    if (request.method === 'DELETE') {
      message.deleted = true;
      exchange.record('deleted', message);
      return noContent;
    }
    write(message, request.json as Json, request.files, true);
    exchange.record('edit', message);
    return show(message);
  };

  const followUp: Handler = (request, [, token]) => {
    const exchange = byToken(token!);
    if (exchange.acknowledgement === null) {
      throw new ApiError(404, 10015, 'Unknown Webhook');
    }
    const body = request.json as Json;
    // Discord's deprecated behaviour: the first follow-up to a deferred answer becomes that answer.
    const { original } = exchange;
    if (original !== null && !original.deleted && (original.flags & LOADING) !== 0) {
      write(original, { ...body, flags: Number(body.flags ?? 0) & ~EPHEMERAL }, request.files, true);
      exchange.record('edit', original);
      return show(original);
    }
    const visibleTo = (Number(body.flags ?? 0) & EPHEMERAL) === 0 ? null : exchange.userId;
    const message = world.create({ channelId: exchange.channelId, interactionId: exchange.id, visibleTo });
    write(message, body, request.files, false);
    exchange.record('follow-up', message);
    return show(message);
  };

  const createMessage: Handler = (request, [channelId]) => {
    const channel: Channel = world.channel(channelId!);
    world.checkPosting(channel, request.files.length > 0);
    const body = request.json as Json;
    const nonce = body.nonce === undefined ? null : String(body.nonce);
    if (nonce !== null && body.enforce_nonce === true) {
      const twin = [...world.messages.values()].find(
        (message) => message.nonce === nonce && message.channelId === channel.id,
      );
      if (twin !== undefined) {
        return show(twin);
      }
    }
    check(body, request.files, null);
    const message = world.create({ channelId: channel.id, interactionId: null, visibleTo: null });
    message.nonce = nonce;
    write(message, body, request.files, false);
    context.posted('post', message);
    return show(message);
  };

  const oneMessage: Handler = (request, [channelId, messageId]) => {
    const message = world.message(channelId!, messageId!);
    if (request.method === 'GET') {
      return show(message);
    }
    if (request.method === 'DELETE') {
      message.deleted = true;
      context.posted('deleted', message);
      return noContent;
    }
    world.countEdit(message);
    write(message, request.json as Json, request.files, true);
    context.posted('bot-edit', message);
    return show(message);
  };

  const registered =
    (scope: 'guild' | 'global'): Handler =>
    (request, [, guildId]) => {
      const key = scope === 'guild' ? guildId! : 'global';
      if (request.method === 'GET') {
        const localized = request.query.get('with_localizations') === 'true';
        return {
          status: 200,
          body: (commands.get(key) ?? []).map((command) => (localized ? command : stripLocalizations(command))),
        };
      }
      for (const fault of commandFaults(request.json, scope)) {
        context.violation(fault);
      }
      const list = (request.json as Json[]).map((command) => asRegistered(command, applicationId, scope));
      commands.set(key, list);
      return { status: 200, body: list };
    };

  const table: readonly (readonly [RegExp, 'bot' | 'none', Handler])[] = [
    [
      /^GET \/gateway\/bot$/,
      'bot',
      () => ({
        status: 200,
        body: {
          url: context.gatewayUrl(),
          shards: 1,
          session_start_limit: { total: 1000, remaining: 999, reset_after: 86_400_000, max_concurrency: 1 },
        },
      }),
    ],
    [
      /^GET \/users\/@me$/,
      'bot',
      () => ({
        status: 200,
        body: { id: applicationId, username: 'headroom', discriminator: '0000', avatar: null, bot: true },
      }),
    ],
    [
      /^GET \/users\/@me\/guilds$/,
      'bot',
      () => ({
        status: 200,
        body: [{ id: context.guildId, name: 'Lab', permissions: String(world.guildPermissions) }],
      }),
    ],
    [
      /^GET \/applications\/@me$/,
      'bot',
      () => ({ status: 200, body: { id: applicationId, name: 'headroom', flags: 0 } }),
    ],
    [
      /^GET \/guilds\/(\d+)\/roles$/,
      'bot',
      (_request, [guildId]) => ({
        status: 200,
        body: [
          { id: guildId, name: '@everyone', managed: false },
          { id: '300000000000000001', name: 'GPU operators', managed: false },
          { id: '300000000000000002', name: 'Admins', managed: false },
          { id: '300000000000000003', name: 'headroom', managed: true },
        ],
      }),
    ],
    [
      /^GET \/guilds\/(\d+)\/channels$/,
      'bot',
      () => ({
        status: 200,
        body: [...world.channels.values()]
          .filter((channel) => channel.kind === 'guild')
          .map(({ id, name }) => ({ id, name, type: 0 })),
      }),
    ],
    [/^POST \/interactions\/(\d+)\/([^/]+)\/callback$/, 'none', callback],
    [/^(?:GET|PATCH|DELETE) \/webhooks\/(\d+)\/([^/]+)\/messages\/([^/]+)$/, 'none', editOriginal],
    [/^POST \/webhooks\/(\d+)\/([^/]+)$/, 'none', followUp],
    [
      /^POST \/users\/@me\/channels$/,
      'bot',
      (request) => {
        const channel = world.directChannel(String((request.json as Json).recipient_id));
        return { status: 200, body: { id: channel.id, type: 1 } };
      },
    ],
    [/^POST \/channels\/(\d+)\/messages$/, 'bot', createMessage],
    [/^(?:GET|PATCH|DELETE) \/channels\/(\d+)\/messages\/(\d+)$/, 'bot', oneMessage],
    [
      /^GET \/channels\/(\d+)$/,
      'bot',
      (_request, [channelId]) => {
        const channel = world.channel(channelId!);
        return { status: 200, body: { id: channel.id, type: channel.kind === 'guild' ? 0 : 1, name: channel.name } };
      },
    ],
    [/^(?:GET|PUT) \/applications\/(\d+)\/guilds\/(\d+)\/commands$/, 'bot', registered('guild')],
    [/^(?:GET|PUT) \/applications\/(\d+)\/commands$/, 'bot', registered('global')],
  ];

  return (request) => {
    const line = `${request.method} ${request.path}`;
    for (const [pattern, auth, handler] of table) {
      const match = pattern.exec(line);
      if (match === null) {
        continue;
      }
      if (auth === 'bot' && request.authorization !== `Bot ${context.token}`) {
        throw new ApiError(401, 0, '401: Unauthorized');
      }
      return handler(request, match.slice(1));
    }
    context.violation(`no such route: ${line}`);
    throw new ApiError(404, 0, '404: Not Found');
  };
}

/** What Discord adds to a command and leaves out of it when it gives it back. */
function asRegistered(command: Json, applicationId: string, scope: 'guild' | 'global'): Json {
  const option = (item: Json): Json => {
    const { required, options, ...rest } = item;
    return {
      ...rest,
      ...(required === true ? { required } : {}),
      ...(Array.isArray(options) && options.length > 0 ? { options: options.map(option) } : {}),
    };
  };
  return {
    id: String(1_000_000_000_000_000n + BigInt(Math.floor(Math.random() * 1e9))),
    application_id: applicationId,
    version: '1',
    type: 1,
    default_member_permissions: null,
    dm_permission: true,
    nsfw: false,
    contexts: scope === 'guild' ? null : [0, 1, 2],
    integration_types: [0],
    name_localizations: null,
    ...command,
    options: ((command.options ?? []) as Json[]).map(option),
  };
}

function stripLocalizations(value: Json): Json {
  return JSON.parse(JSON.stringify(value, (key, item) => (key.endsWith('_localizations') ? undefined : item))) as Json;
}
