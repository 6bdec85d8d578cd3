import type { Choice } from '../../src/chat/command.ts';
import { matchNames } from '../../src/chat/matching.ts';
import { isTimeZone } from '../../src/schedule/posts/cron.ts';

/** Zones by any part of their name, the bot's own first; without letters typed only the common ones. */
export function completeTimeZone(own: string, typed: string): readonly Choice[] {
  const names = [...new Set([own, 'UTC', ...Intl.supportedValuesOf('timeZone')])];
  if (typed !== '' && isTimeZone(typed) && !names.includes(typed)) {
    names.unshift(typed);
  }
  return matchNames(typed, names).map((name) => ({ value: name, label: name }));
}
