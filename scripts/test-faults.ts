/**
 * `npm run test:faults`: every test that the fault matrix names, and ends at random moments, more of them than with every
 * test run (`FAULTS_ENDS`, `FAULTS_SEED`). The last line is `N passed, N failed`.
 */
import { FAULTS } from './faults/matrix.ts';
import { Tally } from './suite.ts';

process.env.FAULTS_ENDS ??= '12';
const tally = new Tally();
const files = [...new Set(FAULTS.map(({ test: [file] }) => file))];
// Those of PostgreSQL need a server and are part of `npm run test:full`.
const own = files.filter((file) => !file.startsWith('test/full/'));
tally.tests('faults', [...own, 'test/faults/matrix.test.ts']);
tally.report();
