import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTranslator } from '../../src/chat/translate.ts';
import { checkDiscord } from '../../src/discord/check.ts';
import { DiscordStandIn, PERMISSION } from '../support/discord-stand-in/index.ts';

let discord: DiscordStandIn;

beforeEach(async () => {
  discord = await DiscordStandIn.start();
});

afterEach(async () => {
  await discord.stop();
});

async function check(more: { token?: string; apiUrl?: string; guildIds?: string[]; channelIds?: string[] } = {}) {
  const findings = await checkDiscord({
    token: discord.token,
    apiUrl: discord.apiUrl,
    guildIds: [discord.guildId],
    channelIds: [discord.channel.id],
    log: pino({ level: 'silent' }),
    ...more,
  });
  const { t } = createTranslator('en');
  return findings.map(({ ok, key, params }) => `${ok ? 'ok' : 'bad'}: ${t(key, params)}`);
}

describe('the check of the Discord side', () => {
  it('says that all is well', async () => {
    expect(await check()).toEqual([
      'ok: The Discord token works; the bot is headroom.',
      'ok: The bot is in the Discord server Lab and may post there.',
      'ok: The bot sees the Discord channel gpu-lab.',
    ]);
  });

  it('says that the token is refused, and never shows it', async () => {
    const lines = await check({ token: 'some.wrong.token' });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^bad: Discord refused the token/);
    expect(lines[0]).not.toContain('wrong');
  });

  it('says that Discord is out of reach', async () => {
    expect(await check({ apiUrl: 'http://127.0.0.1:9/api' })).toEqual([
      expect.stringMatching(/^bad: Discord could not be reached/),
    ]);
  });

  it('names the servers and channels that the bot is not in, and the permissions it lacks', async () => {
    discord.world.guildPermissions = PERMISSION.viewChannel | PERMISSION.sendMessages;
    expect((await check({ guildIds: ['123', discord.guildId], channelIds: ['456'] })).slice(1)).toEqual([
      expect.stringContaining('bad: The bot is not in the Discord server 123'),
      'bad: In the Discord server Lab the bot lacks: Embed Links, Attach Files.',
      expect.stringContaining('bad: The bot does not see the Discord channel 456'),
    ]);
  });
});
