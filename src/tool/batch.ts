import { createInterface } from 'node:readline';
import { createTranslator } from '../chat/translate.ts';
import { specFromJson } from '../gguf/from-json.ts';
import type { Tool } from './command.ts';
import { errorSentence } from './errors.ts';
import { BatchEstimator } from './estimate.ts';

const FIND_LIMIT_MS = 60_000;

/** `headroom estimate`: JSON lines in, JSON lines out, in order. Each answer is written before the next line is read. */
export async function runBatch(tool: Tool): Promise<number> {
  const translator = createTranslator('en');
  const services = await tool.services({ servers: false });
  const batch = new BatchEstimator(
    async (name) => (await services.models.find(name, null, AbortSignal.timeout(FIND_LIMIT_MS))).spec,
    specFromJson,
    (error) => errorSentence(error, translator),
    services.readGpuList,
  );
  const lines = createInterface({ input: tool.input, terminal: false, crlfDelay: Number.POSITIVE_INFINITY });
  for await (const line of lines) {
    if (line.trim() !== '') {
      tool.write(`${await batch.answer(line)}\n`);
    }
  }
  return 0;
}
