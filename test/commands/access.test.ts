import { describe, expect, it } from 'vitest';
import { BUTTON_RIGHTS, COMMAND_RIGHTS, MESSAGE_RIGHTS, type Right } from '../../commands/access.ts';
import { actionHandlers, commands, messageCommands } from '../../commands/index.ts';
import { messages } from '../../src/chat/messages/index.ts';
import { allows } from '../../src/chat/permissions.ts';

const runnables = commands.flatMap((command) => [
  ...(command.run === undefined ? [] : [[command.name, command.run] as const]),
  ...Object.entries(command.subcommands ?? {}).map(([name, run]) => [`${command.name} ${name}`, run] as const),
]);

const accessOf = (rights: Readonly<Record<string, Right>>) =>
  Object.fromEntries(Object.entries(rights).map(([name, { access }]) => [name, access]));

describe('who may use what', () => {
  it('is settled for every command', () => {
    expect(Object.fromEntries(runnables.map(([name, run]) => [name, run.access]))).toEqual(accessOf(COMMAND_RIGHTS));
  });

  it('is settled for every button', () => {
    expect(Object.fromEntries(actionHandlers.map(({ name, access }) => [name, access]))).toEqual(
      accessOf(BUTTON_RIGHTS),
    );
    expect(new Set(actionHandlers.map(({ name }) => name)).size).toBe(actionHandlers.length);
  });

  it('is settled for every command on a message', () => {
    expect(Object.fromEntries(messageCommands.map(({ label, access }) => [messages[label].en, access]))).toEqual(
      accessOf(MESSAGE_RIGHTS),
    );
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
