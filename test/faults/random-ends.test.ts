import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { createRandom } from '../../scripts/fuzz/random.ts';
import { openStore } from '../../src/store/store.ts';
import { BotProcess } from '../e2e/harness.ts';
import { DiscordStandIn, type Exchange } from '../support/discord-stand-in/index.ts';

/** Ends of the bot; many more by `npm run test:faults`. */
const ENDS = Number(process.env.FAULTS_ENDS ?? 2);
const SEED = Number(process.env.FAULTS_SEED ?? 7);

const closers: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) {
    await close();
  }
});

it('ends at random moments leave no command thinking and the database sound', {
  timeout: 60_000 + ENDS * 60_000,
}, async () => {
  const random = createRandom(SEED);
  const discord = await DiscordStandIn.start();
  closers.push(() => discord.stop());
  // Slow, so that there is always something under way.
  const ollama = createServer((_request, response) => {
    setTimeout(() => response.writeHead(503).end('{"error":"busy"}'), 400);
  });
  await new Promise<void>((resolve) => ollama.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    ollama.closeAllConnections();
    ollama.close();
  });
  const env = { OLLAMA_HOST: `http://127.0.0.1:${(ollama.address() as AddressInfo).port}`, GPU_SOURCE: '8GiB' };
  let bot = await BotProcess.start(discord, { env });
  const { dataDir } = bot;
  closers.push(() => bot.kill());
  const asked: Exchange[] = [];
  for (let round = 0; round < ENDS; round++) {
    for (let i = 0; i < 6; i++) {
      const command = random.pick(['models', 'doctor', 'ps', 'fit', 'notify list', 'help']);
      const who = { userId: `${300_000_000_000_000 + round * 100 + i}` };
      asked.push(discord.slash(command, command === 'fit' ? { model: 'gemma3:12b' } : {}, who));
      await new Promise((resolve) => setTimeout(resolve, random.below(150)));
    }
    await new Promise((resolve) => setTimeout(resolve, random.below(500)));
    if (random.chance(0.5)) {
      await bot.kill(true);
    } else {
      expect((await bot.terminate()).code).toBe(0);
    }
    bot = await BotProcess.start(discord, { env, dataDir });
  }
  for (const exchange of asked) {
    // What was not acknowledged by then is told by Discord itself.
    if (exchange.acknowledgement !== null) {
      await exchange.shows(undefined, 40_000);
    }
  }
  await bot.terminate();
  const store = await openStore(join(dataDir, 'headroom.db'));
  closers.push(() => store.close());
  expect(await store.check()).toBeNull();
  expect(await store.openAnswers.takeLapsed(Date.now() + 3_600_000)).toEqual([]);
});
