import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { Reply } from '../../src/chat/reply.ts';
import { displayWidth } from '../../src/chat/table.ts';
import { wantsColour } from '../../src/console/paint.ts';
import { renderReply } from '../../src/console/render.ts';

const reply: Reply = {
  tone: 'good',
  title: [{ code: 'evil\u001b[2J\u202emodel' }, ' fits'],
  blocks: [
    { kind: 'text', text: ['loaded ', { time: 60_000, style: 'relative' }] },
    {
      kind: 'table',
      columns: [
        { title: 'GPU', align: 'left' },
        { title: 'GiB', align: 'right' },
      ],
      rows: [['a\u001b[31m', '1.0']],
    },
  ],
  actions: [{ label: 'Load', style: 'primary', call: { command: 'load', options: {} } }],
};
const options = { locale: 'en', colour: false, nowMs: 120_000 } as const;

describe('a reply in the terminal', () => {
  it('shows the verdict first, then blocks and numbered buttons', () => {
    const lines = renderReply(reply, options).split('\n');
    expect(lines[0]).toContain('✔');
    expect(lines).toContain('loaded 1 min ago');
    expect(lines).toContain('[1] Load');
  });

  it('calls a moment that is hardly over just now', () => {
    const now: Reply = { tone: 'neutral', title: [{ time: options.nowMs - 400, style: 'relative' }], blocks: [] };
    expect(renderReply(now, options)).toContain('just now');
  });

  it('lets no control character of a name through', () => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that none is left is the point
    expect(renderReply(reply, options)).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
  });

  it('colours only where it is asked to', () => {
    expect(renderReply(reply, { ...options, colour: true })).toContain('\u001b[32m');
    expect(renderReply(reply, options)).not.toContain('\u001b');
  });

  it.each([40, 80, 120])('keeps within %i columns, between words and between Chinese characters', (columns) => {
    const long: Reply = {
      tone: 'warning',
      title: [
        '模型 ',
        { code: 'gemma3:12b' },
        ' 以 32768 的上下文只能部分放入 GPU，其余的层留在系统内存，速度会慢很多。',
      ],
      blocks: [
        {
          kind: 'text',
          text: ['Some layers stay in ', { bold: 'system memory' }, ', which makes it much slower to use.'],
        },
        { kind: 'list', items: [['use a smaller context, such as ', { code: '8192' }, ', or a smaller quantization']] },
        { kind: 'text', text: `one-word-${'x'.repeat(200)}` },
      ],
      actions: ['Load with 8192', 'Explain', 'Other quantizations', 'Tell me when it fits'].map((label) => ({
        label,
        style: 'secondary',
        call: { command: 'load', options: {} },
      })),
    };
    for (const colour of [false, true]) {
      const text = renderReply(long, { ...options, colour, columns });
      const lines = stripVTControlCharacters(text).split('\n');
      expect(Math.max(...lines.map(displayWidth))).toBeLessThanOrEqual(columns);
      expect(lines.some((line) => /^[，。、]/u.test(line))).toBe(false);
      expect(lines.join('').replace(/\s/g, '')).toBe(
        stripVTControlCharacters(renderReply(long, options)).replace(/\s/g, ''),
      );
    }
  });

  it('aligns tables of Chinese words by what they take on the screen', () => {
    const table: Reply = {
      tone: 'good',
      title: 'x',
      blocks: [
        {
          kind: 'table',
          columns: [
            { title: '显存', align: 'left' },
            { title: '权重', align: 'right' },
          ],
          rows: [
            ['GPU 0', '1.7'],
            ['内存', '12.5'],
          ],
        },
      ],
    };
    const lines = renderReply(table, options).split('\n').slice(1, 4);
    expect(new Set(lines.map(displayWidth)).size).toBe(1);
  });
});

describe('colours', () => {
  const terminal = { isTTY: true };
  it.each([
    ['on a terminal', terminal, {}, true],
    ['in a pipe', {}, {}, false],
    ['with NO_COLOR', terminal, { NO_COLOR: '1' }, false],
    ['with NO_COLOR that is empty', terminal, { NO_COLOR: '' }, true],
    ['on a dumb terminal', terminal, { TERM: 'dumb' }, false],
    ['in a pipe with FORCE_COLOR', {}, { FORCE_COLOR: '1' }, true],
    ['with FORCE_COLOR that says none', terminal, { FORCE_COLOR: '0' }, false],
    ['with both', {}, { FORCE_COLOR: '1', NO_COLOR: '1' }, true],
  ])('%s', (_where, stream, environment, wanted) => {
    expect(wantsColour(stream, environment)).toBe(wanted);
  });
});
