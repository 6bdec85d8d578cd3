import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LOCALES } from '../../../src/chat/locale.ts';
import { PostError } from '../../../src/chat/poster.ts';
import { plainText } from '../../../src/chat/text.ts';
import { AlertKeeper } from '../../../src/schedule/alerts/alerts.ts';
import { ALERT_KINDS } from '../../../src/schedule/alerts/detector.ts';
import { alertReply } from '../../../src/schedule/alerts/tell.ts';
import { openStore } from '../../../src/store/store.ts';
import type { Store } from '../../../src/store/types.ts';
import { onEnd, temporaryDirectory } from '../../gpus/tools.ts';
import { messageBoard } from '../notes.ts';
import { type Moment, moment, quiet, samplerOutside } from '../watches/world.ts';

const START = Date.UTC(2026, 10, 23, 12);
const DOWN = { state: 'down', error: { code: 'unreachable', params: {} }, lastVersion: null } as const;

async function world(
  options: { readonly store?: Store; readonly board?: ReturnType<typeof messageBoard>; readonly at?: number } = {},
) {
  const store = options.store ?? (await openStore(':memory:'));
  if (options.store === undefined) {
    onEnd(() => store.close());
  }
  const board = options.board ?? messageBoard();
  const sampler = samplerOutside();
  const state = { now: options.at ?? START, leads: true };
  const keeper = new AlertKeeper({
    sampler,
    repository: store.alerts,
    channel: { poster: board.poster, channelId: 'alerts' },
    locale: 'en',
    leader: { leads: () => state.leads },
    log: quiet,
    now: () => state.now,
  });
  keeper.start();
  onEnd(() => keeper.stop());
  return {
    store,
    board,
    keeper,
    state,
    async look(about: Omit<Moment, 'atMs'>, readings: number) {
      for (let i = 0; i < readings; i++) {
        state.now += 10_000;
        sampler.emit(moment({ ...about, atMs: state.now }));
        await keeper.idle();
      }
    },
  };
}

