/**
 * Draws docs/fit.png and docs/fit-zh.png, the pictures of the README, from a real answer of the demo machine:
 * `node scripts/readme-picture.ts`.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { answerQuestion } from '../commands/fit/answer.ts';
import { gatherQuestion } from '../commands/fit/question.ts';
import { fitReply } from '../commands/fit/reply.ts';
import { LOCALES } from '../src/chat/locale.ts';
import { createTranslator } from '../src/chat/translate.ts';
import { compose } from '../src/compose/compose.ts';
import { startDemo } from '../src/compose/demo.ts';
import { createLog } from '../src/compose/log.ts';

const folder = join(import.meta.dirname, '..', 'docs');
mkdirSync(folder, { recursive: true });
const { config, simulator } = await startDemo({});
const app = await compose({ config, log: createLog('error'), simulated: true });
const question = await gatherQuestion(app.services, { model: 'gemma3:12b', ctx: 32_768 }, AbortSignal.timeout(10_000));
if (question.estimate === null) {
  throw new Error('the demo machine has GPUs');
}
const answer = await answerQuestion(app.services.estimates.by('picture'), question, question.estimate);
for (const locale of LOCALES) {
  const reply = fitReply(answer, createTranslator(locale), app.services);
  for (const block of reply.blocks) {
    if (block.kind !== 'picture') {
      continue;
    }
    writeFileSync(join(folder, locale === 'en' ? 'fit.png' : 'fit-zh.png'), await block.picture.png());
  }
}
await app.close();
await simulator.close();
