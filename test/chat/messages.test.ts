import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { LOCALES } from '../../src/chat/locale.ts';
import { type MessageKey, messages } from '../../src/chat/messages/index.ts';
import { createTranslator } from '../../src/chat/translate.ts';

const rows = Object.entries(messages);
const placeholders = (text: string) =>
  [...text.matchAll(/\{([a-zA-Z]\w*)(?::([a-z]+))?/g)].map((match) => `${match[1]}:${match[2] ?? ''}`);

describe('the message table', () => {
  it('has every key in one area alone: a later one would take the place of an earlier', () => {
    const folder = new URL('../../src/chat/messages/', import.meta.url);
    const keys = readdirSync(folder)
      .map((file) => readFileSync(new URL(file, folder), 'utf8'))
      .flatMap((source) => [...source.matchAll(/^ {2}'([a-z][\w.-]*)': ?[{]?/gm)].map(([, key]) => key));
    expect(keys.length).toBeGreaterThan(500);
    expect(keys.filter((key, index) => keys.indexOf(key) !== index)).toEqual([]);
  });

  it('has a text in every language for every row', () => {
    const empty = rows.filter(([, row]) => LOCALES.some((locale) => row[locale].trim() === ''));
    expect(empty.map(([key]) => key)).toEqual([]);
  });

  it('names the same parameters in every language, plurals aside', () => {
    const withoutPlurals = (text: string) =>
      [...new Set(placeholders(text).filter((name) => !name.endsWith(':plural')))].sort();
    const different = rows.filter(([, row]) => withoutPlurals(row.en).join() !== withoutPlurals(row['zh-CN']).join());
    expect(different.map(([key]) => key)).toEqual([]);
  });

  it('uses only formats that exist', () => {
    const known = new Set(['', 'bytes', 'gib', 'int', 'percent', 'duration', 'plural']);
    const unknown = rows.flatMap(([key, row]) =>
      LOCALES.flatMap((locale) =>
        placeholders(row[locale])
          .filter((name) => !known.has(name.split(':')[1]!))
          .map((name) => `${key} ${name}`),
      ),
    );
    expect(unknown).toEqual([]);
  });

  it('is written in Chinese characters where it is Chinese', () => {
    const same = rows.filter(([, row]) => row.en === row['zh-CN'] && /[a-z]{4,} [a-z]{3,}/.test(row.en));
    expect(same.map(([key]) => key)).toEqual([]);
  });

  it('keeps descriptions of commands and options within 100 characters', () => {
    const long = rows.filter(
      ([key, row]) => /(^option\.|\.description$)/.test(key) && LOCALES.some((locale) => row[locale].length > 100),
    );
    expect(long.map(([key]) => key)).toEqual([]);
  });
});

describe('a translator', () => {
  const key = 'fit.title.fits' satisfies MessageKey;
  const params = { model: { code: 'gemma3:12b' }, ctx: 32768, need: 13.2 * 2 ** 30, gpus: 1, spare: 0.5 * 2 ** 30 };

  it('fills in numbers, sizes and plurals', () => {
    expect(createTranslator('en').t(key, params)).toBe(
      'gemma3:12b fits with a context of 32768: 13.2 GiB on 1 GPU, at least 512 MiB left on it.',
    );
    expect(createTranslator('en').t(key, { ...params, gpus: 4 })).toContain(
      'on 4 GPUs, at least 512 MiB left on every GPU.',
    );
    expect(createTranslator('zh-CN').t(key, params)).toContain('gemma3:12b 用 32768 的上下文放得下');
  });

  it('keeps spans apart from the words, so that an adapter can tell names from text', () => {
    const text = createTranslator('en').text(key, params);
    expect(text[0]).toEqual({ code: 'gemma3:12b' });
  });

  it('does not fill in what stands in a parameter', () => {
    expect(createTranslator('en').t(key, { ...params, model: { code: '{ctx}' } })).toMatch(/^\{ctx\} fits/);
  });

  it('shows a missing parameter as a question mark', () => {
    expect(createTranslator('en').t('common.age')).toBe('Numbers are ? old.');
  });
});
