import { createInterface } from 'node:readline';
import type { Reply } from '../chat/reply.ts';
import { createAnswers } from './answers.ts';
import { createButtons } from './buttons.ts';
import { parseLine } from './line.ts';
import type { ConsoleChatOptions } from './settings.ts';

/**
 * Runs the lines of a file or a pipe in their order; a number presses a button of the newest answer that has any.
 * @returns the exit code: 0, or 1 if a line failed
 */
export async function runPiped<S>(options: ConsoleChatOptions<S>): Promise<number> {
  const { dispatcher, commands, input, signal } = options;
  const answers = createAnswers(dispatcher, commands, options.locale);
  // Every line was written knowing what the one before would bring: nothing has to settle.
  const buttons = createButtons(dispatcher.actions, options.now, 0);
  const responder = { progress: () => undefined };
  let failed = false;

  const finish = async (reply: Reply, replaces: boolean) => {
    failed ||= reply.failed === true;
    const shown = replaces || (reply.actions ?? []).length > 0 ? buttons.answered(reply.actions ?? []) : [];
    await options.show(reply, shown);
  };

  const lines = createInterface({ input, terminal: false, crlfDelay: Number.POSITIVE_INFINITY });
  const stop = () => lines.close();
  signal.addEventListener('abort', stop, { once: true });
  for await (const line of lines) {
    const parsed = parseLine(line, commands);
    if (parsed.kind === 'leave') {
      break;
    }
    if (parsed.kind !== 'empty') {
      const asked =
        parsed.kind === 'call'
          ? answers.call(parsed)
          : parsed.kind === 'press'
            ? answers.press(parsed.key, buttons.find(parsed.key, buttons.look()))
            : answers.refuse(parsed);
      const reply = asked.kind === 'work' ? await asked.run(responder) : asked.reply;
      await finish(reply, asked.kind === 'work' && asked.replaces);
    }
    if (signal.aborted) {
      break;
    }
  }
  signal.removeEventListener('abort', stop);
  return failed ? 1 : 0;
}
