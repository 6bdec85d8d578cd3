import { formatDuration } from '../base/format.ts';
import type { Locale } from '../chat/locale.ts';
import type { Block, Reply, Tone } from '../chat/reply.ts';
import { layOutTable } from '../chat/table.ts';
import type { Text } from '../chat/text.ts';
import { createTranslator } from '../chat/translate.ts';

/** How a terminal shows a reply. */
export interface RenderOptions {
  readonly locale: Locale;
  /** ANSI colours and weights. */
  readonly colour: boolean;
  readonly nowMs: number;
}

const SIGN: Readonly<Record<Tone, string>> = { good: '✔', warning: '▲', bad: '✘', neutral: '•' };
/** Okabe and Ito's colours nearest in the 256-colour palette: bluish green, orange, vermilion, sky blue. */
const COLOUR: Readonly<Record<Tone, string>> = {
  good: '38;5;36',
  warning: '38;5;214',
  bad: '38;5;166',
  neutral: '38;5;75',
};
// biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is the purpose
const UNSAFE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;

function paint(text: string, code: string, options: RenderOptions): string {
  return options.colour ? `\u001b[${code}m${text}\u001b[0m` : text;
}

/** Text in one terminal line; control characters, which could move the cursor or hide text, are dropped. */
function showText(text: Text, options: RenderOptions): string {
  const spans = typeof text === 'string' ? [text] : text;
  return spans
    .map((span) => {
      if (typeof span === 'string') {
        return span.replace(UNSAFE, '');
      }
      if ('code' in span) {
        return paint(span.code.replace(UNSAFE, ''), '36', options);
      }
      if ('bold' in span) {
        return paint(span.bold.replace(UNSAFE, ''), '1', options);
      }
      if ('user' in span) {
        return span.name === undefined
          ? `@${span.user.replace(UNSAFE, '')}`
          : paint(span.name.replace(UNSAFE, ''), '36', options);
      }
      if ('channel' in span) {
        return `#${span.channel.replace(UNSAFE, '')}`;
      }
      if (span.style === 'relative') {
        const translator = createTranslator(options.locale);
        if (Math.abs(span.time - options.nowMs) < 1_000) {
          return translator.t('console.just-now');
        }
        const distance = formatDuration(Math.abs(span.time - options.nowMs), options.locale);
        return translator.t(span.time >= options.nowMs ? 'console.in-time' : 'console.time-ago', { time: distance });
      }
      return new Date(span.time).toLocaleString(options.locale, { dateStyle: 'medium', timeStyle: 'short' });
    })
    .join('');
}

function showBlock(block: Block, options: RenderOptions): string[] {
  switch (block.kind) {
    case 'heading':
      return ['', paint(showText(block.text, options), '1', options)];
    case 'text':
      return showText(block.text, options).split('\n');
    case 'small':
      return showText(block.text, options)
        .split('\n')
        .map((line) => paint(line, '2', options));
    case 'list':
      return block.items.map((item) => `  - ${showText(item, options)}`);
    case 'table':
      return layOutTable(block.columns, block.rows).lines.map((line) => `  ${line.replace(UNSAFE, '')}`);
    case 'code':
      return block.text.split('\n').map((line) => `  ${line.replace(UNSAFE, '')}`);
    case 'divider':
      return [''];
    case 'picture':
      return [];
  }
}

/** A reply as the terminal shows it; the buttons are numbered and pressed by typing their number. */
export function renderReply(reply: Reply, options: RenderOptions): string {
  const lines = [paint(`${SIGN[reply.tone]} ${showText(reply.title, options)}`, `1;${COLOUR[reply.tone]}`, options)];
  for (const block of reply.blocks) {
    lines.push(...showBlock(block, options));
  }
  const actions = reply.actions ?? [];
  if (actions.length > 0) {
    lines.push(actions.map((action, index) => `[${index + 1}] ${action.label.replace(UNSAFE, '')}`).join('  '));
  }
  return `${lines.join('\n')}\n`;
}
