import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import sharedWords from '../../page/words/shared-words.js';
import { pageWords } from '../../page/words/table.ts';
import { createWords, LOCALES, toLocale } from '../../page/words/translate.ts';

const rows = Object.entries(pageWords);
const placeholders = (text: string) =>
  [...text.matchAll(/\{([a-zA-Z]\w*)(?::([a-z]+))?[^{}]*\}/g)].map((match) => `${match[1]}:${match[2] ?? ''}`);
const sources = globSync('page/**/*.{ts,tsx}')
  .filter((path) => !path.startsWith('page/words/table'))
  .map((path) => readFileSync(path, 'utf8'))
  .join('\n');

describe('the page’s words', () => {
  it('stand in every language, with the same parameters, plurals aside', () => {
    const plain = (text: string) => [...new Set(placeholders(text).filter((one) => !one.endsWith(':plural')))].sort();
    for (const [key, row] of rows) {
      expect(
        LOCALES.every((locale) => row[locale].trim() !== ''),
        key,
      ).toBe(true);
      expect(plain(row.en), key).toEqual(plain(row['zh-CN']));
    }
  });

  it('use only formats that exist', () => {
    const known = new Set(['', 'bytes', 'gib', 'int', 'percent', 'plural', 'duration']);
    const used = rows.flatMap(([, row]) => LOCALES.flatMap((locale) => placeholders(row[locale])));
    expect(used.filter((one) => !known.has(one.split(':')[1]!))).toEqual([]);
  });

  it('are written in Chinese characters where they are Chinese', () => {
    const same = rows.filter(([, row]) => (row.en as string) === row['zh-CN'] && /[a-z]{4,} [a-z]{3,}/.test(row.en));
    expect(same.map(([key]) => key)).toEqual(['flash']);
  });

  it('are all said somewhere', () => {
    const unsaid = Object.keys(pageWords).filter((key) => {
      const [area = '', ...rest] = key.split('.');
      return (
        !sources.includes(`'${key}'`) &&
        !(rest.length > 0 && sources.includes(`\`${area}.\${`)) &&
        !(rest.length > 1 && sources.includes(`\`${area}.${rest[0]}.\${`))
      );
    });
    expect(unsaid).toEqual([]);
  });

  it('that the chat says too are in the message table', () => {
    const said = [...sources.matchAll(/shared\(\s*'([^']+)'/g)].map((match) => match[1]!);
    expect(said.length).toBeGreaterThan(10);
    expect(said.filter((key) => !Object.hasOwn(sharedWords, key))).toEqual([]);
  });

  it('fill in numbers as the chat does', () => {
    expect(createWords('en').t('gpus.sum', { count: 1, bytes: 3 * 2 ** 30 })).toBe('1 GPU, 3.0 GiB free');
    expect(createWords('zh-CN').failure({ code: 'gpus-size', params: { entry: '9PB' } })).toContain('9PB');
    expect(createWords('en').failure({ code: 'never-heard-of', params: {} })).toContain('never-heard-of');
  });

  it('are Chinese for any kind of Chinese', () => {
    expect(toLocale(['zh-TW', 'en'])).toBe('zh-CN');
    expect(toLocale(['de-DE', 'zh'])).toBe('en');
  });
});
