import { PermissionFlagsBits, Routes } from 'discord.js';
import { z } from 'zod';
import type { MessageKey } from '../chat/messages/index.ts';
import type { MessageParams } from '../chat/translate.ts';
import type { Logger } from '../log.ts';
import { POSTING_PERMISSIONS } from './client.ts';
import { createRest } from './transport.ts';

const CHECK_TIMEOUT_MS = 15_000;

const userSchema = z.object({ username: z.string() });
const guildsSchema = z.array(z.object({ id: z.string(), name: z.string(), permissions: z.string() }));
const channelSchema = z.object({ name: z.string().nullish() });

/** One thing that was looked at, to be said as a row of the message table. */
export interface DiscordFinding {
  readonly ok: boolean;
  readonly key: MessageKey;
  readonly params: MessageParams;
}

export interface DiscordCheckSettings {
  readonly token: string;
  readonly apiUrl: string;
  readonly guildIds: readonly string[];
  /** Channels that the bot is told to post to. */
  readonly channelIds: readonly string[];
  readonly log: Logger;
}

/** Looks whether the bot could work with this configuration, without connecting to the gateway. Never rejects. */
export async function checkDiscord(settings: DiscordCheckSettings): Promise<readonly DiscordFinding[]> {
  const rest = createRest(settings);
  const get = (route: `/${string}`) => rest.get(route, { signal: AbortSignal.timeout(CHECK_TIMEOUT_MS) });
  try {
    const user = userSchema.parse(await get(Routes.user()));
    const guilds = guildsSchema.parse(await get(Routes.userGuilds()));
    const findings: DiscordFinding[] = [
      { ok: true, key: 'discord.check.token', params: { name: { code: user.username } } },
    ];
    for (const guildId of settings.guildIds) findings.push(checkGuild(guildId, guilds));
    for (const channelId of settings.channelIds) {
      try {
        const channel = channelSchema.parse(await get(Routes.channel(channelId)));
        findings.push({
          ok: true,
          key: 'discord.check.channel',
          params: { channel: { code: channel.name ?? channelId } },
        });
      } catch {
        findings.push({ ok: false, key: 'discord.check.channel-missing', params: { channel: { code: channelId } } });
      }
    }
    return findings;
  } catch (error) {
    const refused = typeof error === 'object' && error !== null && 'status' in error && error.status === 401;
    const key = refused ? 'error.discord-token-invalid' : 'error.discord-unreachable';
    return [{ ok: false, key, params: {} }];
  }
}

function checkGuild(guildId: string, guilds: z.output<typeof guildsSchema>): DiscordFinding {
  const guild = guilds.find(({ id }) => id === guildId);
  if (guild === undefined)
    return { ok: false, key: 'discord.check.guild-missing', params: { guild: { code: guildId } } };
  const granted = BigInt(guild.permissions);
  const all = (granted & PermissionFlagsBits.Administrator) !== 0n;
  const missing = Object.entries(POSTING_PERMISSIONS)
    .filter(([, bit]) => !all && (granted & bit) === 0n)
    .map(([name]) => name);
  const params = { guild: { code: guild.name }, permissions: missing.join(', ') };
  if (missing.length > 0) return { ok: false, key: 'discord.check.guild-permissions', params };
  return { ok: true, key: 'discord.check.guild', params };
}
