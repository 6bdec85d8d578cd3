import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startDemo } from '../../src/compose/demo.ts';
import type { Simulator } from '../../src/simulator/simulator.ts';
import { openStore } from '../../src/store/store.ts';
import type { AuditQuery, AuditRow } from '../../src/store/types.ts';
import { type Actor, buttonsOf, DiscordStandIn } from '../support/discord-stand-in/index.ts';
import { BotProcess, eventually, readable } from './harness.ts';

/** /load and /unload by the bot as people start it: its own process, Discord, and a GPU server over HTTP. */
const OPERATOR_ROLE = '900000000000000001';
const ADMIN_ROLE = '900000000000000002';
const SMALL = 'llama3.2:1b';
const LARGE = 'gemma3:12b';

let discord: DiscordStandIn;
let simulator: Simulator;
let bot: BotProcess;

/** The words of a message without any markup. */
const plain = (text: string) => readable(text).replaceAll('`', '');

let people = 0;
function somebody(...roles: string[]): Actor & { readonly userId: string } {
  people += 1;
  return { userId: `82000000000000${String(people).padStart(4, '0')}`, name: `person-${people}`, roles };
}
const operator = () => somebody(OPERATOR_ROLE);

/** Waits milliseconds instead of seconds before a proof. */
const QUICK = 'test/e2e/fixtures/quick-bot.ts';

async function startBot(script: string, dataDir?: string): Promise<BotProcess> {
  const started = await BotProcess.start(discord, {
    script,
    env: {
      OLLAMA_HOST: simulator.url,
      GPU_SOURCE: `prometheus+${simulator.url}/metrics`,
      OPERATOR_ROLES: OPERATOR_ROLE,
      ADMIN_ROLES: ADMIN_ROLE,
      MAX_CTX: '131072',
    },
    ...(dataDir === undefined ? {} : { dataDir }),
  });
  await eventually(() => started.stderr.includes('"ready"'));
  return started;
}

/** Reads the audit trail from the file that the bot keeps. */
async function audit(query: AuditQuery = {}): Promise<readonly AuditRow[]> {
  const store = await openStore(join(bot.dataDir, 'headroom.db'));
  try {
    return await store.audit.list(query);
  } finally {
    await store.close();
  }
}

async function emptyServer(): Promise<void> {
  simulator.setFaults({ clear: true });
  for (const { name } of simulator.loaded()) {
    await (
      await fetch(`${simulator.url}/api/generate`, {
        method: 'POST',
        body: JSON.stringify({ model: name, keep_alive: 0, stream: false }),
      })
    ).arrayBuffer();
  }
  await eventually(() => simulator.loaded().length === 0);
}

beforeAll(async () => {
  discord = await DiscordStandIn.start();
  simulator = (await startDemo({ LOG_LEVEL: 'silent' })).simulator;
  bot = await startBot(QUICK);
});

afterAll(async () => {
  await bot?.kill();
  await simulator?.close();
  await discord?.stop();
});

afterEach(async () => {
  expect(discord.violations.splice(0)).toEqual([]);
  discord.tokenTtlMs = 15 * 60_000;
  await emptyServer();
});

describe('/load', () => {
  it('shows its steps in one message and ends with predicted and actual, a hold and an audit row', async () => {
    const ada = operator();
    const asked = discord.slash('load', { model: LARGE, ctx: 32_768, 'keep-alive': '1h' }, ada);
    const { text, message } = await asked.shows((seen) => seen.text.includes('is loaded on'), 20_000);
    expect(asked.acknowledgement).toMatchObject({ type: 5, private: false });
    expect(new Set(asked.seen.map((seen) => seen.message.id)).size).toBe(1);
    expect(asked.seen.some((seen) => seen.text.includes('▸'))).toBe(true);
    expect(plain(text)).toContain('gemma3:12b is loaded on main with a context of 32768');
    expect(text).toMatch(/predicted\s+actual\s+difference/);
    expect(plain(text)).toContain(`<@${ada.userId}> holds it until`);
    expect(message.pings).toEqual([]);
    expect(buttonsOf(message).map(({ label }) => label)).toEqual(['Keep for another 1 h', 'Release', 'Unload']);
    expect(await audit({ action: 'load', personId: ada.userId })).toMatchObject([
      { result: 'ok', target: LARGE, args: { numCtx: 32_768 }, channelId: discord.channel.id },
    ]);
    const ps = await discord.slash('ps', {}, somebody()).shows();
    expect(ps.text).toContain(ada.name);
  });

  it('ends with its result seen when the interaction has run out meanwhile', async () => {
    discord.tokenTtlMs = 1_200;
    simulator.setFaults({ load: [{ model: SMALL, fault: { kind: 'stall', ms: 2_500 } }] });
    const asked = discord.slash('load', { model: SMALL, ctx: 8_192 }, operator());
    const { how } = await asked.shows((seen) => plain(seen.text).includes('llama3.2:1b is loaded on'), 20_000);
    expect(how).toBe('bot-edit');
  });

  it('is given up by the Cancel button, and the server is as before', async () => {
    const ada = operator();
    simulator.setFaults({ load: [{ model: SMALL, fault: { kind: 'stall', ms: 60_000 } }] });
    const asked = discord.slash('load', { model: SMALL }, ada);
    const { message } = await asked.shows((seen) => seen.text.includes('▸ loading'), 10_000);
    const pressed = discord.press(message, 'Cancel', ada);
    await pressed.shows(({ text }) => text.includes('Canceling the load'));
    await asked.shows((seen) => seen.text.includes('The load was canceled'), 10_000);
    expect(simulator.loaded()).toEqual([]);
    expect(await audit({ action: 'load', personId: ada.userId })).toMatchObject([{ result: 'canceled' }]);
  });

  it('asks the holder in the channel, and unloads nothing when the answer is Keep', async () => {
    const [ada, bob] = [operator(), operator()];
    await discord
      .slash('load', { model: SMALL, ctx: 8_192, 'keep-alive': '1h' }, bob)
      .shows((seen) => seen.text.includes('is loaded on'), 20_000);
    const unload = discord.slash('unload', { model: SMALL }, ada);
    const { message } = await unload.shows((seen) => seen.text.includes('holds'));
    const asking = discord.press(message, `Ask ${bob.name}`, ada);
    const question = await discord.waitPost(({ text }) => text.includes('wants to unload'));
    expect(question.message.pings).toEqual([bob.userId]);
    discord.press(question.message, 'Keep it', bob);
    await asking.shows((seen) => seen.text.includes('keeps'), 10_000);
    expect(simulator.loaded().map(({ name }) => name)).toEqual([SMALL]);
  });
});

