import { formatDuration } from '../base/format.ts';
import type { Locale } from '../chat/locale.ts';
import type { Block, Picture, Reply, Tone } from '../chat/reply.ts';
import { displayWidth, layOutTable } from '../chat/table.ts';
import type { Text } from '../chat/text.ts';
import { createTranslator } from '../chat/translate.ts';
import type { ShownButton } from './buttons.ts';
import { createPaint, type Paint } from './paint.ts';
import { wrapText } from './wrap.ts';

/** How a terminal shows a reply. */
export interface RenderOptions {
  readonly locale: Locale;
  /** ANSI colours and weights. */
  readonly colour: boolean;
  readonly nowMs: number;
  /** Cells in a line of the terminal; absent: lines are as long as they are, for whoever reads a pipe. */
  readonly columns?: number | undefined;
  /** The buttons with the keys that press them; absent: numbered, in their order. */
  readonly buttons?: readonly ShownButton[];
  /** Pictures as this terminal draws them, each whole lines; absent or not among them: not shown. */
  readonly pictures?: ReadonlyMap<Picture, string>;
}

const SIGN: Readonly<Record<Tone, string>> = { good: '✔', warning: '▲', bad: '✘', neutral: '•' };
/** The sign says the same to whoever sees no colours. */
const COLOUR = { good: 'green', warning: 'yellow', bad: 'red', neutral: 'blue' } as const;
// biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is the purpose
const UNSAFE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;

/** Text from anywhere without what could move the cursor, colour the rest or hide text. Ends of lines and tabs stay. */
export function withoutControls(text: string): string {
  return text.replace(UNSAFE, '');
}

interface Hand extends RenderOptions {
  readonly paint: Paint;
}

/** Text with its names and times; control characters are dropped. */
function showText(text: Text, hand: Hand): string {
  const { paint } = hand;
  const spans = typeof text === 'string' ? [text] : text;
  return spans
    .map((span) => {
      if (typeof span === 'string') {
        return withoutControls(span);
      }
      if ('code' in span) {
        return paint('cyan', withoutControls(span.code));
      }
      if ('bold' in span) {
        return paint('bold', withoutControls(span.bold));
      }
      if ('user' in span) {
        return span.name === undefined ? `@${withoutControls(span.user)}` : paint('cyan', withoutControls(span.name));
      }
      if ('channel' in span) {
        return `#${withoutControls(span.channel)}`;
      }
      return span.style === 'relative'
        ? relativeTime(span.time, hand)
        : new Date(span.time).toLocaleString(hand.locale, { dateStyle: 'medium', timeStyle: 'short' });
    })
    .join('');
}

/** A text on one line of a terminal, times as people tell them, without colours. */
export function plainLine(text: Text, options: Pick<RenderOptions, 'locale' | 'nowMs'>): string {
  return showText(text, { ...options, colour: false, paint: createPaint(false) }).replace(/\s+/g, ' ');
}

function relativeTime(time: number, { locale, nowMs }: Hand): string {
  const { t } = createTranslator(locale);
  if (Math.abs(time - nowMs) < 1_000) {
    return t('console.just-now');
  }
  const distance = formatDuration(Math.abs(time - nowMs), locale);
  return t(time >= nowMs ? 'console.in-time' : 'console.time-ago', { time: distance });
}

/** Lines of a text, broken where the terminal ends; those after the first of each begin with `indent` spaces. */
function broken(text: string, indent: number, { columns }: Hand): string[] {
  const lines = text.split('\n');
  return columns === undefined ? lines : lines.flatMap((line) => wrapText(line, columns, indent));
}

const cellsOf = ({ columns }: Hand) => columns ?? Number.POSITIVE_INFINITY;

function showBlock(block: Block, hand: Hand): string[] {
  const { paint } = hand;
  switch (block.kind) {
    case 'heading':
      return ['', paint('bold', showText(block.text, hand))];
    case 'text':
      return broken(showText(block.text, hand), 0, hand);
    case 'small':
      return broken(showText(block.text, hand), 0, hand).map((line) => paint('dim', line));
    case 'list':
      return block.items.flatMap((item) => broken(`  - ${showText(item, hand)}`, 4, hand));
    case 'table':
      return layOutTable(block.columns, block.rows, cellsOf(hand) - 2).lines.map(
        (line) => `  ${withoutControls(line)}`,
      );
    case 'code':
      return block.text.split('\n').map((line) => `  ${withoutControls(line)}`);
    case 'divider':
      return [''];
    case 'picture': {
      const drawn = hand.pictures?.get(block.picture);
      return drawn === undefined ? [] : [drawn];
    }
  }
}

/** The buttons on as few lines as they go on; none is parted. */
function showButtons(reply: Reply, { columns, buttons, paint }: Hand): string[] {
  const shown = buttons ?? (reply.actions ?? []).map(({ label }, index) => ({ key: String(index + 1), label }));
  const lines: string[] = [];
  let width = 0;
  for (const { key, label } of shown) {
    const words = withoutControls(label);
    const cells = displayWidth(words) + key.length + 3;
    const button = `${paint('bold', `[${key}]`)} ${words}`;
    if (width > 0 && (columns === undefined || width + 2 + cells <= columns)) {
      lines[lines.length - 1] += `  ${button}`;
      width += 2 + cells;
    } else {
      lines.push(button);
      width = cells;
    }
  }
  return lines;
}

/** A reply as the terminal shows it; the buttons are pressed by typing their keys. */
export function renderReply(reply: Reply, options: RenderOptions): string {
  const hand: Hand = { ...options, paint: createPaint(options.colour) };
  const title = `${SIGN[reply.tone]} ${showText(reply.title, { ...hand, paint: createPaint(false) })}`;
  const lines = broken(title, 2, hand).map((line) => hand.paint(['bold', COLOUR[reply.tone]], line));
  for (const block of reply.blocks) {
    lines.push(...showBlock(block, hand));
  }
  lines.push(...showButtons(reply, hand));
  return `${lines.join('\n')}\n`;
}
