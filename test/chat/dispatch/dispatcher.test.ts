import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { CodedError } from '../../../src/base/coded.ts';
import { type Access, type Command, runnable } from '../../../src/chat/command.ts';
import {
  type Caller,
  createDispatcher,
  type DispatcherSettings,
  type Outcome,
} from '../../../src/chat/dispatch/dispatcher.ts';
import type { OptionValue, Reply } from '../../../src/chat/reply.ts';
import { plainText } from '../../../src/chat/text.ts';
import { discordPlatform } from '../../support/platforms.ts';

interface Services {
  readonly greeting: string;
}

const silent = { progress: () => undefined };
const DESCRIPTION = 'common.gpu';

function said(text: string, more: Partial<Reply> = {}): Reply {
  return { tone: 'good', title: text, blocks: [], ...more };
}

type Run = Parameters<typeof runnable<Services, z.ZodType>>[0]['run'];

function command(name: string, run: Run, more: Partial<Parameters<typeof runnable<Services, z.ZodType>>[0]> = {}) {
  return {
    name,
    description: DESCRIPTION,
    run: runnable<Services, z.ZodType>({
      description: DESCRIPTION,
      access: 'everyone',
      options: [],
      schema: z.object({}),
      ...more,
      run,
    }),
  } satisfies Command<Services>;
}

function build(commands: readonly Command<Services>[], more: Partial<DispatcherSettings<Services>> = {}) {
  const finished: { command: string; outcome: Outcome; ms: number }[] = [];
  const refused: { command: string; why: string }[] = [];
  const dispatcher = createDispatcher<Services>({
    commands,
    actionHandlers: [
      {
        name: 'add',
        access: 'operator',
        payload: z.object({ a: z.number() }),
        run: async (_context, { a }: { a: number }) => said(`added ${a}`),
      },
    ],
    services: { greeting: 'hello' },
    log: pino({ level: 'silent' }),
    hooks: {
      finished: (event) => finished.push(event),
      refused: ({ command: name, why }) => refused.push({ command: name, why }),
    },
    graceMs: 20,
    ...more,
  });
  return { dispatcher, finished, refused };
}

function caller(access: Access = 'everyone', id = 'ada'): Caller {
  return {
    person: { id, name: 'Ada', access },
    place: { platform: discordPlatform, guildId: 'g', channelId: 'c' },
    locale: 'en',
  };
}

function ask(name: string, options: Record<string, OptionValue> = {}, access: Access = 'everyone') {
  return { ...caller(access), command: name, options };
}

const withOptions = command('fit', async (_context, options) => said(JSON.stringify(options)), {
  options: [
    { name: 'model', description: DESCRIPTION, type: 'string', required: true, maxLength: 20 },
    { name: 'ctx', description: DESCRIPTION, type: 'integer', min: 1, max: 1000 },
    { name: 'partial', description: DESCRIPTION, type: 'boolean' },
    { name: 'sort', description: DESCRIPTION, type: 'string', choices: [{ value: 'size' }, { value: 'name' }] },
    { name: 'gib', description: DESCRIPTION, type: 'number' },
  ],
  schema: z.object({
    model: z.string(),
    ctx: z.number().optional(),
    partial: z.boolean().optional(),
    sort: z.string().optional(),
    gib: z
      .number()
      .refine((gib) => gib < 100, { message: 'why.max', params: { max: 100 } })
      .optional(),
  }),
});

async function answerTo(options: Record<string, OptionValue>): Promise<string> {
  return plainText((await build([withOptions]).dispatcher.dispatch(ask('fit', options), silent)).title);
}

