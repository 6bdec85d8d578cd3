import { describe, expect, it } from 'vitest';
import { choiceFaults, commandFaults, messageFaults, type UploadedFile } from '../support/discord-stand-in/limits.ts';

/** The stand-in's own checks: a test that relies on them must be able to fail. */
const V2 = 1 << 15;
const quiet = { allowed_mentions: { parse: [] } };

function text(content: string) {
  return { type: 10, content };
}

function button(custom_id: string, label = 'x') {
  return { type: 2, style: 1, label, custom_id };
}

function row(...components: unknown[]) {
  return { type: 1, components };
}

function gallery(name: string, description?: string) {
  return {
    type: 12,
    items: [{ media: { url: `attachment://${name}` }, ...(description === undefined ? {} : { description }) }],
  };
}

function message(...components: unknown[]) {
  return { flags: V2, components, ...quiet };
}

function file(filename: string, bytes = 1): UploadedFile {
  return { field: 'files[0]', filename, contentType: 'image/png', data: Buffer.alloc(bytes) };
}

describe('the check of messages', () => {
  it('lets a good message pass', () => {
    const body = {
      ...message({ type: 17, components: [text('a'), gallery('a.png', 'alt'), row(button('1'), button('2'))] }),
      attachments: [{ id: 0, filename: 'a.png' }],
    };
    expect(messageFaults(body, [file('a.png')], [], false)).toEqual([]);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['no allowed mentions', { flags: V2, components: [text('a')] }, 'allowed_mentions is missing'],
    ['mentions of everyone', { ...message(text('a')), allowed_mentions: { parse: ['everyone'] } }, 'must be []'],
    ['content', { ...message(text('a')), content: 'hello' }, 'content is not allowed'],
    ['embeds', { ...message(text('a')), embeds: [{}] }, 'embeds is not allowed'],
    ['no components', message(), 'without components'],
    ['an empty text', message(text('')), 'an empty text display'],
    ['too much text', message(text('x'.repeat(2_001)), text('y'.repeat(2_000))), '4001 characters'],
    ['too many components', message(...Array.from({ length: 41 }, () => text('a'))), '41 components'],
    ['six buttons in a row', message(row(...[1, 2, 3, 4, 5, 6].map((n) => button(String(n))))), 'a row of 6'],
    ['an empty row', message(row()), 'a row of 0'],
    ['a custom_id twice', message(row(button('1'), button('1'))), 'the custom_id 1 twice'],
    ['a long custom_id', message(row(button('x'.repeat(101)))), 'a custom_id of'],
    ['a long label', message(row(button('1', 'x'.repeat(81)))), 'a label of'],
    ['a button outside of a row', message(button('1')), 'type 2 at the top level'],
    [
      'a container in a container',
      message({ type: 17, components: [{ type: 17, components: [text('a')] }] }),
      'a container inside',
    ],
    ['a picture that is not attached', message(gallery('b.png')), 'b.png, which is not attached'],
    ['a long alt text', message(gallery('b.png', 'x'.repeat(1_025))), 'an alt text'],
    ['a long nonce', { ...message(text('a')), nonce: 'x'.repeat(26) }, 'a nonce'],
  ])('finds %s', (_what, body, fault) => {
    expect(messageFaults(body, [], [], false).join('; ')).toContain(fault);
  });

  it('finds files that nobody sees, that are too large, or that the list leaves out', () => {
    expect(messageFaults(message(text('a')), [file('a.png')], [], false).join()).toContain('shown by no component');
    const big = messageFaults(message(gallery('a.png')), [file('a.png', 10 * 2 ** 20 + 1)], [], false);
    expect(big.join()).toContain('larger than 10 MiB');
    const unlisted = { ...message(gallery('a.png')), attachments: [{ id: 5 }] };
    expect(messageFaults(unlisted, [file('a.png')], [], false).join()).toContain('is not in attachments');
  });

  it('knows that a Components V2 message stays one', () => {
    expect(messageFaults({ content: 'plain', ...quiet }, [], [], true).join()).toContain('content is not allowed');
    expect(messageFaults({ content: 'plain', ...quiet }, [], [], false)).toEqual([]);
  });
});

describe('the check of commands', () => {
  const command = { name: 'fit', description: 'x', options: [] as unknown[] };
  const option = (name: string, more: Record<string, unknown> = {}) => ({ type: 3, name, description: 'x', ...more });

  it.each<[string, unknown, string]>([
    ['an upper-case name', [{ ...command, name: 'Fit' }], 'the name Fit'],
    ['a long description', [{ ...command, description: 'x'.repeat(101) }], 'a description of 101'],
    [
      'a long translation',
      [{ ...command, description_localizations: { 'zh-CN': '字'.repeat(101) } }],
      'a description of 101',
    ],
    ['a name twice', [command, command], 'a command name twice'],
    [
      'a required option after another',
      [{ ...command, options: [option('a'), option('b', { required: true })] }],
      'a required option',
    ],
    [
      'too many options',
      [{ ...command, options: Array.from({ length: 26 }, (_, n) => option(`o${n}`)) }],
      '26 options',
    ],
    [
      'choices with completion',
      [{ ...command, options: [option('a', { autocomplete: true, choices: [{ name: 'x', value: 'x' }] })] }],
      'choices and completion',
    ],
    [
      'completion of a yes or no',
      [{ ...command, options: [option('a', { type: 5, autocomplete: true })] }],
      'completion of a wrong type',
    ],
    ['contexts in a server', [{ ...command, contexts: [0] }], 'belong to global commands'],
  ])('finds %s', (_what, commands, fault) => {
    expect(commandFaults(commands, 'guild').join('; ')).toContain(fault);
  });

  it('finds bad choices of a completion', () => {
    const choice = { name: 'x', value: 'x' };
    expect(choiceFaults([choice], 3)).toEqual([]);
    expect(
      choiceFaults(
        Array.from({ length: 26 }, () => choice),
        3,
      ).join(),
    ).toContain('26 choices');
    expect(choiceFaults([{ ...choice, name: 'x'.repeat(101) }], 3).join()).toContain('a choice name');
    expect(choiceFaults([choice], 4).join()).toContain('for an integer');
  });
});
