import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { filesUnder } from '../../wall/imports.ts';

const repository = join(import.meta.dirname, '..', '..', '..');

/** What only src/servers/asking may do: read the server's own settings into a request, make its view, name the margin. */
const MARKS = [/(?<![#\w])estimateServer\(/, /\benv\??\.(kvCacheType|numParallel|schedSpread)\b/, /\bfactorsFor\(/];
/** Their own business: a watch's room is a view without a model; learning keeps what it hands out; the doctor judges settings. */
const MAY = new Set([
  'src/schedule/watches/need.ts',
  'src/servers/loading/learning.ts',
  'src/servers/doctor.ts',
  'src/estimator/plan/calibration.ts',
]);

test('nobody but src/servers/asking builds what a server would be asked', () => {
  const elsewhere = ['src', 'commands']
    .flatMap((folder) => filesUnder(repository, folder))
    .filter((file) => !file.startsWith('src/servers/asking/') && !file.startsWith('src/settings/') && !MAY.has(file))
    .filter((file) => MARKS.some((mark) => mark.test(readFileSync(join(repository, file), 'utf8'))));
  expect(elsewhere).toEqual([]);
});
