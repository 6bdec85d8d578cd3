import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PostError } from '../../../src/chat/poster.ts';
import { plainText } from '../../../src/chat/text.ts';
import type { OllamaModel } from '../../../src/ollama/types.ts';
import { collectDigest, WEEK_MS } from '../../../src/schedule/digest/digest.ts';
import { digestReply } from '../../../src/schedule/digest/tell.ts';
import { WeeklyDigest } from '../../../src/schedule/digest/weekly.ts';
import { openStore } from '../../../src/store/store.ts';
import type { Store } from '../../../src/store/types.ts';
import { GIB, onEnd, temporaryDirectory } from '../../gpus/tools.ts';
import { messageBoard } from '../notes.ts';
import { quiet, registryOf } from '../watches/world.ts';

const HOUR = 3_600_000;
/** A Monday, 09:00 in Berlin (winter time). */
const MONDAY = Date.UTC(2026, 10, 23, 8);
const BERLIN = 'Europe/Berlin';

async function memory(path = ':memory:'): Promise<Store> {
  const store = await openStore(path);
  onEnd(() => store.close());
  return store;
}

/** Samples of one GPU at a moment. */
async function sample(
  store: Store,
  atMs: number,
  usedGib: number,
  utilPct: number | null = null,
  gpuUuid = 'GPU-1',
): Promise<void> {
  await store.samples.add([
    {
      server: 'main',
      gpuUuid,
      gpuName: 'RTX 3090',
      atMs,
      totalBytes: 24 * GIB,
      usedBytes: usedGib * GIB,
      freeBytes: (24 - usedGib) * GIB,
      ollamaBytes: usedGib * GIB,
      utilPct,
      tempC: null,
      powerW: null,
    },
  ]);
}

async function use(store: Store, model: string, atMs: number, loadedMs: number, loads = 1): Promise<void> {
  await store.usage.add({ server: 'main', model, atMs, loads, loadedMs, vramBytes: 5 * GIB });
}

/** The servers with these models on disk; `null`: Ollama does not answer. */
function servers(tags: readonly Partial<OllamaModel>[] | null) {
  const registry = registryOf('main');
  const ollama = {
    ...registry.defaultServer.ollama,
    tags: async () => {
      if (tags === null) {
        throw new Error('down');
      }
      return tags.map((model) => ({ isCloud: false, modifiedAtMs: 0, sizeBytes: GIB, ...model }) as OllamaModel);
    },
  };
  const server = { ...registry.defaultServer, ollama };
  return { ...registry, servers: [server], defaultServer: server };
}

const week = { fromMs: MONDAY - WEEK_MS, toMs: MONDAY };

describe('what a week was like', () => {
  it('has the peak of each GPU with its hour', async () => {
    const store = await memory();
    await sample(store, MONDAY - WEEK_MS - HOUR, 23);
    await sample(store, MONDAY - 50 * HOUR, 20);
    await sample(store, MONDAY - 20 * HOUR, 12);
    await sample(store, MONDAY - 20 * HOUR, 3, null, 'GPU-2');
    const digest = await collectDigest(store, servers([]).servers, week, BERLIN);
    expect(digest.servers[0]!.peaks).toEqual([
      { gpuName: 'RTX 3090', usedBytes: 20 * GIB, totalBytes: 24 * GIB, atMs: MONDAY - 50 * HOUR },
      { gpuName: 'RTX 3090', usedBytes: 3 * GIB, totalBytes: 24 * GIB, atMs: MONDAY - 20 * HOUR },
    ]);
  });

  it('has the busiest hours of the day in the time zone, by what the GPUs computed', async () => {
    const store = await memory();
    for (let day = 1; day <= 5; day++) {
      // 14:00 in Berlin is 13:00 UTC in November.
      await sample(store, MONDAY - day * 24 * HOUR + 5 * HOUR, 20, 80);
      await sample(store, MONDAY - day * 24 * HOUR + 6 * HOUR, 20, 40);
      await sample(store, MONDAY - day * 24 * HOUR + 12 * HOUR, 23, 0);
    }
    const [main] = (await collectDigest(store, servers([]).servers, week, BERLIN)).servers;
    expect(main).toMatchObject({
      busyBy: 'util',
      busiest: [
        { hour: 14, share: 0.8 },
        { hour: 15, share: 0.4 },
      ],
    });
  });

  it('goes by memory where no utilisation is told', async () => {
    const store = await memory();
    await sample(store, MONDAY - 20 * HOUR, 12);
    const [main] = (await collectDigest(store, servers([]).servers, week, 'UTC')).servers;
    expect(main).toMatchObject({ busyBy: 'memory', busiest: [{ hour: 12, share: 0.5 }] });
  });

  it('has models by use, and those that nobody ever loaded', async () => {
    const store = await memory();
    await use(store, 'a', MONDAY - 20 * HOUR, 5 * HOUR);
    await use(store, 'b', MONDAY - 30 * HOUR, 9 * HOUR, 3);
    await use(store, 'long-ago', MONDAY - 60 * 24 * HOUR, HOUR);
    const tags = [
      { name: 'a' },
      { name: 'long-ago' },
      { name: 'dusty', sizeBytes: 3 * GIB },
      { name: 'huge', sizeBytes: 40 * GIB },
      { name: 'new', modifiedAtMs: MONDAY - HOUR },
      { name: 'cloud', isCloud: true },
    ];
    const [main] = (await collectDigest(store, servers(tags).servers, week, BERLIN)).servers;
    expect(main!.used.map(({ model, loads }) => [model, loads])).toEqual([
      ['b', 3],
      ['a', 1],
    ]);
    expect(main!.unused!.map(({ name }) => name)).toEqual(['huge', 'dusty']);
    const [silent] = (await collectDigest(store, servers(null).servers, week, BERLIN)).servers;
    expect(silent!.unused).toBeNull();
  });

  it('is a message in both languages, without holes', async () => {
    const store = await memory();
    await sample(store, MONDAY - 20 * HOUR, 12, 50);
    await use(store, 'a', MONDAY - 20 * HOUR, 5 * HOUR);
    const digest = await collectDigest(store, servers([{ name: 'dusty' }]).servers, week, BERLIN);
    for (const locale of ['en', 'zh-CN'] as const) {
      const reply = digestReply(digest, locale, BERLIN);
      const words = JSON.stringify(reply);
      expect(words).not.toMatch(/undefined|NaN|[{?]\w+[:}?]/);
      expect(plainText(reply.title)).toMatch(/16.*23|11月/);
      expect(words).toContain('dusty');
    }
  });
});