describe('who may not', () => {
  it('is told so, and it is on record', async () => {
    const eve = somebody();
    const { text } = await discord.slash('load', { model: SMALL }, eve).shows();
    expect(plain(text)).toContain('You may not use /load here');
    expect(await audit({ personId: eve.userId })).toMatchObject([
      { action: 'refused', result: 'refused', code: 'not-allowed', args: { command: 'load' } },
    ]);
    expect(simulator.loaded()).toEqual([]);
  });

  it('presses a forged button, somebody else’s, or one of a role that is gone, in vain', async () => {
    const [ada, eve] = [operator(), somebody()];
    const asked = discord.slash('load', { model: SMALL, ctx: 8_192, 'keep-alive': '1h' }, ada);
    const { message } = await asked.shows((seen) => seen.text.includes('is loaded on'), 20_000);
    const forged = await discord.pressId(message, `headroom:${'A'.repeat(22)}`, eve).shows();
    expect(forged.text).toContain('no longer works');
    const others = await discord.press(message, 'Release', eve).shows();
    expect(others.text).toContain('holds');
    const demoted = await discord.press(message, 'Keep for another 1 h', { ...ada, roles: [] }).shows();
    expect(demoted.text).toContain('You may not use');
    expect(await audit({ personId: eve.userId, action: 'refused' })).toMatchObject([{ code: 'button-unknown' }]);
    expect(await audit({ personId: ada.userId, action: 'refused' })).toMatchObject([{ code: 'not-allowed' }]);
    expect((await discord.slash('ps', {}, eve).shows()).text).toContain(ada.name);
  });

  it('presses a button that works once a second time in vain', async () => {
    const [ada, root] = [operator(), somebody(ADMIN_ROLE)];
    await discord
      .slash('load', { model: SMALL, ctx: 8_192, 'keep-alive': '1h' }, ada)
      .shows((seen) => seen.text.includes('is loaded on'), 20_000);
    const { message } = await discord
      .slash('unload', { model: SMALL }, root)
      .shows((seen) => seen.text.includes('holds'));
    const { customId } = buttonsOf(message).find(({ label }) => label === 'Unload anyway (held)')!;
    const first = discord.pressId(message, customId, root);
    await first.shows((seen) => seen.text.includes('is unloaded on'), 15_000);
    const second = await discord.pressId(message, customId, root).shows();
    expect(second.text).toMatch(/already pressed|no longer works/);
    expect(await audit({ action: 'hold-override' })).toMatchObject([{ personId: root.userId, target: SMALL }]);
  });
});

describe('a stop in mid-load', () => {
  it('ends within 8 s, the message says so, and after the restart the truth is told', { timeout: 60_000 }, async () => {
    await bot.kill();
    bot = await startBot('src/main.ts');
    const [ada, bob] = [operator(), operator()];
    const held = discord.slash('load', { model: SMALL, ctx: 8_192, 'keep-alive': '1h' }, bob);
    const before = await held.shows((seen) => seen.text.includes('is loaded on'), 20_000);
    simulator.setFaults({ load: [{ model: LARGE, fault: { kind: 'stall', ms: 120_000 } }] });
    const asked = discord.slash('load', { model: LARGE, ctx: 8_192 }, ada);
    const running = await asked.shows((seen) => seen.text.includes('▸ loading'), 10_000);
    const waiting = discord.slash('load', { model: SMALL, ctx: 8_192 }, ada);
    await waiting.shows((seen) => seen.text.includes('number 1 in the queue'), 10_000);

    const exit = await bot.terminate();
    expect(exit).toMatchObject({ code: 0 });
    expect(exit.tookMs).toBeLessThan(8_000);
    for (const exchange of [asked, waiting]) {
      const last = exchange.seen.at(-1)!;
      expect(last.text).toContain('The bot is stopping, so the load was canceled');
      expect(buttonsOf(last.message)).toEqual([]);
    }
    await eventually(
      () =>
        simulator
          .loaded()
          .map(({ name }) => name)
          .join() === SMALL,
    );
    expect(
      (await audit({ action: 'load', personId: ada.userId })).map(({ result, code }) => `${result} ${code}`),
    ).toEqual(['canceled load-stopped', 'canceled load-stopped']);

    const { dataDir } = bot;
    bot = await startBot('src/main.ts', dataDir);
    const ps = await discord.slash('ps', {}, somebody()).shows();
    expect(ps.text).toContain('1 model loaded');
    expect(ps.text).toContain(bob.name);
    const old = await discord.pressId(before.message, buttonsOf(before.message)[0]!.customId, bob).shows();
    expect(old.text).toContain('no longer works');
    const stale = await discord.pressId(running.message, 'headroom:stale', ada).shows();
    expect(stale.text).toContain('no longer works');
    expect(await audit({ personId: bob.userId, action: 'refused' })).toMatchObject([{ code: 'button-unknown' }]);
  });
});
