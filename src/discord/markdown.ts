import { withoutInvisible } from '../base/text.ts';
import type { Span, Text } from '../chat/text.ts';

const ZERO_WIDTH_SPACE = '\u200b';
/** Longest name shown in one monospaced span, characters. */
const MAX_CODE_CHARS = 300;
const SNOWFLAKE = /^\d{15,21}$/;

/** Names of all (`@everyone`, `@here`) are broken with a zero-width space, so that no client highlights them. */
function breakMassMentions(text: string): string {
  return text.replace(/@(?=everyone|here)/gi, `@${ZERO_WIDTH_SPACE}`);
}

/** Literal text as Discord's markdown: what a person typed is shown as typed and does nothing. */
export function escapeMarkdown(text: string): string {
  const escaped = withoutInvisible(text)
    .replace(/[\\`*_~|<>[\]]/g, '\\$&')
    // Links and shortcodes of emoji: `https://…`, `:b:`.
    .replace(/:(?=\/\/|[\w+-]+:)/g, '\\:')
    // What means something at the start of a line: headings, small text, lists, quotes.
    .replace(/^([ ]*)([#+-])/gm, '$1\\$2')
    .replace(/^([ ]*\d+)([.)])/gm, '$1\\$2');
  return breakMassMentions(escaped);
}

/** Monospaced text in a line. Back-ticks would end it and are shown as apostrophes. */
export function codeSpan(text: string): string {
  const clean = withoutInvisible(text).replaceAll('\n', ' ').replaceAll('`', "'");
  const shown = clean.length > MAX_CODE_CHARS ? `${clean.slice(0, MAX_CODE_CHARS).toWellFormed()}…` : clean;
  return `\`${breakMassMentions(shown) || ' '}\``;
}

/** Lines as a monospaced block. A fence inside would end it. */
export function codeBlock(lines: readonly string[]): string {
  const body = breakMassMentions(
    withoutInvisible(lines.join('\n')).replace(/`{3,}/g, (fence) => "'".repeat(fence.length)),
  );
  return `\`\`\`\n${body}\n\`\`\``;
}

/** A person as a mention. Whether it notifies is decided by the message's allowed mentions, not here. */
export function userMention(id: string, name?: string): string {
  return SNOWFLAKE.test(id) ? `<@${id}>` : name === undefined ? escapeMarkdown(`@${id}`) : codeSpan(name);
}

/** A channel as a link to it. */
function channelMention(id: string): string {
  return SNOWFLAKE.test(id) ? `<#${id}>` : escapeMarkdown(`#${id}`);
}

const TIME_STYLE = { relative: 'R', short: 'f', long: 'F' } as const;

/** One span as Discord's markdown. */
export function spanMarkdown(span: Span): string {
  if (typeof span === 'string') {
    return escapeMarkdown(span);
  }
  if ('code' in span) {
    return codeSpan(span.code);
  }
  if ('bold' in span) {
    return span.bold === '' ? '' : `**${escapeMarkdown(span.bold)}**`;
  }
  if ('user' in span) {
    return userMention(span.user, span.name);
  }
  if ('channel' in span) {
    return channelMention(span.channel);
  }
  return Number.isFinite(span.time) ? `<t:${Math.round(span.time / 1000)}:${TIME_STYLE[span.style]}>` : '?';
}

/** Text as Discord's markdown. */
export function textMarkdown(text: Text): string {
  return typeof text === 'string' ? escapeMarkdown(text) : text.map(spanMarkdown).join('');
}

/**
 * Text as Discord's markdown in at most `maxChars` characters. It is cut between spans or inside literal text, never
 * inside an escape, a mention or a time, and then ends in `…`.
 */
export function textMarkdownWithin(text: Text, maxChars: number): string {
  const whole = textMarkdown(text);
  if (whole.length <= maxChars) {
    return whole;
  }
  let result = '';
  for (const span of typeof text === 'string' ? [text] : text) {
    const room = maxChars - 1 - result.length;
    const markdown = spanMarkdown(span);
    if (markdown.length <= room) {
      result += markdown;
      continue;
    }
    if (typeof span === 'string') {
      result += escapeWithin(span, room);
    }
    break;
  }
  return maxChars > 0 ? `${result}…` : '';
}

/** The longest start of a literal text whose escaped form has at most `maxChars` characters. */
function escapeWithin(text: string, maxChars: number): string {
  let low = 0;
  let high = Math.min(text.length, Math.max(0, maxChars));
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (escapeMarkdown(text.slice(0, middle)).length <= maxChars) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return escapeMarkdown(text.slice(0, low));
}
