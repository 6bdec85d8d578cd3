import type { Caller, Dispatcher } from '../../src/chat/dispatch/dispatcher.ts';
import type { Locale } from '../../src/chat/locale.ts';
import type { OptionValue, Reply } from '../../src/chat/reply.ts';

/** One picture of docs/replies.md: what is typed, and the reply that is shown. */
export interface Scene {
  readonly name: string;
  readonly typed: string;
  readonly about: string;
  run(ask: Ask): Promise<Reply>;
}

/** Asks the bot, as a member of the team or by a button of the reply before. */
export interface Ask {
  command(command: string, options: Readonly<Record<string, OptionValue>>, subcommand?: string): Promise<Reply>;
  press(reply: Reply, handler: string): Promise<Reply>;
}

/** A way to ask a dispatcher in one language. */
export function askIn(dispatcher: Dispatcher, caller: Omit<Caller, 'locale'>, locale: Locale): Ask {
  const responder = { progress: () => undefined };
  return {
    command: (command, options, subcommand) =>
      dispatcher.dispatch({ ...caller, locale, command, subcommand: subcommand ?? null, options }, responder),
    press: (reply, handler) => {
      const action = reply.actions?.find(({ call }) => 'handler' in call && call.handler === handler);
      if (action === undefined) {
        throw new Error(`the reply has no button for ${handler}`);
      }
      return dispatcher.call(action.call, { ...caller, locale }, responder);
    },
  };
}

/** The ten replies, in the order in which somebody would meet them. */
export const scenes: readonly Scene[] = [
  {
    name: 'fit',
    typed: '/fit gemma3:12b ctx:32k',
    about: 'It fits: what it takes, what is left, and the longest context that would fit.',
    run: (ask) => ask.command('fit', { model: 'gemma3:12b', ctx: 32_768 }),
  },
  {
    name: 'fit-partial',
    typed: '/fit gemma3:12b ctx:128k gpus:12GiB',
    about: 'Only a part fits: how much stays in slow memory, and what would help.',
    run: (ask) => ask.command('fit', { model: 'gemma3:12b', ctx: 131_072, gpus: '12GiB' }),
  },
  {
    name: 'fit-too-large',
    typed: '/fit llama3.1:405b ctx:128k',
    about: 'Far too large: how much of it would be in system memory, and how much more that is than there is.',
    run: (ask) => ask.command('fit', { model: 'llama3.1:405b', ctx: 131_072 }),
  },
  {
    name: 'explain',
    typed: '/fit gemma3:12b ctx:32k, then Explain',
    about: 'Where each figure comes from. Only the one who asks sees it.',
    run: async (ask) => ask.press(await ask.command('fit', { model: 'gemma3:12b', ctx: 32_768 }), 'fit.explain'),
  },
  {
    name: 'quantizations',
    typed: '/fit gemma3:12b ctx:64k gpus:12GiB, then Quantizations',
    about: 'The same model in every usual quantization.',
    run: async (ask) =>
      ask.press(await ask.command('fit', { model: 'gemma3:12b', ctx: 65_536, gpus: '12GiB' }), 'fit.sweep'),
  },
  {
    name: 'load',
    typed: '/load gemma3:12b ctx:32k',
    about: 'Loaded, with the proof: predicted and actual memory per GPU.',
    run: async (ask) => {
      // What is loaded already would only be kept longer.
      await ask.command('unload', { model: 'gemma3:12b' });
      return ask.command('load', { model: 'gemma3:12b', ctx: 32_768 });
    },
  },
  {
    name: 'ps',
    typed: '/ps',
    about: 'What is loaded, by whom, until when.',
    run: (ask) => ask.command('ps', {}),
  },
  {
    name: 'status',
    typed: '/status now',
    about: 'The server at a glance; it can be posted by schedule.',
    run: (ask) => ask.command('status', {}, 'now'),
  },
  {
    name: 'models',
    typed: '/models',
    about: 'What is on the server, and the longest context of each that fits.',
    run: (ask) => ask.command('models', {}),
  },
  {
    name: 'plan',
    typed: '/plan check gemma3:12b@32k qwen3:8b@16k nomic-embed-text',
    about: 'Whether several models get along.',
    run: (ask) => ask.command('plan', { models: 'gemma3:12b@32k qwen3:8b@16k nomic-embed-text' }, 'check'),
  },
];
