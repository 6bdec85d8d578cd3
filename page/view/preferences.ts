/** What a person prefers on this device: language and colours. Kept in the browser, never in a link. */

import { useEffect, useState } from 'preact/hooks';
import { LOCALES, type Locale, toLocale } from '../words/translate.ts';

export type Theme = 'system' | 'light' | 'dark';
const THEMES: readonly Theme[] = ['system', 'light', 'dark'];

function read(name: string): string | null {
  try {
    return localStorage.getItem(`headroom.${name}`);
  } catch {
    // A browser that keeps nothing shows the page all the same.
    return null;
  }
}

function write(name: string, value: string): void {
  try {
    localStorage.setItem(`headroom.${name}`, value);
  } catch {
    // As above.
  }
}

export function useLocale(): [Locale, (locale: Locale) => void] {
  const [locale, setLocale] = useState<Locale>(() => {
    const kept = read('language');
    return LOCALES.find((known) => known === kept) ?? toLocale(navigator.languages);
  });
  useEffect(() => {
    document.documentElement.lang = locale;
  }, [locale]);
  return [
    locale,
    (chosen) => {
      write('language', chosen);
      setLocale(chosen);
    },
  ];
}

export function useTheme(): [Theme, () => void] {
  const [theme, setTheme] = useState<Theme>(() => THEMES.find((known) => known === read('theme')) ?? 'system');
  useEffect(() => {
    document.documentElement.dataset.theme = theme;
  }, [theme]);
  return [
    theme,
    () => {
      const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length]!;
      write('theme', next);
      setTheme(next);
    },
  ];
}
