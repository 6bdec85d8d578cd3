import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { commands, messageCommands } from '../../commands/index.ts';
import { type Command, runnable } from '../../src/chat/command.ts';
import { inviteLink } from '../../src/discord/permissions.ts';
import { renderDefinitions, sameDefinitions } from '../../src/discord/registration.ts';
import { commandFaults } from '../support/discord-stand-in/limits.ts';

const DESCRIPTION = 'common.gpu';
const sample: Command<unknown> = {
  name: 'sample',
  description: DESCRIPTION,
  run: runnable({
    description: DESCRIPTION,
    access: 'everyone',
    schema: z.object({}),
    options: [
      { name: 'ctx', description: DESCRIPTION, type: 'integer', min: 1, max: 100, completes: true },
      { name: 'sort', description: DESCRIPTION, type: 'string', choices: [{ value: 'a', label: 'common.total' }] },
      { name: 'where', description: DESCRIPTION, type: 'channel' },
      { name: 'file', description: DESCRIPTION, type: 'attachment' },
      { name: 'model', description: DESCRIPTION, type: 'string', required: true, maxLength: 200 },
    ],
    run: async () => ({ tone: 'good', title: '', blocks: [] }),
  }),
};

/** What Discord gives back: with its own fields, other order of keys, defaults left out. */
function asDiscord(definitions: unknown): Record<string, unknown>[] {
  const turned = JSON.parse(JSON.stringify(definitions), (_key, value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return value;
    }
    const entries = Object.entries(value as Record<string, unknown>).filter(
      ([key, item]) => !(key === 'required' && item === false),
    );
    return Object.fromEntries(entries.toReversed());
  }) as Record<string, unknown>[];
  return turned
    .map((command) => ({
      description: '',
      ...command,
      id: '1',
      version: '2',
      application_id: '3',
      dm_permission: true,
      nsfw: false,
      name_localizations: command.name_localizations ?? null,
      contexts: command.contexts ?? null,
      integration_types: command.integration_types ?? [0],
    }))
    .toReversed();
}

