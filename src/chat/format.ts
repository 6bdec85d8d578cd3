import { GIB, MIB } from '../base/bytes.ts';
import type { Locale } from './locale.ts';

function decimal(value: number, digits: number, locale: Locale): string {
  return value.toLocaleString(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** Bytes for people: `6.9 GiB`, from 1 GiB on with one decimal, below in whole MiB. */
export function formatBytes(bytes: number, locale: Locale): string {
  if (!Number.isFinite(bytes)) {
    return '?';
  }
  const size = Math.abs(bytes);
  if (size >= GIB * 0.9995) {
    return formatGib(bytes, locale);
  }
  if (size >= MIB || size === 0) {
    return `${decimal(bytes / MIB, 0, locale)} MiB`;
  }
  return `${decimal(bytes / 1024, 0, locale)} KiB`;
}

/** Bytes in GiB with one decimal. */
export function formatGib(bytes: number, locale: Locale): string {
  return Number.isFinite(bytes) ? `${decimal(bytes / GIB, 1, locale)} GiB` : '?';
}

/** Bytes in GiB with one decimal, for a column that names the unit in its title; what is there is never `0.0`. */
export function formatGibNumber(bytes: number, locale: Locale): string {
  if (!Number.isFinite(bytes)) {
    return '?';
  }
  return decimal(bytes > 0 ? Math.max(0.1, bytes / GIB) : 0, 1, locale);
}

/** A whole number with grouped digits, from five digits on. */
export function formatInteger(value: number, locale: Locale): string {
  return Number.isFinite(value) ? value.toLocaleString(locale, { useGrouping: 'min2', maximumFractionDigits: 2 }) : '?';
}

/** A number as people type it, without grouping: contexts are copied from replies into commands. */
export function formatPlain(value: number): string {
  return Number.isFinite(value) ? String(Math.round(value * 100) / 100) : '?';
}

/** A share from 0 to 1 as per cent. */
export function formatPercent(share: number, locale: Locale): string {
  return Number.isFinite(share) ? share.toLocaleString(locale, { style: 'percent', maximumFractionDigits: 0 }) : '?';
}

const UNITS: readonly (readonly [ms: number, en: string, zh: string])[] = [
  [86_400_000, 'd', ' 天'],
  [3_600_000, 'h', ' 小时'],
  [60_000, 'min', ' 分钟'],
  [1_000, 's', ' 秒'],
];

/** A length of time with its two largest units: `3 min 20 s`. */
export function formatDuration(ms: number, locale: Locale): string {
  if (!Number.isFinite(ms)) {
    return '?';
  }
  let rest = Math.max(0, Math.round(ms / 1000) * 1000);
  const parts: string[] = [];
  for (const [size, en, zh] of UNITS) {
    const count = Math.floor(rest / size);
    if (count > 0 && parts.length < 2) {
      parts.push(locale === 'en' ? `${count} ${en}` : `${count}${zh}`);
    } else if (parts.length > 0) {
      break;
    }
    rest -= count * size;
  }
  if (parts.length === 0) {
    return locale === 'en' ? '0 s' : '0 秒';
  }
  return parts.join(' ');
}
