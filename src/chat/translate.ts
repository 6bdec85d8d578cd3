import { formatBytes, formatDuration, formatGib, formatInteger, formatPercent, formatPlain } from '../base/format.ts';
import type { Locale } from './locale.ts';
import { type MessageKey, messages } from './messages/index.ts';
import type { Span, Text } from './text.ts';

/** A parameter of a message: a number, a literal string, or a span such as `{ code: model }`. */
export type MessageParam = string | number | Exclude<Span, string>;
export type MessageParams = Readonly<Record<string, MessageParam>>;

const PLACEHOLDER = /\{([a-zA-Z]\w*)(?::([^{}]*))?\}/g;

/** Speaks one language. */
export interface Translator {
  readonly locale: Locale;
  /** A message as a plain string; spans among the parameters lose their markup. */
  t(key: MessageKey, params?: MessageParams): string;
  /** A message as text that keeps the parameters' spans. */
  text(key: MessageKey, params?: MessageParams): Text;
}

/** Whether a code that came from below (an error, a reason) has a row in the message table. */
export function isMessageKey(key: string): key is MessageKey {
  return Object.hasOwn(messages, key);
}

/** A translator for a language. A missing parameter is shown as `?` rather than thrown: an answer beats none. */
export function createTranslator(locale: Locale): Translator {
  const text = (key: MessageKey, params: MessageParams = {}): Text => {
    const template: string = messages[key][locale];
    const spans: Span[] = [];
    let end = 0;
    for (const match of template.matchAll(PLACEHOLDER)) {
      if (match.index > end) {
        spans.push(template.slice(end, match.index));
      }
      spans.push(formatParam(params[match[1]!], match[2], locale));
      end = match.index + match[0].length;
    }
    if (end < template.length) {
      spans.push(template.slice(end));
    }
    return spans.every((span) => typeof span === 'string') ? spans.join('') : mergeStrings(spans);
  };
  return {
    locale,
    text,
    t: (key, params) => {
      const result = text(key, params);
      return typeof result === 'string' ? result : result.map(spanText).join('');
    },
  };
}

function spanText(span: Span): string {
  if (typeof span === 'string') {
    return span;
  }
  if ('code' in span) {
    return span.code;
  }
  if ('bold' in span) {
    return span.bold;
  }
  if ('user' in span) {
    return span.name ?? `@${span.user}`;
  }
  if ('channel' in span) {
    return `#${span.channel}`;
  }
  return new Date(span.time).toISOString();
}

function mergeStrings(spans: readonly Span[]): Span[] {
  const merged: Span[] = [];
  for (const span of spans) {
    const last = merged.at(-1);
    if (typeof span === 'string' && typeof last === 'string') {
      merged[merged.length - 1] = last + span;
    } else {
      merged.push(span);
    }
  }
  return merged;
}

function formatParam(value: MessageParam | undefined, format: string | undefined, locale: Locale): Span {
  if (value === undefined) {
    return '?';
  }
  if (typeof value === 'object') {
    return value;
  }
  if (format === undefined) {
    return typeof value === 'number' ? formatPlain(value) : value;
  }
  if (format.startsWith('plural:')) {
    const [one = '', many = one] = format.slice('plural:'.length).split('|');
    return Number(value) === 1 ? one : many;
  }
  const number = Number(value);
  if (format === 'bytes') {
    return formatBytes(number, locale);
  }
  if (format === 'gib') {
    return formatGib(number, locale);
  }
  if (format === 'int') {
    return formatInteger(number, locale);
  }
  if (format === 'percent') {
    return formatPercent(number, locale);
  }
  if (format === 'duration') {
    return formatDuration(number, locale);
  }
  return String(value);
}
