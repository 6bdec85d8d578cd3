/**
 * `npm test`, the whole suite: format, lint, types, tests. Everything runs even when an earlier step failed; the last
 * line is `N passed, N failed`.
 */
import { Tally } from './suite.ts';

const tally = new Tally();
tally.step('format', 'biome', ['format', '.']);
tally.step('lint', 'biome', ['lint', '--error-on-warnings', '.']);
tally.step('types', 'tsc', ['--noEmit']);
tally.step('types of the page', 'tsc', ['--noEmit', '-p', 'page']);
tally.tests('tests', []);
tally.report();
