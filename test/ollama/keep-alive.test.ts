import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keepAliveToWire, parseExpiresAt, parseGoDuration, parseKeepAlive } from '../../src/ollama/keep-alive.ts';

describe('parseGoDuration', () => {
  it.each([
    ['5m', 300_000],
    ['1h30m', 5_400_000],
    ['1.5h', 5_400_000],
    ['.5s', 500],
    ['-1m', -60_000],
    ['+2s', 2000],
    ['0', 0],
    ['-0s', 0],
    ['100ms', 100],
    ['1h2m3s4ms5us6ns', 3_723_004.005006],
  ])('reads %s as Go does', (text, ms) => {
    expect(parseGoDuration(text)).toBeCloseTo(ms, 6);
  });

  it.each(['', '5', 'm', '5 m', '1d', '5m ', '--5m', '1h-2m', '.s', '1e3s', '9999999999999h', '5m\n'])(
    'refuses %j',
    (text) => {
      expect(parseGoDuration(text)).toBeNull();
    },
  );

  it('reads whole hours, minutes and seconds back exactly', () => {
    fc.assert(
      fc.property(fc.nat(100), fc.nat(59), fc.nat(59), (h, m, s) => {
        expect(parseGoDuration(`${h}h${m}m${s}s`)).toBe(((h * 60 + m) * 60 + s) * 1000);
      }),
    );
  });

  it('never throws and never answers NaN', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(parseGoDuration(text)).not.toBeNaN();
      }),
    );
  });
});

describe('parseKeepAlive', () => {
  it.each([
    ['-1', { kind: 'forever' }],
    [-1, { kind: 'forever' }],
    ['-5m', { kind: 'forever' }],
    ['forever', { kind: 'forever' }],
    ['24h', { kind: 'for', ms: 86_400_000 }],
    ['300', { kind: 'for', ms: 300_000 }],
    [' 10M ', { kind: 'for', ms: 600_000 }],
    [0, { kind: 'for', ms: 0 }],
    ['0', { kind: 'for', ms: 0 }],
  ])('reads %j', (input, expected) => {
    expect(parseKeepAlive(input)).toEqual(expected);
  });

  it.each(['soon', '5 minutes', '', Number.NaN, Number.POSITIVE_INFINITY])('refuses %j', (input) => {
    expect(parseKeepAlive(input)).toBeNull();
  });

  it('goes over the wire as seconds, for ever as -1', () => {
    expect(keepAliveToWire({ kind: 'for', ms: 600_000 })).toBe(600);
    expect(keepAliveToWire({ kind: 'for', ms: 1500 })).toBe(1.5);
    expect(keepAliveToWire({ kind: 'forever' })).toBe(-1);
  });
});

describe('parseExpiresAt', () => {
  it('reads an instant with nanoseconds and a zone', () => {
    expect(parseExpiresAt('2026-06-04T14:38:31.837531234-07:00')).toEqual({
      expiresAtMs: Date.UTC(2026, 5, 4, 21, 38, 31, 837),
      pinned: false,
    });
  });

  it('calls 292 years ahead pinned, without a date', () => {
    expect(parseExpiresAt('2318-02-13T05:01:02.123456789Z')).toEqual({ expiresAtMs: null, pinned: true });
  });

  it.each(['0001-01-01T00:00:00Z', '', 'tomorrow'])('knows no time for %j', (text) => {
    expect(parseExpiresAt(text)).toEqual({ expiresAtMs: null, pinned: false });
  });
});
