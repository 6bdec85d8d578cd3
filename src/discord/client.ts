import { Client, Events, GatewayDispatchEvents, GatewayIntentBits, Options, PermissionFlagsBits } from 'discord.js';
import type { Log } from '../base/log.ts';
import { loggable } from './failures.ts';

/**
 * A gateway client that asks for nothing privileged: guilds and channels only, and it keeps little of what passes by.
 * Messages are written by the bot's own REST client; here no mention is ever allowed by default either.
 * @param shard the part of the gateway that is this process'; `null` = as many as Discord recommends, all of them here
 */
export function createClient(
  apiUrl: string,
  log: Log,
  shard: { readonly id: number; readonly count: number } | null = null,
): Client {
  const client = new Client({
    intents: [GatewayIntentBits.Guilds],
    ...(shard === null ? { shards: 'auto' as const } : { shards: [shard.id], shardCount: shard.count }),
    allowedMentions: { parse: [] },
    rest: { api: apiUrl },
    makeCache: Options.cacheWithLimits({
      ...Options.DefaultMakeCacheSettings,
      MessageManager: 0,
      UserManager: { maxSize: 100, keepOverLimit: (user) => user.id === user.client.user?.id },
      GuildMemberManager: { maxSize: 100, keepOverLimit: (member) => member.id === member.client.user.id },
    }),
  });
  client.on(Events.Error, (error) => log.error({ err: loggable(error) }, 'the Discord client reported an error'));
  client.on(Events.Warn, (message) => log.warn({ detail: message }, 'the Discord client warned'));
  client.on(Events.ShardError, (error) =>
    log.warn({ err: loggable(error) }, 'the gateway connection reported an error'),
  );
  client.on(Events.ShardReconnecting, () => log.info('the gateway connection is lost, connecting again'));
  client.on(Events.ShardResume, (_id, replayed) => log.info({ replayed }, 'the gateway session was resumed'));
  return client;
}

/** Hears every interaction as Discord sent it. */
export function onInteraction(client: Client, listener: (payload: unknown) => void): void {
  client.ws.on(GatewayDispatchEvents.InteractionCreate, listener);
}

/** What posting to a channel needs, by the names that Discord shows to administrators. */
const POSTING_PERMISSIONS = {
  'View Channel': PermissionFlagsBits.ViewChannel,
  'Send Messages': PermissionFlagsBits.SendMessages,
  'Embed Links': PermissionFlagsBits.EmbedLinks,
  'Attach Files': PermissionFlagsBits.AttachFiles,
} as const;

/** Names of the permissions that posting to a channel needs and the bot lacks; `null` when it cannot be told. */
export function missingPermissions(client: Client, channelId: string, guildId?: string): readonly string[] | null {
  const channel = client.channels.cache.get(channelId);
  if (channel === undefined || channel.isDMBased() || client.user === null) {
    return null;
  }
  if (guildId !== undefined && channel.guildId !== guildId) {
    return null;
  }
  const granted = channel.permissionsFor(client.user.id);
  if (granted === null) {
    return null;
  }
  const needed = channel.isThread()
    ? { ...POSTING_PERMISSIONS, 'Send Messages': PermissionFlagsBits.SendMessagesInThreads }
    : POSTING_PERMISSIONS;
  return Object.entries(needed)
    .filter(([, bit]) => !granted.has(bit))
    .map(([name]) => name);
}