describe('options', () => {
  it('are read from text as from typed values, as a terminal has only text', async () => {
    expect(JSON.parse(await answerTo({ model: 'm', ctx: '512', partial: 'yes', gib: '1.5' }))).toEqual({
      model: 'm',
      ctx: 512,
      partial: true,
      gib: 1.5,
    });
  });

  it.each<[Record<string, OptionValue>, string]>([
    [{}, 'The option model is missing.'],
    [{ model: ' ' }, 'it is empty'],
    [{ model: 'm', ctx: 0 }, 'the smallest value is 1'],
    [{ model: 'm', ctx: -5 }, 'the smallest value is 1'],
    [{ model: 'm', ctx: 1001 }, 'the largest value is 1000'],
    [{ model: 'm', ctx: 1.5 }, 'whole number'],
    [{ model: 'm', ctx: '8k' }, 'whole number'],
    [{ model: 'm', ctx: '0x10' }, 'whole number'],
    [{ model: 'm', ctx: 1e20 }, 'whole number'],
    [{ model: 'm', ctx: Number.NaN }, 'whole number'],
    [{ model: 'm', gib: Number.POSITIVE_INFINITY }, 'it must be a number'],
    [{ model: 'm', gib: 100 }, 'the largest value is 100'],
    [{ model: 'm', partial: 'perhaps' }, 'yes or no'],
    [{ model: 'm', sort: 'colour' }, 'one of size, name'],
    [{ model: 'x'.repeat(21) }, 'at most 20 characters'],
    [{ model: 'm', colour: 'red' }, 'has no option colour. It takes model, ctx, partial, sort, gib'],
  ])('%j is refused in words', async (options, words) => {
    expect(await answerTo(options)).toContain(words);
  });

  it('are refused to the asker alone, and the command does not run', async () => {
    const { dispatcher, finished, refused } = build([withOptions]);
    const prepared = dispatcher.prepare(ask('fit', { model: 'm', ctx: 0 }));
    expect(prepared).toMatchObject({ private: true, refusal: 'error.bad-option' });
    expect(await prepared.run(silent)).toMatchObject({ tone: 'bad', failed: true, private: true });
    expect(finished).toEqual([{ command: 'fit', outcome: 'refused', ms: 0 }]);
    expect(refused).toEqual([]);
  });

  it('are not looked up in the prototype', async () => {
    expect(await answerTo({ model: 'm', constructor: 'x' })).toContain('has no option constructor');
    const { dispatcher } = build([{ name: 'many', description: DESCRIPTION, subcommands: {} }]);
    const reply = await dispatcher.dispatch({ ...ask('many'), subcommand: 'toString' }, silent);
    expect(plainText(reply.title)).toContain('There is no command /many toString');
  });
});

describe('access', () => {
  const load = command('load', async () => said('loaded'), { access: 'operator' });

  it('is denied by default, recorded, and told in words', async () => {
    const { dispatcher, refused } = build([load]);
    const reply = await dispatcher.dispatch(ask('load'), silent);
    expect(plainText(reply.title)).toContain('You may not use /load here');
    expect(refused).toEqual([{ command: 'load', why: 'error.not-allowed' }]);
    expect(plainText((await dispatcher.dispatch(ask('load', {}, 'operator'), silent)).title)).toBe('loaded');
    expect(plainText((await dispatcher.dispatch(ask('load', {}, 'admin'), silent)).title)).toBe('loaded');
  });

  it('is checked again when a button is pressed, and a refused press leaves the button whole', async () => {
    const { dispatcher, refused } = build([load]);
    const [token] = dispatcher.actions.issue([
      { label: 'Load', style: 'success', call: { command: 'load', options: {} }, once: true },
    ]);
    expect(plainText((await dispatcher.press(token!, caller('everyone'), silent)).title)).toContain('You may not');
    expect(plainText((await dispatcher.press(token!, caller('operator'), silent)).title)).toBe('loaded');
    expect(plainText((await dispatcher.press(token!, caller('operator'), silent)).title)).toContain('already pressed');
    expect(refused.map(({ why }) => why)).toEqual(['error.not-allowed', 'error.button-used']);
  });

  it('holds for named handlers too, and their payload is checked', async () => {
    const { dispatcher } = build([]);
    const add = { handler: 'add', payload: { a: 2 } };
    expect(plainText((await dispatcher.call(add, caller(), silent)).title)).toContain('You may not');
    expect(plainText((await dispatcher.call(add, caller('operator'), silent)).title)).toBe('added 2');
    const wrong = await dispatcher.call({ handler: 'add', payload: { a: 'x' } }, caller('operator'), silent);
    expect(plainText(wrong.title)).toContain('reference');
    const unknown = await dispatcher.call({ handler: 'gone', payload: {} }, caller('operator'), silent);
    expect(plainText(unknown.title)).toContain('no longer works');
  });

  it('limits a person in a chat to a number of commands, and gives turns back with time', async () => {
    let now = 0;
    const { dispatcher } = build([command('ps', async () => said('ok'))], {
      rateLimit: { count: 3, windowMs: 60_000 },
      now: () => now,
    });
    const titles = async (times: number, who = caller()) => {
      const replies = [];
      for (let i = 0; i < times; i += 1) {
        replies.push(plainText((await dispatcher.dispatch({ ...who, command: 'ps', options: {} }, silent)).title));
      }
      return replies;
    };
    expect(await titles(4)).toEqual(['ok', 'ok', 'ok', expect.stringContaining('Try again in 20 s')]);
    expect(await titles(1, caller('everyone', 'bob'))).toEqual(['ok']);
    now += 20_000;
    expect(await titles(2)).toEqual(['ok', expect.stringContaining('Try again')]);
    const platform = { name: 'terminal', poster: null, belongsToOwner: true } as const;
    const terminal = { ...caller(), place: { platform, guildId: null, channelId: null } };
    expect(new Set(await titles(50, terminal))).toEqual(new Set(['ok']));
  });
});

