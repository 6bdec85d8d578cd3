import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type ActionHandler, type Command, type CommandContext, runnable } from '../../src/chat/command.ts';
import { createDispatcher } from '../../src/chat/dispatch/dispatcher.ts';
import type { Action, Reply } from '../../src/chat/reply.ts';
import { createConsoleChat } from '../../src/console/chat.ts';
import { openHistory } from '../../src/console/history.ts';
import { createFakeTerminal } from '../support/terminal.ts';

type Context = CommandContext<null>;

const said = (title: string, more: Partial<Reply> = {}): Reply => ({ tone: 'good', title, blocks: [], ...more });
const button = (label: string, handler: string, more: Partial<Action> = {}): Action => ({
  label,
  style: 'secondary',
  call: { handler, payload: {} },
  ...more,
});

function command(name: string, run: (context: Context, options: { model?: string }) => Promise<Reply>) {
  return {
    name,
    description: 'fit.description',
    run: runnable<null, z.ZodType<{ model?: string }>>({
      description: 'fit.description',
      access: 'everyone',
      timeoutMs: null,
      options: [{ name: 'model', description: 'option.model', type: 'string', completes: true }],
      schema: z.object({ model: z.string().optional() }) as z.ZodType<{ model?: string }>,
      run,
      complete: async (_context, { typed }) =>
        ['gemma3:12b', 'qwen3:8b'].filter((model) => model.includes(typed)).map((value) => ({ value, label: value })),
    }),
  } satisfies Command<null>;
}

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'headroom-terminal-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A chat whose load runs until it is told to end. */
function start(columns = 80) {
  const pressed: string[] = [];
  let endLoad: (reply: Reply) => void = () => undefined;
  let progress: Context['progress'] = () => undefined;
  const handler = (name: string): ActionHandler<null> => ({
    name,
    access: 'everyone',
    payload: z.object({}),
    run: async () => {
      pressed.push(name);
      return said(`did ${name}`);
    },
  });
  const commands = [
    command('load', (context) => {
      progress = context.progress;
      context.progress(said('being loaded', { actions: [button('Cancel', 'cancel')] }));
      return new Promise<Reply>((resolve, reject) => {
        endLoad = resolve;
        context.signal.addEventListener('abort', () => reject(context.signal.reason), { once: true });
      });
    }),
    command('fit', async (_context, { model = 'nothing' }) =>
      said(`${model} fits`, { actions: [button('Load', 'load', { once: true }), button('Explain', 'explain')] }),
    ),
    command('ps', async () => said('nothing is loaded')),
  ];
  const dispatcher = createDispatcher<null>({
    commands,
    actionHandlers: ['cancel', 'load', 'explain', 'unload'].map(handler),
    services: null,
    log: pino({ level: 'silent' }),
  });
  const terminal = createFakeTerminal(columns);
  const { input, output } = terminal;
  let nowMs = 1_000_000;
  const stop = new AbortController();
  const chat = createConsoleChat({
    input,
    output,
    locale: 'en',
    interactive: true,
    colour: false,
    pictures: { how: 'blocks', cellWidth: null },
    now: () => nowMs,
  });
  const path = join(folder, 'history');
  const history = openHistory(path, { DISCORD_TOKEN: 'a-secret-of-the-settings' });
  const ended = chat.run({ commands, dispatcher, greeting: ['welcome'], history, signal: stop.signal });
  return {
    ...terminal,
    pressed,
    ended,
    path,
    chat,
    stop: () => stop.abort(),
    pass: (ms: number) => {
      nowMs += ms;
    },
    endLoad: (reply: Reply) => endLoad(reply),
    progress: (reply: Reply) => progress(reply),
  };
}

