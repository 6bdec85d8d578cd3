import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buttonsOf, DiscordStandIn, PERMISSION } from '../support/discord-stand-in/index.ts';
import { BotProcess, eventually, readable } from './harness.ts';

const OPERATOR_ROLE = '900000000000000001';
const SCRIPT = 'test/e2e/fixtures/bot.ts';
const START = { script: SCRIPT, env: { OPERATOR_ROLES: OPERATOR_ROLE } };

let discord: DiscordStandIn;
let bot: BotProcess;

beforeAll(async () => {
  discord = await DiscordStandIn.start();
  bot = await BotProcess.start(discord, START);
  await eventually(() => discord.commands.has(discord.guildId));
});

afterAll(async () => {
  await bot?.kill();
  await discord?.stop();
});

beforeEach(() => {
  discord.faults.clear();
});

afterEach(() => {
  expect(discord.violations.splice(0)).toEqual([]);
});

/** A new person each time, so that no test runs into another one's rate limit. */
let people = 0;
function somebody() {
  people += 1;
  return { userId: `80000000000000${String(people).padStart(4, '0')}` };
}

describe('a command', () => {
  it('is acknowledged as thinking and then answered with text and picture in one message', async () => {
    const asked = discord.slash('echo', { text: 'hello' }, somebody());
    const acknowledged = await asked.acknowledged();
    expect(acknowledged).toMatchObject({ type: 5, private: false });
    const { text, message } = await asked.shows();
    expect(text).toContain('total 1');
    expect(text).toContain('hello `hello`');
    expect(message.files.map((file) => file.filename)).toEqual(['pixel.png']);
    expect(message.pings).toEqual([]);
  });

  it("answers in the person's language", async () => {
    const { text } = await discord.slash('echo', { text: 'x' }, { ...somebody(), locale: 'zh-CN' }).shows();
    expect(text).toContain('合计');
  });

  it('shows hostile text as text: no ping, no link, no markup, no hidden direction', async () => {
    const { text, message } = await discord.slash('hostile', {}, somebody()).shows();
    expect(message.pings).toEqual([]);
    expect(text).not.toMatch(/@(everyone|here)/);
    expect(text).not.toContain('\u202e');
    const outsideCode = text.replace(/```[\s\S]*?```|`[^`\n]*(?<!\\)`/g, '').replaceAll('**', '');
    expect(outsideCode.replace(/\\[^0-9A-Za-z\s]/g, '')).not.toMatch(/[`*_[\]<>|]|:\/\//);
    expect(readable(text)).toContain('<@123456789012345678> **bold**');
    expect(text.match(/```/g)).toHaveLength(4);
  });

  it('tells what is wrong with an option to the asker alone', async () => {
    const asked = discord.slash('echo', { text: 'x', count: 11 }, somebody());
    expect(await asked.acknowledged()).toMatchObject({ type: 4, private: true });
    expect((await asked.shows()).text).toContain('the largest value is 10');
  });

  it('refuses an unknown command in words', async () => {
    const { text } = await discord.slash('nothing', {}, somebody()).shows();
    expect(readable(text)).toContain('There is no command `/nothing`');
  });

  it('says a typed failure in words to the asker alone', async () => {
    const asked = discord.slash('fail', { how: 'typed' }, somebody());
    const { message, text } = await asked.shows();
    expect(message.visibleTo).toBe(asked.userId);
    expect(readable(text)).toContain('There is no command');
    expect(asked.seen.map(({ how }) => how)).toEqual(['deleted', 'follow-up']);
  });

  it.each(['bug', 'reject'])('shows a reference and no detail for an inner fault (%s)', async (how) => {
    const { text } = await discord.slash('fail', { how }, somebody()).shows(({ text }) => text.includes('reference'));
    expect(text).not.toMatch(/secret|also a/);
    const reference = /`([0-9a-f]{8})`/.exec(text)?.[1];
    await eventually(() => bot.stderr.includes(reference ?? 'none'));
  });

  it('refuses a member without the role, and lets the role pass', async () => {
    const refused = await discord
      .slash('restricted', {}, { ...somebody(), permissions: PERMISSION.administrator })
      .shows();
    expect(refused.text).toContain('You may not use');
    const passed = await discord.slash('restricted', {}, { ...somebody(), roles: [OPERATOR_ROLE] }).shows();
    expect(passed.text).toContain('restricted work is done');
  });

  it('limits a person who sends too many, and nobody else', async () => {
    const hurried = somebody();
    const asked = Array.from({ length: 21 }, () =>
      discord.slash('restricted', {}, { ...hurried, roles: [OPERATOR_ROLE] }),
    );
    const answers = await Promise.all(asked.map((each) => each.shows()));
    expect(answers.filter(({ text }) => text.includes('a lot of commands'))).toHaveLength(1);
    const { text } = await discord.slash('restricted', {}, { ...somebody(), roles: [OPERATOR_ROLE] }).shows();
    expect(text).toContain('done');
  });
});

it('answers a hundred people at once, each with their own', async () => {
  const asked = Array.from({ length: 100 }, (_, n) => discord.slash('echo', { text: `call ${n}.` }, somebody()));
  const texts = (await Promise.all(asked.map((each) => each.shows()))).map(({ text }) => text);
  expect(texts.filter((text, n) => text.includes(`call ${n}.`))).toHaveLength(100);
});

describe('completion', () => {
  it('offers at most 25 choices with labels cut to 100 characters', async () => {
    const { type, choices } = await discord.complete('echo', 'text', 'a', {}, somebody()).acknowledged();
    expect(type).toBe(8);
    expect(choices).toHaveLength(25);
    expect(choices[0]?.name).toHaveLength(100);
  });

  it('answers with nothing and in time when the source fails, hangs, or does not even heed its signal', async () => {
    const asked = ['fail', 'hang', 'deaf'].map((typed) => discord.complete('echo', 'text', typed, {}, somebody()));
    for (const each of asked) {
      expect((await each.acknowledged()).choices).toEqual([]);
      // Discord's own bound: the stand-in refuses an answer after three seconds.
      expect(each.acknowledgedAfterMs).toBeLessThan(3_000);
    }
  });
});

describe('a long answer', () => {
  it('shows intermediate states, not each of them, and the result last', async () => {
    const asked = discord.slash('slow public', { ms: 2_000, steps: 50 }, somebody());
    const { text } = await asked.shows(({ text }) => text.includes('done'));
    expect(text).toContain('slow work is done');
    const steps = asked.seen.filter((seen) => seen.text.includes('step'));
    expect(steps.length).toBeGreaterThanOrEqual(1);
    expect(steps.length).toBeLessThanOrEqual(4);
    expect(asked.seen.at(-1)?.text).toContain('done');
  });

  it('arrives although the gateway was cut in between', async () => {
    const asked = discord.slash('slow public', { ms: 1_000 }, somebody());
    await asked.acknowledged();
    discord.gateway.drop(4000);
    expect((await asked.shows(({ text }) => text.includes('done'))).how).toBe('edit');
    await discord.gateway.waitConnected();
    expect((await discord.slash('echo', { text: 'again' }, somebody()).shows()).text).toContain('again');
    expect(discord.gateway.counts.resume).toBeGreaterThanOrEqual(1);
  });
});

describe.concurrent('an answer that outlives its token', () => {
  beforeAll(() => {
    discord.tokenTtlMs = 600;
  });

  afterAll(() => {
    discord.tokenTtlMs = 15 * 60_000;
  });

  it("goes on as the bot's own edit when the token runs out", async () => {
    const asked = discord.slash('slow public', { ms: 1_000 }, somebody());
    const { how, message } = await asked.shows(({ text }) => text.includes('done'));
    expect(how).toBe('bot-edit');
    expect(message.id).toBe(asked.original?.id);
  });

  it('goes on as a new message that names the asker when the first one was deleted', async () => {
    const asked = discord.slash('slow public', { ms: 1_000 }, somebody());
    await asked.acknowledged();
    discord.deleteMessage(asked.original!);
    const post = await discord.waitPost(({ text }) => text.includes(`<@${asked.userId}>`));
    expect(post.text).toContain('slow work is done');
    expect(post.message).toMatchObject({ channelId: discord.channel.id, pings: [asked.userId] });
  });

  it('goes on as a direct message when only the asker may see it', async () => {
    const asked = discord.slash('slow private', { ms: 1_000 }, somebody());
    expect((await asked.acknowledged()).private).toBe(true);
    const post = await discord.waitPost(({ text }) => text.includes(`<@${asked.userId}>`));
    expect(discord.world.channels.get(post.message.channelId)?.kind).toBe('direct');
  });

  it('reaches somebody who takes no direct messages in the channel', async () => {
    const asked = discord.slash('slow private', { ms: 1_000 }, somebody());
    discord.world.closedDirects.add(asked.userId);
    const post = await discord.waitPost(({ text }) => text.includes(`<@${asked.userId}>`));
    expect(post.message.channelId).toBe(discord.channel.id);
  });
});

describe('a disturbed connection', () => {
  it.each(['before', 'after'] as const)(
    'repeats an edit whose connection was cut (%s Discord took it)',
    async (when) => {
      discord.faults.add(/^PATCH \/webhooks/, { kind: 'cut', when }, 2);
      expect(
        (await discord.slash('echo', { text: 'cut' }, somebody()).shows(({ how }) => how === 'edit')).text,
      ).toContain('cut');
    },
  );

  it('repeats an acknowledgement whose connection was cut', async () => {
    discord.faults.add(/^POST \/interactions/, { kind: 'cut', when: 'after' }, 1);
    expect((await discord.slash('echo', { text: 'ack' }, somebody()).shows()).text).toContain('ack');
  });

  it('waits as long as Discord asks', async () => {
    discord.faults.add(/^PATCH \/webhooks/, { kind: 'error', status: 429, code: 0, retryAfter: 0.5 }, 1);
    expect((await discord.slash('echo', { text: 'patience' }, somebody()).shows()).text).toContain('patience');
  });

  it('does not hammer when Discord limits without saying for how long', async () => {
    discord.faults.add(/^PATCH \/webhooks/, { kind: 'error', status: 429, code: 0, retryAfter: null }, 1);
    const asked = discord.slash('echo', { text: 'slow down' }, somebody());
    expect((await asked.shows()).text).toContain('slow down');
    expect(discord.sent(new RegExp(`^PATCH /webhooks/\\d+/${asked.token}`))).toHaveLength(2);
  });

  it('says so instead of thinking for ever when Discord refuses the message itself', async () => {
    discord.faults.add(/^PATCH \/webhooks/, { kind: 'error', status: 400, code: 50035 }, 1);
    expect((await discord.slash('echo', { text: 'x' }, somebody()).shows()).text).toContain('reference');
  });

  it('survives a void interaction without a word', async () => {
    discord.faults.add(/^POST \/interactions/, { kind: 'error', status: 404, code: 10062 }, 1);
    discord.slash('echo', { text: 'void' }, somebody());
    await eventually(() => discord.faults.pending() === 0);
    expect((await discord.slash('echo', { text: 'next' }, somebody()).shows()).text).toContain('next');
  });
});

describe('buttons', () => {
  async function buttons(asker = somebody()) {
    const { message } = await discord.slash('act', {}, asker).shows();
    return { asker, message };
  }

  it('check the access of whoever presses, at the moment of pressing', async () => {
    const { asker, message } = await buttons();
    expect((await discord.press(message, 'Restricted', asker).shows()).text).toContain('You may not use');
    const passed = discord.press(message, 'Restricted', { ...somebody(), roles: [OPERATOR_ROLE] });
    expect((await passed.shows()).text).toContain('restricted work is done');
  });

  it('are refused to others when they are for one person', async () => {
    const { asker, message } = await buttons();
    const other = discord.press(message, 'Mine', somebody());
    expect((await other.shows()).text).toContain('Only the person who asked');
    expect((await other.acknowledged()).private).toBe(true);
    expect((await discord.press(message, 'Mine', asker).shows()).text).toContain('pressed 1');
  });

  it('work once when they are made so, also when pressed twice at the same time', async () => {
    const { asker, message } = await buttons();
    const presses = [discord.press(message, 'Once', asker), discord.press(message, 'Once', asker)];
    const texts = (await Promise.all(presses.map((press) => press.shows()))).map(({ text }) => text);
    expect(texts.filter((text) => text.includes('pressed 2'))).toHaveLength(1);
    expect(texts.filter((text) => text.includes('already pressed'))).toHaveLength(1);
  });

  it('replace the message they stand on when they are made so', async () => {
    const { asker, message } = await buttons();
    const pressed = discord.press(message, 'Edit', asker);
    expect((await pressed.acknowledged()).type).toBe(6);
    expect((await pressed.shows()).text).toContain('pressed 3');
    expect(pressed.seen.at(-1)?.message.id).toBe(message.id);
    expect(buttonsOf(message)).toEqual([]);
  });

  it('leave the message alone when what they do fails', async () => {
    const { asker, message } = await buttons();
    const pressed = discord.press(message, 'Fail', asker);
    const seen = await pressed.shows();
    expect(seen).toMatchObject({ how: 'follow-up', message: { visibleTo: asker.userId } });
    expect(message.edits).toBe(1);
    expect((await discord.press(message, 'Edit', asker).shows()).text).toContain('pressed 3');
  });

  it('are refused in words when expired, forged, or of another make', async () => {
    const { asker, message } = await buttons();
    expect((await discord.press(message, 'Brief', asker).shows()).text).toContain('too old');
    const forged = ['headroom:AAAAAAAAAAAAAAAAAAAAAA', 'headroom:', 'load', '{"command":"restricted"}'];
    const presses = forged.map((customId) => discord.pressId(message, customId, asker));
    for (const press of presses) {
      expect((await press.shows()).text).toContain('no longer works');
    }
  });
});

describe("the bot's own messages", () => {
  it('notify only whom they name, are edited in place, and know what is missing', async () => {
    const channel = discord.world.addChannel('alerts');
    discord.gateway.dispatch('CHANNEL_CREATE', {
      id: channel.id,
      guild_id: discord.guildId,
      type: 0,
      name: 'alerts',
      permission_overwrites: [],
    });
    const asked = discord.slash('post', { channel: channel.id }, somebody());
    expect((await asked.shows()).text).toContain('missing: none');
    const posts = discord.posts.filter(({ message }) => message.channelId === channel.id);
    expect(posts.map(({ how }) => how)).toEqual(['post', 'bot-edit']);
    expect(discord.world.messages.get(posts[0]!.message.id)?.pings).toEqual([]);
    expect(posts[0]?.text).toContain(`<@${asked.userId}>`);
  });

  it('tell in words that the bot may not write there', async () => {
    const channel = discord.world.addChannel('secret', 0n);
    const { text } = await discord.slash('post', { channel: channel.id }, somebody()).shows();
    expect(text).toContain('may not write there');
  });
});

describe('a process of its own', () => {
  it('registers nothing anew on the second start, refuses old buttons, and closes its session on SIGTERM', async () => {
    const asker = somebody();
    const { message } = await discord.slash('act', {}, asker).shows();
    const closes = discord.gateway.closes.length;
    const working = discord.slash('slow public', { ms: 60_000 }, asker);
    await working.acknowledged();
    const exit = await bot.terminate();
    await bot.kill();
    expect(exit).toMatchObject({ code: 0 });
    expect(exit.tookMs).toBeLessThan(8_000);
    expect(discord.gateway.closes[closes]?.code).toBe(1000);
    expect(working.seen.at(-1)?.text).toContain('restarting');

    bot = await BotProcess.start(discord, START);
    expect((await discord.press(message, 'Mine', asker).shows()).text).toContain('no longer works');
    // Everywhere and in the one server, at each start.
    expect(discord.sent(/^GET .*\/commands$/)).toHaveLength(4);
    expect(discord.sent(/^PUT .*\/commands$/)).toHaveLength(1);
  });

  it('shares the work with a second process: each request is answered once, each button by who knows it', async () => {
    const second = await BotProcess.start(discord, START);
    const asked = Array.from({ length: 20 }, (_, n) => discord.slash('echo', { text: `shared ${n}.` }, somebody()));
    for (const [n, each] of asked.entries()) {
      expect((await each.shows()).text).toContain(`shared ${n}.`);
    }
    for (let n = 0; n < 5; n += 1) {
      const asker = somebody();
      const { message } = await discord.slash('act', {}, asker).shows();
      expect((await discord.press(message, 'Once', asker).shows()).text).toContain('pressed 2');
    }
    expect(asked.map((each) => each.seen.length)).toEqual(asked.map(() => 1));
    await second.terminate();
    await second.kill();
  });

  it('does not repeat work when the gateway replays a request', async () => {
    const asker = somebody();
    const asked = discord.slash('echo', { text: 'replayed' }, asker);
    await asked.shows();
    discord.replay(asked);
    await discord.slash('echo', { text: 'after' }, asker).shows();
    await eventually(() => discord.sent(new RegExp(`^POST /interactions/${asked.id}/`)).length === 2);
    expect(asked.seen).toHaveLength(1);
  });
});

describe.concurrent('at its beginning, or a new one,', () => {
  it('takes a new session when Discord voids the old one', async () => {
    const { identify } = discord.gateway.counts;
    discord.gateway.invalidate(false);
    await eventually(() => discord.gateway.counts.identify > identify && discord.gateway.connections > 0);
    expect((await discord.slash('echo', { text: 'back' }, somebody()).shows()).text).toContain('back');
  });

  it('waits for a Discord that is not there yet', async () => {
    const other = await DiscordStandIn.start();
    other.faults.add(/^GET \/gateway\/bot/, { kind: 'error', status: 503, code: 0 }, 4);
    const late = await BotProcess.start(other, START);
    expect((await other.slash('echo', { text: 'there' }, somebody()).shows()).text).toContain('there');
    await late.kill();
    await other.stop();
  });

  it('ends with a plain word when the token is refused', async () => {
    const other = await DiscordStandIn.start();
    const started = BotProcess.start(other, { ...START, env: { DISCORD_TOKEN: 'wrong.token' } });
    await expect(started).rejects.toThrow('DiscordStartError: discord-token-invalid');
    await other.stop();
  });
});
