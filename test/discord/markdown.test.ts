import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withoutInvisible } from '../../src/base/text.ts';
import {
  codeBlock,
  codeSpan,
  escapeMarkdown,
  spanMarkdown,
  textMarkdown,
  textMarkdownWithin,
} from '../../src/discord/markdown.ts';

/** What a reader sees of escaped text. */
function read(text: string): string {
  return text.replace(/\\([^0-9A-Za-z\s])/g, '$1').replaceAll('\u200b', '');
}

const hostile = fc.string({
  unit: fc.constantFrom(
    ...'ab1 .:/\\`*_~|<>[]()#@-+!\n',
    '@everyone',
    '@here',
    '<@1>',
    '```',
    '\u202e',
    '\u200b',
    '模',
    '😀',
  ),
});

describe('literal text', () => {
  it.each([
    ['@everyone', '@\u200beveryone'],
    ['@HERE', '@\u200bHERE'],
    ['<@123456789012345678>', '\\<@123456789012345678\\>'],
    ['**x** _y_ ~~z~~ ||s|| `c`', '\\*\\*x\\*\\* \\_y\\_ \\~\\~z\\~\\~ \\|\\|s\\|\\| \\`c\\`'],
    ['[a](https://x.y)', '\\[a\\](https\\://x.y)'],
    [':skull:', '\\:skull:'],
    ['# big\n-# small\n- item\n1. one\n> quote', '\\# big\n\\-# small\n\\- item\n1\\. one\n\\> quote'],
    ['gemma3:12b at 12:30', 'gemma3:12b at 12:30'],
  ])('%j is shown as it is', (text, escaped) => {
    expect(escapeMarkdown(text)).toBe(escaped);
  });

  it('reads the same after escaping, whatever it is', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        expect(read(escapeMarkdown(text))).toBe(withoutInvisible(text));
      }),
    );
  });

  it('leaves no markup, mention or link alive', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const alive = escapeMarkdown(text).replace(/\\[^0-9A-Za-z\s]/g, 'E');
        expect(alive).not.toMatch(/[`*_~|<>[\]]|:\/\/|@everyone|@here|^ *[#+-]|\u202e/m);
      }),
    );
  });

  it('loses what cannot be seen', () => {
    expect(withoutInvisible('a\u202eb\u200bc\u0000d\u{e0041}e\ud800f\u3164g\r\nh\ti')).toBe('abcdefg\nh i');
  });
});

describe('monospaced text', () => {
  it('cannot be left by back-ticks', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const span = codeSpan(text);
        expect(span.slice(1, -1)).not.toMatch(/[`\n]/);
        expect(span.length).toBeGreaterThan(2);
        expect(codeBlock([text]).slice(3, -3)).not.toContain('```');
      }),
    );
  });

  it('is cut when it is very long', () => {
    expect(codeSpan('x'.repeat(5_000))).toHaveLength(303);
  });
});

describe('spans', () => {
  it('become mentions and times of the platform', () => {
    expect(spanMarkdown({ user: '123456789012345678' })).toBe('<@123456789012345678>');
    expect(spanMarkdown({ user: '&1> @everyone' })).toBe('@&1\\> @\u200beveryone');
    expect(spanMarkdown({ time: 1_700_000_000_400, style: 'relative' })).toBe('<t:1700000000:R>');
    expect(spanMarkdown({ time: Number.NaN, style: 'long' })).toBe('?');
    expect(spanMarkdown({ bold: '' })).toBe('');
  });

  it('are cut at a number of characters without a broken escape or mention', () => {
    const text = fc.array(
      fc.oneof(
        hostile,
        fc.record({ code: hostile }),
        fc.record({ bold: hostile }),
        fc.constant({ user: '123456789012345678' }),
        fc.constant({ time: 1_700_000_000_000, style: 'relative' as const }),
      ),
    );
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 200 }), (spans, max) => {
        const cut = textMarkdownWithin(spans, max);
        expect(cut.length).toBeLessThanOrEqual(max);
        const whole = textMarkdown(spans);
        if (whole.length <= max) {
          expect(cut).toBe(whole);
        } else {
          expect(cut).toMatch(/…$/);
          expect(cut).not.toMatch(/(?<!\\)<(@\d*|t:[^>]*)…$/);
          expect(cut.slice(0, -1)).not.toMatch(/(?<!\\)(\\\\)*\\$/);
        }
      }),
    );
  });
});