describe('failures', () => {
  class TypedError extends Error {
    readonly code = 'unknown-command';
    readonly params = { command: { code: '/x' }, odd: null, nested: { a: 1 } };
  }

  it.each<[string, () => Promise<Reply>, string, Outcome]>([
    ['an error with a code', () => Promise.reject(new TypedError()), 'There is no command /x', 'failed'],
    [
      'a full key as code',
      () => Promise.reject(Object.assign(new Error(), { code: 'error.bad-options' })),
      'cannot be used together',
      'failed',
    ],
    [
      'an unknown code',
      () => Promise.reject(Object.assign(new Error('ENOENT /secret'), { code: 'ENOENT' })),
      'reference',
      'error',
    ],
    ['a bug', () => Promise.reject(new TypeError('secret')), 'reference', 'error'],
    ['something thrown that is no error', () => Promise.reject('secret'), 'reference', 'error'],
    ['a reply that failed', async () => said('could not', { failed: true }), 'could not', 'failed'],
  ])('%s becomes a reply', async (_name, run, words, outcome) => {
    const { dispatcher, finished } = build([command('x', run)]);
    const reply = await dispatcher.dispatch(ask('x'), silent);
    expect(plainText(reply.title)).toContain(words);
    expect(plainText(reply.title)).not.toContain('secret');
    expect(reply.failed).toBe(true);
    expect(finished.map((event) => event.outcome)).toEqual([outcome]);
  });

  it('of a command that throws at once are caught too', async () => {
    const run: Run = () => {
      throw new Error('at once');
    };
    expect(plainText((await build([command('x', run)]).dispatcher.dispatch(ask('x'), silent)).title)).toContain(
      'reference',
    );
  });

  it('of a hook or of the responder change nothing', async () => {
    const { dispatcher } = build(
      [
        command('x', async (context) => {
          context.progress(said('half'));
          return said('whole');
        }),
      ],
      {
        hooks: {
          finished: () => {
            throw new Error('metrics are down');
          },
        },
      },
    );
    const responder = {
      progress: () => {
        throw new Error('chat is down');
      },
    };
    expect(plainText((await dispatcher.dispatch(ask('x'), responder)).title)).toBe('whole');
  });
});

describe('time', () => {
  const untilAborted = (signal: AbortSignal) =>
    new Promise<never>((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    });

  it('ends work by its signal and says how long it took', async () => {
    const { dispatcher, finished } = build([command('x', ({ signal }) => untilAborted(signal), { timeoutMs: 30 })]);
    expect(plainText((await dispatcher.dispatch(ask('x'), silent)).title)).toContain('was stopped after');
    expect(finished[0]?.outcome).toBe('timeout');
  });

  it('ends also for work that ignores the signal', async () => {
    const { dispatcher } = build([command('x', () => new Promise(() => undefined), { timeoutMs: 10 })]);
    expect(plainText((await dispatcher.dispatch(ask('x'), silent)).title)).toContain('was stopped after');
  });

  it('leaves the last word to work that answers when it is given up', async () => {
    const run: Run = async ({ signal }) => {
      await untilAborted(signal).catch(() => undefined);
      return said('unloaded again');
    };
    const { dispatcher } = build([command('x', run, { timeoutMs: 10 })]);
    expect(plainText((await dispatcher.dispatch(ask('x'), silent)).title)).toBe('unloaded again');
  });

  it('ends what its asker takes back, also where it has no limit, and says so', async () => {
    const { dispatcher, finished } = build([command('x', ({ signal }) => untilAborted(signal), { timeoutMs: null })]);
    const controller = new AbortController();
    const answer = dispatcher.dispatch(ask('x'), { ...silent, signal: controller.signal });
    setTimeout(() => controller.abort(), 10);
    expect(plainText((await answer).title)).toBe('Canceled.');
    expect(finished[0]?.outcome).toBe('stopped');
    const early = await dispatcher.dispatch(ask('x'), { ...silent, signal: controller.signal });
    expect(plainText(early.title)).toBe('Canceled.');
  });

  it('is not limited for work that bounds itself', async () => {
    const run: Run = () => new Promise((resolve) => setTimeout(() => resolve(said('done')), 60));
    const { dispatcher } = build([command('x', run, { timeoutMs: null })], { timeoutMs: 10 });
    expect(plainText((await dispatcher.dispatch(ask('x'), silent)).title)).toBe('done');
  });

  it('shows no intermediate state after the answer', async () => {
    const states: string[] = [];
    const late: (() => void)[] = [];
    const run: Run = async (context) => {
      context.progress(said('one'));
      late.push(() => context.progress(said('too late')));
      return said('done');
    };
    await build([command('x', run)]).dispatcher.dispatch(ask('x'), {
      progress: (reply) => states.push(plainText(reply.title)),
    });
    for (const show of late) {
      show();
    }
    expect(states).toEqual(['one']);
  });

  it('is up for everything when the bot stops: running work answers, new work is refused', async () => {
    const { dispatcher } = build([
      command('heeds', ({ signal }) => untilAborted(signal)),
      command('ignores', () => new Promise(() => undefined)),
      command('answers', async ({ signal }) => {
        await untilAborted(signal).catch(() => undefined);
        return said('left as it was');
      }),
    ]);
    const working = ['heeds', 'ignores', 'answers'].map((name) => dispatcher.dispatch(ask(name), silent));
    await dispatcher.stop(100);
    const titles = (await Promise.all(working)).map((reply) => plainText(reply.title));
    expect(titles).toEqual([
      expect.stringContaining('restarting'),
      expect.stringContaining('restarting'),
      'left as it was',
    ]);
    expect(plainText((await dispatcher.dispatch(ask('heeds'), silent)).title)).toContain('restarting');
  });
});

