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

/** Takes the middle out of a text that is too wide: a model's family and its tag both tell something. */
export function shortenMiddle(text: string, cells: number): string {
  if (displayWidth(text) <= cells) {
    return text;
  }
  const characters = [...text];
  const head = cutToWidth(text, Math.max(1, Math.ceil(cells / 2))).replace(/…$/, '');
  let tail = '';
  const room = cells - 1 - displayWidth(head);
  for (const character of characters.reverse()) {
    if (displayWidth(character + tail) > room) {
      break;
    }
    tail = character + tail;
  }
  return `${head}…${tail}`;
}

/** Cells that a name keeps before the columns move closer, and before a row takes several lines. */
const NAME_CELLS = 14;
const LEAST_NAME_CELLS = 8;

/** A table as it is shown: its lines, how many of them are titles, and the names that were shortened in it, whole. */
export interface LaidTable {
  readonly lines: readonly string[];
  readonly headLines: number;
  readonly shortened: readonly string[];
}

interface Shape {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly string[])[];
}

/** The table with the columns of one kind of screen. */
function shapeFor({ columns, rows }: Shape, screen: 'wide' | 'narrow'): Shape {
  const kept = columns.map(({ only }) => only === undefined || only === screen);
  const pick = <T>(values: readonly T[]) => values.filter((_, index) => kept[index]);
  return { columns: pick(columns), rows: rows.map((row) => pick(columns.map((_, index) => row[index] ?? ''))) };
}

function widthsOf({ columns, rows }: Shape): number[] {
  return columns.map((column, index) =>
    Math.max(displayWidth(column.title), ...rows.map((row) => displayWidth(row[index] ?? ''))),
  );
}

/** Widths within a number of cells, names giving way first; `null` where the figures alone are wider. */
function fitWidths(shape: Shape, maxCells: number): { readonly widths: number[]; readonly gap: number } | null {
  const natural = widthsOf(shape);
  for (const { gap, least } of [
    { gap: 2, least: NAME_CELLS },
    { gap: 1, least: NAME_CELLS },
    { gap: 1, least: LEAST_NAME_CELLS },
  ]) {
    const widths = [...natural];
    let over = widths.reduce((sum, width) => sum + width, 0) + gap * (widths.length - 1) - maxCells;
    while (over > 0) {
      const names = widths.map((width, index) => (shape.columns[index]!.align === 'left' ? width : 0));
      const widest = names.indexOf(Math.max(...names));
      if (names[widest]! <= least) {
        break;
      }
      widths[widest] = widths[widest]! - 1;
      over -= 1;
    }
    if (over <= 0) {
      return { widths, gap };
    }
  }
  return null;
}

/** Rows that are too wide for a line: the name on one, the figures with their titles beneath it. */
function stacked({ columns, rows }: Shape, maxCells: number): LaidTable {
  const lines: string[] = [];
  for (const row of rows) {
    lines.push(shortenMiddle(row[0] ?? '', maxCells));
    let line = '';
    for (const [index, column] of columns.entries()) {
      const part = cutToWidth(`${column.title} ${row[index] ?? ''}`, maxCells - 2);
      if (index === 0) {
        continue;
      }
      if (line !== '' && displayWidth(line) + 2 + displayWidth(part) > maxCells) {
        lines.push(line);
        line = '';
      }
      line = line === '' ? `  ${part}` : `${line}  ${part}`;
    }
    if (line !== '') {
      lines.push(line);
    }
  }
  const shortened = rows.map((row) => row[0] ?? '').filter((name) => displayWidth(name) > maxCells);
  return { lines, headLines: 0, shortened: [...new Set(shortened)] };
}

/**
 * Lays a table out within a number of cells, the titles first; no line ends in spaces. Where it is too wide, the columns
 * for wide screens give way to those for narrow ones, then names lose their middle, then the columns move closer.
 */
export function layOutTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  maxCells = Number.POSITIVE_INFINITY,
): LaidTable {
  const wide = shapeFor({ columns, rows }, 'wide');
  const natural = widthsOf(wide);
  const whole = natural.reduce((sum, width) => sum + width, 0) + 2 * (natural.length - 1);
  const shape = whole <= maxCells ? wide : shapeFor({ columns, rows }, 'narrow');
  const fitted = fitWidths(shape, maxCells);
  if (fitted === null) {
    return stacked(shape, maxCells);
  }
  const { widths, gap } = fitted;
  const shortened = new Set<string>();
  const line = (cells: readonly string[]) =>
    shape.columns
      .map((column, index) => {
        const cell = cells[index] ?? '';
        return padToWidth(shortenMiddle(cell, widths[index]!), widths[index]!, column.align);
      })
      .join(' '.repeat(gap))
      .trimEnd();
  for (const row of shape.rows) {
    for (const [index, cell] of row.entries()) {
      if (displayWidth(cell) > widths[index]!) {
        shortened.add(cell);
      }
    }
  }
  return {
    lines: [line(shape.columns.map((column) => column.title)), ...shape.rows.map(line)],
    headLines: 1,
    shortened: [...shortened],
  };
}
