import { afterEach, describe, expect, it } from 'vitest';
import { createPictureCache } from '../../../src/chat/pictures/cache.ts';
import { Painter } from '../../../src/chat/pictures/painter.ts';
import type { PictureSpec } from '../../../src/chat/pictures/spec.ts';

const GIB = 2 ** 30;
const painters: Painter[] = [];
afterEach(async () => {
  await Promise.all(painters.splice(0).map((painter) => painter.close()));
});

function painter(): Painter {
  const made = new Painter();
  painters.push(made);
  return made;
}

function bars(title: string, cards = 4): PictureSpec {
  return {
    charts: [
      {
        kind: 'bars',
        title,
        series: [{ label: 'used', colour: 'blue' }],
        bars: Array.from({ length: cards }, (_, i) => ({
          label: `GPU ${i}`,
          capacityBytes: 8 * GIB,
          segments: [{ series: 0, bytes: GIB * (i + 1) }],
          note: `${i + 1} / 8 GiB`,
        })),
      },
    ],
  };
}

const size = (png: Uint8Array) => new DataView(png.buffer, png.byteOffset).getUint32(20);

describe('the painter', () => {
  it('draws over what it drew before without a trace of it', async () => {
    const one = painter();
    const first = await one.draw(bars('small', 2));
    await one.draw(bars('large', 12));
    const other = painter();
    const again = await other.draw(bars('small', 2));
    await one.draw(bars('large', 11));
    expect(Buffer.compare(first, again)).toBe(0);
    expect(size(await one.draw(bars('large', 10)))).toBeGreaterThan(size(first));
  });

  it('draws equal pictures once, also when they are asked for at the same moment', async () => {
    const one = painter();
    const [first, second] = await Promise.all([one.draw(bars('equal')), one.draw(bars('equal'))]);
    expect(second).toBe(first);
    expect(await one.draw(bars('equal'))).toBe(first);
    expect(await one.draw(bars('other'))).not.toBe(first);
  });

  it('refuses pictures beyond those that may wait, and draws on', async () => {
    const one = painter();
    const asked = await Promise.allSettled(Array.from({ length: 80 }, (_, i) => one.draw(bars(`p ${i}`, 1))));
    const refused = asked.filter((result) => result.status === 'rejected');
    expect(refused).toHaveLength(80 - 65);
    expect(refused[0]).toMatchObject({ reason: { code: 'picture-queue-full' } });
    expect((await one.draw(bars('after'))).length).toBeGreaterThan(1_000);
  });

  it('takes no more memory for many pictures than for a few', async () => {
    const one = painter();
    const drawSome = (from: number) => Promise.all(Array.from({ length: 24 }, (_, i) => one.draw(bars(`${from + i}`))));
    await drawSome(0);
    const before = process.memoryUsage.rss();
    for (let round = 1; round <= 3; round++) {
      await drawSome(round * 100);
    }
    // Two canvases of each picture that nobody gives back were 5 MB a picture.
    expect((process.memoryUsage.rss() - before) / 2 ** 20).toBeLessThan(150);
  });

  it('says so when a picture cannot be drawn, and draws the next', async () => {
    const one = painter();
    const broken = { charts: [{ ...bars('x').charts[0]!, bars: null }] } as unknown as PictureSpec;
    await expect(one.draw(broken)).rejects.toMatchObject({ code: 'picture-failed' });
    expect((await one.draw(bars('fine'))).length).toBeGreaterThan(1_000);
  });
});

describe('the cache of pictures', () => {
  const png = (bytes: number) => async () => new Uint8Array(bytes);

  it('forgets what was unused for longest when it is full', async () => {
    const cache = createPictureCache(100);
    const a = await cache.get('a', png(40));
    await cache.get('b', png(40));
    expect(await cache.get('a', png(1))).toBe(a);
    await cache.get('c', png(40));
    expect(await cache.get('a', png(1))).toBe(a);
    expect((await cache.get('b', png(7))).length).toBe(7);
  });

  it('draws anew what failed', async () => {
    const cache = createPictureCache();
    const failing = cache.get('a', () => Promise.reject(new Error('no')));
    await expect(failing).rejects.toThrow('no');
    expect((await cache.get('a', png(3))).length).toBe(3);
  });
});
