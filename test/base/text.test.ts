import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { singleLine, withoutInvisible } from '../../src/base/text.ts';

describe('text from outside', () => {
  test('what cannot be seen is taken out, ends of lines stay', () => {
    expect(withoutInvisible('a\u202eb\u200bc\u0007d\r\ne\u2028f\tg\u{e0041}h\ud800')).toBe('abcd\ne\nf gh');
    expect(withoutInvisible('a\u0007b', ' ')).toBe('a b');
    expect(withoutInvisible('模型 gemma 😀 é')).toBe('模型 gemma 😀 é');
  });

  test('one line, at most so many characters, never half of one', () => {
    expect(singleLine('  NVIDIA\n\tRTX  ', 128)).toBe('NVIDIA RTX');
    expect(singleLine('😀😀😀', 2)).toBe('😀😀');
    const text = fc.array(fc.nat(0x10ffff), { maxLength: 100 }).map((points) => String.fromCodePoint(...points));
    fc.assert(
      fc.property(text, fc.nat(60), (text, limit) => {
        const line = singleLine(text, limit);
        expect([...line].length).toBeLessThanOrEqual(limit);
        expect(line.isWellFormed()).toBe(true);
        expect(line).not.toMatch(/[\p{Cc}\p{Cf}\u2028\u2029]/u);
      }),
    );
  });
});
