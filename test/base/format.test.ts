import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatBytes, formatDuration, formatInteger, formatPlain } from '../../src/base/format.ts';
import type { Column } from '../../src/chat/reply.ts';
import { cutToWidth, displayWidth, layOutTable, padToWidth, shortenMiddle } from '../../src/chat/table.ts';

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
    const { lines } = layOutTable(
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

  it('takes the middle out of names, and tells which', () => {
    expect(shortenMiddle('hf.co/unsloth/gemma-3-12b-it-GGUF:Q4_K_M', 16)).toBe('hf.co/u…F:Q4_K_M');
    const names = ['gemma3:12b', 'hf.co/unsloth/Qwen3-30B-A3B-Instruct-2507-GGUF:Q4_K_M'];
    const laid = layOutTable(
      [
        { title: 'model', align: 'left' },
        { title: 'GiB', align: 'right' },
      ],
      names.map((name) => [name, '12.5']),
      40,
    );
    expect(laid.lines.map(displayWidth)).toEqual([40, 40, 40]);
    expect(laid.lines[2]).toMatch(/^hf\.co.*….*Q4_K_M {2}12\.5$/);
    expect(laid.shortened).toEqual([names[1]]);
  });

  it('shows the columns of a phone where those of a terminal are too wide', () => {
    const columns: Column[] = [
      { title: 'GiB', align: 'left' },
      { title: 'weights', align: 'right', only: 'wide' },
      { title: 'cache', align: 'right', only: 'wide' },
      { title: 'model', align: 'right', only: 'narrow' },
    ];
    const rows = [['GPU 0', '4.00', '2.00', '6.00']];
    expect(layOutTable(columns, rows).lines[0]).toBe('GiB    weights  cache');
    expect(layOutTable(columns, rows, 16).lines).toEqual(['GiB    model', 'GPU 0   6.00']);
  });

  it('writes a row on several lines rather than cut a figure', () => {
    const columns: Column[] = ['model', 'first', 'second', 'third'].map((title, index) => ({
      title,
      align: index === 0 ? 'left' : 'right',
    }));
    const { lines, headLines } = layOutTable(columns, [['a', '1234567890', '1234567890', '1234567890']], 30);
    expect(headLines).toBe(0);
    expect(lines).toEqual(['a', '  first 1234567890', '  second 1234567890', '  third 1234567890']);
  });

  it('never writes a line wider than it may be, whatever stands in it', () => {
    const text = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 60 }),
      fc.string({ unit: fc.constantFrom(...'显存模型a-') }),
    );
    const column = fc.record({
      title: fc.string({ unit: 'grapheme', maxLength: 12 }),
      align: fc.constantFrom('left' as const, 'right' as const),
    });
    fc.assert(
      fc.property(
        fc.array(column, { minLength: 1, maxLength: 8 }),
        fc.array(fc.array(text, { maxLength: 8 })),
        (columns, rows) => {
          const { lines } = layOutTable(columns, rows, 40);
          expect(Math.max(0, ...lines.map(displayWidth))).toBeLessThanOrEqual(40);
        },
      ),
    );
  });
});
