import { describe, expect, it } from 'vitest';
import type { Reply } from '../../src/chat/reply.ts';
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
    expect(renderReply(reply, { ...options, colour: true })).toContain('\u001b[1;38;5;36m');
  });
});
