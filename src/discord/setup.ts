import { ChannelType, Routes } from 'discord.js';
import { z } from 'zod';
import { CodedError } from '../base/coded.ts';
import type { Log } from '../base/log.ts';
import { singleLine } from '../base/text.ts';
import { inviteLink } from './permissions.ts';
import { createRest } from './transport.ts';

const TIMEOUT_MS = 15_000;
const MAX_LISTED = 500;
const POSTABLE: ReadonlySet<number> = new Set([ChannelType.GuildText, ChannelType.GuildAnnouncement]);

const named = z.object({ id: z.string().regex(/^\d{15,21}$/), name: z.string() });
const applicationSchema = named;
const listSchema = z.array(named).max(MAX_LISTED);
const channelsSchema = z.array(named.extend({ type: z.number() })).max(MAX_LISTED);

/** Something of Discord's with an id. The name is somebody's own text, on one line. */
export interface Named {
  readonly id: string;
  readonly name: string;
}

/** What setting up asks of Discord. Each rejects with CodedError `discord-token-refused` or `discord-unreachable`. */
export interface DiscordSetup {
  /** Who the token belongs to, and the link that invites it. */
  identify(): Promise<{ readonly name: string; readonly invite: string }>;
  /** Servers that the bot is in. */
  guilds(): Promise<readonly Named[]>;
  /** Roles of a server, without those of bots and @everyone. */
  roles(guildId: string): Promise<readonly Named[]>;
  /** Channels of a server that can be posted to. */
  channels(guildId: string): Promise<readonly Named[]>;
}

/** Asks Discord with a token that somebody has just typed. */
export function createDiscordSetup(settings: {
  readonly token: string;
  readonly apiUrl: string;
  readonly log: Log;
}): DiscordSetup {
  const rest = createRest(settings);
  const get = async <T>(route: `/${string}`, schema: z.ZodType<T>): Promise<T> => {
    try {
      return schema.parse(await rest.get(route, { signal: AbortSignal.timeout(TIMEOUT_MS) }));
    } catch (error) {
      const status = error instanceof Error && 'status' in error ? error.status : null;
      throw new CodedError(status === 401 ? 'discord-token-refused' : 'discord-unreachable');
    }
  };
  const plain = (list: readonly Named[]) => list.map(({ id, name }): Named => ({ id, name: singleLine(name, 60) }));
  return {
    identify: async () => {
      const { id, name } = await get(Routes.currentApplication(), applicationSchema);
      return { name: singleLine(name, 60), invite: inviteLink(id) };
    },
    guilds: async () => plain(await get(Routes.userGuilds(), listSchema)),
    roles: async (guildId) => {
      const roles = await get(
        Routes.guildRoles(guildId),
        z.array(named.extend({ managed: z.boolean().optional() })).max(MAX_LISTED),
      );
      return plain(roles.filter(({ id, managed }) => id !== guildId && managed !== true));
    },
    channels: async (guildId) =>
      plain((await get(Routes.guildChannels(guildId), channelsSchema)).filter(({ type }) => POSTABLE.has(type))),
  };
}
