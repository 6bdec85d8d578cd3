import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import type { ModelSpec } from '../../../src/estimator/types.ts';
import { HAND_OVER_MS } from '../../../src/schedule/watches/claims.ts';
import { freeAfter, ModelNeed, roomOf } from '../../../src/schedule/watches/need.ts';
import {
  type Delivery,
  MAX_PER_PERSON,
  MAX_WAITING,
  WatchKeeper,
  type WatchKeeperSettings,
  type WatchNews,
} from '../../../src/schedule/watches/watches.ts';
import { createWeightsIndex } from '../../../src/servers/asking/same-weights.ts';
import { openStore } from '../../../src/store/store.ts';
import type { NewWatch, Store } from '../../../src/store/types.ts';
import { createDirectEstimates } from '../../../src/workers/estimates.ts';
import { GIB, onEnd, temporaryDirectory } from '../../gpus/tools.ts';
import { type Moment, moment, quiet, registryOf, samplerOutside } from './world.ts';

const START = Date.UTC(2026, 10, 23, 12);
const HOUR = 3_600_000;
const llama = JSON.parse(
  readFileSync(new URL('../../fixtures/models/llama3.1-8b.json', import.meta.url), 'utf8'),
) as ModelSpec;

async function world(
  options: {
    readonly store?: Store;
    readonly servers?: readonly string[];
    readonly others?: WatchKeeperSettings['others'];
  } = {},
) {
  const store = options.store ?? (await openStore(':memory:'));
  if (options.store === undefined) {
    onEnd(() => store.close());
  }
  const registry = registryOf(...(options.servers ?? ['main']));
  const sampler = samplerOutside();
  const told: WatchNews[] = [];
  const state = { now: START, answer: 'sent' as Delivery, leads: true, lookups: 0 };
  const keeper = new WatchKeeper({
    registry,
    sampler,
    repository: store.watches,
    estimator: createDirectEstimates().by('watches'),
    findSpec: async (model) => {
      state.lookups += 1;
      if (model !== 'llama3.1:8b') {
        throw new Error('unknown');
      }
      return llama;
    },
    deliver: async (news) => {
      told.push(news);
      return state.answer;
    },
    weights: createWeightsIndex(),
    platforms: ['discord'],
    log: quiet,
    leader: { leads: () => state.leads },
    ...(options.others === undefined ? {} : { others: options.others }),
    now: () => state.now,
  });
  await keeper.start();
  onEnd(() => keeper.stop());
  return {
    store,
    registry,
    sampler,
    keeper,
    told,
    state,
    /** A reading some seconds later. */
    async read(usedGib: readonly number[], more: Partial<Moment> = {}, laterMs = 10_000) {
      state.now += laterMs;
      sampler.emit(moment({ atMs: state.now, usedGib, ...more }));
      await keeper.idle();
    },
    add(more: Partial<NewWatch> = {}) {
      return keeper.add({
        kind: 'when-free',
        ownerId: 'ann',
        ownerName: 'Ann',
        platform: 'discord',
        guildId: 'g',
        channelId: 'c',
        server: 'main',
        model: null,
        numCtx: null,
        freeBytes: 10 * GIB,
        locale: 'en',
        createdAtMs: state.now,
        expiresAtMs: state.now + 24 * HOUR,
        ...more,
      });
    },
  };
}

const fits = { kind: 'when-fits', model: 'llama3.1:8b', numCtx: 8192, freeBytes: null } as const;
const ids = (told: readonly WatchNews[]) => told.map((news) => news.watch.id);

