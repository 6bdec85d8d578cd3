import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PostError } from '../../../src/chat/poster.ts';
import { plainText } from '../../../src/chat/text.ts';
import { HAND_OVER_MS } from '../../../src/schedule/watches/claims.ts';
import { createWatchTeller } from '../../../src/schedule/watches/tell.ts';
import { WatchKeeper, type WatchNews } from '../../../src/schedule/watches/watches.ts';
import { createWeightsIndex } from '../../../src/servers/asking/same-weights.ts';
import { openStore } from '../../../src/store/store.ts';
import type { NewWatch } from '../../../src/store/types.ts';
import { createDirectEstimates } from '../../../src/workers/estimates.ts';
import { GIB, onEnd } from '../../gpus/tools.ts';
import { messageBoard } from '../notes.ts';
import { moment, quiet, registryOf, samplerOutside } from './world.ts';

const START = Date.UTC(2026, 10, 23, 12);

const base: NewWatch = {
  kind: 'when-free',
  ownerId: 'ann',
  ownerName: 'Ann',
  platform: 'discord',
  guildId: 'g',
  channelId: 'lab',
  server: 'main',
  model: null,
  numCtx: null,
  freeBytes: 10 * GIB,
  locale: 'en',
  createdAtMs: START,
  expiresAtMs: START + 7 * 86_400_000,
};
const news: WatchNews = {
  watch: { ...base, id: 5, state: 'waiting', settledAtMs: null },
  server: 'main',
  freeBytes: 12 * GIB,
  freeMaxBytes: 8 * GIB,
  needBytes: null,
};

describe('telling somebody', () => {
  it('goes to the channel where it was asked, with a ping, in the language it was asked in', async () => {
    const board = messageBoard();
    const tell = createWatchTeller(board.poster, quiet);
    expect(await tell({ ...news, watch: { ...news.watch, locale: 'zh-CN' } })).toBe('sent');
    const [message] = board.messages.values();
    expect(message).toMatchObject({ channelId: 'lab', reply: { ping: ['ann'] } });
    expect(plainText(message!.reply.title)).toMatch(/\p{sc=Han}/u);
  });

  it('goes directly where the channel is out of reach, and is lost where that is closed as well', async () => {
    for (const failure of ['gone', 'forbidden'] as const) {
      const board = messageBoard();
      board.failures = [new PostError(failure, { channelLost: true })];
      expect(await createWatchTeller(board.poster, quiet)(news)).toBe('sent');
      expect([...board.messages.values()].map(({ channelId }) => channelId)).toEqual(['dm-ann']);
    }
    const closed = messageBoard();
    closed.failures = [new PostError('forbidden'), new PostError('forbidden')];
    expect(await createWatchTeller(closed.poster, quiet)(news)).toBe('lost');
  });

  it('is tried again later when the platform is away, and stays one message when only the answer was lost', async () => {
    const board = messageBoard();
    const tell = createWatchTeller(board.poster, quiet);
    board.failures = [new PostError('rate-limited', { retryAfterMs: 5_000 })];
    expect(await tell(news)).toBe('later');
    board.loseAnswers = 1;
    expect(await tell(news)).toBe('later');
    expect(await tell(news)).toBe('sent');
    expect(board.messages.size).toBe(1);
  });

  it('is one message also when the program is killed between telling and noting it', async () => {
    const board = messageBoard();
    const store = await openStore(':memory:');
    onEnd(() => store.close());
    let now = START;
    const killed = async (): Promise<boolean> => {
      throw new Error('killed');
    };
    const live = async (settles: boolean) => {
      const sampler = samplerOutside();
      const keeper = new WatchKeeper({
        registry: registryOf('main'),
        sampler,
        // A life that ends before it can note anything.
        repository: settles ? store.watches : { ...store.watches, settle: killed },
        estimator: createDirectEstimates().by('watches'),
        findSpec: () => Promise.reject(new Error('none')),
        deliver: createWatchTeller(board.poster, quiet),
        weights: createWeightsIndex(),
        platforms: ['discord'],
        log: quiet,
        leader: { leads: () => true },
        now: () => now,
      });
      await keeper.start();
      onEnd(() => keeper.stop());
      return async () => {
        now += 10_000;
        sampler.emit(moment({ atMs: now, usedGib: [4] }));
        await keeper.idle();
      };
    };
    const watch = await store.watches.create(base);
    const first = await live(false);
    for (let i = 0; i < 2; i++) {
      await first();
    }
    expect(board.messages.size).toBe(1);
    const second = await live(true);
    for (let i = 0; i < 4; i++) {
      await second();
    }
    expect(board.messages.size).toBe(1);
    expect(await store.watches.get(watch.id)).toMatchObject({ state: 'told' });
  });
});

describe('whatever happens on a server', () => {
  it('each is told once at most, the oldest that fits first, and no memory is promised twice', async () => {
    const step = fc.record({
      usedGib: fc.array(fc.integer({ min: 0, max: 23 }), { minLength: 2, maxLength: 2 }),
      stays: fc.integer({ min: 1, max: 5 }),
      joins: fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
        const store = await openStore(':memory:');
        const registry = registryOf('main');
        const sampler = samplerOutside();
        let now = START;
        const told: { id: number; bytes: number; atMs: number; freeBytes: number; leastFree: number }[] = [];
        const keeper = new WatchKeeper({
          registry,
          sampler,
          repository: store.watches,
          estimator: createDirectEstimates().by('watches'),
          findSpec: () => Promise.reject(new Error('none')),
          deliver: async ({ watch, freeBytes }) => {
            told.push({ id: watch.id, bytes: watch.freeBytes ?? 0, atMs: now, freeBytes, leastFree: freeBytes });
            return 'sent';
          },
          weights: createWeightsIndex(),
          platforms: ['discord'],
          log: quiet,
          leader: { leads: () => true },
          now: () => now,
        });
        await keeper.start();
        let person = 0;
        for (const { usedGib, stays, joins } of steps) {
          for (const gib of joins) {
            await keeper.add({ ...base, ownerId: `p${person++}`, freeBytes: gib * GIB });
          }
          for (let i = 0; i < stays; i++) {
            const waitingBefore = await store.watches.waiting();
            now += 10_000;
            const before = told.length;
            const free = usedGib.reduce((sum, gib) => sum + (23.5 - gib) * GIB, 0);
            for (const one of told) {
              one.leastFree = Math.min(one.leastFree, free);
            }
            sampler.emit(moment({ atMs: now, usedGib }));
            await keeper.idle();
            for (const one of told.slice(before)) {
              // What was promised and is seen in use or over does not count any more; the rest and this fit together.
              const together = told
                .slice(0, told.indexOf(one) + 1)
                .filter(
                  ({ atMs, freeBytes, bytes, leastFree }) =>
                    now - atMs < HAND_OVER_MS && freeBytes - leastFree < 0.8 * bytes,
                );
              const sum = together.reduce((all, { bytes }) => all + bytes, 0);
              expect(sum).toBeLessThanOrEqual(one.freeBytes);
              // Nobody who waited longer for no more memory was passed over, but for those who had not waited two readings.
              const passed = waitingBefore.filter(
                ({ id, freeBytes }) =>
                  id < one.id && (freeBytes ?? 0) <= one.bytes && !told.some((other) => other.id === id),
              );
              expect(passed).toEqual([]);
            }
          }
        }
        expect(new Set(told.map(({ id }) => id)).size).toBe(told.length);
        await keeper.stop();
        await registry.close();
        await store.close();
      }),
      { numRuns: 40 },
    );
  });
});
