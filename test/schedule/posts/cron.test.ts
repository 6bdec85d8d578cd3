import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dueBetween, isTimeZone, readCron, ScheduleError, shortestPauseMs } from '../../../src/schedule/posts/cron.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

function dues(cron: string, zone: string, from: string, to: string): string[] {
  const end = Date.parse(to);
  const times = readCron(cron, zone, Date.parse(from));
  const found: string[] = [];
  for (let at = times.nextAfter(Date.parse(from)); at !== null && at <= end; at = times.nextAfter(at)) {
    found.push(new Date(at).toISOString().slice(5, 16));
  }
  return found;
}

describe('due times', () => {
  it('come once on the day on which the clocks are put forward, also when the hour does not exist', () => {
    expect(dues('30 2 * * *', 'Europe/Berlin', '2026-03-28T00:00Z', '2026-03-31T00:00Z')).toEqual([
      '03-28T01:30',
      '03-29T01:00',
      '03-30T00:30',
    ]);
    expect(dues('30 2 * * *', 'America/New_York', '2026-03-07T05:00Z', '2026-03-10T05:00Z')).toEqual([
      '03-07T07:30',
      '03-08T07:00',
      '03-09T06:30',
    ]);
  });

  it('are not left out by the missing hour when several hours are named', () => {
    expect(dues('30 2,14 * * *', 'Europe/Berlin', '2026-03-28T20:00Z', '2026-03-29T20:00Z')).toEqual([
      '03-29T01:00',
      '03-29T12:30',
    ]);
  });

  it('come once on the day on which the clocks are put back, also in the hour that comes twice', () => {
    expect(dues('30 2 * * *', 'Europe/Berlin', '2026-10-24T00:00Z', '2026-10-27T00:00Z')).toEqual([
      '10-24T00:30',
      '10-25T00:30',
      '10-26T01:30',
    ]);
    expect(dues('30 1 * * *', 'America/New_York', '2026-10-31T00:00Z', '2026-11-03T00:00Z')).toEqual([
      '10-31T05:30',
      '11-01T05:30',
      '11-02T06:30',
    ]);
  });

  it('come every hour of true time when every hour is asked for', () => {
    expect(dues('0 * * * *', 'Europe/Berlin', '2026-10-24T22:30Z', '2026-10-25T03:30Z')).toHaveLength(5);
    expect(dues('0 * * * *', 'Europe/Berlin', '2026-03-28T23:30Z', '2026-03-29T04:30Z')).toHaveLength(5);
  });

  it('know the leap day', () => {
    expect(dues('0 9 29 2 *', 'UTC', '2026-01-01T00:00Z', '2033-01-01T00:00Z')).toEqual(['02-29T09:00', '02-29T09:00']);
  });

  it('keep the local time of the zone on every day of a year', () => {
    const format = new Intl.DateTimeFormat('en-GB', { timeZone: 'Europe/Berlin', hour: '2-digit', minute: '2-digit' });
    const times = readCron('15 9 * * *', 'Europe/Berlin', Date.parse('2026-01-01T00:00Z'));
    let at = Date.parse('2026-01-01T00:00Z');
    for (let day = 0; day < 365; day += 1) {
      at = times.nextAfter(at)!;
      expect(format.format(at)).toBe('09:15');
    }
    expect(new Date(at).toISOString()).toBe('2026-12-31T08:15:00.000Z');
  });
});

describe('reading a cron expression', () => {
  it.each([
    ['* * *', 'cron-invalid'],
    ['61 * * * *', 'cron-invalid'],
    ['hello', 'cron-invalid'],
    ['', 'cron-invalid'],
    ['* * * * * *', 'cron-invalid'],
    ['0 0 30 2 *', 'cron-never'],
  ])('refuses %j with a code', (expression, code) => {
    expect(() => readCron(expression, 'UTC', 0)).toThrow(expect.objectContaining({ code }));
  });

  it('refuses a time zone that does not exist', () => {
    expect(() => readCron('0 9 * * *', 'Mars/Olympus', 0)).toThrow(
      expect.objectContaining({ code: 'time-zone-unknown' }),
    );
    expect(isTimeZone('Asia/Shanghai')).toBe(true);
  });

  it('never fails in another way, whatever is typed', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 40 }), fc.string({ maxLength: 20 }), (expression, zone) => {
        try {
          readCron(expression, zone, 0);
        } catch (error) {
          expect(error).toBeInstanceOf(ScheduleError);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('the shortest pause', () => {
  it.each([
    ['* * * * *', MINUTE],
    ['*/15 * * * *', 15 * MINUTE],
    ['0,5 0 1 1 *', 5 * MINUTE],
    ['0 9 * * 1-5', 24 * HOUR],
  ])('of %s is found', (expression, pause) => {
    const now = Date.parse('2026-11-23T12:00Z');
    expect(shortestPauseMs(readCron(expression, 'UTC', now), now)).toBe(pause);
  });
});

describe('due times in a span', () => {
  const times = readCron('0 * * * *', 'UTC', 0);
  const at = (text: string) => Date.parse(`2026-11-23T${text}Z`);

  it('leave out its beginning and take in its end', () => {
    expect(dueBetween(times, at('10:00'), at('12:00'))).toEqual({ count: 2, latestMs: at('12:00') });
    expect(dueBetween(times, at('10:00'), at('10:59'))).toBeNull();
  });

  it('are counted up to a bound, and the whole span counts as taken then', () => {
    const end = at('10:00') + 400 * 24 * HOUR + 1;
    expect(dueBetween(times, at('10:00'), end)).toEqual({ count: 1_000, latestMs: end });
  });
});
