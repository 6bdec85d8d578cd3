import { afterAll, describe, expect, it } from 'vitest';
import { commands } from '../../commands/index.ts';
import { statusReply } from '../../commands/status/reply.ts';
import { statusFingerprint } from '../../commands/status/view.ts';
import { createActionRegistry } from '../../src/chat/actions.ts';
import { createDispatcher } from '../../src/chat/dispatch/dispatcher.ts';
import { LOCALES, type Locale } from '../../src/chat/locale.ts';
import { Painter } from '../../src/chat/pictures/painter.ts';
import type { Reply } from '../../src/chat/reply.ts';
import { createTranslator } from '../../src/chat/translate.ts';
import { createLog } from '../../src/compose/log.ts';
import { CONSOLE_PERSON, CONSOLE_PLACE } from '../../src/console/platform.ts';
import { renderReply as renderForTerminal } from '../../src/console/render.ts';
import { renderReply as renderForDiscord } from '../../src/discord/render.ts';
import { startDemoServices } from '../support/demo-services.ts';
import { messageFaults } from '../support/discord-stand-in/limits.ts';
import { GIB, gpu, model, servicesWith, snapshotOf, T0 } from './status-snapshots.ts';

const painter = new Painter();
afterAll(() => painter.close());

type Snapshot = ReturnType<typeof snapshotOf>;

function reply(snapshots: readonly Snapshot[], more: { locale?: Locale; holders?: ReadonlyMap<string, string> } = {}) {
  const { locale = 'en', ...rest } = more;
  return statusReply(servicesWith({ painter, ...rest }), snapshots, createTranslator(locale));
}

/** What people read, as a terminal shows it. */
function read(said: Reply, locale: Locale = 'en'): string {
  return renderForTerminal(said, { locale, colour: false, nowMs: T0 });
}

describe('a status', () => {
  it('says what is free, a bar for each GPU, what is loaded, and how old the numbers are', async () => {
    const text = read(await reply([snapshotOf({ gpus: 2, models: [model()] })]));
    expect(text).toContain('GPU status of main: 29.5 GiB of 48.0 GiB free');
    expect(text).toContain('0 ██████▓░░░░░ 12.5/24.0');
    expect(text).toContain('1 ▓▓▓░░░░░░░░░  6.0/24.0');
    expect(text).toContain('gemma3:12b · 10.0 GiB · all on the GPU · context 32768 · unloaded in 5 min');
    expect(text).toContain('Other programs and the driver: 6.5 GiB');
    expect(text).toMatch(/Numbers read .*ago/);
  });

  it('keeps every line of bars within the width of a phone', async () => {
    const cards = Array.from({ length: 16 }, (_, index) => gpu(index, { totalBytes: 192 * GIB, freeBytes: 3 * GIB }));
    const block = (await reply([snapshotOf({ gpus: cards })])).blocks.find(({ kind }) => kind === 'code');
    const lines = block?.kind === 'code' ? block.text.split('\n') : [];
    expect(lines).toHaveLength(16);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(30);
    expect(new Set(lines.map((line) => line.length)).size).toBe(1);
  });

  it('fills every bar exactly, however the memory is shared', async () => {
    for (let ollama = 0; ollama <= 24; ollama += 0.7) {
      for (let others = 0; ollama + others <= 24; others += 0.9) {
        const card = gpu(0, {
          ollamaBytes: ollama * GIB,
          othersBytes: others * GIB,
          freeBytes: (24 - ollama - others) * GIB,
        });
        const text = read(await reply([snapshotOf({ gpus: [card] })]));
        expect(text.match(/0 ([█▓▒░]+) /)?.[1]).toHaveLength(12);
      }
    }
  });

  it('names the cards where they differ', async () => {
    const text = read(await reply([snapshotOf({ gpus: [gpu(0), gpu(1, { name: 'NVIDIA A100-SXM4-80GB' })] })]));
    expect(text).toContain('0 RTX 3090, 1 A100-SXM4-80GB');
    expect(read(await reply([snapshotOf({ gpus: 2 })]))).not.toContain('3090');
  });

  it('shows memory whose owner is not known as such', async () => {
    const text = read(await reply([snapshotOf({ gpus: [gpu(0, { ollamaBytes: null })] })]));
    expect(text).toMatch(/0 ▒+░+ /);
  });

  it('tells who holds a model, and until when', async () => {
    const models = [model(), model({ name: 'qwen3:8b', expiresAtMs: 'pinned' })];
    const text = read(
      await reply([snapshotOf({ models })], {
        holders: new Map([
          ['gemma3:12b', 'Ada *'],
          ['qwen3:8b', 'Bob'],
        ]),
      }),
    );
    expect(text).toContain('held by Ada *, ends in 5 min');
    expect(text).toContain('held by Bob');
  });

  it.each([
    [{ gpuShare: 0.62 }, '62% on the GPU, 38% on the CPU', 'warning'],
    [{ gpuShare: 0 }, 'on the CPU', 'warning'],
    [{ isCloud: true, gpuShare: null }, 'cloud', 'neutral'],
    [{ expiresAtMs: 'pinned' as const }, 'stays', 'neutral'],
    [{ stopping: true }, 'being unloaded', 'neutral'],
  ])('tells of a model %j: %s', async (more, words, tone) => {
    const said = await reply([snapshotOf({ models: [model(more)] })]);
    expect(read(said)).toContain(words);
    expect(said.tone).toBe(tone);
  });

  it('keeps what is known when Ollama is gone, the numbers are old or a GPU is lost, and warns', async () => {
    const down = snapshotOf({
      ollama: { state: 'down', error: { code: 'unreachable', params: {} }, lastVersion: null },
      models: null,
    });
    expect(read(await reply([down]))).toMatch(
      /Ollama on main cannot be reached[\s\S]*█[\s\S]*Nobody can tell right now what is loaded/,
    );
    expect(read(await reply([snapshotOf({ gpuStale: true })]))).toContain('The GPU data is old');
    const lost = gpu(1, { state: 'lost', totalBytes: null, usedBytes: null, freeBytes: null });
    expect(read(await reply([snapshotOf({ gpus: [gpu(0), lost] })]))).toMatch(/\n {2}1 LOST/);
    expect(read(await reply([snapshotOf({ missingGpus: ['GPU-9'] })]))).toContain(
      '1 GPU that was there before is missing',
    );
    for (const snapshot of [down, snapshotOf({ gpuStale: true })]) {
      expect((await reply([snapshot])).tone).toBe('warning');
    }
  });

  it('says so when nothing is known at all', async () => {
    const said = await reply([snapshotOf({ gpus: [] })]);
    expect(said).toMatchObject({ tone: 'bad', failed: true });
    expect(read(said)).toContain('the memory is unknown');
  });

  it('sums up several servers and has a line for those that do not fit in full', async () => {
    const many = Array.from({ length: 60 }, (_, index) => snapshotOf({ name: `lab-${index}`, gpus: 2 }));
    const text = read(await reply(many));
    expect(text).toContain('GPU status of 60 servers: 1,770.0 GiB of 2,880.0 GiB free');
    expect(text).toContain('lab-0: 29.5 GiB of 48.0 GiB free');
    expect(text).toContain('lab-42: 29.5 GiB of 48.0 GiB free');
    expect(text).toContain('… and 17 more servers');
  });

  it.each(LOCALES)('stays within the limits of a Discord message at its largest (%s)', async (locale) => {
    const models = Array.from({ length: 40 }, (_, index) =>
      model({ name: `hf.co/${'x'.repeat(90)}/${index}:Q4_K_M`, gpuShare: 0.5 }),
    );
    const said = await reply(
      Array.from({ length: 9 }, (_, index) => snapshotOf({ name: `lab-${index}`, gpus: 16, models })),
      { locale },
    );
    const message = await renderForDiscord(said, { locale, actions: createActionRegistry(), log: createLog('silent') });
    const files = message.files.map((file, index) => ({
      field: `files[${index}]`,
      filename: file.name,
      contentType: file.contentType,
      data: file.data,
    }));
    expect(messageFaults({ ...message.body }, files, [], false)).toEqual([]);
    expect(files.length).toBeGreaterThan(0);
  });
});

