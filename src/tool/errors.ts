import { explainError } from '../chat/dispatch/errors.ts';
import type { Translator } from '../chat/translate.ts';
import type { ConfigError } from '../settings/config.ts';

/** The error as one sentence; an error without words is still no stack trace. */
export function errorSentence(error: unknown, translator: Translator): string {
  const words = explainError(error);
  if (words !== null) {
    return translator.t(words.key, words.params);
  }
  return error instanceof Error ? error.message.split('\n')[0]!.slice(0, 300) : String(error);
}

/** As {@link errorSentence}; a configuration tells all its faults at once. */
export function errorSentences(error: unknown, translator: Translator): readonly string[] {
  // By its shape: the configuration's reader is not loaded where no command needs it.
  return error instanceof Error && 'faults' in error && Array.isArray(error.faults)
    ? (error as ConfigError).faults.map((fault) => `${fault.variable}: ${fault.problem}`)
    : [errorSentence(error, translator)];
}
