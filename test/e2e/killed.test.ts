import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { DiscordStandIn } from '../support/discord-stand-in/index.ts';
import { BotProcess } from './harness.ts';

const closers: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) {
    await close();
  }
});

/** An Ollama that takes every request and answers none. */
async function silentOllama(): Promise<string> {
  const server: Server = createServer(() => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('a bot that is killed', () => {
  it('closes what it left open in its next life, seen by all or by the asker alone', { timeout: 120_000 }, async () => {
    const discord = await DiscordStandIn.start();
    closers.push(() => discord.stop());
    const env = { OLLAMA_HOST: await silentOllama(), GPU_SOURCE: '8GiB' };
    const first = await BotProcess.start(discord, { env });
    const { dataDir } = first;
    const open = [discord.slash('models'), discord.slash('doctor')];
    for (const exchange of open) {
      expect((await exchange.acknowledged(10_000)).type).toBe(5);
    }
    // The note is written before the work begins, the work hangs with Ollama.
    await new Promise((resolve) => setTimeout(resolve, 700));
    await first.kill(true);
    const second = await BotProcess.start(discord, { env, dataDir });
    closers.push(() => second.kill());
    for (const exchange of open) {
      await exchange.shows((seen) => seen.text.includes('the bot ended'), 40_000);
    }
  });
});
