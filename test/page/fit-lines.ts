import { CodedError } from '../../src/base/coded.ts';
import { createTranslator } from '../../src/chat/translate.ts';
import { createToolServices } from '../../src/compose/tool-services.ts';
import type { Tool } from '../../src/tool/command.ts';
import { runFit } from '../../src/tool/fit.ts';
import type { RandomQuestion } from './random-questions.ts';

/** What `headroom fit … --json` answers: its JSON, or the code of its failure. */
export interface FitLines {
  ask(line: RandomQuestion['line']): Promise<Record<string, unknown> | { readonly error: string }>;
  close(): Promise<void>;
}

/** The tool in this process, without a network or a server. */
export async function createFitLines(): Promise<FitLines> {
  const { services, close } = await createToolServices({}, { servers: false });
  return {
    close,
    async ask({ model, options }) {
      let out = '';
      const tool = {
        translator: createTranslator('en'),
        colour: false,
        write: (text: string) => {
          out += text;
        },
        services: async () => services,
      } as unknown as Tool;
      try {
        await runFit(tool, { args: [model], options: { ...options, json: true } });
        return JSON.parse(out) as Record<string, unknown>;
      } catch (error) {
        if (error instanceof CodedError) {
          return { error: error.code };
        }
        throw error;
      }
    },
  };
}
