import { describe, expect, it } from 'vitest';
import { actionHandlers, commands } from '../../commands/index.ts';
import { allows } from '../../src/chat/permissions.ts';

/** Who may use what. A change here gives or takes somebody's right: it is made on purpose or not at all. */
const COMMANDS = {
  fit: 'everyone',
  'plan check': 'everyone',
  explain: 'everyone',
  load: 'operator',
  // The loading service lets operators, and the holder of the model.
  unload: 'everyone',
  ps: 'everyone',
  vram: 'everyone',
  models: 'everyone',
  'status now': 'everyone',
  'status schedule': 'operator',
  'status list': 'everyone',
  // Whoever made the schedule, and operators.
  'status stop': 'everyone',
  'notify when-fits': 'everyone',
  'notify when-free': 'everyone',
  'notify list': 'everyone',
  'notify stop': 'everyone',
  pull: 'admin',
  delete: 'admin',
  audit: 'admin',
  doctor: 'everyone',
  help: 'everyone',
};

const HANDLERS = {
  'fit.explain': 'everyone',
  'fit.sweep': 'everyone',
  'models.page': 'everyone',
  'pull.start': 'admin',
  'pull.cancel': 'admin',
  'delete.confirm': 'admin',
  'audit.page': 'admin',
  // Whoever asked for the load, and administrators.
  'load.cancel': 'everyone',
  'load.instead': 'operator',
  'load.override': 'admin',
  'load.extend': 'operator',
  // The holder, and administrators.
  'load.release': 'everyone',
  // The holder alone.
  'load.agree': 'everyone',
  'load.keep': 'everyone',
  // As /unload itself.
  'unload.confirm': 'everyone',
  'unload.override': 'admin',
};

const runnables = commands.flatMap((command) => [
  ...(command.run === undefined ? [] : [[command.name, command.run] as const]),
  ...Object.entries(command.subcommands ?? {}).map(([name, run]) => [`${command.name} ${name}`, run] as const),
]);

describe('who may use what', () => {
  it('is settled for every command', () => {
    expect(Object.fromEntries(runnables.map(([name, run]) => [name, run.access]))).toEqual(COMMANDS);
  });

  it('is settled for every button', () => {
    expect(Object.fromEntries(actionHandlers.map(({ name, access }) => [name, access]))).toEqual(HANDLERS);
    expect(new Set(actionHandlers.map(({ name }) => name)).size).toBe(actionHandlers.length);
  });

  it('gives nothing to a rank that does not exist, and nothing that needs one', () => {
    expect(allows('owner' as 'admin', 'everyone')).toBe(false);
    expect(allows('admin', 'owner' as 'admin')).toBe(false);
    expect(allows('constructor' as 'admin', 'everyone')).toBe(false);
  });

  it('holds text options to a length: no option carries a novel to a server', () => {
    const longest = 'x'.repeat(5_000);
    // A pasted log is read here and goes to no server.
    const pasted = ['explain text'];
    const loose = runnables.flatMap(([name, run]) =>
      run.options
        .filter(({ type }) => type === 'string')
        .filter((option) => run.schema.safeParse({ model: 'a', cron: 'a', [option.name]: longest }).success)
        .map((option) => `${name} ${option.name}`),
    );
    expect(loose.filter((option) => !pasted.includes(option))).toEqual([]);
  });
});
