import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerOf } from '../../page/estimate/answer.ts';
import { ask } from '../../page/estimate/ask.ts';
import { createMemory, survey } from '../../page/estimate/survey.ts';
import { listedModel } from '../../page/models/listed.ts';
import { planToJson, speedToJson } from '../../src/tool/estimate.ts';
import { createFitLines, type FitLines } from './fit-lines.ts';
import { randomQuestions } from './random-questions.ts';

let lines: FitLines;
beforeAll(async () => {
  lines = await createFitLines();
});
afterAll(() => lines.close());

describe('the page’s figures', () => {
  it('are those of headroom fit --json for random questions', async () => {
    const verdicts = new Set<unknown>();
    // Two hundred of them, in a browser as well: test/full/page.test.ts.
    for (const { question, line } of randomQuestions(40, 17)) {
      const told = await lines.ask(line);
      const { spec } = await listedModel(question.model.name);
      const asked = ask(question);
      const answer = answerOf(spec, question, asked);
      if (answer.state !== 'planned') {
        expect({ error: answer.state === 'failed' ? answer.failure.code : 'none' }, JSON.stringify(line)).toEqual(told);
        continue;
      }
      const pieces = survey(spec, null, asked, createMemory());
      const [largest, speed] = [pieces.next().value, pieces.next().value];
      const own = JSON.parse(
        JSON.stringify({
          ...planToJson(answer.plan, largest?.kind === 'largest' ? largest.ctx : null),
          ...speedToJson(speed?.kind === 'speed' ? speed.speed : null),
        }),
      ) as unknown;
      expect(own, JSON.stringify(line)).toEqual(told);
      verdicts.add(answer.plan.verdict);
    }
    expect(verdicts.size).toBeGreaterThan(1);
  }, 60_000);
});
