/** `keep_alive` as a request carries it (api/types.go, Duration.UnmarshalJSON). */

import { ServerFailure } from './types.ts';

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/**
 * Milliseconds; Infinity for every negative value; `undefined` when the request has none.
 * @throws ServerFailure 400
 */
export function readKeepAlive(value: unknown): number | undefined {
  if (value === undefined || value === null) {
    return undefined;
  }
  if (typeof value === 'number') {
    return value < 0 ? Number.POSITIVE_INFINITY : value * 1000;
  }
  if (typeof value !== 'string') {
    throw new ServerFailure(400, `Unsupported type: '${typeof value}'`);
  }
  const match = /^([+-]?)((?:\d+(?:\.\d+)?(?:ms|s|m|h))+|0)$/.exec(value);
  if (!match) {
    throw new ServerFailure(400, `time: invalid duration ${JSON.stringify(value)}`);
  }
  if (match[1] === '-' && match[2] !== '0') {
    return Number.POSITIVE_INFINITY;
  }
  let ms = 0;
  for (const [, digits, unit] of match[2]!.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)) {
    ms += Number(digits) * UNIT_MS[unit!]!;
  }
  return ms;
}
