import type { Platform } from '../chat/platform.ts';
import type { Reply } from '../chat/reply.ts';
import type { ShownButton } from './buttons.ts';
import { runInteractive } from './interactive.ts';
import { showPictures } from './pictures/show.ts';
import { runPiped } from './piped.ts';
import { createConsolePlatform } from './platform.ts';
import { renderReply } from './render.ts';
import type { ConsoleRun, ConsoleSettings } from './settings.ts';
import { wrapText } from './wrap.ts';

/** The chat in a terminal, or of lines from a file or a pipe. */
export interface ConsoleChat {
  /** For the program's parts: what people wait for is shown here. */
  readonly platform: Platform;
  /** Reads lines and answers them until they end. @returns the exit code */
  run<S>(options: ConsoleRun<S>): Promise<number>;
}

export function createConsoleChat(settings: ConsoleSettings): ConsoleChat {
  const { output, locale, colour, interactive, now } = settings;
  let print: (text: string) => void = (text) => output.write(text);

  const show = async (reply: Reply, buttons: readonly ShownButton[] = []) => {
    const columns = interactive ? (output.columns ?? 80) : undefined;
    const pictures =
      columns === undefined ? new Map() : await showPictures(reply, settings.pictures, { columns, colour });
    print(`${renderReply(reply, { locale, colour, nowMs: now(), columns, buttons, pictures })}\n`);
  };

  return {
    platform: createConsolePlatform((reply) => void show(reply)),
    run: async (options) => {
      const chat = { ...settings, ...options, show };
      for (const line of options.greeting) {
        const { columns } = output;
        output.write(`${columns === undefined ? line : wrapText(line, columns).join('\n')}\n`);
      }
      if (options.greeting.length > 0) {
        output.write('\n');
      }
      return interactive
        ? runInteractive(chat, options.history, (screen) => {
            print = screen.print;
          })
        : runPiped(chat);
    },
  };
}
