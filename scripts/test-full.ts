/**
 * `npm run test:full [-- NAME …]`, the long checks: each file of test/full is one, and is run by its name (`package`).
 * The last line is `N passed, N failed`. At most twenty minutes together.
 */
import { Tally } from './suite.ts';

const tally = new Tally();
tally.tests('long checks', ['--config', 'vitest.full.config.ts', ...process.argv.slice(2)]);
tally.report();
