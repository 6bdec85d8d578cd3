import { GIB, MIB } from './bytes.ts';

/** Languages that sizes and times are written in. */
type Locale = 'en' | 'zh-CN';

/**
 * A number with so many decimals and its thousands apart. By hand: both languages write numbers alike, and the first use
 * of Intl costs a tenth of the command-line tool's answer.
 */
export function formatDecimal(value: number, digits: number): string {
  const [whole = '', fraction] = Math.abs(value).toFixed(digits).split('.');
  const grouped = whole.replace(/\B(?=(?:\d{3})+$)/g, ',');
  const text = fraction === undefined ? grouped : `${grouped}.${fraction}`;
  return value < 0 && /[1-9]/.test(text) ? `-${text}` : text;
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
    return `${formatDecimal(bytes / MIB, 0)} MiB`;
  }
  return `${formatDecimal(bytes / 1024, 0)} KiB`;
}

/** Bytes in GiB with one decimal. */
export function formatGib(bytes: number, _locale: Locale): string {
  return Number.isFinite(bytes) ? `${formatDecimal(bytes / GIB, 1)} GiB` : '?';
}

/** Bytes in GiB with one decimal, for a column that names the unit in its title; what is there is never `0.0`. */
export function formatGibNumber(bytes: number, _locale: Locale): string {
  if (!Number.isFinite(bytes)) {
    return '?';
  }
  return formatDecimal(bytes > 0 ? Math.max(0.1, bytes / GIB) : 0, 1);
}

/** A whole number with grouped digits, from five digits on. */
export function formatInteger(value: number, _locale: Locale): string {
  if (!Number.isFinite(value)) {
    return '?';
  }
  return Math.abs(value) < 10_000 ? formatPlain(value) : formatDecimal(value, 2).replace(/\.?0+$/, '');
}

/** A number as people type it, without grouping: contexts are copied from replies into commands. */
export function formatPlain(value: number): string {
  return Number.isFinite(value) ? String(Math.round(value * 100) / 100) : '?';
}

/** A share from 0 to 1 as per cent. */
export function formatPercent(share: number, _locale: Locale): string {
  return Number.isFinite(share) ? `${formatDecimal(share * 100, 0)}%` : '?';
}

const UNITS: readonly (readonly [ms: number, en: string, zh: string])[] = [
  [86_400_000, 'd', ' 天'],
  [3_600_000, 'h', ' 小时'],
  [60_000, 'min', ' 分钟'],
  [1_000, 's', ' 秒'],
];

/** A length of time with its largest units, two unless told otherwise: `3 min 20 s`. */
export function formatDuration(ms: number, locale: Locale, units: 1 | 2 = 2): string {
  if (!Number.isFinite(ms)) {
    return '?';
  }
  let rest = Math.max(0, Math.round(ms / 1000) * 1000);
  const parts: string[] = [];
  for (const [size, en, zh] of UNITS) {
    const count = Math.floor(rest / size);
    if (count > 0 && parts.length < units) {
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
