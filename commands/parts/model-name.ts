import { cutToWidth, displayWidth } from '../../src/chat/table.ts';

/** Cells for a name in a table: with six columns beside it the line still fits on a phone. */
const MAX_CELLS = 20;

/** A model's name for a table: without the tag that stands for none, long ones cut in front of their tag. */
export function modelCell(name: string): string {
  const short = name.replace(/:latest$/, '');
  if (displayWidth(short) <= MAX_CELLS) {
    return short;
  }
  const tag = /:[^:/]{1,10}$/.exec(short)?.[0] ?? '';
  return `${cutToWidth(short.slice(0, short.length - tag.length), MAX_CELLS - displayWidth(tag))}${tag}`;
}
