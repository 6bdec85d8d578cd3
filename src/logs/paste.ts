/**
 * What people paste, made into lines as the program wrote them: without colours, without what docker, journald or a
 * cluster put in front, and with lines joined again that a terminal or a message wrapped. Time is linear in the text.
 */

import { MIB } from '../base/bytes.ts';

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

/** Prefixes of those who carry a log: each is taken off once, in this order. */
const CARRIERS: readonly RegExp[] = [
  // A quoted message.
  /^(?:> ?)+/,
  // journald and syslog: `Nov 26 19:42:50 host ollama[123]: `, with or without an ISO time.
  /^(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?) [\w.-]{1,64} [\w./-]{1,64}(?:\[\d+\])?: /,
  // docker compose: `ollama-1  | `.
  /^[\w./-]{1,64} +\| /,
  // docker and kubectl with timestamps.
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d) (?=\S)/,
  // kubectl --prefix: `[pod/ollama-0/ollama] `.
  /^\[pod\/[\w./-]{1,200}\] /,
];

/** How a record of Ollama, llama.cpp or a tool that people paste beside it begins. */
const BEGINS =
  /^(?:time=|level=|\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d |\[GIN\]|(?:\d+\.\d+\.\d+\.\d+ [A-Z] )?(?:llama|llm|ggml|load|print_info|common|cmn|srv|slot|main|init|create|sched|graph|clip|alloc|build|system_info|set_|update_|que|params|done_|cuda|CUDA|HIP|Vulkan|raw version|dlsym|calling|goroutine|runtime|panic|fatal|SIG|signal|exit|Error|error|NAME\s|\s{2}Device |\|[ =]|\+-|[\w.-]+ ?: |[a-z_]+: |\s+-- |```))/;

function strip(line: string): string {
  let text = line;
  for (const carrier of CARRIERS) {
    text = text.replace(carrier, '');
  }
  return text;
}

/** How lines were wrapped: anywhere at a width (terminals), at spaces before a width (messages), or not at all. */
interface Wrap {
  readonly hard: number;
  readonly soft: number;
}

/** Wider than this nobody wraps. */
const WIDEST = 250;

function wrapOf(lines: readonly string[]): Wrap {
  const counts = new Map<number, number>();
  let hard = 0;
  let continued = 0;
  for (const [index, line] of lines.entries()) {
    const next = lines[index + 1];
    if (line.length >= 40 && next !== undefined && next !== '' && !BEGINS.test(next.slice(0, 200))) {
      continued++;
      const count = (counts.get(line.length) ?? 0) + 1;
      counts.set(line.length, count);
      if (count >= 2 && line.length > hard) {
        hard = line.length;
      }
    }
  }
  const lengths = lines.filter((line) => line !== '').map((line) => line.length);
  lengths.sort((a, b) => a - b);
  const at = (share: number) => lengths[Math.floor((lengths.length - 1) * share)] ?? 0;
  // Lines that run on are all as long as the terminal was wide.
  const isHard = hard === at(1) && (counts.get(hard) ?? 0) >= continued / 2;
  // Wrapped text ends at its width; only a few words are longer than it and stand on lines of their own.
  const isSoft = at(0.97) <= at(0.9) + 3 && at(0.9) <= WIDEST;
  return { hard: isHard ? hard : 0, soft: isSoft ? at(0.9) : 0 };
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

/** Splits a paste into the lines that were written. */
export function readPaste(text: string): Paste {
  const cut = text.length > MAX_PASTE;
  const raw = (cut ? text.slice(0, MAX_PASTE) : text).replace(ESCAPES, '').split(/\r?\n|\r/, MAX_LINES);
  const plain = dedent(raw.map((line) => strip(line.replace(CONTROLS, ' ').slice(0, MAX_LINE))));
  const wrap = wrapOf(plain);
  const lines: string[] = [];
  /** Pieces of the line that is being put together, and the length of the latest. */
  let pieces = 0;
  let pieceLength = 0;
  let isRecord = false;
  let quoted = false;
  for (const line of plain) {
    const previous = pieces === 0 ? undefined : lines.at(-1);
    const wrapped =
      previous === undefined || pieces >= MAX_PIECES ? null : isWrapped(wrap, pieceLength, line, isRecord, quoted);
    if (previous !== undefined && wrapped !== null && continuesLine(previous, line)) {
      lines[lines.length - 1] = `${previous}${wrapped === 'hard' ? '' : ' '}${line}`;
      pieces++;
    } else {
      lines.push(line);
      pieces = line === '' ? 0 : 1;
      isRecord = /^(?:time=|level=|\d{4}\/\d\d\/\d\d )/.test(line);
      quoted = false;
    }
    quoted = isRecord && quoteBehind(quoted, line);
    pieceLength = line.length;
  }
  return { lines, cut: cut || raw.length >= MAX_LINES };
}

function continuesLine(previous: string, line: string): boolean {
  return (
    line !== '' &&
    previous.length < MAX_LINE &&
    !BEGINS.test(line.slice(0, 200)) &&
    BEGINS.test(previous.slice(0, 200)) &&
    !/^(?:NAME\s|[|+])/.test(previous)
  );
}
