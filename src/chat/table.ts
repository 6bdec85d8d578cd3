import type { Column } from './reply.ts';

/** Ranges of code points that a monospaced font shows two cells wide (East Asian wide and fullwidth, common emoji). */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}]/u;
const ZERO_WIDTH = /[\p{Mn}\p{Me}\p{Cf}]/u;

/** Cells a text takes in a monospaced font. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) {
    if (ZERO_WIDTH.test(character)) {
      continue;
    }
    width += WIDE.test(character) ? 2 : 1;
  }
  return width;
}

/** Cuts a text to a number of cells, with an ellipsis where something was cut. */
export function cutToWidth(text: string, cells: number): string {
  if (displayWidth(text) <= cells) {
    return text;
  }
  let width = 0;
  let result = '';
  for (const character of text) {
    const next = width + (WIDE.test(character) ? 2 : 1);
    if (next > cells - 1) {
      break;
    }
    result += character;
    width = next;
  }
  return `${result}…`;
}

/** Pads a text with spaces to a number of cells. */
export function padToWidth(text: string, cells: number, align: 'left' | 'right'): string {
  const space = ' '.repeat(Math.max(0, cells - displayWidth(text)));
  return align === 'left' ? text + space : space + text;
}

/** A table as monospaced lines, the titles first; two spaces between columns, no line ends in spaces. */
export function layoutTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const widths = columns.map((column, index) =>
    Math.max(displayWidth(column.title), ...rows.map((row) => displayWidth(row[index] ?? ''))),
  );
  const line = (cells: readonly string[]) =>
    columns
      .map((column, index) => padToWidth(cells[index] ?? '', widths[index]!, column.align))
      .join('  ')
      .trimEnd();
  return [line(columns.map((column) => column.title)), ...rows.map(line)];
}
