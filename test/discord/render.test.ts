import fc from 'fast-check';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { createActionRegistry } from '../../src/chat/actions.ts';
import type { Action, Block, Reply } from '../../src/chat/reply.ts';
import type { Text } from '../../src/chat/text.ts';
import { CUSTOM_ID_PREFIX, renderReply } from '../../src/discord/render.ts';
import { buttonsOf } from '../support/discord-stand-in/index.ts';
import { messageFaults, type UploadedFile } from '../support/discord-stand-in/limits.ts';
import { messageText } from '../support/discord-stand-in/world.ts';

const actions = createActionRegistry();
const log = pino({ level: 'silent' });
const context = { locale: 'en' as const, actions, log };
const PNG = new Uint8Array([1, 2, 3]);

async function render(reply: Partial<Reply>, more: Partial<Parameters<typeof renderReply>[1]> = {}) {
  const message = await renderReply({ tone: 'good', title: 'title', blocks: [], ...reply }, { ...context, ...more });
  const files: UploadedFile[] = message.files.map((file, index) => ({
    field: `files[${index}]`,
    filename: file.name,
    contentType: file.contentType,
    data: file.data,
  }));
  const body = JSON.parse(JSON.stringify(message.body)) as Record<string, unknown>;
  const components = body.components as Record<string, unknown>[];
  const text = messageText({ content: '', components });
  return { message, components, text, faults: messageFaults(body, files, [], false) };
}

function picture(name: string, png: () => Promise<Uint8Array> = async () => PNG): Block {
  return { kind: 'picture', picture: { name, alt: `about ${name}`, spec: { charts: [] }, png } };
}

function action(label: string): Action {
  return { label, style: 'primary', call: { handler: 'h', payload: { label } } };
}

