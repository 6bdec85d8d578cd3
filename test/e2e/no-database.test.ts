import { afterEach, describe, expect, it } from 'vitest';
import { DiscordStandIn } from '../support/discord-stand-in/index.ts';
import { freePort } from '../support/postgres.ts';
import { BotProcess, readable } from './harness.ts';

describe('a start while PostgreSQL does not answer', () => {
  const closers: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const close of closers.splice(0).toReversed()) {
      await close();
    }
  });

  it('is no end: people are told why nothing is done, and it ends cleanly when asked', async () => {
    const discord = await DiscordStandIn.start();
    closers.push(() => discord.stop());
    const port = await freePort();
    const bot = await BotProcess.start(discord, {
      env: {
        DATABASE_URL: 'postgres://headroom@127.0.0.1:1/headroom',
        OLLAMA_HOST: 'http://127.0.0.1:9',
        HTTP_PORT: String(port),
      },
    });
    closers.push(() => bot.kill());
    for (const command of ['ps', 'help']) {
      const answer = await discord.slash(command, {}).shows(({ text }) => text !== '', 15_000);
      expect(readable(answer.text)).toContain('The database does not answer');
    }
    expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
    const ready = await fetch(`http://127.0.0.1:${port}/readyz`);
    expect([ready.status, await ready.json()]).toEqual([
      503,
      { ready: false, checks: { chat: true, store: false, server: false } },
    ]);
    expect(bot.stderr).toContain('waiting for it');
    expect(bot.stderr).not.toContain('"ready"');
    expect(await bot.terminate()).toMatchObject({ code: 0, signal: null });
  });
});