describe('the terminal', () => {
  it('answers a line, and waits for the next under the answer', async () => {
    const terminal = start();
    terminal.type('/fit gemma3:12b\r');
    await terminal.until('[2] Explain');
    expect(await terminal.screen()).toEqual([
      'welcome',
      '',
      '> /fit gemma3:12b',
      '✔ gemma3:12b fits',
      '[1] Load  [2] Explain',
      '',
      '> ',
    ]);
  });

  it.each(['exit\r', 'quit\r', '/exit\r', '\u0004'])('ends with exit code 0 at %j', async (keys) => {
    const terminal = start();
    terminal.type('/nonsense\r');
    await terminal.until('no command');
    terminal.type(keys);
    expect(await terminal.ended).toBe(0);
  });

  it('edits the line: arrows, Home, erasing a word', async () => {
    const terminal = start();
    terminal.type('fit gemma3:1b\u001b[D2\u001b[H/\u001b[F more\u0017\r');
    await terminal.until('gemma3:12b fits');
    expect((await terminal.screen())[2]).toBe('> /fit gemma3:12b ');
  });

  it('completes commands, models and says nothing where it knows nothing', async () => {
    const terminal = start();
    terminal.type('/fi');
    terminal.type('\t');
    await terminal.until(/> \/fit $/);
    terminal.type('ge');
    terminal.type('\t');
    await terminal.until('> /fit gemma3:12b');
    terminal.type('\r');
    await terminal.until('gemma3:12b fits');
    terminal.type('/fti');
    terminal.type('\t');
    await terminal.until(/> \/fit $/);
    terminal.type('\u0015zz');
    terminal.type('\t');
    await terminal.until(/> zz$/);
  });

  it('shows work under way in one line in place, and typing goes on', async () => {
    const terminal = start();
    terminal.type('/load\r');
    await terminal.until('[a] Cancel');
    terminal.type('/p');
    for (const done of [10, 20, 30]) {
      terminal.progress(said(`being loaded, ${done} %`, { actions: [button('Cancel', 'cancel')] }));
      await terminal.until(`${done} %`);
    }
    const lines = await terminal.screen();
    expect(lines.filter((line) => line.includes('being loaded'))).toEqual(['⋯ being loaded, 30 %  [a] Cancel']);
    expect(lines.at(-1)).toBe('> /p');
    terminal.type('s\r');
    await terminal.until('nothing is loaded');
    terminal.endLoad(said('loaded'));
    await terminal.until('✔ loaded');
    expect((await terminal.screen()).join('\n')).not.toContain('being loaded');
  });

  it('tells since when in words, and where the work stands rather than its title', async () => {
    const terminal = start();
    terminal.type('/load gemma3:12b\r');
    await terminal.until('[a] Cancel');
    const items = ['looked', ['loading, since ', { time: 1_000_000 - 90_000, style: 'relative' as const }]] as const;
    terminal.progress(said('being loaded', { blocks: [{ kind: 'list', items }] }));
    await terminal.until('⋯ /load gemma3:12b loading, since 1 min 30 s ago');
    terminal.endLoad(said('loaded'));
  });

  it('keeps a line that is being typed whole when an answer or a notice comes', async () => {
    const terminal = start(30);
    terminal.type('/load\r');
    await terminal.until('[a] Cancel');
    const long = '/fit a-name-that-is-longer-than-the-terminal-is-wide';
    terminal.type(long);
    terminal.chat.platform.show?.(said('it fits now'));
    terminal.endLoad(said('loaded'));
    await terminal.until('✔ loaded');
    const lines = await terminal.screen();
    expect(lines.slice(-2).join('')).toBe(`> ${long}`);
    expect(lines.join('\n')).toContain('it fits now');
  });

  it('presses a button of work under way at once', async () => {
    const terminal = start();
    terminal.type('/load\r');
    await terminal.until('[a] Cancel');
    terminal.type('a\r');
    await terminal.until('did cancel');
    expect(terminal.pressed).toEqual(['cancel']);
  });

  it('never lets a key that was typed for one button press a later one', async () => {
    const terminal = start();
    terminal.type('/fit a\r');
    await terminal.until('[1] Load');
    terminal.type('/load\r');
    await terminal.until('[a] Cancel');
    terminal.type('1');
    terminal.endLoad(said('loaded', { actions: [button('Unload', 'unload')] }));
    await terminal.until('[1] Unload');
    terminal.type('\r');
    await terminal.until('nothing was pressed');
    // The letter of work that has ended presses nothing either.
    terminal.type('a\r');
    await terminal.until('There is no button [a] now.');
    expect(terminal.pressed).toEqual([]);
    terminal.pass(1_000);
    terminal.type('1\r');
    await terminal.until('did unload');
  });

  it('takes a key as meant for what stood there a moment before', async () => {
    const terminal = start();
    terminal.type('/fit a\r');
    await terminal.until('[1] Load');
    terminal.type('/load\r');
    await terminal.until('[a] Cancel');
    terminal.endLoad(said('loaded', { actions: [button('Unload', 'unload')] }));
    await terminal.until('[1] Unload');
    terminal.type('1\r');
    await terminal.until('nothing was pressed');
    expect(terminal.pressed).toEqual([]);
  });

  it('gives no letter twice in a row', async () => {
    const terminal = start();
    for (const letter of ['a', 'b', 'c']) {
      terminal.type('/load\r');
      await terminal.until(`[${letter}] Cancel`);
      terminal.endLoad(said(`loaded ${letter}`));
      await terminal.until(`✔ loaded ${letter}`);
    }
  });

  it('lets a button that works once be pressed once', async () => {
    const terminal = start();
    terminal.type('/fit a\r');
    await terminal.until('[1] Load');
    terminal.type('1\r');
    await terminal.until('did load');
    terminal.type('1\r');
    await terminal.until('already pressed');
    expect(terminal.pressed).toEqual(['load']);
  });

  it('cancels what runs at the first Ctrl-C and ends at the second', async () => {
    const terminal = start();
    terminal.type('/load\r');
    await terminal.until('[a] Cancel');
    terminal.type('\u0003');
    await terminal.until('✘ Canceled.');
    terminal.type('/load\r');
    await terminal.until('[b] Cancel');
    terminal.type('\u0003\u0003');
    expect(await terminal.ended).toBe(0);
  });

  it('clears the line at Ctrl-C, and says how to end where there is none', async () => {
    const terminal = start();
    terminal.type('/fit abc\u0003');
    await terminal.until(/> $/m);
    terminal.type('\u0003');
    await terminal.until('Ctrl-C again ends');
    terminal.type('/ps\r');
    await terminal.until('nothing is loaded');
    terminal.type('\u0003');
    await sleep(20);
    terminal.type('\u0003');
    expect(await terminal.ended).toBe(0);
  });

  it('waits for what runs when it ends, and is cut short by its signal', async () => {
    const terminal = start();
    terminal.type('/load\r');
    await terminal.until('[a] Cancel');
    terminal.type('exit\r');
    await terminal.until('still running');
    terminal.endLoad(said('loaded'));
    expect(await terminal.ended).toBe(0);
    expect(await terminal.until('✔ loaded')).toContain('✔ loaded');
    const other = start();
    other.stop();
    expect(await other.ended).toBe(0);
  });
});