describe('command definitions', () => {
  it.each(['guild', 'global'] as const)('of all commands are what Discord takes (%s)', (scope) => {
    const definitions = renderDefinitions(commands, scope, messageCommands);
    expect(commandFaults(JSON.parse(JSON.stringify(definitions)), scope)).toEqual([]);
  });

  it('name everything in Chinese too, each once beside its neighbours', () => {
    type Named = { name: string; name_localizations?: Record<string, string>; options?: Named[] };
    const look = (siblings: readonly Named[]) => {
      const names = siblings.map((one) => one.name_localizations?.['zh-CN']);
      for (const [index, name] of names.entries()) {
        expect(name, siblings[index]!.name).toMatch(/^[-_'\p{L}\p{N}]{1,32}$/u);
        expect(name).toBe(name!.toLowerCase());
      }
      expect(new Set(names).size).toBe(names.length);
      for (const { options } of siblings) {
        look((options ?? []).filter((option) => option.name !== undefined));
      }
    };
    look(JSON.parse(JSON.stringify(renderDefinitions(commands, 'guild'))));
  });

  it('are seen by who may use them: by Manage Server, or by all where roles decide', () => {
    const seen = (byRole: boolean) =>
      new Map(
        renderDefinitions(commands, 'guild', messageCommands, byRole).map((one) => [
          one.name,
          one.default_member_permissions,
        ]),
      );
    const [all, managing] = [String(1n << 31n), String(1n << 5n)];
    expect(seen(false).get('fit')).toBe(all);
    expect(seen(false).get('unload')).toBe(all);
    for (const name of ['load', 'pull', 'delete', 'audit']) {
      expect(seen(false).get(name)).toBe(managing);
    }
    expect(new Set(seen(true).values())).toEqual(new Set([all]));
    expect([...seen(false).values()].every((permissions) => permissions !== undefined)).toBe(true);
  });

  it('have required options first, both languages, bounds and completion', () => {
    const [definition] = JSON.parse(JSON.stringify(renderDefinitions([sample], 'guild')));
    expect(definition.options.map((option: { name: string }) => option.name)).toEqual([
      'model',
      'ctx',
      'sort',
      'where',
      'file',
    ]);
    expect(definition.description_localizations).toHaveProperty('zh-CN');
    expect(definition.options[0]).toMatchObject({ type: 3, required: true, max_length: 200 });
    expect(definition.options[1]).toMatchObject({ type: 4, min_value: 1, max_value: 100, autocomplete: true });
    expect(definition.options[2].choices).toEqual([
      { name: 'total', name_localizations: { 'zh-CN': '合计' }, value: 'a' },
    ]);
    expect(definition.options[3]).toMatchObject({ type: 7, channel_types: [0, 5, 10, 11, 12] });
    expect(definition.options[4]).toMatchObject({ type: 11, required: false });
  });

  it.each(['guild', 'global'] as const)('are the same as what Discord gives back for them (%s)', (scope) => {
    const wanted = renderDefinitions([...commands, sample] as Command<never>[], scope, messageCommands);
    expect(sameDefinitions(asDiscord(wanted), wanted, scope)).toBe(true);
  });

  // biome-ignore lint/suspicious/noExplicitAny: reaching deep into JSON to change it
  it.each<[string, (command: Record<string, any>) => void]>([
    ['a description', (command) => (command.description = 'other')],
    ['a translation', (command) => (command.description_localizations['zh-CN'] = '别的')],
    ['a bound', (command) => (command.options[1].max_value = 101)],
    ['a type', (command) => (command.options[1].type = 10)],
    ['what is required', (command) => (command.options[0].required = false)],
    ['the order of options', (command) => command.options.reverse()],
    ['a choice', (command) => (command.options[2].choices[0].value = 'b')],
    ['completion', (command) => (command.options[1].autocomplete = false)],
    ['an option', (command) => command.options.pop()],
  ])('differ when %s changed', (_what, change) => {
    const wanted = renderDefinitions([sample], 'guild');
    const registered = JSON.parse(JSON.stringify(wanted));
    change(registered[0]);
    expect(sameDefinitions(registered, wanted, 'guild')).toBe(false);
  });

  it('of commands on a message have a name in both languages, and neither options nor a description', () => {
    const [definition, ...others] = JSON.parse(JSON.stringify(renderDefinitions([], 'guild', messageCommands)));
    expect(others).toEqual([]);
    expect(definition).not.toHaveProperty('options');
    expect(definition).not.toHaveProperty('description');
    expect(definition).toMatchObject({
      type: 3,
      name: 'Explain this log',
      name_localizations: { 'zh-CN': '解读这段日志' },
    });
  });

  it('differ when a command on a message became a slash command', () => {
    const wanted = renderDefinitions([], 'guild', messageCommands);
    const registered = asDiscord(wanted).map((command) => ({ ...command, type: 1 }));
    expect(sameDefinitions(registered, wanted, 'guild')).toBe(false);
  });

  it('differ when a command was added or taken away', () => {
    const wanted = renderDefinitions([sample], 'guild');
    expect(sameDefinitions([], wanted, 'guild')).toBe(false);
    expect(sameDefinitions([...asDiscord(wanted), { name: 'old', description: 'x' }], wanted, 'guild')).toBe(false);
    expect(sameDefinitions({ message: 'odd' }, wanted, 'guild')).toBe(false);
  });
});

describe('the link that invites the bot', () => {
  it('asks for the permissions that docs/security.md names, as that number', () => {
    const link = new URL(inviteLink('123456789012345678'));
    const security = readFileSync(new URL('../../docs/security.md', import.meta.url), 'utf8');
    expect(security).toContain(`**${link.searchParams.get('permissions')}**`);
  });
});