describe('alerts in a channel', () => {
  it('are one message, which says in the end that it is over', async () => {
    const { look, board, store } = await world();
    await look({}, 2);
    await look({ ollama: DOWN }, 10);
    expect(board.texts()).toEqual(['main: Ollama on main cannot be reached.']);
    expect(await store.alerts.open()).toMatchObject([{ kind: 'ollama-down', messageId: 'm1', channelId: 'alerts' }]);
    await look({}, 5);
    expect(board.texts()).toEqual(['Ollama on main answers again.']);
    expect(board.messages.get('m1')).toMatchObject({ edits: 1, reply: { tone: 'good' } });
    expect(await store.alerts.open()).toEqual([]);
    expect(await store.alerts.recent(0)).toMatchObject([{ kind: 'ollama-down' }]);
    expect((await store.alerts.recent(0))[0]!.endedAtMs).toBeGreaterThan(START);
  });

  it('ping nobody', async () => {
    const { look, board } = await world();
    await look({ ollama: DOWN }, 6);
    expect([...board.messages.values()].map(({ reply }) => reply.ping ?? [])).toEqual([[]]);
  });

  it('are found again after a restart, and told once', async () => {
    const path = join(temporaryDirectory(), 'headroom.db');
    const board = messageBoard();
    const first = await world({ store: await openStore(path), board });
    await first.look({ ollama: DOWN }, 6);
    await first.keeper.stop();
    await first.store.close();
    const store = await openStore(path);
    onEnd(() => store.close());
    const second = await world({ store, board, at: first.state.now });
    await second.look({ ollama: DOWN }, 6);
    expect(board.messages.size).toBe(1);
    await second.look({}, 5);
    expect(board.texts()).toEqual(['Ollama on main answers again.']);
  });

  it('that ended while the bot was off are told as over', async () => {
    const path = join(temporaryDirectory(), 'headroom.db');
    const board = messageBoard();
    const first = await world({ store: await openStore(path), board });
    await first.look({ ollama: DOWN }, 6);
    await first.keeper.stop();
    await first.store.close();
    const store = await openStore(path);
    onEnd(() => store.close());
    const second = await world({ store, board, at: first.state.now + 86_400_000 });
    await second.look({}, 5);
    expect(board.texts()).toEqual(['Ollama on main answers again.']);
    expect(await store.alerts.open()).toEqual([]);
  });

  it('stay one message when the answer to the post is lost', async () => {
    const { look, board } = await world();
    board.loseAnswers = 1;
    await look({ ollama: DOWN }, 6);
    expect(board.messages.size).toBe(1);
    await look({ ollama: DOWN }, 12);
    await look({}, 5);
    expect(board.texts()).toEqual(['Ollama on main answers again.']);
  });

  it('are written later when the platform is away, without a pile of tries', async () => {
    const { look, board } = await world();
    board.failures = Array.from({ length: 3 }, () => new PostError('unavailable'));
    await look({ ollama: DOWN }, 4);
    await look({ ollama: DOWN, missing: ['GPU-x'] }, 40);
    expect(board.messages.size).toBe(2);
    expect(board.calls).toBeLessThanOrEqual(6);
  });

  it('wait as long as the platform says', async () => {
    const { look, board, state } = await world();
    board.failures = [new PostError('rate-limited', { retryAfterMs: 120_000 })];
    await look({ ollama: DOWN }, 5);
    const { calls, now } = { calls: board.calls, now: state.now };
    while (state.now < now + 100_000) {
      await look({ ollama: DOWN, missing: ['GPU-x'] }, 1);
    }
    expect(board.calls).toBe(calls);
  });

  it('that began and ended unheard are not told', async () => {
    const { look, board, store } = await world();
    board.failures = Array.from({ length: 50 }, () => new PostError('unavailable'));
    await look({ ollama: DOWN }, 6);
    await look({}, 5);
    board.failures = [];
    await look({}, 20);
    expect(board.messages.size).toBe(0);
    expect(await store.alerts.open()).toEqual([]);
  });

  it('whose message somebody deleted end all the same', async () => {
    const { look, board, store } = await world();
    await look({ ollama: DOWN }, 6);
    board.messages.clear();
    await look({}, 5);
    expect(await store.alerts.open()).toEqual([]);
    expect(board.messages.size).toBe(0);
  });

  it('that come back while the end is written go on', async () => {
    const { look, board, store, state } = await world();
    await look({ ollama: DOWN }, 6);
    board.failures = Array.from({ length: 100 }, () => new PostError('unavailable'));
    await look({}, 6);
    // It is over, but the message could not be edited; now it is down again, for longer than flapping needs.
    await look({ ollama: DOWN }, 12);
    board.failures = [];
    state.now += 60_000;
    await look({ ollama: DOWN }, 3);
    expect(await store.alerts.open()).toHaveLength(1);
    expect(board.texts()).toEqual(['main: Ollama on main cannot be reached.']);
  });

  it('are told by the process that leads', async () => {
    const path = join(temporaryDirectory(), 'headroom.db');
    const board = messageBoard();
    const stores = [await openStore(path), await openStore(path)];
    for (const store of stores) {
      onEnd(() => store.close());
    }
    const [one, two] = await Promise.all(stores.map((store) => world({ store, board })));
    two!.state.leads = false;
    await one!.look({ ollama: DOWN }, 6);
    await two!.look({ ollama: DOWN }, 6);
    expect(board.messages.size).toBe(1);
    one!.state.leads = false;
    two!.state.leads = true;
    await two!.look({ ollama: DOWN }, 6);
    await two!.look({}, 5);
    expect(board.texts()).toEqual(['Ollama on main answers again.']);
  });

  it('are kept where no channel is set', async () => {
    const store = await openStore(':memory:');
    onEnd(() => store.close());
    const sampler = samplerOutside();
    const keeper = new AlertKeeper({
      sampler,
      repository: store.alerts,
      channel: null,
      locale: 'en',
      leader: { leads: () => true },
      log: quiet,
    });
    keeper.start();
    onEnd(() => keeper.stop());
    for (let i = 1; i < 7; i++) {
      sampler.emit(moment({ atMs: START + i * 10_000, ollama: DOWN }));
    }
    await keeper.idle();
    expect(keeper.open()).toMatchObject([{ kind: 'ollama-down' }]);
    for (let i = 7; i < 12; i++) {
      sampler.emit(moment({ atMs: START + i * 10_000 }));
    }
    await keeper.idle();
    expect(await store.alerts.open()).toEqual([]);
  });
});

describe('the words of alerts', () => {
  it('are there for every kind, begin and end, in every language, with nothing left open', () => {
    const params: Record<string, Record<string, unknown>> = {
      'ollama-down': { state: 'hanging' },
      'model-spilled': { share: 0.75, hostBytes: 2 ** 31 },
      'foreign-memory': { grownBytes: 2 ** 31, process: 'python3', user: 'eve', pid: 4, processBytes: 2 ** 31 },
      'vram-not-returned': { missingBytes: 2 ** 31, vramBytes: 2 ** 33 },
      'gpu-hot': { tempC: 93, name: 'NVIDIA RTX 3090', index: 0 },
      'gpu-source-failing': { code: 'timeout', seconds: 5 },
    };
    for (const locale of LOCALES) {
      for (const kind of ALERT_KINDS) {
        const alert = {
          id: 1,
          server: 'main',
          kind,
          subject: 'gemma3:12b',
          params: params[kind] ?? {},
          beganAtMs: START,
          endedAtMs: null,
          channelId: null,
          messageId: null,
        };
        for (const endedAtMs of [null, START + 90_000]) {
          const reply = alertReply(alert, locale, endedAtMs);
          const texts = [plainText(reply.title)];
          for (const block of reply.blocks) {
            if ('text' in block) {
              texts.push(plainText(block.text));
            }
          }
          expect(texts.length).toBeGreaterThan(1);
          for (const text of texts) {
            expect(text, kind).toMatch(/\S/);
            expect(text, kind).not.toMatch(/\?|undefined|\{|\}/);
          }
        }
      }
    }
  });
});
