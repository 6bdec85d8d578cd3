import type { Command } from '../chat/command.ts';
import type { Caller, Dispatcher, DispatchRequest, Responder } from '../chat/dispatch/dispatcher.ts';
import type { Locale } from '../chat/locale.ts';
import type { MessageKey } from '../chat/messages/index.ts';
import type { Block, Reply } from '../chat/reply.ts';
import type { Text } from '../chat/text.ts';
import { createTranslator, type MessageParams } from '../chat/translate.ts';
import type { Found } from './buttons.ts';
import type { ParsedLine } from './line.ts';
import { CONSOLE_PERSON, CONSOLE_PLACE } from './platform.ts';

/** Work that a line asks for. */
export interface WorkAsked {
  readonly kind: 'work';
  /** Its answer takes the place of the reply whose button was pressed. */
  readonly replaces: boolean;
  run(responder: Responder): Promise<Reply>;
}

/** What a line asks for: work to do, or words why there is none. */
export type Asked = WorkAsked | { readonly kind: 'refused'; readonly reply: Reply };

type Refused = Exclude<ParsedLine<never>, { kind: 'empty' | 'leave' | 'press' | 'call' }>;

/** Turns what was typed into work for the dispatcher, or into words. */
export interface Answers<S> {
  call(parsed: Extract<ParsedLine<S>, { kind: 'call' }>): WorkAsked;
  press(key: string, found: Found): Asked;
  refuse(parsed: Refused): Asked;
}

export function createAnswers<S>(dispatcher: Dispatcher, commands: readonly Command<S>[], locale: Locale): Answers<S> {
  const caller: Caller = { person: CONSOLE_PERSON, place: CONSOLE_PLACE, locale };
  const translator = createTranslator(locale);

  const refused = (title: Text, blocks: readonly Block[] = []): Asked => ({
    kind: 'refused',
    reply: { tone: 'bad', title, blocks, failed: true },
  });
  const say = (key: MessageKey, params: MessageParams = {}) => refused(translator.text(key, params));

  const subcommands = (name: string): Block => {
    const command = commands.find((candidate) => candidate.name === name);
    const items = Object.entries(command?.subcommands ?? {}).map(([subcommand, { options, description }]): Text => {
      const words = [`/${name}`, subcommand, ...options.flatMap((one) => (one.required === true ? [one.name] : []))];
      return [{ code: words.join(' ') }, `  ${translator.t(description)}`];
    });
    return { kind: 'list', items };
  };

  return {
    call: ({ command, subcommand, options }) => ({
      kind: 'work',
      replaces: false,
      run: (responder) => {
        const request: DispatchRequest = { ...caller, command: command.name, options };
        return dispatcher.dispatch(subcommand === undefined ? request : { ...request, subcommand }, responder);
      },
    }),

    press: (key, found) => {
      if (found === 'none') {
        return say('console.no-button', { key });
      }
      if (found === 'changed') {
        return say('console.button-changed', { key });
      }
      const prepared = dispatcher.preparePress(found.token, caller);
      const replaces = prepared.target === 'edit' && prepared.refusal === null && found.numbered;
      return { kind: 'work', replaces, run: (responder) => prepared.run(responder) };
    },

    refuse: (parsed) => {
      switch (parsed.kind) {
        case 'unknown-command':
          return parsed.near === null
            ? say('error.unknown-command', { command: { code: parsed.command } })
            : say('error.unknown-command-near', {
                command: { code: parsed.command },
                near: { code: `/${parsed.near}` },
              });
        case 'missing-subcommand':
          return refused(translator.text('error.missing-subcommand', { command: { code: `/${parsed.command}` } }), [
            subcommands(parsed.command),
          ]);
        case 'unknown-option':
        case 'unknown-subcommand':
          return say(`error.${parsed.kind}`, {
            command: { code: `/${parsed.command}` },
            option: { code: parsed.option },
            options: parsed.known.join(', '),
          });
      }
    },
  };
}