describe('the history of lines', () => {
  it('outlives the session, for its owner alone', async () => {
    const first = start();
    first.type('/fit gemma3:12b\r/ps\r');
    await first.until('nothing is loaded');
    first.type('exit\r');
    await first.ended;
    expect(statSync(first.path).mode & 0o777).toBe(0o600);
    const second = start();
    second.type('\u001b[A\u001b[A');
    await second.until('> /fit gemma3:12b');
  });

  it('keeps no secret, and nothing that is no command', async () => {
    const terminal = start();
    const lines = [
      '/fit hf_abcdefghijklmnopqrstuvwxyz',
      '/fit MTE4NzY1NDMyMTA5ODc2NTQzMg.GabcdE.abcdefghijklmnopqrstuvwxyz0123456789AB',
      '/fit https://user:hunter22@example.org/model',
      '/fit https://only-a-token@example.org/model',
      '/fit glpat-abcdefghijklmnopqrst',
      '/fit AKIAIOSFODNN7EXAMPLE',
      '/fit a-secret-of-the-settings',
      '/fit x password=hunter22',
      'hunter22',
      ' /fit not-to-be-kept',
      '/fit kept',
    ];
    terminal.type(lines.map((line) => `${line}\r`).join(''));
    await terminal.until('kept fits');
    terminal.type('exit\r');
    await terminal.ended;
    expect(readFileSync(terminal.path, 'utf8')).toBe('/fit kept\n');
  });

  it('is bounded, and starts empty where the file is none', () => {
    const path = join(folder, 'bounded');
    const long = openHistory(path, {});
    for (let i = 0; i < 700; i++) {
      long.add(`/fit model-${i}`);
    }
    long.add(`/fit ${'x'.repeat(2_000)}`);
    const again = openHistory(path, {});
    expect(again.lines).toHaveLength(500);
    expect(again.lines[0]).toBe('/fit model-699');
    expect(readFileSync(path, 'utf8').split('\n')).toHaveLength(501);
    expect(openHistory(folder, {}).lines).toEqual([]);
    expect(existsSync(join(folder, 'none'))).toBe(false);
    openHistory(null, {}).add('/fit a');
  });
});
