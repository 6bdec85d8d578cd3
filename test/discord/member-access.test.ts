import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { memberAccess } from '../../src/discord/member-access.ts';

const GUILD = '100';
const log = pino({ level: 'silent' });

function rights(
  member: unknown,
  roles: { operators: string[]; admins: string[] } = { operators: [], admins: [] },
  guildIds: readonly string[] = [GUILD],
) {
  const guild = {
    owner_id: 'owner',
    roles: [
      { id: GUILD, permissions: '2048' },
      { id: 'managers', permissions: '32' },
      { id: 'others', permissions: '1024' },
    ],
  };
  const rest = {
    get: async (route: string) => {
      if (route.includes('/members/')) {
        if (member instanceof Error) {
          throw member;
        }
        return member;
      }
      return guild;
    },
  };
  return (personId = '7', guildId = GUILD) => memberAccess({ rest, roles, guildIds, log }, guildId, personId);
}

describe('what a member may do right now', () => {
  it('follows the roles that the configuration names', async () => {
    const roles = { operators: ['op'], admins: ['ad'] };
    expect(await rights({ roles: ['op'] }, roles)()).toBe('operator');
    expect(await rights({ roles: ['ad'] }, roles)()).toBe('admin');
    expect(await rights({ roles: ['managers'] }, roles)()).toBe('everyone');
  });

  it('follows Manage Server without roles, by role, by ownership and in named servers alone', async () => {
    expect(await rights({ roles: ['managers'] })()).toBe('admin');
    expect(await rights({ roles: ['others'] })()).toBe('everyone');
    expect(await rights({ roles: [] })('owner')).toBe('admin');
    expect(await rights({ roles: ['managers'] }, undefined, [])()).toBe('everyone');
    expect(await rights({ roles: ['managers'] }, undefined, ['other'])()).toBe('everyone');
  });

  it('is nothing for whoever left, and unknown where Discord does not answer or sends something else', async () => {
    expect(await rights(Object.assign(new Error('Unknown Member'), { code: 10_007 }))()).toBe('everyone');
    expect(await rights(new Error('fetch failed'))()).toBeNull();
    expect(await rights({ odd: true })()).toBeNull();
  });
});
