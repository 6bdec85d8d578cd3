import { displayWidth } from '../chat/table.ts';

/** One piece that no line break may part. */
interface Atom {
  readonly text: string;
  /** Terminal cells. */
  readonly width: number;
  readonly space: boolean;
}

/** Chinese marks that stand at no beginning of a line, and those that stand at no end of one. */
const CLOSING = /^[、。，．：；！？）」』】》〉”’…%]$/u;
const OPENING = /[（「『【《〈“‘]$/u;
/** Near enough: a break after it is allowed. */
const WIDE_END = /[\u2e80-\uffe6]$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: the sequences that colour text take no cells
const PIECES = /(?:\u001b\[[\d;]*m)|[ \t]+|\P{White_Space}/gu;

function atoms(text: string): Atom[] {
  const found: Atom[] = [];
  let glued = false;
  for (const [piece] of text.matchAll(PIECES)) {
    const last = found.at(-1);
    const painted = piece.startsWith('\u001b');
    const space = /^[ \t]/.test(piece);
    const width = painted ? 0 : displayWidth(piece);
    const wide = width === 2;
    const joins =
      last !== undefined &&
      !space &&
      !last.space &&
      (painted || glued || CLOSING.test(piece) || OPENING.test(last.text) || !(wide || WIDE_END.test(last.text)));
    if (joins) {
      found[found.length - 1] = { text: last.text + piece, width: last.width + width, space: false };
    } else {
      found.push({ text: piece, width, space });
    }
    // What colours a word goes with it.
    glued = painted;
  }
  return found;
}

/** A word that is longer than a line, cut where the line ends. */
function cut(atom: Atom, columns: number): Atom[] {
  if (atom.width <= columns) {
    return [atom];
  }
  const parts: Atom[] = [];
  let text = '';
  let width = 0;
  for (const [piece] of atom.text.matchAll(PIECES)) {
    const cells = piece.startsWith('\u001b') ? 0 : displayWidth(piece);
    if (width + cells > columns) {
      parts.push({ text, width, space: false });
      text = '';
      width = 0;
    }
    text += piece;
    width += cells;
  }
  return [...parts, { text, width, space: false }];
}

/**
 * Breaks one line of text, coloured or not, into lines of at most `columns` cells: between words, and between Chinese
 * characters where no mark forbids it. Lines after the first begin with `indent` spaces.
 */
export function wrapText(text: string, columns: number, indent = 0): string[] {
  const lead = indent + 10 > columns ? 0 : indent;
  const lines: string[] = [];
  let line = '';
  let width = 0;
  let gap = '';
  const room = () => columns - (lines.length === 0 ? 0 : lead);
  const end = () => {
    lines.push(lines.length === 0 ? line : ' '.repeat(lead) + line);
    line = '';
    width = 0;
    gap = '';
  };
  for (const whole of atoms(text)) {
    if (whole.space) {
      gap = whole.text;
      continue;
    }
    for (const atom of cut(whole, columns - lead)) {
      if (width > 0 && width + gap.length + atom.width > room()) {
        end();
      }
      // What stands before the first word of the first line is kept: it is somebody's indent.
      const before = width > 0 || lines.length === 0 ? gap : '';
      line += before + atom.text;
      width += before.length + atom.width;
      gap = '';
    }
  }
  end();
  return lines;
}
