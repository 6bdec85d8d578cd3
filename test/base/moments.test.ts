import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readLength, readMoment } from '../../src/base/moments.ts';

/** A Friday in Berlin, 14:20 (UTC+1). */
const NOW = Date.parse('2026-11-27T13:20:00Z');
const at = (text: string, zone = 'Europe/Berlin', after = NOW) => {
  const moment = readMoment(text, after, zone);
  return moment === null ? null : new Date(moment).toISOString().slice(0, 16);
};

describe('moments as people type them', () => {
  it.each([
    ['18:00', '2026-11-27T17:00'],
    ['18.30', '2026-11-27T17:30'],
    ['6pm', '2026-11-27T17:00'],
    ['6:45 PM', '2026-11-27T17:45'],
    ['at 18:00', '2026-11-27T17:00'],
    ['until 18:00', '2026-11-27T17:00'],
    ['9:00', '2026-11-28T08:00'],
    ['14:20', '2026-11-28T13:20'],
    ['12am', '2026-11-27T23:00'],
    ['24:00', '2026-11-27T23:00'],
    ['today 18:00', '2026-11-27T17:00'],
    ['tonight 22:00', '2026-11-27T21:00'],
    ['tomorrow 9:00', '2026-11-28T08:00'],
    ['Tomorrow at 9am', '2026-11-28T08:00'],
    ['2h', '2026-11-27T15:20'],
    ['1h30m', '2026-11-27T14:50'],
    ['90 min', '2026-11-27T14:50'],
    ['in 2 hours', '2026-11-27T15:20'],
    ['1.5 hours', '2026-11-27T14:50'],
    ['2026-11-28 14:30', '2026-11-28T13:30'],
    ['2026-11-28T14:30', '2026-11-28T13:30'],
    ['18点', '2026-11-27T17:00'],
    ['18点30', '2026-11-27T17:30'],
    ['9点半', '2026-11-28T08:30'],
    ['明天 9:00', '2026-11-28T08:00'],
    ['明天9点', '2026-11-28T08:00'],
    ['今天18：00', '2026-11-27T17:00'],
    ['2小时', '2026-11-27T15:20'],
    ['2个小时后', '2026-11-27T15:20'],
    ['30分钟', '2026-11-27T13:50'],
    ['１８：００', '2026-11-27T17:00'],
  ])('%s in Berlin is %s UTC', (text, expected) => {
    expect(at(text)).toBe(expected);
  });

  it.each([
    '',
    'soon',
    '25:00',
    '18:60',
    '24:01',
    '13pm',
    '0pm',
    '18',
    'today 9:00',
    '2026-11-27 9:00',
    '2026-02-30 9:00',
    '2026-13-01 9:00',
    '0h',
    '-2h',
    '2 parsecs',
    '2h nonsense',
    'tomorrow',
    '9'.repeat(50),
  ])('%j is none', (text) => {
    expect(at(text)).toBeNull();
  });

  it('clock times are those of the zone', () => {
    expect(at('18:00', 'Asia/Shanghai')).toBe('2026-11-28T10:00');
    expect(at('18:00', 'UTC')).toBe('2026-11-27T18:00');
    expect(at('tomorrow 9:00', 'Asia/Kolkata')).toBe('2026-11-28T03:30');
  });

  it('an hour that clocks skip is as much later, one that they show twice is the first', () => {
    const spring = Date.parse('2026-03-28T22:00:00Z');
    expect(at('2:30', 'Europe/Berlin', spring)).toBe('2026-03-29T01:30');
    const autumn = Date.parse('2026-10-24T22:00:00Z');
    expect(at('2:30', 'Europe/Berlin', autumn)).toBe('2026-10-25T00:30');
  });

  it('never is before what it comes after, whatever is typed', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 50 }), fc.integer({ min: 0, max: 4e12 }), (text, after) => {
        const moment = readMoment(text, after, 'America/New_York');
        expect(moment === null || moment > after).toBe(true);
        expect(readLength(text) ?? 1).toBeGreaterThan(0);
      }),
    );
  });
});
