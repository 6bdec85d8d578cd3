import { afterAll, describe, expect, it } from 'vitest';
import { BotProcess, eventually, readable } from '../e2e/harness.ts';
import { DiscordStandIn } from '../support/discord-stand-in/index.ts';
import { postgresInstalled, TestPostgres } from '../support/postgres.ts';

if (!postgresInstalled) {
  console.warn('skipped: PostgreSQL is not installed');
}

describe.skipIf(!postgresInstalled)('a bot that starts before its PostgreSQL', () => {
  const closers: (() => Promise<unknown>)[] = [];
  afterAll(async () => {
    for (const close of closers.toReversed()) {
      await close();
    }
  });

  it('says so meanwhile, and works as soon as PostgreSQL answers', async () => {
    const postgres = await TestPostgres.start();
    closers.push(() => postgres.stop());
    const discord = await DiscordStandIn.start();
    closers.push(() => discord.stop());
    await postgres.halt();
    const bot = await BotProcess.start(discord, {
      env: { DATABASE_URL: postgres.url(), OLLAMA_HOST: 'http://127.0.0.1:9', GPU_SOURCE: '24GiB' },
    });
    closers.push(() => bot.kill());
    const early = await discord.slash('ps', {}).shows(({ text }) => text !== '', 15_000);
    expect(readable(early.text)).toContain('The database does not answer');
    await postgres.resume();
    const at = performance.now();
    await eventually(() => bot.stderr.includes('"ready"'), 30_000);
    console.log(`ready ${Math.round(performance.now() - at)} ms after PostgreSQL came`);
    const later = await discord.slash('fit', { model: 'gemma3:12b' }).shows(({ text }) => /fits/.test(text), 15_000);
    expect(readable(later.text)).not.toContain('The database does not answer');
    expect(await bot.terminate()).toMatchObject({ code: 0 });
  });
});