describe('waiting for free memory', () => {
  it('tells once, after the second reading with room, and never again', async () => {
    const { read, add, told, store } = await world();
    const watch = await add();
    await read([20]);
    await read([4]);
    expect(told).toEqual([]);
    await read([4]);
    expect(told).toMatchObject([{ watch: { id: watch.id }, server: 'main', freeBytes: 19.5 * GIB }]);
    for (let i = 0; i < 5; i++) {
      await read([4]);
    }
    expect(told).toHaveLength(1);
    expect(await store.watches.get(watch.id)).toMatchObject({ state: 'told' });
  });

  it('does not take a short gap for room', async () => {
    const { read, add, told } = await world();
    await add();
    for (let i = 0; i < 4; i++) {
      await read([4]);
      await read([20]);
    }
    expect(told).toEqual([]);
  });

  it('wants the readings apart in time, and does not count one reading twice', async () => {
    const { read, add, told, state } = await world();
    await add();
    await read([4]);
    await read([4], {}, 300);
    await read([4], {}, 300);
    expect(told).toEqual([]);
    const readAtMs = state.now;
    await read([4], { readAtMs }, 20_000);
    expect(told).toEqual([]);
    await read([4]);
    expect(told).toHaveLength(1);
  });

  it('says nothing on numbers that allow no verdict', async () => {
    const { read, add, told, state } = await world();
    await add();
    for (let i = 0; i < 4; i++) {
      await read([4], { failure: 'timeout' });
    }
    for (let i = 0; i < 4; i++) {
      await read([4], { readAtMs: state.now - 60_000 });
    }
    for (let i = 0; i < 4; i++) {
      await read([4], { ollama: { state: 'down', error: { code: 'unreachable', params: {} }, lastVersion: null } });
    }
    expect(told).toEqual([]);
  });

  it('counts all GPUs together', async () => {
    const { read, add, told } = await world();
    await add({ freeBytes: 30 * GIB });
    await read([10, 10]);
    await read([10, 10]);
    expect(told).toEqual([]);
    await read([8, 8]);
    await read([8, 8]);
    expect(told).toMatchObject([{ freeBytes: 31 * GIB, freeMaxBytes: 15.5 * GIB }]);
  });

  it('waits on any server, and is told of the one with room', async () => {
    const { read, add, told } = await world({ servers: ['a', 'b'] });
    await add({ server: null });
    for (let i = 0; i < 3; i++) {
      await read([20], { server: 'a' });
      await read([4], { server: 'b' });
    }
    expect(told.map((news) => news.server)).toEqual(['b']);
  });
});

describe('several who wait', () => {
  it('are told oldest first, each after the hand-over of the one before', async () => {
    const { read, add, told, state } = await world();
    const first = await add({ ownerId: 'ann' });
    const second = await add({ ownerId: 'ben' });
    await read([4]);
    await read([4]);
    expect(ids(told)).toEqual([first.id]);
    const toldAt = state.now;
    while (state.now + 10_000 < toldAt + HAND_OVER_MS) {
      await read([4]);
    }
    expect(ids(told)).toEqual([first.id]);
    await read([4]);
    await read([4]);
    expect(ids(told)).toEqual([first.id, second.id]);
  });

  it('are told together when there is room for all', async () => {
    const { read, add, told } = await world();
    const all = [
      await add({ freeBytes: 4 * GIB }),
      await add({ freeBytes: 6 * GIB }),
      await add({ freeBytes: 8 * GIB }),
    ];
    await read([4]);
    await read([4]);
    expect(ids(told)).toEqual(all.map((watch) => watch.id));
  });

  it('lets a small need pass where the oldest does not fit', async () => {
    const { read, add, told } = await world();
    await add({ freeBytes: 22 * GIB });
    const small = await add({ freeBytes: 2 * GIB });
    await read([4]);
    await read([4]);
    expect(ids(told)).toEqual([small.id]);
  });

  it('gives the next one the rest as soon as the memory is in use', async () => {
    const { read, add, told } = await world();
    await add({ freeBytes: 10 * GIB });
    const second = await add({ freeBytes: 8 * GIB });
    for (let i = 0; i < 3; i++) {
      await read([6.5]);
    }
    expect(told).toHaveLength(1);
    // Ann loaded nearly all of what she waited for: 8.1 GiB are left, and nothing of it is kept for her.
    for (let i = 0; i < 2; i++) {
      await read([15.4]);
    }
    expect(ids(told)[1]).toBe(second.id);
  });

  it('keeps the memory for nobody when the message did not get out', async () => {
    const { read, add, told, state, store } = await world();
    const first = await add({ ownerId: 'ann' });
    const second = await add({ ownerId: 'ben' });
    state.answer = 'lost';
    await read([4]);
    await read([4]);
    expect(await store.watches.get(first.id)).toMatchObject({ state: 'stopped' });
    state.answer = 'sent';
    await read([4]);
    await read([4]);
    expect(ids(told).at(-1)).toBe(second.id);
  });

  it('tries again when the platform is not there, and tells once then', async () => {
    const { read, add, told, state, store } = await world();
    const watch = await add();
    state.answer = 'later';
    for (let i = 0; i < 3; i++) {
      await read([4]);
    }
    expect(await store.watches.get(watch.id)).toMatchObject({ state: 'waiting' });
    const tries = told.length;
    state.answer = 'sent';
    for (let i = 0; i < 3; i++) {
      await read([4]);
    }
    expect(told).toHaveLength(tries + 1);
  });
});

