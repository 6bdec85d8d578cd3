import cronstrue from 'cronstrue';
import 'cronstrue/locales/zh_CN.js';
import type { Locale } from '../../chat/locale.ts';

/** The locales of cronstrue's sentences. */
const LOCALES: Readonly<Record<Locale, string>> = { en: 'en', 'zh-CN': 'zh_CN' };

/** Chinese as people write it: full-width marks, lists with 、, the day before the time. */
function tidyChinese(words: string): string {
  const marks = words
    .replace(/^在\s*/, '')
    .replace(/每隔 /g, '每 ')
    .replace(/, 和 /g, '和')
    .replace(/(星期.|\d 号|.月), (?=星期|\d|.月)/g, '$1、')
    .replace(/, /g, '，')
    .replace(/，(?:限|在)\s*/g, '，')
    .replace(/，仅(?=星期)/g, '，每')
    .replace(/(?<=[\u4e00-\u9fff]) (?=[\u4e00-\u9fff])/g, '');
  // "09:00，星期一至星期五" is said the other way round.
  return marks.replace(/^(\d\d:\d\d(?: 和 \d\d:\d\d)*)，(.+)$/, '$2 $1');
}

/**
 * A cron expression in words of a language: `At 09:00, Monday through Friday`. What the library cannot put in words
 * stays as it is.
 */
export function cronWords(expression: string, locale: Locale): string {
  try {
    const options = { locale: LOCALES[locale], use24HourTimeFormat: true };
    const words = cronstrue.toString(expression, options);
    // A bare time leaves open which days it means.
    const whole = /^\D{0,4}\d\d:\d\d$/.test(words)
      ? cronstrue.toString(expression, { ...options, verbose: true })
      : words;
    return locale === 'en' ? whole : tidyChinese(whole);
  } catch {
    return expression;
  }
}
