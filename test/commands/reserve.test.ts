import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { actionHandlers, commands } from '../../commands/index.ts';
import type { Access } from '../../src/chat/command.ts';
import { createDispatcher, type Dispatcher } from '../../src/chat/dispatch/dispatcher.ts';
import { LOCALES, type Locale } from '../../src/chat/locale.ts';
import type { OptionValue, Reply } from '../../src/chat/reply.ts';
import { plainText } from '../../src/chat/text.ts';
import { createLog } from '../../src/compose/log.ts';
import { CONSOLE_PLACE } from '../../src/console/platform.ts';
import { renderReply } from '../../src/console/render.ts';
import { type DemoServices, startDemoServices } from '../support/demo-services.ts';

let demo: DemoServices;
let dispatcher: Dispatcher;

beforeAll(async () => {
  demo = await startDemoServices(['llama3.2:1b'], { RESERVE_MAX_HOURS: '6', RESERVE_AHEAD_HOURS: '20' });
  dispatcher = createDispatcher({ commands, actionHandlers, services: demo.services, log: createLog('silent') });
});
afterAll(() => demo.close());

function run(
  subcommand: string | null,
  options: Record<string, OptionValue>,
  { id = 'ada', access = 'operator' as Access, locale = 'en' as Locale, command = 'reserve' } = {},
): Promise<Reply> {
  const call = { command, ...(subcommand === null ? {} : { subcommand }), options };
  const person = { id, name: `Name of ${id}`, access };
  return dispatcher.dispatch({ person, place: CONSOLE_PLACE, locale, ...call }, { progress: () => undefined });
}
const text = (reply: Reply, locale: Locale = 'en') => renderReply(reply, { locale, colour: false, nowMs: Date.now() });

describe('/reserve', () => {
  it('books GPUs by their numbers, and everybody sees it', async () => {
    const reply = await run('add', { gpus: '0,1', until: '2h' });
    expect(plainText(reply.title)).toContain('Booked: GPU 0, 1 on main until');
    const seen = { id: 'bob', access: 'everyone' as const };
    expect(text(await run('list', {}, seen))).toMatch(/#\d+ GPU 0, 1 on main: Name of ada, until/);
    expect(text(await run('now', {}, { ...seen, command: 'status' }))).toContain('Booked: GPU 0, 1 by Name of ada');
    const fit = await run(null, { model: 'llama3.2:1b', ctx: 4096 }, { ...seen, command: 'fit' });
    expect(text(fit)).toContain('Booked: GPU 0, 1 by Name of ada');
  });

  it.each([
    [{ gpus: '2', until: '2h' }, 'ada', 'You already have a booking'],
    [{ gpus: '1,2', until: '2h' }, 'bob', 'Name of ada has booked GPU 0, 1 for that time'],
    [{ gpus: 'all', until: '2h' }, 'bob', 'Name of ada has booked GPU 0, 1'],
    [{ gpus: '7', until: '2h' }, 'bob', 'Ollama has no GPU 7'],
    [{ gpus: 'the fast one', until: '2h' }, 'bob', 'is not a list of GPUs'],
    [{ gpus: '2', until: 'soon' }, 'bob', 'soon is not a time in the future'],
    [{ gpus: '2', until: '7h' }, 'bob', 'A booking may last at most 6 hours'],
    [{ gpus: '2', from: '21h', until: '2h' }, 'bob', 'A booking may start at most 20 hours from now'],
  ])('%j by %s: %s', async (options, id, expected) => {
    const reply = await run('add', options, { id });
    expect(reply.failed).toBe(true);
    expect(text(reply)).toContain(expected);
  });

  it('may begin later: until then nobody is bound by it', async () => {
    const reply = await run('add', { gpus: '2', from: '3h', until: '2h' }, { id: 'cy' });
    expect(plainText(reply.title)).toMatch(/^Booked: GPU 2 on main from .* until /);
    expect(text(await run('now', {}, { id: 'bob', command: 'status' }))).not.toContain('Name of cy');
  });

  it('a load of others there is refused in words; the terminal has nobody who could be asked', async () => {
    const all = await run('add', { gpus: '3', until: '1h' }, { id: 'dee' });
    expect(all.tone).toBe('good');
    const reply = await run(null, { model: 'llama3.2:1b', ctx: 4096 }, { id: 'eve', command: 'load' });
    expect(reply.failed).toBe(true);
    expect(text(reply)).toMatch(/Name of (ada|dee) has booked .* on main and did not agree to the load/);
    expect(reply.actions).toEqual([]);
    const admin = await run(
      null,
      { model: 'llama3.2:1b', ctx: 4096 },
      { id: 'root', access: 'admin', command: 'load' },
    );
    expect(admin.actions?.[0]).toMatchObject({ style: 'danger', call: { handler: 'load.override' } });
  });

  it('is ended by whoever booked, or an admin, and by nobody else', async () => {
    const ids = (await demo.services.reservations!.list()).map(({ id, ownerId }) => [ownerId, id] as const);
    const of = (owner: string) => ids.find(([ownerId]) => ownerId === owner)![1];
    expect(text(await run('stop', { id: of('ada') }, { id: 'bob' }))).toContain('is not yours');
    expect((await run('stop', { id: of('ada') })).tone).toBe('good');
    expect((await run('stop', { id: of('dee') }, { id: 'root', access: 'admin' })).tone).toBe('good');
    expect(text(await run('stop', { id: of('ada') }))).toContain('There is no booking');
    const rows = await demo.services.audit!.list({});
    expect(rows.map(({ action }) => action)).toEqual(expect.arrayContaining(['reserve', 'reserve-stop']));
  });

  it.each(LOCALES)('has words for everything (%s)', async (locale) => {
    const id = `zed-${locale}`;
    const gpus = locale === 'en' ? '0' : '1';
    for (const reply of [
      await run('add', { gpus, until: '1h' }, { id, locale }),
      await run('list', {}, { id, locale }),
    ]) {
      expect(text(reply, locale)).not.toMatch(/reserve\.|undefined|\{/);
    }
  });
});
