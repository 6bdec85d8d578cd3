import { PermissionFlagsBits, type REST, Routes } from 'discord.js';
import { z } from 'zod';
import type { Log } from '../base/log.ts';
import type { Access } from '../chat/command.ts';
import { accessOf, type RoleSettings } from '../chat/permissions.ts';
import { loggable } from './failures.ts';

const bits = z.string().regex(/^\d{1,25}$/);
const memberSchema = z.object({ roles: z.array(z.string()) });
const guildSchema = z.object({
  owner_id: z.string(),
  roles: z.array(z.object({ id: z.string(), permissions: bits })),
});
/** Discord does not know this member, or this server. */
const GONE: readonly number[] = [10_004, 10_007, 10_013];

export interface MemberAccessSettings {
  readonly rest: Pick<REST, 'get'>;
  readonly roles: RoleSettings;
  /** The servers that the bot is for; none named: all of them. */
  readonly guildIds: readonly string[];
  readonly log: Log;
}

/**
 * What a member may do right now, asked of Discord: for what is done in somebody's name while nobody presses anything.
 * Whoever left the server may do nothing. `null` = Discord did not answer. Never rejects.
 */
export async function memberAccess(
  settings: MemberAccessSettings,
  guildId: string,
  personId: string,
): Promise<Access | null> {
  const { rest, roles, guildIds, log } = settings;
  const inNamedServer = guildIds.includes(guildId);
  if (guildIds.length > 0 && !inNamedServer) {
    return 'everyone';
  }
  try {
    const { roles: roleIds } = memberSchema.parse(await rest.get(Routes.guildMember(guildId, personId)));
    const byRole = roles.operators.length > 0 || roles.admins.length > 0;
    const managesServer = byRole ? false : await manages(rest, guildId, personId, roleIds);
    return accessOf(roles, { roleIds, managesServer, inNamedServer });
  } catch (error) {
    if (typeof error === 'object' && error !== null && 'code' in error && GONE.includes(Number(error.code))) {
      return 'everyone';
    }
    log.warn({ err: loggable(error) }, 'the rights of a member could not be looked up');
    return null;
  }
}

/** Manage Server or Administrator, by one of the member's roles or the server's own; the owner may everything. */
async function manages(
  rest: Pick<REST, 'get'>,
  guildId: string,
  personId: string,
  roleIds: readonly string[],
): Promise<boolean> {
  const guild = guildSchema.parse(await rest.get(Routes.guild(guildId)));
  const granted = guild.roles
    // The role that everybody has goes by the server's own id.
    .filter(({ id }) => id === guildId || roleIds.includes(id))
    .reduce((sum, { permissions }) => sum | BigInt(permissions), 0n);
  const managing = PermissionFlagsBits.ManageGuild | PermissionFlagsBits.Administrator;
  return guild.owner_id === personId || (granted & managing) !== 0n;
}
