import { readFileSync } from 'node:fs';
import { brotliDecompressSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { statusReply } from '../../commands/status/reply.ts';
import { LOCALES } from '../../src/chat/locale.ts';
import { messages } from '../../src/chat/messages/index.ts';
import { Painter } from '../../src/chat/pictures/painter.ts';
import { createTranslator } from '../../src/chat/translate.ts';
import { servicesWith, snapshotOf } from './status-snapshots.ts';

const FONT = new URL('../../assets/fonts/NotoSansSC-Regular.subset.woff2', import.meta.url);

/** Reads a number of WOFF2's variable length (UIntBase128) and what it took. */
function base128(data: Buffer, at: number): [value: number, next: number] {
  let value = 0;
  for (let next = at; next < at + 5; next += 1) {
    value = value * 128 + (data[next]! & 0x7f);
    if ((data[next]! & 0x80) === 0) {
      return [value, next + 1];
    }
  }
  throw new Error('not a number of WOFF2');
}

/** The code points that a WOFF2 font has glyphs for, from its character map (formats 4 and 12). */
function codePointsOf(file: Buffer): Set<number> {
  const tables = file.readUInt16BE(12);
  const names: { cmap: boolean; length: number }[] = [];
  let at = 48;
  for (let table = 0; table < tables; table += 1) {
    const flags = file[at]!;
    at += 1;
    const index = flags & 0x3f;
    let tag = index === 0 ? 'cmap' : '';
    if (index === 63) {
      tag = file.toString('latin1', at, at + 4);
      at += 4;
    }
    let length: number;
    [length, at] = base128(file, at);
    // glyf and loca are transformed by default, the others when their version says so.
    const version = flags >> 6;
    const transformed = index === 10 || index === 11 ? version === 0 : version !== 0;
    if (transformed) {
      [length, at] = base128(file, at);
    }
    names.push({ cmap: tag === 'cmap', length });
  }
  const data = brotliDecompressSync(file.subarray(at, at + file.readUInt32BE(20)));
  let offset = 0;
  for (const { cmap, length } of names) {
    if (cmap) {
      return readCmap(data.subarray(offset, offset + length));
    }
    offset += length;
  }
  throw new Error('the font has no character map');
}

function readCmap(cmap: Buffer): Set<number> {
  const found = new Set<number>();
  for (let index = 0; index < cmap.readUInt16BE(2); index += 1) {
    const start = cmap.readUInt32BE(4 + index * 8 + 4);
    const format = cmap.readUInt16BE(start);
    if (format === 12) {
      for (let group = 0; group < cmap.readUInt32BE(start + 12); group += 1) {
        const at = start + 16 + group * 12;
        for (let code = cmap.readUInt32BE(at); code <= cmap.readUInt32BE(at + 4); code += 1) {
          found.add(code);
        }
      }
    }
    if (format === 4) {
      const segments = cmap.readUInt16BE(start + 6) / 2;
      for (let segment = 0; segment < segments; segment += 1) {
        const end = cmap.readUInt16BE(start + 14 + segment * 2);
        const begin = cmap.readUInt16BE(start + 16 + segments * 2 + segment * 2);
        for (let code = begin; code <= end && code !== 0xffff; code += 1) {
          found.add(code);
        }
      }
    }
  }
  return found;
}

describe('the font that is shipped', () => {
  const known = codePointsOf(readFileSync(FONT));
  const missingOf = (text: string) => [...new Set(text)].filter((sign) => !known.has(sign.codePointAt(0)!));

  it('is read rightly: letters are there, what nobody draws is not', () => {
    expect(missingOf('Az09 显存')).toEqual([]);
    expect(missingOf('\u{1F600}')).toHaveLength(1);
  });

  it('has a glyph for every sign of every sentence, so that any of them can stand in a picture', () => {
    const missing = Object.entries(messages)
      .filter(([key]) => /^(vram|status\.trend|fit|gpu-state|common)\./.test(key))
      .flatMap(([key, row]) => LOCALES.flatMap((locale) => missingOf(row[locale]).map((sign) => `${key}: ${sign}`)));
    expect(missing).toEqual([]);
  });

  it('has a glyph for every sign of the dates on the axis', () => {
    for (const locale of LOCALES) {
      const format = new Intl.DateTimeFormat(locale, { month: 'short', day: 'numeric' });
      for (let month = 0; month < 12; month += 1) {
        expect(missingOf(format.format(Date.UTC(2026, month, 28)))).toEqual([]);
      }
    }
  });
});

describe('a status picture', () => {
  const painter = new Painter();
  afterAll(() => painter.close());

  const sizeOf = (png: Uint8Array) => {
    const data = Buffer.from(png);
    expect(data.toString('latin1', 1, 4)).toBe('PNG');
    return { width: data.readUInt32BE(16), height: data.readUInt32BE(20) };
  };

  it.each([1, 4, 8, 16])(
    'of %i GPUs is drawn in both languages, taller with more of them, and small enough to send',
    async (gpus) => {
      for (const locale of LOCALES) {
        const services = servicesWith({ painter, historyGpus: gpus });
        const reply = await statusReply(services, [snapshotOf({ gpus })], createTranslator(locale));
        const picture = reply.blocks.find((block) => block.kind === 'picture');
        const png = await picture!.picture.png();
        const { width, height } = sizeOf(png);
        expect(width).toBe(1080);
        expect(height).toBeGreaterThan((250 + gpus * 40) * 2.25);
        expect(png.length).toBeLessThan(1024 * 1024);
      }
    },
  );

  it('draws one line for all GPUs together where one each would be a tangle', async () => {
    for (const [gpus, lines] of [
      [4, 4],
      [5, 1],
      [16, 1],
    ] as const) {
      const drawn: unknown[] = [];
      const draw = async (spec: unknown) => {
        drawn.push(spec);
        return new Uint8Array();
      };
      const spy = { draw };
      const services = servicesWith({ painter: spy as unknown as Painter, historyGpus: gpus });
      const reply = await statusReply(services, [snapshotOf({ gpus })], createTranslator('en'));
      const picture = reply.blocks.find((block) => block.kind === 'picture');
      void picture!.picture.png();
      const [spec] = drawn as [{ charts: { kind: string; lines?: { points: unknown[] }[]; maxBytes?: number }[] }];
      const chart = spec.charts.find(({ kind }) => kind === 'lines')!;
      expect(chart.lines).toHaveLength(lines);
      expect(chart.maxBytes).toBe((lines === 1 ? gpus : 1) * 24 * 2 ** 30);
    }
  });
});
