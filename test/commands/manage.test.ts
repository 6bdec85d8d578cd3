import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { actionHandlers, commands } from '../../commands/index.ts';
import { builtinCatalogue } from '../../src/catalogue/builtin.ts';
import type { Access } from '../../src/chat/command.ts';
import { createDispatcher, type Dispatcher } from '../../src/chat/dispatch/dispatcher.ts';
import type { OptionValue, Reply } from '../../src/chat/reply.ts';
import { plainText } from '../../src/chat/text.ts';
import { createLog } from '../../src/compose/log.ts';
import { CONSOLE_PLACE } from '../../src/console/platform.ts';
import { renderReply } from '../../src/console/render.ts';
import { type DemoServices, startDemoServices } from '../support/demo-services.ts';

let demo: DemoServices;
let dispatcher: Dispatcher;

beforeAll(async () => {
  demo = await startDemoServices(
    ['qwen3:8b', 'llama3.2:1b'],
    {},
    {
      registry: ['qwen3:4b', 'llama3.1:8b'].map((name) => ({ spec: builtinCatalogue().find(name)! })),
      timing: { pullBytesPerSecond: 12 * 2 ** 30 },
    },
  );
  const { services, app } = demo;
  const { beforeAct } = app;
  dispatcher = createDispatcher({ commands, actionHandlers, services, beforeAct, log: createLog('silent') });
});
afterAll(() => demo.close());

const caller = (access: Access = 'admin', id = 'ada') => ({
  person: { id, name: id, access },
  place: CONSOLE_PLACE,
  locale: 'en' as const,
});
const run = (command: string, options: Record<string, OptionValue>, access: Access = 'admin') =>
  dispatcher.dispatch({ ...caller(access), command, options }, { progress: () => undefined });
const press = async (reply: Reply, label: string, shown: Reply[] = [], access: Access = 'admin') => {
  const action = reply.actions?.find((candidate) => candidate.label === label);
  expect(action, `a button ${label}`).toBeDefined();
  return dispatcher.call(action!.call, caller(access), { progress: (state) => shown.push(state) });
};
const text = (reply: Reply) => renderReply(reply, { locale: 'en', colour: false, nowMs: 0 });

