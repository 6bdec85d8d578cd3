import { PermissionFlagsBits, Routes } from 'discord.js';
import { z } from 'zod';
import type { Coded } from '../base/coded.ts';
import type { Log } from '../base/log.ts';
import { type RoleSettings, somebodyMayAct } from '../chat/permissions.ts';
import { NEEDED_PERMISSIONS } from './permissions.ts';
import { createRest } from './transport.ts';

const userSchema = z.object({ username: z.string() });
const guildsSchema = z.array(z.object({ id: z.string(), name: z.string(), permissions: z.string() }));

/** One thing that was looked at on Discord; words stand under `doctor.<code>`. */
export interface DiscordFinding {
  readonly level: 'ok' | 'warning' | 'fault';
  readonly remark: Coded;
}

export interface DiscordCheck {
  readonly token: string;
  readonly apiUrl: string;
  readonly guildIds: readonly string[];
  readonly roles: RoleSettings;
  readonly log: Log;
}

function finding(
  level: DiscordFinding['level'],
  code: string,
  params: Record<string, string | number> = {},
): DiscordFinding {
  return { level, remark: { code, params } };
}

/** Checks the token, the bot's servers and its permissions there. Never rejects; no secret is in the answer. */
export async function examineDiscord(check: DiscordCheck): Promise<readonly DiscordFinding[]> {
  const rest = createRest(check);
  const signal = AbortSignal.timeout(15_000);
  try {
    const user = userSchema.parse(await rest.get(Routes.user(), { signal }));
    const findings = [finding('ok', 'discord-token', { user: user.username })];
    const guilds = guildsSchema.parse(await rest.get(Routes.userGuilds(), { signal }));
    if (!somebodyMayAct(check.roles, check.guildIds)) {
      findings.push(finding('warning', 'discord-nobody-acts'));
    }
    if (guilds.length === 0) {
      findings.push(finding('warning', 'discord-no-guild'));
    }
    for (const wanted of check.guildIds) {
      if (!guilds.some((guild) => guild.id === wanted)) {
        findings.push(finding('fault', 'discord-guild-missing', { guild: wanted }));
      }
    }
    for (const guild of guilds.slice(0, 20)) {
      const granted = BigInt(guild.permissions);
      const all = (granted & PermissionFlagsBits.Administrator) !== 0n;
      const missing = Object.entries(NEEDED_PERMISSIONS).filter(([, bit]) => !all && (granted & bit) === 0n);
      findings.push(
        missing.length === 0
          ? finding('ok', 'discord-permissions', { guild: guild.name })
          : finding('fault', 'discord-permissions-missing', {
              guild: guild.name,
              missing: missing.map(([name]) => name).join(', '),
            }),
      );
    }
    return findings;
  } catch (error) {
    const status = error instanceof Error && 'status' in error ? error.status : null;
    return [finding('fault', status === 401 ? 'discord-token-refused' : 'discord-unreachable')];
  }
}
