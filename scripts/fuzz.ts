/**
 * `npm run fuzz [-- --seed N --count N --only INDEX]`: parsers, headers, metadata, commands and configuration with inputs
 * that are wrong in every way; 1,000,000 of them by default. Ends with 1 when one failed; the seed and the index repeat it.
 */
import { parseArgs } from 'node:util';
import { fuzz } from './fuzz/run.ts';

const { values } = parseArgs({
  options: { seed: { type: 'string' }, count: { type: 'string' }, only: { type: 'string' } },
});
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
const only = values.only === undefined ? null : Number(values.only);
const count = only === null ? Number(values.count ?? 1_000_000) : 1;
const start = performance.now();
const { failures, taken, longest } = await fuzz({
  seed,
  from: only ?? 0,
  count,
  limitMs: 1_000,
  progress: (done) => {
    if (done % 100_000 === 0) {
      console.error(`${done} of ${count}, ${Math.round(process.memoryUsage.rss() / 2 ** 20)} MiB`);
    }
  },
});
const all = [...taken.values()].reduce((sum, one) => sum + one, 0);
console.log(
  `seed ${seed}: ${count} inputs in ${Math.round((performance.now() - start) / 1_000)} s, ${all} taken, the rest refused.`,
);
console.log(
  `longest: ${longest.ms.toFixed(1)} ms (${longest.target}); memory: ${Math.round(process.memoryUsage.rss() / 2 ** 20)} MiB`,
);
for (const { target, index, problem, input } of failures) {
  console.log(`\n${target}, --seed ${seed} --only ${index}: ${problem}\n${input}`);
}
process.exitCode = failures.length === 0 ? 0 : 1;
