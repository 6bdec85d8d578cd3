/**
 * Moments as people type them: `18:00`, `6pm`, `2h`, `tomorrow 9:00`, `2026-11-28 14:30`, `明天 9点`. Clock times are those
 * of a time zone and mean the next one that comes.
 */

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const UNITS: readonly (readonly [RegExp, number])[] = [
  [/^(?:d|days?|天)$/, DAY_MS],
  [/^(?:h|hrs?|hours?|小时|个小时)$/, HOUR_MS],
  [/^(?:m|mins?|minutes?|分钟|分)$/, MINUTE_MS],
];

/** A length of time: `2h`, `1h30m`, `90 min`, `1.5 hours`, `2小时`. `null`: it is none. */
export function readLength(text: string): number | null {
  const parts = [...text.matchAll(/(\d{1,5}(?:\.\d{1,2})?)\s*([a-z]+|个?小时|分钟|分|天)\s*/gy)];
  const read = parts.reduce((length, [whole]) => length + whole.length, 0);
  if (parts.length === 0 || parts.length > UNITS.length || read !== text.length) {
    return null;
  }
  let ms = 0;
  for (const [, digits, word] of parts) {
    const unit = UNITS.find(([pattern]) => pattern.test(word!))?.[1];
    if (unit === undefined) {
      return null;
    }
    ms += Number(digits) * unit;
  }
  return ms > 0 ? Math.round(ms) : null;
}

interface Clock {
  readonly hour: number;
  readonly minute: number;
}

/** A time of day: `18:00`, `18.30`, `6pm`, `6:30 pm`, `9点半`, `18点30`; `24:00` is the end of the day. */
function readClock(text: string): Clock | null {
  const chinese = /^(\d{1,2})点(?:(半)|(\d{1,2})分?)?$/.exec(text);
  if (chinese !== null) {
    return clockOf(Number(chinese[1]), chinese[2] === undefined ? Number(chinese[3] ?? 0) : 30);
  }
  const match = /^(\d{1,2})(?:[:.](\d{2}))?\s*(am|pm)?$/.exec(text);
  if (match === null || (match[2] === undefined && match[3] === undefined)) {
    return null;
  }
  const hour = Number(match[1]);
  const minute = Number(match[2] ?? 0);
  if (match[3] === undefined) {
    return clockOf(hour, minute);
  }
  return hour < 1 || hour > 12 ? null : clockOf((hour % 12) + (match[3] === 'pm' ? 12 : 0), minute);
}

function clockOf(hour: number, minute: number): Clock | null {
  const isTime = (hour < 24 && minute < 60) || (hour === 24 && minute === 0);
  return isTime ? { hour, minute } : null;
}

/** Days from today by the words for them. */
const DAYS: Readonly<Record<string, number>> = { today: 0, tonight: 0, 今天: 0, 今晚: 0, tomorrow: 1, 明天: 1 };

/**
 * A moment that comes after another. `null`: the text is none, or it is over.
 * @param afterMs what it comes after: now, or the begin where an end is typed; lengths count from it
 * @param timeZone of clock times, an IANA name
 */
export function readMoment(text: string, afterMs: number, timeZone: string): number | null {
  const typed = text.normalize('NFKC').trim().toLowerCase();
  if (typed.length > 40) {
    return null;
  }
  const length = readLength(typed.replace(/^(?:in|for|\+)\s*/, '').replace(/后$/, ''));
  if (length !== null) {
    return afterMs + length;
  }
  const today = dateIn(afterMs, timeZone);
  const dated = /^(\d{4})-(\d{2})-(\d{2})[t ]\s*(\S.*)$/.exec(typed);
  if (dated !== null) {
    const clock = readClock(dated[4]!);
    const [year, month, day] = [Number(dated[1]), Number(dated[2]), Number(dated[3])];
    const isDate = month >= 1 && month <= 12 && new Date(Date.UTC(year, month - 1, day)).getUTCDate() === day;
    return clock === null || !isDate ? null : later(momentOf([year, month, day], clock, timeZone), afterMs);
  }
  const named = /^(today|tonight|tomorrow|今天|今晚|明天)\s*(?:at\s+)?(\S.*)$/.exec(typed);
  const clock = readClock(named?.[2] ?? typed.replace(/^(?:at|until|till)\s+/, '').replace(/^到/, ''));
  if (clock === null) {
    return null;
  }
  if (named !== null) {
    return later(momentOf(plusDays(today, DAYS[named[1]!] ?? 0), clock, timeZone), afterMs);
  }
  return (
    later(momentOf(today, clock, timeZone), afterMs) ?? later(momentOf(plusDays(today, 1), clock, timeZone), afterMs)
  );
}

function later(moment: number, afterMs: number): number | null {
  return moment > afterMs ? moment : null;
}

type Day = readonly [year: number, month: number, day: number];

function plusDays([year, month, day]: Day, days: number): Day {
  const date = new Date(Date.UTC(year, month - 1, day + days));
  return [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()];
}

/** What a clock in a time zone shows at a moment, as if it were UTC. */
function shownIn(ms: number, timeZone: string): number {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  }).formatToParts(ms);
  const part = (type: string): number => Number(parts.find((one) => one.type === type)?.value);
  return Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
}

function dateIn(ms: number, timeZone: string): Day {
  const shown = new Date(shownIn(ms, timeZone));
  return [shown.getUTCFullYear(), shown.getUTCMonth() + 1, shown.getUTCDate()];
}

/**
 * The moment at which a clock in a time zone shows this. Where clocks are put back and show it twice it is the first; where
 * they are put forward over it, the moment as much later.
 */
function momentOf([year, month, day]: Day, { hour, minute }: Clock, timeZone: string): number {
  const wanted = Date.UTC(year, month - 1, day, hour, minute);
  const offsetAt = (ms: number): number => shownIn(ms, timeZone) - Math.floor(ms / 1000) * 1000;
  const candidates = [offsetAt(wanted - DAY_MS), offsetAt(wanted + DAY_MS)].map((offset) => wanted - offset);
  const exact = candidates.filter((ms) => shownIn(ms, timeZone) === wanted);
  return exact.length > 0 ? Math.min(...exact) : candidates[0]!;
}