describe('/pull', () => {
  it('asks first, says whether it fits, and downloads on the button alone', async () => {
    const question = await run('pull', { model: 'qwen3:4b' });
    expect(plainText(question.title)).toBe('Download qwen3:4b to main?');
    expect(text(question)).toMatch(/It fits now, with a context of up to \d+/);
    expect(question.actions?.[0]).toMatchObject({ onlyFor: ['ada'], once: true });
    expect(await demo.services.servers.defaultServer.ollama.tags()).toHaveLength(2);
    const shown: Reply[] = [];
    const done = await press(question, 'Download', shown);
    expect(plainText(done.title)).toBe('qwen3:4b is on main now.');
    expect(shown.length).toBeGreaterThan(0);
    const tags = await demo.services.servers.defaultServer.ollama.tags();
    expect(tags.map((model) => model.name)).toContain('qwen3:4b');
  });

  it('warns before the download where nothing fits', async () => {
    const question = await run('pull', { model: 'qwen3-coder:480b' });
    expect(question.tone).toBe('warning');
    expect(text(question)).toMatch(/WARNING: right now it does not fit/);
  });

  it.each([
    ['evil.example:8443/attacker/leak_model_0', /may be pulled only from registry\.ollama\.ai, ollama\.com,/],
    ['registry.ollama.ai:8443/library/qwen3', /not from registry\.ollama\.ai:8443/],
    ['169.254.169.254/latest/meta-data', /may be pulled only from/],
    ['http://10.0.0.5:5000/a/b:c', /no "::?\/\/"|has no "/],
    ['hf.co/org/repo:Q4_K_M', /may be pulled only from/],
  ])('refuses %s and records it', async (model, sentence) => {
    const reply = await run('pull', { model });
    expect(reply.failed).toBe(true);
    expect(plainText(reply.title)).toMatch(sentence);
    expect((await demo.services.audit?.list({ action: 'pull' }))?.[0]).toMatchObject({
      result: 'refused',
      personId: 'ada',
    });
  });

  it('tells when the registry does not have the model', async () => {
    const question = await run('pull', { model: 'no-such-model:1b' });
    const done = await press(question, 'Download');
    expect(done).toMatchObject({ tone: 'bad', failed: true });
    expect(plainText(done.title)).toMatch(/failed: The registry has no such model/);
  });

  it('is canceled by the button on its progress', async () => {
    const question = await run('pull', { model: 'llama3.1:8b' });
    const start = question.actions?.find((action) => action.label === 'Download');
    let canceled: Promise<Reply> | null = null;
    const ended = await dispatcher.call(start!.call, caller(), {
      progress: (state) => {
        canceled ??= press(state, 'Cancel');
      },
    });
    expect(plainText((await canceled!).title)).toBe('Canceling the download of llama3.1:8b.');
    expect(plainText(ended.title)).toMatch(/^The download of llama3\.1:8b was canceled/);
    expect((await demo.services.audit?.list({ action: 'pull' }))?.[0]).toMatchObject({ result: 'canceled' });
    const over = { handler: 'pull.cancel', payload: { id: '00000000-0000-4000-8000-000000000000' } };
    expect(plainText((await dispatcher.call(over, caller(), { progress: () => undefined })).title)).toBe(
      'This download has already ended.',
    );
  });

  it('is for administrators, and so is its button', async () => {
    expect(plainText((await run('pull', { model: 'qwen3:4b' }, 'operator')).title)).toMatch(/may not use/);
    const question = await run('pull', { model: 'qwen3:4b' });
    expect(plainText((await press(question, 'Download', [], 'operator')).title)).toMatch(/may not use/);
  });
});

describe('/delete', () => {
  it('asks first, deletes on the button, and records it', async () => {
    const question = await run('delete', { model: 'llama3.2:1b' });
    expect(plainText(question.title)).toMatch(/^Delete llama3\.2:1b \(1\.\d GiB\) from main\?/);
    expect(plainText((await press(question, 'Delete')).title)).toBe('llama3.2:1b is deleted from main.');
    expect((await demo.services.audit?.list({ action: 'delete' }))?.[0]).toMatchObject({
      result: 'ok',
      target: 'llama3.2:1b',
    });
    expect(plainText((await press(question, 'Delete')).title)).toMatch(/main does not have llama3\.2:1b/);
  });

  it('of an alias says that nothing has to be downloaded again, and forgets it', async () => {
    const server = demo.services.servers.defaultServer;
    const loaded = await run('load', { model: 'qwen3:8b', ctx: 2_048, alias: 'team' });
    expect(loaded.failed).toBeUndefined();
    const question = await run('delete', { model: 'team' });
    expect(text(question)).toContain(
      'Delete the name team:latest from main? Nothing will have to be downloaded again.',
    );
    expect(text(question)).toContain('It is an alias that this bot made of qwen3:8b');
    expect(text(await press(question, 'Delete'))).toContain('Its weights stay with qwen3:8b.');
    expect(await demo.services.loads!.madeAlias('main', 'team')).toBeNull();
    expect((await server.ollama.tags()).map(({ name }) => name)).toContain('qwen3:8b');
    await server.ollama.unload('qwen3:8b');
  });

  it('of a copy, and of what it is a copy of, says the same', async () => {
    const { ollama } = demo.services.servers.defaultServer;
    await ollama.copy('qwen3:8b', 'spare');
    expect(text(await run('delete', { model: 'spare' }))).toMatch(/qwen3:8b has the same weights, which stay/);
    expect(text(await run('delete', { model: 'qwen3:8b' }))).toMatch(/spare:latest has the same weights/);
    await ollama.delete('spare');
    expect(text(await run('delete', { model: 'qwen3:8b' }))).toContain('must be downloaded again');
  });

  it('names whoever holds it, as the store has it', async () => {
    const { holds } = demo.app.memory!.store;
    const hold = { server: 'main', model: 'qwen3:8b', holderId: '7', holderName: 'Eve', platform: 'discord' };
    await holds.put({ ...hold, guildId: null, channelId: null, sinceMs: 0, untilMs: null, numCtx: 2_048 });
    const question = await run('delete', { model: 'qwen3:8b' });
    expect(text(question)).toContain('Eve');
    expect(plainText((await press(question, 'Delete')).title)).toContain('Eve holds');
    await holds.release('main', 'qwen3:8b');
  });

  it('asks again where a load of it has begun since', async () => {
    const question = await run('delete', { model: 'qwen3:8b' });
    demo.simulator.setFaults({ load: [{ model: 'qwen3:8b', fault: { kind: 'stall', ms: 60_000 }, times: 1 }] });
    let giveUp: Reply['actions'] = [];
    const loading = dispatcher.dispatch(
      { ...caller('operator', 'bob'), command: 'load', options: { model: 'qwen3:8b', ctx: 4_096 } },
      {
        progress: (state) => {
          giveUp = state.actions;
        },
      },
    );
    await expect.poll(() => demo.services.loads!.underWay('main').length).toBe(1);
    const again = await press(question, 'Delete');
    expect(text(again)).toContain('bob is loading it or waiting to: that load would fail.');
    expect(again.actions?.map(({ label }) => label)).toEqual(['Delete anyway (being loaded)']);
    expect(await demo.services.servers.defaultServer.ollama.tags()).not.toEqual([]);
    await expect.poll(() => demo.simulator.processes().length).toBe(1);
    await dispatcher.call(giveUp![0]!.call, caller('operator', 'bob'), { progress: () => undefined });
    await loading;
    demo.simulator.setFaults({ clear: true });
  });

  it('says that the model is loaded', async () => {
    await demo.services.servers.defaultServer.ollama.load('qwen3:8b', { numCtx: 2048 });
    expect(text(await run('delete', { model: 'qwen3:8b' }))).toContain('It is loaded right now');
  });
});

describe('/audit', () => {
  it('shows the newest act first, to administrators alone', async () => {
    const reply = await run('audit', {});
    expect(dispatcher.prepare({ ...caller(), command: 'audit', options: {} }).private).toBe(true);
    expect(text(reply)).toMatch(/delete llama3\.2:1b @main/);
    expect(plainText((await run('audit', {}, 'operator')).title)).toMatch(/may not use/);
  });

  it('says what was asked for, what came of it and why in words of the language, with no code', async () => {
    const { audit } = demo.services;
    const row = {
      ...{ atMs: Date.now(), personId: 'eve', personName: 'e\u202eve\nadmin', platform: 'discord', guildId: null },
      ...{ channelId: null, server: null, target: null, vramBeforeBytes: null, vramAfterBytes: null },
    };
    const refused = { ...row, action: 'refused', result: 'refused' } as const;
    await audit?.record({ ...refused, args: { command: 'load', times: 7 }, code: 'not-allowed' });
    await audit?.record({ ...row, action: 'hold-override', args: {}, result: 'ok', code: null });
    await audit?.record({ ...row, action: 'load', args: {}, result: 'failed', code: 'gguf-truncated' });
    await audit?.record({
      ...{ ...row, personName: 'ada', target: 'qwen3:8b', action: 'asked', result: 'ok', code: null },
      args: { command: 'load', model: 'qwen3:8b' },
    });
    const request = (locale: 'en' | 'zh-CN') => ({ ...caller(), locale, command: 'audit', options: {} });
    const said = async (locale: 'en' | 'zh-CN') =>
      text(await dispatcher.dispatch(request(locale), { progress: () => undefined }));
    const english = await said('en');
    expect(english).toMatch(/ada: asked for \/load qwen3:8b(?!, done)/);
    expect(english).toMatch(/e ve admin: \/load, 7 times, refused: no permission/);
    expect(english).toMatch(/unload against the hold, done/);
    expect(english).not.toMatch(/not-allowed|hold-override|gguf-truncated|\u202e/);
    const chinese = await said('zh-CN');
    expect(chinese).toMatch(/请求 \/load qwen3:8b(?!，成功)/);
    expect(chinese).toMatch(/\/load，7 次，被拒绝：没有权限/);
    expect(chinese).toMatch(/强制卸载他人保留的模型，成功/);
  });
});

describe('what was asked for and what came of it', () => {
  it('are one line of /audit; what nothing came of stays', async () => {
    const before = (await demo.services.audit!.list({ limit: 1 }))[0]!.id;
    await press(await run('delete', { model: 'qwen3:4b' }), 'Delete');
    const rows = (await demo.services.audit!.list()).filter(({ id }) => id > before);
    expect(rows.map(({ action, args }) => [action, (args as { command?: string }).command])).toEqual([
      ['delete', undefined],
      ['asked', 'delete.confirm'],
    ]);
    expect(text(await run('audit', {}))).toMatch(
      /newest first\.\n.*delete qwen3:4b @main, done\n(?!.*asked for \/delete)/,
    );
  });
});

describe('what changes something', () => {
  it('is written down before it is begun, whoever may ask for it', async () => {
    const acting = [
      ...commands.flatMap(({ name, run: whole, subcommands = {} }) => [
        ...(whole === undefined ? [] : [[name, whole] as const]),
        ...Object.entries(subcommands).map(([sub, one]) => [`${name} ${sub}`, one] as const),
      ]),
      ...actionHandlers.map((handler) => [handler.name, handler] as const),
    ].filter(([, { acts, access }]) => acts ?? access !== 'everyone');
    expect(acting.map(([name]) => name).sort()).toEqual(
      [
        ...['load', 'unload', 'status schedule', 'status stop'],
        ...['notify when-fits', 'notify when-free', 'notify stop'],
        ...['load.instead', 'load.override', 'load.extend', 'load.release', 'load.agree', 'load.keep'],
        ...['unload.confirm', 'unload.override', 'pull.start', 'delete.confirm', 'bench'],
        ...['plan save', 'plan load', 'plan delete', 'plan schedule', 'plan stop'],
        ...['plan.load', 'plan.instead', 'plan.keep', 'plan.override', 'reserve add', 'reserve stop'],
      ].sort(),
    );
  });
});
