import { describe, expect, it } from 'vitest';
import { withAnnouncement } from '../../commands/parts/long-work.ts';
import type { Person } from '../../src/chat/command.ts';
import type { Reply } from '../../src/chat/reply.ts';

const ada: Person = { id: '123456789012345678', name: 'Ada', access: 'operator' };
const done: Reply = {
  tone: 'good',
  title: [{ code: 'gemma3:12b' }, ' is loaded'],
  blocks: [{ kind: 'text', text: 'a table' }],
  actions: [],
};

describe('the end of work', () => {
  it('that was waited for longer than 20 s is announced to the asker alone, in one line', () => {
    const { announce } = withAnnouncement(done, ada, 20_001);
    expect(announce).toEqual({
      tone: 'good',
      title: [{ user: ada.id, name: 'Ada' }, ' ', { code: 'gemma3:12b' }, ' is loaded'],
      blocks: [],
      ping: [ada.id],
    });
  });

  it('that came sooner is not', () => {
    expect(withAnnouncement(done, ada, 20_000)).toBe(done);
  });
});
