import { expect, it } from 'vitest';
import { fuzz } from '../scripts/fuzz/run.ts';
import { TARGETS } from '../scripts/fuzz/targets.ts';

it('20,000 wrong inputs are taken or refused in words, each in bounded time; no accepted value is out of its range', {
  timeout: 150_000,
}, async () => {
  const { failures, taken } = await fuzz({ seed: 12, count: 20_000, limitMs: 5_000 });
  expect(failures).toEqual([]);
  // Where everything is refused at the door nothing behind it is tried.
  expect(TARGETS.map(({ name }) => name).filter((name) => !taken.has(name))).toEqual([]);
});
