import type { Reply } from '../chat/reply.ts';
import { cutToWidth, displayWidth } from '../chat/table.ts';
import type { ShownButton } from './buttons.ts';
import { plainLine, type RenderOptions, withoutControls } from './render.ts';

/** Works that are shown at a time; the rest are counted. */
const MAX_SHOWN = 3;

/** What one piece of work shows of itself while it runs. */
export interface UnderWay {
  /** The line that began it. */
  readonly typed: string;
  /** Its last intermediate state, if it has told one. */
  readonly state: Reply | null;
  readonly buttons: readonly ShownButton[];
}

/** In which language, and when. */
type Words = Pick<RenderOptions, 'locale' | 'nowMs'>;

/** The command is named by this many cells, without its options; the rest is for where it stands. */
const COMMAND_CELLS = 24;

/** What is told in one line: the command, and the last point of the last list, which is where the work stands. */
function told({ typed, state }: UnderWay, words: Words): string {
  const list = state?.blocks.findLast((block) => block.kind === 'list');
  const last = list?.items.at(-1);
  if (state === null) {
    return typed;
  }
  return last === undefined
    ? plainLine(state.title, words)
    : `${cutToWidth(typed.split(/\s+/).slice(0, 2).join(' '), COMMAND_CELLS)} ${plainLine(last, words)}`;
}

/** Work under way, one line each, the buttons last and never cut off. */
export function underWayLines(works: readonly UnderWay[], columns: number, words: Words): string[] {
  // A line that is as wide as the terminal would wrap.
  const width = Math.max(20, columns - 1);
  const shown = works.slice(0, MAX_SHOWN).map((work) => {
    const keys = work.buttons.map(({ key, label }) => `  [${key}] ${label}`).join('');
    const text = withoutControls(told(work, words)).replace(/\s+/g, ' ');
    const room = width - 2 - displayWidth(keys);
    return cutToWidth(`⋯ ${cutToWidth(text, Math.max(10, room))}${withoutControls(keys)}`, width);
  });
  const more = works.length - shown.length;
  return more > 0 ? [...shown, `⋯ +${more}`] : shown;
}
