import type { Readable, Writable } from 'node:stream';
import type { Graphics } from './graphics.ts';

/** A terminal answers at once or not at all; over a slow line it gets this long, milliseconds. */
const ANSWER_MS = 250;
/** More than any answer. */
const MAX_ANSWER = 4_096;
/**
 * Asked in one go: whether kitty's protocol is spoken (a picture of one pixel that is only looked at), how large a cell
 * is (XTWINOPS 16), and what the terminal is (DA1), which every terminal answers, so that nobody waits for the rest.
 */
const QUESTION = '\u001b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\u001b\\\u001b[16t\u001b[c';
// biome-ignore-start lint/suspicious/noControlCharactersInRegex: answers of terminals are control sequences
const KITTY_ANSWER = /\u001b_Gi=31;([^\u001b]*)\u001b\\/;
const CELL_ANSWER = /\u001b\[6;(\d+);(\d+)t/;
const DEVICE_ANSWER = /\u001b\[\?([\d;]*)c/;
// biome-ignore-end lint/suspicious/noControlCharactersInRegex: answers of terminals are control sequences
/** Of DA1: sixel graphics. */
const SIXEL = '4';
const MAX_CELL = 100;

type Environment = Readonly<Record<string, string | undefined>>;

/** How pictures are shown: by one of the protocols, of block characters, or not. */
export interface PictureMeans {
  readonly how: Graphics | 'blocks' | 'off';
  /** Width of a cell in pixels, where the terminal told it. */
  readonly cellWidth: number | null;
}

const WAYS = ['kitty', 'iterm', 'sixel', 'blocks', 'off'] as const;

/** What HEADROOM_PICTURES asks for; null where it says nothing that is known. */
function wished({ HEADROOM_PICTURES: wish }: Environment): PictureMeans['how'] | null {
  return WAYS.find((way) => way === wish?.trim().toLowerCase()) ?? null;
}

/** What the environment alone tells of a terminal; null where it has to be asked. */
export function graphicsByEnvironment(environment: Environment): Graphics | 'blocks' | null {
  const { TERM = '', TERM_PROGRAM = '', KITTY_WINDOW_ID, LC_TERMINAL, TMUX, STY } = environment;
  if (TERM === 'dumb' || TERM === 'linux' || STY !== undefined) {
    return 'blocks';
  }
  // In tmux it is tmux that shows, and only it can tell what it lets through.
  if (TMUX !== undefined || TERM.startsWith('tmux') || TERM.startsWith('screen')) {
    return null;
  }
  if (KITTY_WINDOW_ID !== undefined || TERM === 'xterm-kitty' || /^ghostty$/i.test(TERM_PROGRAM)) {
    return 'kitty';
  }
  if (TERM_PROGRAM === 'iTerm.app' || TERM_PROGRAM === 'WezTerm' || LC_TERMINAL === 'iTerm2') {
    return 'iterm';
  }
  return null;
}

export interface Terminal {
  readonly input: Readable & { readonly isTTY?: boolean; setRawMode?(on: boolean): unknown };
  readonly output: Writable;
}

/**
 * Finds out how pictures can be shown here: HEADROOM_PICTURES, what the environment tells, else the terminal's own answer
 * within a quarter of a second. What a person types meanwhile is left for whoever reads next.
 */
export async function detectPictures(
  { input, output }: Terminal,
  environment: Environment,
  answerMs: number = ANSWER_MS,
): Promise<PictureMeans> {
  const known = wished(environment) ?? graphicsByEnvironment(environment);
  if (known !== null) {
    return { how: known, cellWidth: null };
  }
  if (input.isTTY !== true || input.setRawMode === undefined) {
    return { how: 'blocks', cellWidth: null };
  }
  const answer = await ask({ input, output }, answerMs);
  const cell = Number(CELL_ANSWER.exec(answer)?.[2] ?? 0);
  const cellWidth = cell > 0 && cell <= MAX_CELL ? cell : null;
  if (KITTY_ANSWER.exec(answer)?.[1] === 'OK') {
    return { how: 'kitty', cellWidth };
  }
  const features = (DEVICE_ANSWER.exec(answer)?.[1] ?? '').split(';').slice(1);
  return { how: features.includes(SIXEL) ? 'sixel' : 'blocks', cellWidth };
}

/** Everything that came until the last answer, or until the time was over. */
function ask({ input, output }: Terminal, answerMs: number): Promise<string> {
  return new Promise((resolve) => {
    let heard = '';
    const finish = () => {
      clearTimeout(timer);
      input.removeListener('data', hear);
      input.pause();
      input.setRawMode?.(false);
      const typed = heard.replace(KITTY_ANSWER, '').replace(CELL_ANSWER, '').replace(DEVICE_ANSWER, '');
      if (typed !== '') {
        input.unshift(Buffer.from(typed));
      }
      resolve(heard);
    };
    const hear = (chunk: Buffer | string) => {
      heard += String(chunk);
      if (DEVICE_ANSWER.test(heard) || heard.length > MAX_ANSWER) {
        finish();
      }
    };
    const timer = setTimeout(finish, answerMs);
    input.setRawMode?.(true);
    input.on('data', hear);
    input.resume();
    output.write(QUESTION);
  });
}
