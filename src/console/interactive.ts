import { createInterface, type Key } from 'node:readline';
import type { Reply } from '../chat/reply.ts';
import { createTranslator } from '../chat/translate.ts';
import { createAnswers, type WorkAsked } from './answers.ts';
import { createButtons, type Pressable } from './buttons.ts';
import { completeLine } from './completion.ts';
import { HISTORY_LINES, type LineHistory } from './history.ts';
import { parseLine } from './line.ts';
import { CONSOLE_PERSON, CONSOLE_PLACE } from './platform.ts';
import { createScreen, type Screen } from './screen.ts';
import type { ConsoleChatOptions } from './settings.ts';
import { type UnderWay, underWayLines } from './under-way.ts';

const PROMPT = '> ';
/** Work that has told nothing yet is shown after this time; most has ended by then, milliseconds. */
const SHOW_AFTER_MS = 400;
/** The lines at the bottom are drawn anew at most this often, milliseconds. */
const REDRAW_MS = 100;
/** What to assume of a terminal that does not tell its width. */
const DEFAULT_COLUMNS = 80;

/** A line that is being answered. */
class Work {
  readonly typed: string;
  readonly controller = new AbortController();
  state: Reply | null = null;
  visible = false;

  constructor(typed: string) {
    this.typed = typed;
  }
}

/**
 * The chat of somebody at a terminal: lines are edited, completed and remembered, each is answered at once and beside
 * the others, and what is under way stands above the line that is being typed.
 * @returns the exit code: 0, whatever was asked
 */
export async function runInteractive<S>(
  options: ConsoleChatOptions<S>,
  history: LineHistory,
  onScreen: (screen: Screen) => void,
): Promise<number> {
  const { dispatcher, commands, locale, input, output, signal } = options;
  const { t } = createTranslator(locale);
  const answers = createAnswers(dispatcher, commands, locale);
  const buttons = createButtons(dispatcher.actions, options.now);
  const works = new Set<Work>();
  /** What the keys pressed when the line was begun. */
  let begun: Pressable | null = null;
  let warned = false;
  let redraw: NodeJS.Timeout | null = null;

  const lines = createInterface({
    input,
    output,
    terminal: true,
    prompt: PROMPT,
    history: [...history.lines],
    historySize: HISTORY_LINES,
    removeHistoryDuplicates: true,
    completer: (line: string, done: (error: null, result: [string[], string]) => void) => {
      const place = { person: CONSOLE_PERSON, place: CONSOLE_PLACE, locale };
      void completeLine(line, commands, (request) => dispatcher.complete({ ...place, ...request })).then(
        ({ candidates, typed }) => done(null, [[...candidates], typed]),
        () => done(null, [[], line]),
      );
    },
  });
  const screen = createScreen(lines, output, PROMPT);
  onScreen(screen);

  const columns = () => ('columns' in output && typeof output.columns === 'number' ? output.columns : DEFAULT_COLUMNS);
  const drawStatus = () => {
    redraw = null;
    const shown = [...works].filter(({ visible }) => visible);
    const underWay = shown.map(
      (work): UnderWay => ({
        typed: work.typed,
        state: work.state,
        buttons: buttons.underWay(work, work.state?.actions ?? []),
      }),
    );
    screen.setStatus(underWayLines(underWay, columns(), { locale, nowMs: options.now() }));
  };
  const drawSoon = () => {
    redraw ??= setTimeout(drawStatus, REDRAW_MS);
  };

  const finish = async (reply: Reply, replaces: boolean) => {
    const actions = reply.actions ?? [];
    await options.show(reply, replaces || actions.length > 0 ? buttons.answered(actions) : []);
  };

  const begin = async (typed: string, asked: WorkAsked) => {
    const work = new Work(typed);
    works.add(work);
    const reveal = setTimeout(() => {
      work.visible = true;
      drawSoon();
    }, SHOW_AFTER_MS);
    const reply = await asked.run({
      signal: work.controller.signal,
      progress: (state) => {
        work.state = state;
        work.visible = true;
        drawSoon();
      },
    });
    clearTimeout(reveal);
    works.delete(work);
    buttons.ended(work);
    drawStatus();
    await finish(reply, asked.replaces);
  };

  const pending = new Set<Promise<void>>();
  const follow = (work: Promise<void>) => {
    pending.add(work);
    void work.finally(() => pending.delete(work));
  };

  const onKey = (_character: string | undefined, key: Key | undefined) => {
    if (lines.line === '') {
      begun = buttons.look();
    }
    if (key?.name === 'return' || key?.name === 'enter') {
      screen.send();
    }
    if (!(key?.ctrl === true && key.name === 'c')) {
      warned = false;
    }
  };
  // Before readline itself hears of the key.
  input.prependListener('keypress', onKey);

  const onLine = (line: string) => {
    const pressable = begun ?? buttons.look();
    begun = null;
    const parsed = parseLine(line, commands);
    if (parsed.kind === 'leave') {
      lines.close();
      return;
    }
    if (parsed.kind === 'call') {
      history.add(line);
      follow(begin(line.trim(), answers.call(parsed)));
    } else if (parsed.kind !== 'empty') {
      const found = parsed.kind === 'press' ? buttons.find(parsed.key, pressable) : 'none';
      const asked = parsed.kind === 'press' ? answers.press(parsed.key, found) : answers.refuse(parsed);
      const typed = typeof found === 'string' ? line.trim() : found.label;
      follow(asked.kind === 'work' ? begin(typed, asked) : finish(asked.reply, false));
    }
    screen.prompt();
  };

  const onInterrupt = () => {
    if (warned) {
      lines.close();
    } else if (works.size > 0) {
      warned = true;
      screen.print(`${t('console.canceling')}\n`);
      for (const { controller } of works) {
        controller.abort();
      }
    } else if (lines.line === '') {
      warned = true;
      screen.print(`${t('console.again-to-end')}\n`);
    } else {
      lines.write(null, { ctrl: true, name: 'e' });
      lines.write(null, { ctrl: true, name: 'u' });
    }
  };

  const stop = () => lines.close();
  signal.addEventListener('abort', stop, { once: true });
  await new Promise<void>((resolve) => {
    lines.on('line', onLine);
    lines.on('SIGINT', onInterrupt);
    lines.on('close', resolve);
    screen.prompt();
  });
  screen.close();
  output.write('\n');
  input.removeListener('keypress', onKey);
  if (pending.size > 0 && !signal.aborted) {
    output.write(`${t('console.waiting-for-work')}\n`);
  }
  await Promise.all(pending);
  if (redraw !== null) {
    clearTimeout(redraw);
  }
  signal.removeEventListener('abort', stop);
  return 0;
}
