import { globSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

/** What computes a plan: for a model from outside it may take for ever. */
const PLANS =
  /\b(?:decide|planFixed|clamp|sweep|fitSet|bestCacheType|smallestGpuCount|bestQuantization|estimateSpeed|planSet)\b/;
/** The simulated server and the command-line tool answer nobody else meanwhile. */
const MAY = /^src\/(?:estimator|workers|simulator|tool)\//;

it('no room of the bot plans a model on the thread that answers people', () => {
  const found = globSync(['src/**/*.ts', 'commands/**/*.ts'])
    .filter((path) => !MAY.test(path))
    .flatMap((path) =>
      [...readFileSync(path, 'utf8').matchAll(/^import \{([^}]*)\} from '([^']*estimator\/[^']*)'/gm)]
        .flatMap(([, names = '', from]) => names.split(',').map((name) => ({ name: name.trim(), from })))
        .filter(({ name }) => !name.startsWith('type ') && PLANS.test(name))
        .map(({ name, from }) => `${path}: ${name} from ${from}`),
    );
  expect(found).toEqual([]);
});