describe('waiting for a model', () => {
  it('tells when it fits by the estimator, with what it takes', async () => {
    const { read, add, told } = await world();
    await add(fits);
    for (let i = 0; i < 3; i++) {
      await read([20]);
    }
    expect(told).toEqual([]);
    await read([4]);
    await read([4]);
    expect(told).toHaveLength(1);
    expect(told[0]!.needBytes).toBeGreaterThan(5 * GIB);
    expect(told[0]!.needBytes).toBeLessThan(9 * GIB);
  });

  it('does not mean by unloading what others run', async () => {
    const { read, add, told } = await world();
    await add(fits);
    // 6.9 GiB free would do for llama.cpp, but Ollama would unload the other model first.
    for (let i = 0; i < 4; i++) {
      await read([16.6], { models: [{ name: 'other:1b', vramGib: 12 }] });
    }
    expect(told).toEqual([]);
    for (let i = 0; i < 2; i++) {
      await read([8], { models: [{ name: 'other:1b', vramGib: 4 }] });
    }
    expect(told).toHaveLength(1);
  });

  it('ends the hand-over when the model is seen loaded', async () => {
    const { read, add, told, state } = await world();
    await add({ ...fits, ownerId: 'ann' });
    const second = await add({ ownerId: 'ben', freeBytes: 14 * GIB });
    for (let i = 0; i < 4; i++) {
      await read([4]);
    }
    expect(told).toHaveLength(1);
    const at = state.now;
    for (let i = 0; i < 2; i++) {
      await read([9], { models: [{ name: 'llama3.1:8b', vramGib: 5 }] });
    }
    expect(ids(told)[1]).toBe(second.id);
    expect(state.now - at).toBeLessThan(HAND_OVER_MS);
  });

  it('waits for a model that cannot be found, and asks for it seldom', async () => {
    const { read, add, told, state } = await world();
    await add({ ...fits, model: 'nobody-knows' });
    for (let i = 0; i < 20; i++) {
      await read([4]);
    }
    expect(told).toEqual([]);
    expect(state.lookups).toBeLessThanOrEqual(2);
  });

  it('asks the estimator once while nothing changes, however many contexts people wait for', async () => {
    const { config } = registryOf('main').defaultServer;
    const need = new ModelNeed(createDirectEstimates().by('watches'), llama, config);
    const room = roomOf(moment({ atMs: START, usedGib: [17] }), config, []);
    const free = freeAfter(room, new Map());
    for (let i = 0; i < 50; i++) {
      expect(await need.judge(8192, room, free, START + i * 10_000)).toBe(false);
    }
    for (let ctx = 8192; ctx < 100_000; ctx += 256) {
      expect(await need.judge(ctx, room, free, START)).toBe(false);
    }
    expect(need.decisions).toBeLessThanOrEqual(1);
    // Far too little: the estimator is not needed to see it.
    const full = roomOf(moment({ atMs: START, usedGib: [22] }), config, []);
    await need.judge(256, full, freeAfter(full, new Map()), START);
    expect(need.decisions).toBeLessThanOrEqual(1);
  });

  it('judges as the estimator does at every amount of free memory and every context', async () => {
    const { config } = registryOf('main').defaultServer;
    const lazy = new ModelNeed(createDirectEstimates().by('watches'), llama, config);
    let changes = 0;
    let before = false;
    for (let i = 0; i < 200; i++) {
      const snapshot = moment({ atMs: START + i * 90_000, usedGib: [12 + ((i * 37) % 100) / 10] });
      const room = roomOf(snapshot, config, []);
      const free = freeAfter(room, new Map());
      const ctx = 2_048 * (1 + ((i * 7) % 16));
      const exact = (
        await new ModelNeed(createDirectEstimates().by('watches'), llama, config).decide(
          ctx,
          room,
          free,
          snapshot.takenAtMs,
        )
      ).fits;
      expect(await lazy.judge(ctx, room, free, snapshot.takenAtMs), `${ctx} at ${free[0]}`).toBe(exact);
      if (exact !== before) {
        changes += 1;
      }
      before = exact;
    }
    expect(changes).toBeGreaterThan(10);
    expect(lazy.decisions).toBeLessThan(150);
  });
});

