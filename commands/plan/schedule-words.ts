import type { Span, Text } from '../../src/chat/text.ts';
import type { Translator } from '../../src/chat/translate.ts';
import { cronWords } from '../../src/schedule/posts/cron-words.ts';
import type { SetSchedule } from '../../src/schedule/sets/schedules.ts';
import type { Services } from '../services.ts';

/** One schedule of a set in a line: what, when, whose, and when it is due next. */
export function scheduleLine(one: SetSchedule, services: Services, translator: Translator): Text {
  const spans: Span[] = [];
  const add = (text: Text) => spans.push(...(typeof text === 'string' ? [text] : text));
  const params = {
    id: one.id,
    name: { code: one.setName },
    start: cronWords(one.startCron, translator.locale),
    end: cronWords(one.endCron ?? '', translator.locale),
    zone: one.timeZone,
    owner: { user: one.ownerId, name: one.ownerName },
  };
  add(translator.text(one.endCron === null ? 'plan.schedule.item-open' : 'plan.schedule.item', params));
  const startMs = services.setSchedules?.next(one).startMs ?? null;
  if (startMs !== null) {
    add(translator.text('status.list.next', { time: { time: startMs, style: 'relative' } }));
  }
  return spans;
}
