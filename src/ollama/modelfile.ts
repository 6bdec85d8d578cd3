import { OllamaError } from './errors.ts';
import type { ModelOptions } from './types.ts';

/** What a name or a parameter's name is made of. A line more would be an instruction more. */
const WORD = /^[\w./:-]{1,350}$/;

/**
 * A Modelfile that derives a model with parameters baked in.
 * @throws OllamaError `bad-request` for a name or a value that a line of a Modelfile cannot hold
 */
export function toModelfile(from: string, parameters: ModelOptions): string {
  const lines = [`FROM ${word(from)}`];
  for (const [name, value] of Object.entries(parameters)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      lines.push(`PARAMETER ${word(name)} ${typeof one === 'string' ? quoted(one) : String(one)}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

function word(text: string): string {
  if (!WORD.test(text)) {
    throw new OllamaError('bad-request', { reason: 'modelfile' });
  }
  return text;
}

/** Modelfiles know no escape within quotes. */
function quoted(text: string): string {
  if (/["\r\n]/.test(text)) {
    throw new OllamaError('bad-request', { reason: 'modelfile' });
  }
  return `"${text}"`;
}
