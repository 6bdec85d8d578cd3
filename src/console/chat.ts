import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { Command, Person, Place } from '../chat/command.ts';
import type { Dispatcher, DispatchRequest, Responder } from '../chat/dispatch/dispatcher.ts';
import type { Locale } from '../chat/locale.ts';
import type { Platform } from '../chat/platform.ts';
import type { Action, Reply } from '../chat/reply.ts';
import { createTranslator } from '../chat/translate.ts';
import { fileAt } from './file.ts';
import { parseLine } from './line.ts';
import { renderReply } from './render.ts';

/** The terminal belongs to the owner of the machine. */
export const CONSOLE_PERSON: Person = { id: 'console', name: 'console', access: 'admin' };
const CONSOLE_PLATFORM: Platform = { name: 'console', poster: null, belongsToOwner: true, fileAt };
export const CONSOLE_PLACE: Place = { platform: CONSOLE_PLATFORM, guildId: null, channelId: null };

/** The terminal as a platform: it has no channels, what people wait for is printed while the program runs. */
export function createConsolePlatform(show: (reply: Reply) => void): Platform {
  return { ...CONSOLE_PLATFORM, show };
}

export interface ConsoleChatOptions<S> {
  readonly commands: readonly Command<S>[];
  readonly dispatcher: Dispatcher;
  readonly locale: Locale;
  readonly input: Readable;
  readonly output: Writable;
  /** A person types: prompt, colours, intermediate states. */
  readonly interactive: boolean;
  /** Lines said before the first prompt. */
  readonly greeting: readonly string[];
  readonly now: () => number;
  /** Ends the chat. */
  readonly signal: AbortSignal;
}

/**
 * Reads lines and answers them in order until the input ends.
 * @returns the exit code: 0, or 1 if a line failed
 */
export async function runConsoleChat<S>(options: ConsoleChatOptions<S>): Promise<number> {
  const { output, locale, dispatcher, interactive } = options;
  const translator = createTranslator(locale);
  const caller = { person: CONSOLE_PERSON, place: CONSOLE_PLACE, locale };
  let failed = false;
  let lastActions: readonly Action[] = [];
  const show = (reply: Reply) => {
    output.write(`${renderReply(reply, { locale, colour: interactive, nowMs: options.now() })}\n`);
  };
  const finish = (reply: Reply) => {
    show(reply);
    if (reply.failed === true) {
      failed = true;
    }
    if (reply.actions !== undefined) {
      lastActions = reply.actions;
    }
  };
  const refuse = (reply: Pick<Reply, 'title'>) => finish({ tone: 'bad', blocks: [], failed: true, ...reply });
  const responder: Responder = { progress: (reply) => (interactive ? show(reply) : undefined) };

  const answer = async (line: string): Promise<void> => {
    const parsed = parseLine(line, options.commands);
    switch (parsed.kind) {
      case 'empty':
        return;
      case 'press': {
        const action = lastActions[parsed.number - 1];
        if (action === undefined) {
          return refuse({ title: translator.t('console.no-button', { number: parsed.number }) });
        }
        return finish(await dispatcher.call(action.call, caller, responder));
      }
      case 'unknown-command':
        return refuse({
          title:
            parsed.near === null
              ? translator.text('error.unknown-command', { command: { code: parsed.command } })
              : translator.text('error.unknown-command-near', {
                  command: { code: parsed.command },
                  near: { code: `/${parsed.near}` },
                }),
        });
      case 'missing-subcommand':
        return refuse({
          title: translator.text('error.missing-subcommand', {
            command: { code: `/${parsed.command}` },
            options: parsed.known.map((name) => `/${parsed.command} ${name}`).join(', '),
          }),
        });
      case 'unknown-option':
      case 'unknown-subcommand':
        return refuse({
          title: translator.text(`error.${parsed.kind}`, {
            command: { code: `/${parsed.command}` },
            option: { code: parsed.option },
            options: parsed.known.join(', '),
          }),
        });
      case 'call': {
        const request: DispatchRequest = {
          ...caller,
          command: parsed.command.name,
          options: parsed.options,
          ...(parsed.subcommand === undefined ? {} : { subcommand: parsed.subcommand }),
        };
        return finish(await dispatcher.dispatch(request, responder));
      }
    }
  };

  for (const line of options.greeting) {
    output.write(`${line}\n`);
  }
  if (options.greeting.length > 0) {
    output.write('\n');
  }
  const lines = createInterface({ input: options.input, terminal: false, crlfDelay: Number.POSITIVE_INFINITY });
  const stop = () => lines.close();
  options.signal.addEventListener('abort', stop, { once: true });
  if (interactive) {
    output.write('> ');
  }
  for await (const line of lines) {
    await answer(line);
    if (options.signal.aborted) {
      break;
    }
    if (interactive) {
      output.write('> ');
    }
  }
  options.signal.removeEventListener('abort', stop);
  return failed ? 1 : 0;
}
