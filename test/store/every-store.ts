import { describe, expect, it } from 'vitest';
import type { AuditEntry, GpuSample, Hold, NewSchedule, NewWatch, Observation, Store } from '../../src/store/types.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const START = Date.UTC(2026, 10, 23);

const entry: AuditEntry = {
  atMs: 1_000,
  personId: '42',
  personName: 'Ada `@everyone`',
  platform: 'discord',
  guildId: null,
  channelId: '7',
  action: 'load',
  server: 'main',
  target: 'gemma3:12b',
  args: { ctx: 8192 },
  result: 'ok',
  code: null,
  vramBeforeBytes: 1,
  vramAfterBytes: null,
};

/**
 * What every store does, whichever database is below it.
 * @param open an empty one
 */
export function describeStore(open: () => Promise<Store>): void {
  describe('holds', () => {
    const hold: Hold = {
      server: 'main',
      model: 'gemma3:12b',
      holderId: '1',
      holderName: 'Ada',
      platform: 'discord',
      guildId: 'g',
      channelId: 'c',
      sinceMs: 0,
      untilMs: 100,
      numCtx: 8192,
    };

    it('are one per model, in force until their end', async () => {
      const { holds } = await open();
      await holds.put({ ...hold, holderId: '9' });
      await holds.put(hold);
      await holds.put({ ...hold, model: 'qwen3:8b', untilMs: null });
      expect(await holds.get('main', 'gemma3:12b', 99)).toEqual(hold);
      expect(await holds.get('main', 'gemma3:12b', 100)).toBeNull();
      expect((await holds.list(50)).map((row) => row.model)).toEqual(['gemma3:12b', 'qwen3:8b']);
      expect(await holds.list(50, 'other')).toEqual([]);
      expect(await holds.takeExpired(100)).toEqual([hold]);
      expect(await holds.takeExpired(100)).toEqual([]);
      expect((await holds.list(1e15)).map((row) => row.model)).toEqual(['qwen3:8b']);
    });

    it('are extended and released by their holder', async () => {
      const { holds } = await open();
      await holds.put(hold);
      expect(await holds.extend('main', 'gemma3:12b', 500, 50, '2')).toBe(false);
      expect(await holds.extend('main', 'gemma3:12b', 500, 50, '1')).toBe(true);
      expect((await holds.get('main', 'gemma3:12b', 400))?.untilMs).toBe(500);
      expect(await holds.release('main', 'gemma3:12b', '2')).toBe(false);
      expect(await holds.release('main', 'gemma3:12b')).toBe(true);
      expect(await holds.release('main', 'gemma3:12b')).toBe(false);
    });
  });

  describe('observations', () => {
    const observation: Observation = {
      atMs: 1,
      server: 'main',
      model: 'm',
      digest: null,
      ollamaVersion: '0.33.0',
      engine: 'llama-server',
      numCtx: 4096,
      request: { parallel: 1 },
      predicted: { sizeVramBytes: 5 },
      actual: { sizeVramBytes: 6 },
      gpus: [{ name: 'RTX 3090' }],
    };

    it('come back as they went in, newest first', async () => {
      const { observations } = await open();
      const id = await observations.add(observation);
      await observations.add({ ...observation, model: 'n' });
      expect(await observations.list({ model: 'm' })).toEqual([{ ...observation, id }]);
      expect((await observations.list()).map((row) => row.model)).toEqual(['n', 'm']);
    });
  });

  describe('schedules', () => {
    const schedule: NewSchedule = {
      ownerId: '1',
      ownerName: 'Ada',
      platform: 'discord',
      guildId: 'g',
      channelId: 'c',
      cron: '0 9 * * *',
      timeZone: 'Europe/Berlin',
      mode: 'live',
      server: null,
      locale: 'en',
      createdAtMs: 5,
    };

    it('are made, changed, listed and removed', async () => {
      const { schedules } = await open();
      const made = await schedules.create(schedule);
      expect(made).toEqual({
        ...schedule,
        id: 1,
        state: 'active',
        stopReason: null,
        lastDueMs: null,
        lastPostedMs: null,
        messageId: null,
        nonce: null,
      });
      expect(await schedules.update(1, { messageId: 'm', lastPostedMs: 7 })).toBe(true);
      expect(await schedules.get(1)).toMatchObject({ messageId: 'm', lastPostedMs: 7, state: 'active' });
      await schedules.create({ ...schedule, guildId: null });
      expect(await schedules.list({ guildId: 'g' })).toHaveLength(1);
      expect(await schedules.list({ guildId: null })).toHaveLength(1);
      await schedules.update(1, { state: 'stopped', stopReason: 'channel-gone' });
      expect((await schedules.list({ state: 'active' })).map((row) => row.id)).toEqual([2]);
      expect(await schedules.update(99, { nonce: 'x' })).toBe(false);
      expect([await schedules.remove(1), await schedules.remove(1)]).toEqual([true, false]);
    });

    it('take up a due time once', async () => {
      const { schedules } = await open();
      await schedules.create(schedule);
      expect(await schedules.claim(1, 100, 'a')).toBe(true);
      expect(await schedules.claim(1, 100, 'b')).toBe(false);
      expect(await schedules.claim(1, 50, 'b')).toBe(false);
      expect(await schedules.claim(1, 200, 'c')).toBe(true);
      expect(await schedules.get(1)).toMatchObject({ lastDueMs: 200, nonce: 'c' });
      await schedules.update(1, { state: 'stopped' });
      expect(await schedules.claim(1, 300, 'd')).toBe(false);
    });
  });

  describe('watches', () => {
    const watch: NewWatch = {
      kind: 'when-free',
      ownerId: '1',
      ownerName: 'Ada',
      platform: 'discord',
      guildId: null,
      channelId: null,
      server: null,
      model: null,
      numCtx: null,
      freeBytes: 20e9,
      locale: 'zh-CN',
      createdAtMs: 1,
      expiresAtMs: 9,
    };

    it('wait in the order they were made and are settled once', async () => {
      const { watches } = await open();
      const first = await watches.create(watch);
      const second = await watches.create({
        ...watch,
        ownerId: '2',
        kind: 'when-fits',
        model: 'm',
        numCtx: 4096,
        freeBytes: null,
      });
      expect(await watches.waiting()).toEqual([first, second]);
      expect(await watches.settle(first.id, 'told', 5)).toBe(true);
      expect(await watches.settle(first.id, 'stopped', 6)).toBe(false);
      expect((await watches.waiting()).map((row) => row.id)).toEqual([second.id]);
      expect(await watches.listByOwner('1')).toEqual([{ ...first, state: 'told', settledAtMs: 5 }]);
    });
  });

  describe('alerts', () => {
    it('are open once per server, kind and subject, and may come again', async () => {
      const { alerts } = await open();
      const begin = { server: 'main', kind: 'gpu-missing', subject: 'GPU-1', params: { count: 1 }, atMs: 10 };
      const first = await alerts.begin(begin);
      expect(first).toMatchObject({ isNew: true, alert: { beganAtMs: 10, endedAtMs: null, messageId: null } });
      expect(await alerts.begin({ ...begin, atMs: 20 })).toEqual({ alert: first.alert, isNew: false });
      await alerts.setMessage(first.alert.id, 'c', 'm');
      expect(await alerts.end('main', 'gpu-missing', 'GPU-1', 30)).toMatchObject({ endedAtMs: 30, messageId: 'm' });
      expect(await alerts.end('main', 'gpu-missing', 'GPU-1', 31)).toBeNull();
      expect((await alerts.begin({ ...begin, atMs: 40 })).isNew).toBe(true);
      expect(await alerts.open('main')).toHaveLength(1);
      expect(await alerts.open('other')).toEqual([]);
      expect((await alerts.recent(0)).map((alert) => alert.beganAtMs)).toEqual([40, 10]);
    });
  });

  describe('usage', () => {
    it('adds up by day and model', async () => {
      const { usage } = await open();
      const use = { server: 'main', model: 'm', loads: 1, loadedMs: 0, vramBytes: 5 };
      await usage.add({ ...use, atMs: START });
      await usage.add({ ...use, loads: 0, loadedMs: 60_000, vramBytes: 9, atMs: START + 60_000 });
      await usage.add({ ...use, loadedMs: 1_000, atMs: START + DAY });
      await usage.add({ ...use, model: 'n', loadedMs: 500_000, atMs: START + DAY });
      expect(await usage.totals(START)).toEqual([
        { server: 'main', model: 'n', days: 1, loads: 1, loadedMs: 500_000, peakVramBytes: 5, lastSeenMs: START + DAY },
        { server: 'main', model: 'm', days: 2, loads: 2, loadedMs: 61_000, peakVramBytes: 9, lastSeenMs: START + DAY },
      ]);
      await usage.prune(START + DAY);
      expect((await usage.totals(0)).map((row) => row.days)).toEqual([1, 1]);
    });
  });

  describe('samples', () => {
    const sample = (atMs: number, more: Partial<GpuSample> = {}): GpuSample => ({
      server: 'main',
      gpuUuid: 'GPU-1',
      gpuName: 'RTX 3090',
      atMs,
      totalBytes: 24e9,
      usedBytes: 4e9,
      freeBytes: 20e9,
      ollamaBytes: 3e9,
      utilPct: 50,
      tempC: 60,
      powerW: 200,
      ...more,
    });

    it('go into every length of span at once, with means, peaks and unknowns', async () => {
      const { samples } = await open();
      await samples.add([sample(START)]);
      await samples.add([
        sample(START + 10_000, { usedBytes: 8e9, freeBytes: 16e9, ollamaBytes: null, utilPct: null, tempC: null }),
      ]);
      await samples.add([
        sample(START + 20_000, { usedBytes: 6e9, freeBytes: 18e9, ollamaBytes: 5e9, utilPct: 0, tempC: 70 }),
      ]);
      expect((await samples.buckets('main', 10_000, START, START + HOUR)).map((bucket) => bucket.usedAvgBytes)).toEqual(
        [4e9, 8e9, 6e9],
      );
      for (const bucketMs of [60_000, 600_000, 3_600_000] as const) {
        expect(await samples.buckets('main', bucketMs, START, START + HOUR)).toEqual([
          {
            server: 'main',
            gpuUuid: 'GPU-1',
            gpuName: 'RTX 3090',
            atMs: START,
            lastMs: START,
            samples: 3,
            totalBytes: 24e9,
            usedAvgBytes: 6e9,
            usedMaxBytes: 8e9,
            freeMinBytes: 16e9,
            ollamaAvgBytes: 4e9,
            utilAvgPct: 25,
            tempMaxC: 70,
            powerMaxW: 200,
          },
        ]);
      }
      const unknown = sample(START + 10_000, {
        ollamaBytes: null,
        utilPct: null,
        tempC: null,
        powerW: null,
        server: 'b',
      });
      await samples.add([unknown]);
      expect(await samples.buckets('b', 60_000, START, START + HOUR)).toMatchObject([
        { ollamaAvgBytes: null, utilAvgPct: null, tempMaxC: null, powerMaxW: null },
      ]);
    });

    it('keep servers and GPUs apart, and the latest name of a GPU', async () => {
      const { samples } = await open();
      await samples.add([
        sample(START),
        sample(START, { gpuUuid: 'GPU-2', usedBytes: 1 }),
        sample(START, { server: 'b' }),
      ]);
      await samples.add([sample(START + 10_000, { gpuName: 'renamed' })]);
      expect(
        (await samples.buckets('main', 3_600_000, 0, START + HOUR)).map((bucket) => [bucket.gpuUuid, bucket.gpuName]),
      ).toEqual([
        ['GPU-1', 'renamed'],
        ['GPU-2', 'RTX 3090'],
      ]);
    });

    it('are forgotten in small steps, the finest first, and stay bounded', async () => {
      const { samples } = await open();
      for (let i = 0; i < 2_000; i++) {
        await samples.add([sample(START + i * 60_000)]);
      }
      const now = START + 2_000 * 60_000;
      let steps = 0;
      while (await samples.prune(now, 100)) {
        steps += 1;
      }
      expect(steps).toBeGreaterThan(1);
      const left = async (bucketMs: 10_000 | 60_000 | 600_000 | 3_600_000) =>
        (await samples.buckets('main', bucketMs, 0, now)).length;
      expect([await left(10_000), await left(60_000), await left(600_000), await left(3_600_000)]).toEqual([
        120, 1_560, 200, 34,
      ]);
      while (await samples.prune(now + 365 * DAY, 1_000)) {}
      expect(await samples.count()).toBe(0);
      // A GPU that comes back after all its samples were forgotten is a new one.
      await samples.add([sample(now + 365 * DAY)]);
      expect(await samples.count()).toBe(4);
    });

    it('take a batch of 400 GPUs in parts', async () => {
      const { samples } = await open();
      const all = Array.from({ length: 400 }, (_, i) => sample(START, { server: `s${i % 50}`, gpuUuid: `GPU-${i}` }));
      for (let i = 0; i < all.length; i += 32) {
        await samples.add(all.slice(i, i + 32));
      }
      expect(await samples.count()).toBe(1_600);
    });
  });

  describe('the audit', () => {
    it('lists newest first, by page, server, person and action', async () => {
      const { audit } = await open();
      for (let i = 0; i < 10; i++) {
        await audit.append({
          ...entry,
          atMs: i,
          personId: String(i % 2),
          action: i < 5 ? 'load' : 'pull',
          server: i === 3 ? 'b' : 'main',
        });
      }
      expect((await audit.list({ limit: 3 })).map((row) => row.atMs)).toEqual([9, 8, 7]);
      expect((await audit.list({ limit: 3, beforeId: 8 })).map((row) => row.atMs)).toEqual([6, 5, 4]);
      expect((await audit.list({ server: 'b' })).map((row) => row.atMs)).toEqual([3]);
      expect((await audit.list({ personId: '1', action: 'load' })).map((row) => row.atMs)).toEqual([3, 1]);
    });

    it('refuses arguments without end', async () => {
      const { audit } = await open();
      const long = { ...entry, args: { x: 'y'.repeat(100_000) } };
      await expect(audit.append(long)).rejects.toMatchObject({ name: 'StoreError', code: 'store-refused' });
    });

    it('keeps quotes and SQL for text', async () => {
      const { audit } = await open();
      const target = `x'; DROP TABLE audit; --"`;
      await audit.append({ ...entry, target });
      expect((await audit.list())[0]!.target).toBe(target);
    });

    it('keeps what hostile people are called, but for what no database can keep', async () => {
      const { audit } = await open();
      const personName = '\u202egpj.exe \ud83d\ude80 \u0000 %s $1 ?1';
      await audit.append({ ...entry, personName });
      expect((await audit.list())[0]!.personName.replaceAll('\0', '')).toBe(personName.replaceAll('\0', ''));
    });

    it('keeps its order when many write at once', async () => {
      const { audit } = await open();
      const ids = await Promise.all(Array.from({ length: 50 }, (_, atMs) => audit.append({ ...entry, atMs })));
      expect(new Set(ids).size).toBe(50);
      expect((await audit.list({ limit: 50 })).map(({ id }) => id)).toEqual(ids.sort((x, y) => y - x));
    });
  });

  describe('the end of audit rows', () => {
    it('comes with age and number alone: the database refuses to delete any other', async () => {
      const { audit } = await open();
      const year = 366 * 24 * 3_600_000;
      await audit.append({ ...entry, atMs: Date.now() - 2 * year });
      const kept = await audit.append({ ...entry, atMs: Date.now() });
      await audit.prune(Date.now());
      expect((await audit.list()).map(({ id }) => id)).toEqual([kept]);
      // A clock that is far ahead must not empty the trail.
      await expect(audit.prune(Date.now() + 2 * year)).rejects.toMatchObject({ code: expect.any(String) });
      expect(await audit.list()).toHaveLength(1);
    });
  });

  describe('the check', () => {
    it('writes a real row and leaves none behind', async () => {
      const store = await open();
      expect(await store.check()).toBeNull();
      expect(await store.check()).toBeNull();
    });
  });

  describe('open answers', () => {
    it('lapse unless they are renewed, and are taken once', async () => {
      const { openAnswers } = await open();
      const answer = { channelId: 'c', messageId: 'm', ticket: '1 2 t', title: '/load', locale: 'zh-CN' } as const;
      const [first, second, third] = [
        await openAnswers.add(answer, 100),
        await openAnswers.add({ ...answer, messageId: 'n' }, 100),
        await openAnswers.add({ ...answer, messageId: 'o' }, 100),
      ];
      await openAnswers.renew([first], 200);
      await openAnswers.renew([], 500);
      await openAnswers.place(first, { channelId: 'd', messageId: 'p' });
      await openAnswers.remove(third);
      expect(second).not.toBe(first);
      expect(await openAnswers.takeLapsed(99)).toEqual([]);
      const taken = await Promise.all([openAnswers.takeLapsed(100), openAnswers.takeLapsed(100)]);
      expect(taken.flat()).toEqual([{ ...answer, messageId: 'n' }]);
      expect(await openAnswers.takeLapsed(200)).toEqual([{ ...answer, channelId: 'd', messageId: 'p' }]);
    });
  });

  describe('names that this program made', () => {
    it('are one per server and name, and gone when removed', async () => {
      const { madeAliases } = await open();
      const made = { server: 'main', alias: 'team', digest: 'd1', base: 'm', numCtx: 4096, madeAtMs: 5, madeBy: '42' };
      expect(await madeAliases.get('main', 'team')).toBeNull();
      await madeAliases.put(made);
      await madeAliases.put({ ...made, server: 'other' });
      await madeAliases.put({ ...made, digest: 'd2', numCtx: 8192 });
      expect(await madeAliases.get('main', 'team')).toEqual({ ...made, digest: 'd2', numCtx: 8192 });
      await madeAliases.remove('main', 'team');
      expect(await madeAliases.get('main', 'team')).toBeNull();
      expect(await madeAliases.get('other', 'team')).toMatchObject({ digest: 'd1' });
    });
  });

  describe('benches', () => {
    const bench = {
      atMs: 5,
      server: 'main',
      model: 'm',
      digest: 'd',
      numCtx: 4096,
      gpuShare: 0.5,
      gpus: [{ name: 'RTX 3090', heldBytes: 7 }],
      ollamaVersion: '0.33.0',
      promptTokens: 180,
      promptPerSecond: 812.25,
      generatedTokens: 64,
      generatedPerSecond: 41.5,
    };

    it('come back as they went in, newest first, by server and model', async () => {
      const { benches } = await open();
      await benches.add(bench);
      await benches.add({ ...bench, numCtx: null, gpuShare: null, promptPerSecond: null, gpus: [], atMs: 6 });
      await benches.add({ ...bench, model: 'n' });
      await benches.add({ ...bench, server: 'other' });
      expect(await benches.list({ server: 'main', model: 'm' })).toEqual([
        { ...bench, numCtx: null, gpuShare: null, promptPerSecond: null, gpus: [], atMs: 6 },
        bench,
      ]);
      expect((await benches.list({ server: 'main', limit: 1 })).map(({ model }) => model)).toEqual(['n']);
    });
  });

  describe('reservations', () => {
    const booked = {
      server: 'main',
      gpus: [{ uuid: 'GPU-1', index: 1 }],
      ownerId: '42',
      ownerName: 'Ada',
      platform: 'discord',
      guildId: '7',
      channelId: null,
      createdAtMs: 0,
      fromMs: 100,
      untilMs: 200,
    };
    const idOf = (answer: object): unknown => ('made' in answer ? 'made' : 'in the way');

    it('are one a person, and one at a time for each GPU; the whole server is every GPU', async () => {
      const { reservations } = await open();
      const first = await reservations.create(booked);
      expect(first).toEqual({ made: { ...booked, id: expect.any(Number) } });
      const again = await reservations.create({ ...booked, fromMs: 500, untilMs: 600 });
      expect(again).toEqual({ inTheWay: 'made' in first ? first.made : null });
      const bob = { ...booked, ownerId: 'bob' };
      expect(idOf(await reservations.create(bob))).toBe('in the way');
      expect(idOf(await reservations.create({ ...bob, gpus: [] }))).toBe('in the way');
      expect(idOf(await reservations.create({ ...bob, fromMs: 200, untilMs: 300 }))).toBe('made');
      expect(idOf(await reservations.create({ ...bob, ownerId: 'cy', gpus: [{ uuid: 'GPU-0', index: 0 }] }))).toBe(
        'made',
      );
      expect(idOf(await reservations.create({ ...bob, ownerId: 'di', server: 'other' }))).toBe('made');
      expect((await reservations.standing(0, 'main')).map(({ ownerId }) => ownerId)).toEqual(['42', 'cy', 'bob']);
    });

    it('of two that are made at the same moment one stands', async () => {
      const { reservations } = await open();
      const answers = await Promise.all(
        ['a', 'b', 'c', 'd'].map((ownerId) => reservations.create({ ...booked, ownerId })),
      );
      expect(answers.filter((answer) => 'made' in answer)).toHaveLength(1);
      expect(await reservations.standing(0)).toHaveLength(1);
    });

    it('end by their owner, by anybody where none is named, and by time', async () => {
      const { reservations } = await open();
      await reservations.create(booked);
      const [made] = await reservations.standing(0);
      expect(await reservations.end(made!.id, 'bob')).toBeNull();
      expect(await reservations.end(made!.id, '42')).toEqual(made);
      expect(await reservations.end(made!.id)).toBeNull();
      await reservations.create(booked);
      expect(await reservations.standing(200)).toEqual([]);
      expect(idOf(await reservations.create({ ...booked, createdAtMs: 200, fromMs: 200, untilMs: 300 }))).toBe('made');
    });
  });

  describe('sets of models', () => {
    const set = {
      guildId: '7',
      name: 'Work hours',
      models: [
        { name: 'gemma3:12b', numCtx: 32768, pinned: true },
        { name: 'nomic-embed-text', numCtx: null, pinned: false },
      ],
      ownerId: '42',
      ownerName: 'Ada',
      createdAtMs: 5,
    };

    it('are found by their name in any case, a later one in the place of an earlier, each guild its own', async () => {
      const { modelSets } = await open();
      expect(await modelSets.put(set, 2)).toBe(true);
      expect(await modelSets.put({ ...set, name: 'WORK HOURS', createdAtMs: 6 }, 2)).toBe(true);
      expect(await modelSets.put({ ...set, guildId: '8' }, 2)).toBe(true);
      expect(await modelSets.get('7', 'work hours')).toEqual({ ...set, name: 'WORK HOURS', createdAtMs: 6 });
      expect(await modelSets.get('9', 'work hours')).toBeNull();
      expect(await modelSets.remove('7', 'Work Hours')).toBe(true);
      expect(await modelSets.remove('7', 'Work Hours')).toBe(false);
      expect(await modelSets.list('8')).toEqual([{ ...set, guildId: '8' }]);
    });

    it('are no more than a guild may have when many are saved at the same moment', async () => {
      const { modelSets } = await open();
      const saved = await Promise.all(
        Array.from({ length: 12 }, (_, n) => modelSets.put({ ...set, name: `set ${n}` }, 3)),
      );
      expect(saved.filter(Boolean)).toHaveLength(3);
      expect(await modelSets.list('7')).toHaveLength(3);
    });

    it('are no more than a guild may have; one that is there can still be changed', async () => {
      const { modelSets } = await open();
      expect(await modelSets.put({ ...set, name: 'a' }, 2)).toBe(true);
      expect(await modelSets.put({ ...set, name: 'b' }, 2)).toBe(true);
      expect(await modelSets.put({ ...set, name: 'c' }, 2)).toBe(false);
      expect(await modelSets.put({ ...set, name: 'B', models: [] }, 2)).toBe(true);
      expect((await modelSets.list('7')).map(({ name }) => name)).toEqual(['a', 'B']);
    });

    it('have schedules whose due times are taken up once', async () => {
      const { setSchedules } = await open();
      const wanted = {
        ownerId: '42',
        ownerName: 'Ada',
        platform: 'discord',
        guildId: '7',
        channelId: '8',
        setName: 'Work',
        server: null,
        startCron: '0 9 * * 1-5',
        endCron: null,
        timeZone: 'UTC',
        locale: 'en',
        createdAtMs: 5,
      };
      const made = (await setSchedules.create(wanted, 1))!;
      expect(await setSchedules.create(wanted, 1)).toBeNull();
      expect(await setSchedules.get(made.id)).toEqual({ ...wanted, id: made.id, startDueMs: null, endDueMs: null });
      const claims = await Promise.all([1, 2, 3].map(() => setSchedules.claim(made.id, 'start', 100)));
      expect(claims.filter(Boolean)).toHaveLength(1);
      expect(await setSchedules.claim(made.id, 'end', 90)).toBe(true);
      expect(await setSchedules.claim(made.id, 'start', 99)).toBe(false);
      expect(await setSchedules.list('7')).toMatchObject([{ startDueMs: 100, endDueMs: 90 }]);
      expect(await setSchedules.list('8')).toEqual([]);
      expect(await setSchedules.remove(made.id)).toBe(true);
      expect(await setSchedules.claim(made.id, 'start', 200)).toBe(false);
    });
  });

  describe('interactions', () => {
    it('are claimed once, and forgotten in time', async () => {
      const { interactions } = await open();
      const claimed = await Promise.all(Array.from({ length: 8 }, () => interactions.claim('1', 5)));
      expect(claimed.filter(Boolean)).toHaveLength(1);
      await interactions.prune(5);
      expect(await interactions.claim('1', 6)).toBe(false);
      await interactions.prune(6);
      expect(await interactions.claim('1', 6)).toBe(true);
    });
  });

  describe('a store', () => {
    it('says that it can be written, and that it cannot once it is closed', async () => {
      const store = await open();
      expect(await store.check()).toBeNull();
      await store.close();
      expect(await store.check()).not.toBeNull();
      await expect(store.audit.list()).rejects.toMatchObject({ name: 'StoreError' });
    });
  });
}
