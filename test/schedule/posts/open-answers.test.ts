import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ChatPoster, MessageRef } from '../../../src/chat/poster.ts';
import { PostError } from '../../../src/chat/poster.ts';
import { plainText } from '../../../src/chat/text.ts';
import { AnswerKeeper } from '../../../src/schedule/posts/open-answers.ts';
import { openStore } from '../../../src/store/store.ts';
import type { Store } from '../../../src/store/types.ts';

const LEASE_MS = 10_000;

describe('answers under way', () => {
  let store: Store;
  let now: number;
  let told: (MessageRef & { readonly text: string })[];
  let failing: boolean;

  const keeper = () =>
    new AnswerKeeper({
      repository: store.openAnswers,
      poster: () => poster,
      log: pino({ level: 'silent' }),
      now: () => now,
      leaseMs: LEASE_MS,
    });
  const poster: Pick<ChatPoster, 'edit'> & ChatPoster = {
    edit: async (ref, reply) => {
      if (failing) {
        throw new PostError('gone');
      }
      told.push({ ...ref, text: plainText(reply.title) });
    },
    post: async () => ({ channelId: '', messageId: '' }),
    delete: async () => undefined,
    direct: async () => ({ channelId: '', messageId: '' }),
    missingPermissions: async () => [],
  };
  const answer = { channelId: '1', messageId: '2', ticket: null, title: '/load', locale: 'en' } as const;

  beforeEach(async () => {
    store = await openStore(':memory:');
    now = 1_000_000;
    told = [];
    failing = false;
  });
  afterEach(() => store.close());

  it('of a process that ended are told by another, once', async () => {
    keeper().begin(answer);
    const others = [keeper(), keeper()];
    now += LEASE_MS - 1;
    for (const one of others) {
      await one.look();
    }
    now += 1;
    for (const one of others) {
      await one.look();
    }
    for (const one of others) {
      await one.stop();
    }
    expect(told).toHaveLength(1);
    expect(told[0]).toMatchObject({ channelId: '1', messageId: '2' });
    expect(told[0]?.text).toContain('/load');
  });

  it('of a process that lives are left alone, also when it was held up', async () => {
    const one = keeper();
    one.begin(answer);
    for (let turn = 0; turn < 10; turn++) {
      now += LEASE_MS * 2;
      await one.look();
    }
    await one.stop();
    expect(told).toEqual([]);
  });

  it('that are answered are forgotten', async () => {
    const one = keeper();
    one.begin(answer).end();
    await one.stop();
    now += LEASE_MS;
    const next = keeper();
    await next.look();
    await next.stop();
    expect(told).toEqual([]);
  });

  it('whose message is gone trouble nobody', async () => {
    failing = true;
    keeper().begin(answer);
    now += LEASE_MS;
    const next = keeper();
    await next.look();
    await next.stop();
    failing = false;
    await next.look();
    await next.stop();
    expect(told).toEqual([]);
  });

  it('that take longer are told in their own message, for which the ticket is not needed', async () => {
    const one = keeper();
    one.begin({ ...answer, channelId: '', messageId: '', ticket: '1 2 t' }).place({ channelId: '1', messageId: '2' });
    await one.look();
    await one.stop();
    now += LEASE_MS;
    const next = keeper();
    await next.look();
    await next.stop();
    expect(told).toEqual([expect.objectContaining({ channelId: '1', messageId: '2', ticket: '1 2 t' })]);
  });
});