describe('what a live message looks at', () => {
  const of = (more: Parameters<typeof snapshotOf>[0]) => statusFingerprint(snapshotOf(more), servicesWith({ painter }));

  it.each([
    ['a model comes', { models: [model()] }],
    ['memory is taken', { gpus: [gpu(0, { freeBytes: 3 * GIB }), gpu(1), gpu(2), gpu(3)] }],
    ['the numbers get old', { gpuStale: true }],
    ['a GPU is lost', { gpus: [gpu(0, { state: 'lost' }), gpu(1), gpu(2), gpu(3)] }],
  ] as const)('changes when %s', (_, more) => {
    expect(of(more)).not.toBe(of({}));
  });

  it('does not change when only the load, the temperature or a few MiB do', () => {
    const cards = [gpu(0, { utilPct: 99, tempC: 80, freeBytes: 11.5 * GIB - 2 ** 20 }), gpu(1), gpu(2), gpu(3)];
    expect(of({ gpus: cards })).toBe(of({}));
  });

  it('does not change when a model in use puts its end off by seconds', () => {
    expect(of({ models: [model()] })).toBe(of({ models: [model({ expiresAtMs: T0 + 310_000 })] }));
  });
});

describe('/status in the terminal', () => {
  it('now: answers; schedules: says plainly that they need Discord', async () => {
    const demo = await startDemoServices(['llama3.2:1b']);
    try {
      const dispatcher = createDispatcher({
        commands,
        actionHandlers: [],
        services: demo.services,
        log: createLog('silent'),
      });
      const ask = (subcommand: string, options = {}) =>
        dispatcher.dispatch(
          { person: CONSOLE_PERSON, place: CONSOLE_PLACE, locale: 'en', command: 'status', subcommand, options },
          { progress: () => undefined },
        );
      const now = await ask('now');
      expect(now.failed).toBeUndefined();
      expect(read(now)).toContain('GPU status of main');
      for (const [subcommand, options] of [
        ['schedule', { cron: '0 9 * * *' }],
        ['list', {}],
        ['stop', { id: 1 }],
      ] as const) {
        const said = await ask(subcommand, options);
        expect(said.failed).toBe(true);
        expect(read(said)).toContain('need Discord');
      }
      const set = await dispatcher.dispatch(
        {
          person: CONSOLE_PERSON,
          place: CONSOLE_PLACE,
          locale: 'en',
          command: 'plan',
          subcommand: 'schedule',
          options: { name: 'work', start: '0 9 * * 1-5' },
        },
        { progress: () => undefined },
      );
      expect(read(set)).toContain('/plan load loads one now');
      await dispatcher.stop(1_000);
    } finally {
      await demo.close();
    }
  });
});