describe('the keeper', () => {
  it('keeps watches over a restart, and tells nobody twice', async () => {
    const path = join(temporaryDirectory(), 'headroom.db');
    const before = await world({ store: await openStore(path) });
    const waits = await before.add();
    const other = await before.add({ freeBytes: 23 * GIB });
    await before.keeper.stop();
    await before.store.close();
    const store = await openStore(path);
    onEnd(() => store.close());
    const after = await world({ store });
    await after.read([4]);
    await after.read([4]);
    expect(ids(after.told)).toEqual([waits.id]);
    expect((await store.watches.waiting()).map((watch) => watch.id)).toEqual([other.id]);
  });

  it('looks at what another process’ keeper has made or ended as soon as it is told', async () => {
    const store = await openStore(':memory:');
    onEnd(() => store.close());
    const listeners = new Set<() => void>();
    const others = {
      tell: () => {
        for (const listener of listeners) {
          listener();
        }
      },
      listen: (listener: () => void) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    };
    const [here, there] = [await world({ store, others }), await world({ store, others })];
    const watch = await here.add();
    const ended = await here.add({ ownerId: 'ben' });
    await expect.poll(() => there.keeper.waiting().get('main')).toBe(2);
    await here.keeper.end(ended.id, 'ben', 'discord');
    await expect.poll(() => there.keeper.waiting().get('main')).toBe(1);
    await there.read([4]);
    await there.read([4]);
    expect(ids(there.told)).toEqual([watch.id]);
  });

  it('keeps what it promised over a restart', async () => {
    const store = await openStore(':memory:');
    onEnd(() => store.close());
    const before = await world({ store });
    await before.add({ ownerId: 'ann' });
    const second = await before.add({ ownerId: 'ben' });
    for (let i = 0; i < 2; i++) {
      await before.read([4]);
    }
    expect(before.told).toHaveLength(1);
    await before.keeper.stop();
    const after = await world({ store });
    after.state.now = before.state.now;
    for (let i = 0; i < 5; i++) {
      await after.read([4]);
    }
    expect(after.told).toEqual([]);
    after.state.now += HAND_OVER_MS;
    for (let i = 0; i < 2; i++) {
      await after.read([4]);
    }
    expect(ids(after.told)).toEqual([second.id]);
  });

  it('does nothing while another process leads', async () => {
    const { read, add, told, state } = await world();
    await add();
    state.leads = false;
    for (let i = 0; i < 3; i++) {
      await read([4]);
    }
    expect(told).toEqual([]);
    state.leads = true;
    for (let i = 0; i < 2; i++) {
      await read([4]);
    }
    expect(told).toHaveLength(1);
  });

  it('leaves watches of another platform alone', async () => {
    const { read, add, told, store } = await world();
    await add({ platform: 'console' });
    for (let i = 0; i < 3; i++) {
      await read([4]);
    }
    expect(told).toEqual([]);
    expect(await store.watches.waiting()).toHaveLength(1);
  });

  it('tells nobody after the time is over', async () => {
    const { read, add, told, state } = await world();
    await add({ expiresAtMs: state.now + 15_000 });
    await read([4]);
    await read([4]);
    expect(told).toEqual([]);
  });

  it('asks for the fast pace only where somebody waits', async () => {
    const { add, sampler, keeper } = await world({ servers: ['a', 'b'] });
    expect(sampler.watched).toEqual([]);
    const one = await add({ server: 'b' });
    await add({ server: 'b' });
    expect(sampler.watched).toEqual(['b']);
    const any = await add({ server: null });
    expect([...sampler.watched].sort()).toEqual(['*', 'b']);
    await keeper.end(any.id, 'ann', 'discord');
    await keeper.end(one.id, 'ann', 'discord');
    expect(sampler.watched).toEqual(['b']);
  });

  it('bounds what one person and all together may wait for', async () => {
    const path = join(temporaryDirectory(), 'headroom.db');
    const store = await openStore(path);
    onEnd(() => store.close());
    const others = new DatabaseSync(path);
    others.exec(`
      INSERT INTO watches (kind, owner_id, owner_name, platform, free_bytes, locale, created_at_ms, expires_at_ms, state)
      WITH RECURSIVE person (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM person WHERE n < ${MAX_WAITING - MAX_PER_PERSON})
      SELECT 'when-free', 'p' || n, 'P', 'discord', 1, 'en', ${START}, ${START + HOUR}, 'waiting' FROM person`);
    others.close();
    const { add } = await world({ store });
    const mine = await Promise.allSettled(Array.from({ length: MAX_PER_PERSON + 2 }, () => add({ ownerId: 'ann' })));
    expect(mine.filter(({ status }) => status === 'fulfilled')).toHaveLength(MAX_PER_PERSON);
    await expect(add({ ownerId: 'ann' })).rejects.toMatchObject({ code: 'watch-too-many-yours' });
    await expect(add({ ownerId: 'zoe' })).rejects.toMatchObject({ code: 'watch-too-many' });
  });

  it('ends a watch for its owner alone', async () => {
    const { add, keeper, store } = await world();
    const watch = await add();
    for (const [owner, platform] of [
      ['ben', 'discord'],
      ['ann', 'console'],
    ] as const) {
      await expect(keeper.end(watch.id, owner, platform)).rejects.toThrow(
        expect.objectContaining({ code: 'watch-unknown' }),
      );
    }
    await keeper.end(watch.id, 'ann', 'discord');
    expect(await store.watches.get(watch.id)).toMatchObject({ state: 'stopped' });
    await expect(keeper.end(watch.id, 'ann', 'discord')).rejects.toThrow();
  });

  it('says at once how things stand, beside what is kept for others', async () => {
    const { add, read, keeper, registry, state } = await world();
    const question = { kind: 'when-free', freeBytes: 12 * GIB } as const;
    const look = (usedGib: number, person: string) =>
      keeper.look(registry.defaultServer, moment({ atMs: state.now, usedGib: [usedGib] }), question, person);
    expect(await look(4, 'ben')).toEqual({ fits: true, promised: false });
    expect(await look(15, 'ben')).toEqual({ fits: false, promised: false });
    await add({ ownerId: 'ann' });
    await read([4]);
    await read([4]);
    expect(await look(4, 'ben')).toEqual({ fits: false, promised: true });
    expect(await look(4, 'ann')).toEqual({ fits: true, promised: false });
  });
});
