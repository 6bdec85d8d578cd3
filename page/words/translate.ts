/** The page's words in one language: its own table, and the rows that it shares with the chat. */

import type { Coded } from '../../src/base/coded.ts';
import { formatBytes, formatGib, formatInteger, formatPercent, formatPlain } from '../../src/base/format.ts';
import sharedWords from './shared-words.js';
import { type PageKey, pageWords } from './table.ts';

export const LOCALES = ['en', 'zh-CN'] as const;
export type Locale = (typeof LOCALES)[number];
export type Params = Readonly<Record<string, string | number>>;

const PLACEHOLDER = /\{([a-zA-Z]\w*)(?::([^{}]*))?\}/g;

export interface Words {
  readonly locale: Locale;
  /** A sentence of the page's own table. */
  t(key: PageKey, params?: Params): string;
  /** A sentence that the chat says too; null where there is none under this key. */
  shared(key: string, params?: Params): string | null;
  /** A failure in words: never without any. */
  failure(failure: Coded): string;
}

export function createWords(locale: Locale): Words {
  const words: Words = {
    locale,
    t: (key, params = {}) => fill(pageWords[key][locale], params, locale),
    shared: (key, params = {}) => {
      const row = Object.hasOwn(sharedWords, key) ? sharedWords[key] : undefined;
      return row === undefined ? null : fill(row[locale], params, locale);
    },
    failure: ({ code, params }) =>
      code === 'live-unreachable'
        ? words.t('live.unreachable')
        : (words.shared(`error.${code}`, params) ?? words.t('failed', { code })),
  };
  return words;
}

/** `{name}` becomes a parameter, `{name:bytes}` a formatted one, as in the chat's table. */
function fill(template: string, params: Params, locale: Locale): string {
  return template.replace(PLACEHOLDER, (_whole, name: string, format: string | undefined) => {
    const value = params[name];
    if (value === undefined) {
      return '?';
    }
    if (format === undefined) {
      return typeof value === 'number' ? formatPlain(value) : value;
    }
    if (format.startsWith('plural:')) {
      const [one = '', many = one] = format.slice('plural:'.length).split('|');
      return Number(value) === 1 ? one : many;
    }
    const number = Number(value);
    switch (format) {
      case 'bytes':
        return formatBytes(number, locale);
      case 'gib':
        return formatGib(number, locale);
      case 'int':
        return formatInteger(number, locale);
      case 'percent':
        return formatPercent(number, locale);
      default:
        return String(value);
    }
  });
}

/** The language of a browser's preferences: Chinese for any kind of it, else English. */
export function toLocale(tags: readonly string[]): Locale {
  return tags[0]?.toLowerCase().startsWith('zh') === true ? 'zh-CN' : 'en';
}
