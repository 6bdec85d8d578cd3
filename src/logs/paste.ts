/**
 * What people paste, made into lines as the program wrote them: without colours, without what docker, journald or a
 * cluster put in front, and with lines joined again that a terminal or a message wrapped. Time is linear in the text.
 */

import { MIB } from '../base/bytes.ts';
import { type BareLine, byServer, withoutWrapping } from './carriers.ts';

/** More than this of a paste is not read, characters. */
export const MAX_PASTE = MIB;
/** Lines longer than this are cut: no figure that is read stands that far to the right. */
const MAX_LINE = 64 * 1024;
const MAX_LINES = 40_000;
/** A line is joined from at most so many wrapped pieces. */
const MAX_PIECES = 400;
const BACKSLASH = 92;
const QUOTE = 34;

/** A paste as lines. */
export interface Paste {
  readonly lines: readonly string[];
  /** The paste was longer than what is read. */
  readonly cut: boolean;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is looked for
const ESCAPES = /\u001b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\-_])/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are dropped
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f]/g;

/** How a record of Ollama, llama.cpp or a tool that people paste beside it begins. */
const BEGINS =
  /^(?:time=|level=|\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d |\[GIN\]|(?:\d+\.\d+\.\d+\.\d+ [A-Z] )?(?:llama[_. ]|llm_|ggml_|load|print_info|common|cmn|srv|slot|main|init|create|sched|graph|clip|alloc|build|system_info|set_|update_|que|params|done_|cuda|CUDA|HIP|Vulkan|raw version|dlsym|calling|goroutine|runtime|panic|fatal|SIG|signal|exit|Error|error|NAME\s|\s{2}Device |\|[ =]|\+-|[\w.-]+ ?: |[a-z_]+: |\s+-- |```))/;

/** What copying from pages and documents does to characters, undone. */
function plainCharacters(text: string): string {
  const spaced = text
    .replace(/[\u00a0\u2007\u202f\u3000]/g, ' ')
    .replace(/[\u200b-\u200d\u2060\ufeff]/g, '')
    .replace(/[\u201c-\u201f]/g, '"');
  return /&(?:quot|lt|gt|#34|#39);/.test(spaced)
    ? spaced
        .replace(/&(?:quot|#34);/g, '"')
        .replace(/&(?:#39|apos);/g, "'")
        .replace(/&lt;/g, '<')
        .replace(/&gt;/g, '>')
        .replace(/&amp;/g, '&')
    : spaced;
}

/** A log that somebody took out of JSON with its ends of lines written as `\\n`. */
function unescaped(text: string): string {
  const ends = text.match(/\\n/g)?.length ?? 0;
  const real = text.match(/\n/g)?.length ?? 0;
  if (ends < 3 || real * 4 > ends || !/^\s*["']?[^{]/.test(text)) {
    return text;
  }
  return text
    .trim()
    .replace(/^["']|["']$/g, '')
    .replace(/\\r?\\n|\\n/g, '\n')
    .replace(/\\(["\\/])/g, '$1')
    .replace(/\\t/g, ' ');
}

/** A line of a paste: what it says, how wide it was as pasted, and whether a carrier says that it begins. */
interface Piece extends BareLine {
  readonly width: number;
}

/** Whether something begins on this line. */
function begins(piece: Piece): boolean {
  return piece.begins || BEGINS.test(piece.text.slice(0, 200));
}

/** How lines were wrapped: anywhere at a width (terminals), at spaces before a width (messages), or not at all. */
interface Wrap {
  readonly hard: number;
  readonly soft: number;
}

/** Wider than this nobody wraps. */
const WIDEST = 250;

function wrapOf(lines: readonly Piece[]): Wrap {
  const counts = new Map<number, number>();
  let hard = 0;
  let continued = 0;
  for (const [index, { width }] of lines.entries()) {
    const next = lines[index + 1];
    if (width >= 40 && next !== undefined && next.text !== '' && !begins(next)) {
      continued++;
      const count = (counts.get(width) ?? 0) + 1;
      counts.set(width, count);
      if (count >= 2 && width > hard) {
        hard = width;
      }
    }
  }
  const lengths = lines.filter(({ text }) => text !== '').map(({ width }) => width);
  lengths.sort((a, b) => a - b);
  const at = (share: number) => lengths[Math.floor((lengths.length - 1) * share)] ?? 0;
  // Lines that run on are all as long as the terminal was wide.
  const isHard = hard === at(1) && (counts.get(hard) ?? 0) >= continued / 2;
  // Wrapped text ends at its width: what is wider is one word, on a line of its own.
  const widest = lines.reduce((most, { text, width }) => (/\S \S/.test(text) ? Math.max(most, width) : most), 0);
  const isSoft = widest <= WIDEST && continued > 0;
  return { hard: isHard ? hard : 0, soft: isSoft ? widest : 0 };
}

/** Whether a quote that was open (or not) before the text is open behind it. */
function quoteBehind(open: boolean, text: string): boolean {
  let result = open;
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char === BACKSLASH) {
      at++;
    } else if (char === QUOTE) {
      result = !result;
    }
  }
  return result;
}

/** Whether `line` goes on what the piece before it, of this length, began; `quoted` = within a quote of Ollama's record. */
function isWrapped(
  wrap: Wrap,
  pieceLength: number,
  line: string,
  record: boolean,
  quoted: boolean,
): 'hard' | 'soft' | null {
  if (wrap.hard > 0 && pieceLength === wrap.hard) {
    return 'hard';
  }
  if (record && (quoted || /^(?:[\w.:-]+|"[^"]{1,60}")=/.test(line))) {
    return 'soft';
  }
  const word = /^ *[^ ]*/.exec(line)?.[0].length ?? 0;
  return wrap.hard === 0 && wrap.soft > 0 && pieceLength + 1 + word > wrap.soft ? 'soft' : null;
}

/** Without the margin that all lines have in common. */
function dedent(lines: readonly string[]): readonly string[] {
  let margin = Number.POSITIVE_INFINITY;
  for (const line of lines) {
    if (line.trim() !== '') {
      margin = Math.min(margin, line.length - line.trimStart().length);
    }
  }
  return margin > 0 && Number.isFinite(margin) ? lines.map((line) => line.slice(margin)) : lines;
}

/** The lines as they were pasted, each without what carries it. */
function piecesOf(lines: readonly string[]): readonly Piece[] {
  const bare = withoutWrapping(lines);
  // A line of JSON may hold several; what is wrapped inside of it nobody can tell.
  const same = bare.length === lines.length;
  const texts = dedent(bare.map(({ text }) => text));
  return byServer(
    bare.map((line, index) => ({
      ...line,
      text: texts[index]!,
      width: same ? lines[index]!.length : texts[index]!.length,
    })),
  );
}

/** Splits a paste into the lines that were written. */
export function readPaste(text: string): Paste {
  const cut = text.length > MAX_PASTE;
  const whole = unescaped(plainCharacters((cut ? text.slice(0, MAX_PASTE) : text).replace(ESCAPES, '')));
  const raw = whole.split(/\r*\n|\r/, MAX_LINES);
  const pieces = piecesOf(dedent(raw.map((line) => line.replace(CONTROLS, ' ').slice(0, MAX_LINE))));
  const wrap = wrapOf(pieces);
  const lines: string[] = [];
  /** Pieces of the line that is being put together, and how wide the latest was. */
  let count = 0;
  let width = 0;
  let isRecord = false;
  let quoted = false;
  for (const piece of pieces) {
    const previous = count === 0 ? undefined : lines.at(-1);
    const wrapped =
      previous === undefined || count >= MAX_PIECES ? null : isWrapped(wrap, width, piece.text, isRecord, quoted);
    if (previous !== undefined && wrapped !== null && continuesLine(previous, piece)) {
      lines[lines.length - 1] = `${previous}${wrapped === 'hard' ? '' : ' '}${piece.text}`;
      count++;
    } else {
      lines.push(piece.text);
      count = piece.text === '' ? 0 : 1;
      isRecord = /^(?:time=|level=|\d{4}\/\d\d\/\d\d )/.test(piece.text);
      quoted = false;
    }
    quoted = isRecord && quoteBehind(quoted, piece.text);
    width = piece.width;
  }
  return { lines, cut: cut || raw.length >= MAX_LINES };
}

function continuesLine(previous: string, piece: Piece): boolean {
  return (
    piece.text !== '' &&
    previous.length < MAX_LINE &&
    !begins(piece) &&
    BEGINS.test(previous.slice(0, 200)) &&
    !/^(?:NAME\s|[|+])/.test(previous)
  );
}
