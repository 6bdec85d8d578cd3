import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { specFromJson } from '../../../src/gguf/from-json.ts';
import { speedErrors, speedScores } from '../../../truth/accuracy/speed.ts';
import { unpackRecord } from '../../../truth/record.ts';

test('what generated on an H100, and public reports of other cards, is met: median 15 %, nine of ten 30 %', async () => {
  const truth = unpackRecord();
  const scores = await speedScores(truth, (name) => {
    const path = join(truth, 'models', `${name}.json`);
    return existsSync(path) ? specFromJson(JSON.parse(readFileSync(path, 'utf8')), name) : null;
  });
  for (const [kind, count] of [
    ['h100', 28],
    ['public', 150],
  ] as const) {
    const errors = speedErrors(scores.filter((score) => score.kind === kind).map(({ generated }) => generated));
    expect(errors).toHaveLength(count);
    expect(errors[Math.floor(count * 0.5)]).toBeLessThanOrEqual(0.15);
    expect(errors[Math.floor(count * 0.9)]).toBeLessThanOrEqual(0.3);
  }
});
