/** Who may use a command. `everyone` may ask, `operator` may load, unload and schedule, `admin` everything. */
export type Access = 'everyone' | 'operator' | 'admin';

/** Role ids that give access, from the configuration. */
export interface RoleSettings {
  readonly operators: readonly string[];
  readonly admins: readonly string[];
}

/** What a platform says about a member at the moment of the request. */
export interface MemberRights {
  readonly roleIds: readonly string[];
  /** May change the server's settings (Discord: Manage Server or Administrator). */
  readonly managesServer: boolean;
  /** Asked in one of the servers that the configuration names (Discord: DISCORD_GUILD_IDS). */
  readonly inNamedServer: boolean;
}

const RANK: Readonly<Record<Access, number>> = { everyone: 0, operator: 1, admin: 2 };

/** Whether anybody can act at all: by role, or as one who manages a server that is named. */
export function somebodyMayAct(settings: RoleSettings, namedServers: readonly string[]): boolean {
  return settings.operators.length > 0 || settings.admins.length > 0 || namedServers.length > 0;
}

/**
 * The access of a member. With role settings only the roles named there count; without any, members who manage a server
 * that the configuration names may act: whoever invites the bot elsewhere manages a server too. Outside a server (`null`,
 * such as a direct message) there are no roles: asking is all that is left.
 */
export function accessOf(settings: RoleSettings, member: MemberRights | null): Access {
  if (member === null) {
    return 'everyone';
  }
  if (settings.operators.length === 0 && settings.admins.length === 0) {
    return member.managesServer && member.inNamedServer ? 'admin' : 'everyone';
  }
  const has = (ids: readonly string[]) => ids.some((id) => member.roleIds.includes(id));
  if (has(settings.admins)) {
    return 'admin';
  }
  return has(settings.operators) ? 'operator' : 'everyone';
}

/** Whether somebody with `access` may use what needs `needed`. Unknown words give nothing. */
export function allows(access: Access, needed: Access): boolean {
  return RANK[access] >= RANK[needed];
}
