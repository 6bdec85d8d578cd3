import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';

/** Asks a person, line by line. */
export interface Prompt {
  /**
   * One line, without white space around it. `hidden`: what is typed is not shown and not kept.
   * @returns null when the input has ended
   */
  ask(question: string, options?: { readonly hidden?: boolean }): Promise<string | null>;
  close(): void;
}

/** A prompt on a terminal; where the input is none, its lines are the answers. */
export function createPrompt(input: NodeJS.ReadableStream, write: (text: string) => void): Prompt {
  let hidden = false;
  const output = new Writable({
    write: (chunk, _encoding, done) => {
      if (!hidden) {
        write(String(chunk));
      }
      done();
    },
  });
  const terminal = 'isTTY' in input && input.isTTY === true;
  const lines = createInterface({ input, output, terminal, historySize: 0 });
  const answers = lines[Symbol.asyncIterator]();
  return {
    ask: async (question, options) => {
      if (terminal) {
        lines.setPrompt(question);
        lines.prompt();
      } else {
        // The input may have ended long since: its lines wait.
        write(question);
      }
      hidden = options?.hidden === true;
      try {
        const { value, done } = await answers.next();
        return done === true ? null : String(value).trim();
      } finally {
        if (hidden || !terminal) {
          write('\n');
        }
        hidden = false;
      }
    },
    close: () => lines.close(),
  };
}