describe('the weekly digest', () => {
  async function world(options: { readonly path?: string; readonly board?: ReturnType<typeof messageBoard> } = {}) {
    const store = await memory(options.path);
    const board = options.board ?? messageBoard();
    const state = { now: MONDAY - HOUR, leads: true };
    const digest = new WeeklyDigest({
      store,
      registry: servers([]),
      poster: board.poster,
      channelId: 'alerts',
      locale: 'en',
      timeZone: BERLIN,
      leader: { leads: () => state.leads },
      log: quiet,
      now: () => state.now,
    });
    return { store, board, state, digest };
  }

  it('comes every Monday at nine by the clock on the wall, once, through a change of summer time', async () => {
    const { store, board, state, digest } = await world();
    const posts: string[] = [];
    for (state.now = Date.UTC(2026, 2, 1); state.now < Date.UTC(2026, 3, 30); state.now += 20 * 60_000) {
      if (state.now % (6 * HOUR) === 0) {
        await sample(store, state.now, 10);
      }
      const before = board.messages.size;
      await digest.look();
      if (board.messages.size > before) {
        posts.push(new Date(state.now).toLocaleString('en', { timeZone: BERLIN, weekday: 'short', hour: 'numeric' }));
      }
    }
    expect(posts).toHaveLength(9);
    expect(new Set(posts)).toEqual(new Set(['Mon 9 AM']));
  });

  it('comes late after a short absence, and not at all after a long one', async () => {
    const late = await world();
    await sample(late.store, MONDAY - 20 * HOUR, 12);
    late.state.now = MONDAY + 3 * HOUR;
    await late.digest.look();
    expect(late.board.messages.size).toBe(1);
    const tooLate = await world();
    await sample(tooLate.store, MONDAY - 20 * HOUR, 12);
    tooLate.state.now = MONDAY + 20 * HOUR;
    await tooLate.digest.look();
    expect(tooLate.board.messages.size).toBe(0);
  });

  it('stays one message over restarts, kills and lost answers', async () => {
    const path = join(temporaryDirectory(), 'headroom.db');
    const board = messageBoard();
    const first = await world({ path, board });
    await sample(first.store, MONDAY - 20 * HOUR, 12);
    first.state.now = MONDAY + 60_000;
    board.loseAnswers = 1;
    await first.digest.look();
    expect(board.messages.size).toBe(1);
    const second = await world({ path, board });
    for (let i = 2; i < 10; i++) {
      second.state.now = MONDAY + i * 60_000;
      await second.digest.look();
    }
    expect(board.messages.size).toBe(1);
    const third = await world({ path, board });
    third.state.now = MONDAY + HOUR;
    const { calls } = board;
    await third.digest.look();
    expect(board.calls).toBe(calls);
  });

  it('is given up when the channel is out of reach', async () => {
    const { store, board, state, digest } = await world();
    await sample(store, MONDAY - 20 * HOUR, 12);
    board.failures = [new PostError('forbidden', { channelLost: true })];
    for (let i = 1; i < 5; i++) {
      state.now = MONDAY + i * 60_000;
      await digest.look();
    }
    expect(board.calls).toBe(1);
    expect(await store.alerts.open()).toEqual([]);
  });

  it('says nothing where nothing was seen, or another process leads', async () => {
    const { store, board, state, digest } = await world();
    state.now = MONDAY + 60_000;
    await digest.look();
    await sample(store, MONDAY - 20 * HOUR, 12);
    state.leads = false;
    await digest.look();
    expect(board.messages.size).toBe(0);
  });
});
