import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatBytes, formatDuration, formatInteger, formatPlain } from '../../src/base/format.ts';
import { cutToWidth, displayWidth, layoutTable, padToWidth } from '../../src/chat/table.ts';

describe('formats', () => {
  it('writes sizes in GiB and MiB', () => {
    expect(formatBytes(0, 'en')).toBe('0 MiB');
    expect(formatBytes(55.178 * 2 ** 30, 'en')).toBe('55.2 GiB');
    expect(formatBytes(640 * 2 ** 20, 'en')).toBe('640 MiB');
    expect(formatBytes(-1.5 * 2 ** 30, 'en')).toBe('-1.5 GiB');
    expect(formatBytes(Number.NaN, 'en')).toBe('?');
  });

  it('never writes 1,024 MiB', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 40 }), (bytes) => !formatBytes(bytes, 'en').includes('1,024 MiB')),
    );
  });

  it('writes contexts as people type them and groups other large numbers', () => {
    expect(formatPlain(131072)).toBe('131072');
    expect(formatInteger(131072, 'en')).toBe('131,072');
  });

  it('writes a duration with its two largest units', () => {
    expect(formatDuration(200_000, 'en')).toBe('3 min 20 s');
    expect(formatDuration(90_000_000, 'zh-CN')).toBe('1 天 1 小时');
    expect(formatDuration(400, 'en')).toBe('0 s');
  });
});

describe('tables', () => {
  it('counts Chinese characters as two cells', () => {
    expect(displayWidth('权重 a')).toBe(6);
    expect(padToWidth('权重', 6, 'right')).toBe('  权重');
  });

  it('cuts to a width without splitting a wide character', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }),
        fc.integer({ min: 1, max: 20 }),
        (text, cells) => displayWidth(cutToWidth(text, cells)) <= cells,
      ),
    );
  });

  it('lines up its columns in both alphabets', () => {
    const lines = layoutTable(
      [
        { title: '显卡', align: 'left' },
        { title: 'GiB', align: 'right' },
      ],
      [
        ['GPU 0', '7.9'],
        ['内存', '12.0'],
      ],
    );
    expect(new Set(lines.map(displayWidth)).size).toBe(1);
    expect(lines[2]).toBe('内存   12.0');
  });
});