describe('an act that nobody can write down', () => {
  it('is not begun, and says why; whoever asks is answered all the same', async () => {
    let begun = 0;
    const run: Run = async () => {
      begun += 1;
      return said('done');
    };
    const { dispatcher } = build(
      [command('load', run, { access: 'operator' }), command('unload', run, { acts: true }), command('ps', run)],
      {
        beforeAct: () => Promise.reject(new CodedError('trail-unwritable', { reason: 'store-full' })),
      },
    );
    for (const name of ['load', 'unload']) {
      const reply = await dispatcher.dispatch(ask(name, {}, 'operator'), silent);
      expect(plainText(reply.title)).toContain('Nothing was done');
      expect(plainText(reply.title)).toContain('store-full');
    }
    expect(begun).toBe(0);
    expect(plainText((await dispatcher.dispatch(ask('ps'), silent)).title)).toBe('done');
  });
});

describe('an act', () => {
  it('is told with who, what and which options before it is begun', async () => {
    const order: unknown[] = [];
    const run: Run = async () => {
      order.push('begun');
      return said('done');
    };
    const { dispatcher } = build([command('unload', run, { acts: true })], {
      beforeAct: async ({ person, command: name, values, everybody }) => {
        order.push([person.id, name, values, everybody]);
      },
    });
    await dispatcher.dispatch(ask('unload'), silent);
    await dispatcher.call({ handler: 'add', payload: { a: 1 } }, ask('', {}, 'operator'), silent);
    expect(order).toEqual([['ada', 'unload', {}, true], 'begun', ['ada', 'add', { a: 1 }, false]]);
  });
});

describe('completion', () => {
  const completing = (complete: NonNullable<Command<Services>['run']>['complete'], access: Access = 'everyone') =>
    command('fit', async () => said(''), { access, ...(complete === undefined ? {} : { complete }) });
  const request = { option: 'model', typed: 'ge', options: {} };

  it('passes on what the command offers', async () => {
    const { dispatcher } = build([
      completing(async ({ services }, { typed }) => [{ value: `${typed}!`, label: services.greeting }]),
    ]);
    expect(await dispatcher.complete({ ...caller(), command: 'fit', ...request })).toEqual([
      { value: 'ge!', label: 'hello' },
    ]);
  });

  it.each<[string, Command<Services>]>([
    ['the command has none', completing(undefined)],
    ['it fails', completing(() => Promise.reject(new Error('no')))],
    ['it takes too long', completing(() => new Promise(() => undefined))],
    ['the person may not use the command', completing(async () => [{ value: 'x', label: 'x' }], 'admin')],
  ])('is empty when %s', async (_why, fit) => {
    const { dispatcher } = build([fit], { completionMs: 20 });
    expect(await dispatcher.complete({ ...caller(), command: 'fit', ...request })).toEqual([]);
  });
});
