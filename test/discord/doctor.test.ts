import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RoleSettings } from '../../src/chat/permissions.ts';
import { createTranslator, isMessageKey } from '../../src/chat/translate.ts';
import { examineDiscord } from '../../src/discord/doctor.ts';
import { DiscordStandIn, PERMISSION } from '../support/discord-stand-in/index.ts';

let discord: DiscordStandIn;

beforeEach(async () => {
  discord = await DiscordStandIn.start();
});

afterEach(async () => {
  await discord.stop();
});

async function examine(more: { token?: string; apiUrl?: string; guildIds?: string[]; roles?: RoleSettings } = {}) {
  const findings = await examineDiscord({
    token: discord.token,
    apiUrl: discord.apiUrl,
    guildIds: [discord.guildId],
    roles: { operators: [], admins: [] },
    log: pino({ level: 'silent' }),
    ...more,
  });
  for (const { remark } of findings) {
    const key = `doctor.${remark.code}`;
    // Every finding has its words.
    if (!isMessageKey(key)) {
      throw new Error(`no words for ${key}`);
    }
    expect(createTranslator('en').t(key, remark.params)).not.toContain('?');
  }
  return findings.map(({ level, remark }) => ({ level, code: remark.code, ...remark.params }));
}

describe('the look at the Discord side', () => {
  it('says that all is well', async () => {
    expect(await examine()).toEqual([
      { level: 'ok', code: 'discord-token', user: 'headroom' },
      { level: 'ok', code: 'discord-permissions', guild: 'Lab' },
    ]);
  });

  it('says that the token is refused, and never shows it', async () => {
    const findings = await examine({ token: 'some.wrong.token' });
    expect(findings).toEqual([{ level: 'fault', code: 'discord-token-refused' }]);
  });

  it('says that Discord is out of reach', async () => {
    expect(await examine({ apiUrl: 'http://127.0.0.1:9/api' })).toEqual([
      { level: 'fault', code: 'discord-unreachable' },
    ]);
  });

  it('names the servers that the bot is not in, and the permissions it lacks', async () => {
    discord.world.guildPermissions = PERMISSION.viewChannel | PERMISSION.sendMessages | PERMISSION.readHistory;
    expect((await examine({ guildIds: ['123', discord.guildId] })).slice(1)).toEqual([
      { level: 'fault', code: 'discord-guild-missing', guild: '123' },
      { level: 'fault', code: 'discord-permissions-missing', guild: 'Lab', missing: 'Embed Links, Attach Files' },
    ]);
  });

  it('says that nobody may act where neither servers nor roles are named', async () => {
    const nobody = { level: 'warning', code: 'discord-nobody-acts' };
    expect(await examine({ guildIds: [] })).toContainEqual(nobody);
    expect(await examine({ guildIds: [], roles: { operators: ['1'], admins: [] } })).not.toContainEqual(nobody);
    expect(await examine()).not.toContainEqual(nobody);
  });
});