describe('a rendered reply', () => {
  it('is within every limit, whatever the reply holds', async () => {
    const words = fc.string({ unit: 'binary', maxLength: 1_500 });
    const text: fc.Arbitrary<Text> = fc.oneof(
      words,
      fc.array(
        fc.oneof(
          words,
          fc.record({ code: words }),
          fc.record({ bold: words }),
          fc.record({ user: fc.constant('123456789012345678') }),
        ),
        { maxLength: 8 },
      ),
    );
    const block: fc.Arbitrary<Block> = fc.oneof(
      fc.record({ kind: fc.constantFrom('heading' as const, 'text' as const, 'small' as const), text }),
      fc.record({ kind: fc.constant('list' as const), items: fc.array(text, { maxLength: 60 }) }),
      fc.record({ kind: fc.constant('code' as const), text: words }),
      fc.record({
        kind: fc.constant('table' as const),
        columns: fc.constant([
          { title: 'GPU', align: 'left' as const },
          { title: '显存', align: 'right' as const },
        ]),
        rows: fc.array(fc.array(fc.string({ unit: 'binary', maxLength: 80 }), { maxLength: 3 }), { maxLength: 120 }),
      }),
      fc.constant({ kind: 'divider' as const }),
      fc.constant(picture('same.png')),
    );
    const reply = fc.record({
      tone: fc.constantFrom('good' as const, 'warning' as const, 'bad' as const, 'neutral' as const),
      title: text,
      blocks: fc.array(block, { maxLength: 50 }),
      actions: fc.array(fc.string({ unit: 'binary', maxLength: 120 }).map(action), { maxLength: 40 }),
      ping: fc.constantFrom([], ['123456789012345678'], ['nobody', '123456789012345679']),
    });
    await fc.assert(
      fc.asyncProperty(reply, async (value) => {
        const { faults } = await render(value);
        expect(faults).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });

  it('says the tone by colour and by a sign, with the verdict as its first line', async () => {
    const tones = ['good', 'warning', 'bad', 'neutral'] as const;
    const all = await Promise.all(tones.map((tone) => render({ tone, title: 'gemma3:12b fits' })));
    expect(new Set(all.map(({ components }) => components[0]?.accent_color)).size).toBe(4);
    expect(new Set(all.map(({ text }) => text)).size).toBe(4);
    expect(all[0]?.text).toBe('### ✅ gemma3:12b fits');
  });

  it('lines up tables with Chinese characters', async () => {
    const { text } = await render({
      blocks: [
        {
          kind: 'table',
          columns: [
            { title: '显卡', align: 'left' },
            { title: 'GiB', align: 'right' },
          ],
          rows: [
            ['A', '8.0'],
            ['一二', '12.5'],
          ],
        },
      ],
    });
    expect(text).toContain('```\n显卡   GiB\nA      8.0\n一二  12.5\n```');
  });

  it('cuts a long table by rows and says how many are missing', async () => {
    const rows = Array.from({ length: 400 }, (_, n) => [`row ${n}`, 'x'.repeat(20)]);
    const { text } = await render({
      blocks: [
        {
          kind: 'table',
          columns: [
            { title: 'n', align: 'left' },
            { title: 'x', align: 'left' },
          ],
          rows,
        },
        { kind: 'text', text: 'after' },
      ],
    });
    const shown = text.match(/^row \d+/gm)!.length;
    expect(shown).toBeGreaterThan(90);
    expect(text).toContain(`… (${400 - shown} more)`);
  });

  it('cuts a list by items, and blocks that do not fit by count', async () => {
    const items = Array.from({ length: 300 }, (_, n) => `item ${n} ${'y'.repeat(20)}`);
    const list = await render({ blocks: [{ kind: 'list', items }] });
    const shown = list.text.match(/^- item/gm)!.length;
    expect(list.text).toContain(`… (${300 - shown} more)`);

    const blocks = Array.from({ length: 10 }, (): Block => ({ kind: 'text', text: 'z'.repeat(900) }));
    expect((await render({ blocks })).text).toMatch(/… \(\d more\)$/);
  });

  it('keeps every button within rows of five, with the rest left out', async () => {
    const { components } = await render({ actions: Array.from({ length: 30 }, (_, n) => action(`b${n}`)) });
    const found = buttonsOf({ components });
    expect(found).toHaveLength(25);
    expect(found.every(({ customId }) => customId.startsWith(CUSTOM_ID_PREFIX))).toBe(true);
  });

  it('draws each picture once, also when it is rendered again', async () => {
    let drawn = 0;
    const block = picture('chart.png', async () => {
      drawn += 1;
      return PNG;
    });
    await render({ blocks: [block] });
    await render({ blocks: [block] });
    expect(drawn).toBe(1);
  });

  it('describes a picture that cannot be drawn or is too large', async () => {
    const broken = await render({ blocks: [picture('a.png', () => Promise.reject(new Error('no canvas')))] });
    expect(broken.text).toContain('-# The picture could not be drawn: about a.png');
    expect(broken.message.files).toEqual([]);
    const large = await render({ blocks: [picture('b.png')] }, { attachmentBytes: 2 });
    expect(large.text).toContain('could not be drawn');
  });

  it('lets an edit drop the old picture', async () => {
    expect((await render({})).message.body.attachments).toEqual([]);
  });

  it('notifies only those whom the reply means to, and names them', async () => {
    const user = '123456789012345678';
    const quiet = await render({ title: [{ user }, ' holds it'] });
    expect(quiet.message.body.allowed_mentions).toEqual({ parse: [], users: [] });
    const loud = await render({ title: 'your model fits now', ping: [user, 'not an id'] });
    expect(loud.message.body.allowed_mentions).toEqual({ parse: [], users: [user] });
    expect(loud.text).toMatch(new RegExp(`^<@${user}>`));
    const named = await render({ title: [{ user }, ' your model fits now'], ping: [user] });
    expect(named.text.match(new RegExp(user, 'g'))).toHaveLength(1);
  });
});
