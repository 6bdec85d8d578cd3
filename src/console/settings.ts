import type { Readable, Writable } from 'node:stream';
import type { Command } from '../chat/command.ts';
import type { Dispatcher } from '../chat/dispatch/dispatcher.ts';
import type { Locale } from '../chat/locale.ts';
import type { Reply } from '../chat/reply.ts';
import type { ShownButton } from './buttons.ts';
import type { LineHistory } from './history.ts';
import type { PictureMeans } from './pictures/detect.ts';

export interface ConsoleSettings {
  readonly input: Readable;
  readonly output: Writable & { readonly columns?: number };
  readonly locale: Locale;
  /** A person types, and sees what is written: lines are edited, work is shown while it runs. */
  readonly interactive: boolean;
  readonly colour: boolean;
  /** How pictures are shown to whoever types. */
  readonly pictures: PictureMeans;
  readonly now: () => number;
}

export interface ConsoleRun<S> {
  readonly commands: readonly Command<S>[];
  readonly dispatcher: Dispatcher;
  /** Lines said before the first prompt. */
  readonly greeting: readonly string[];
  readonly history: LineHistory;
  /** Ends the chat. */
  readonly signal: AbortSignal;
}

/** What either way of reading lines works with. */
export interface ConsoleChatOptions<S> extends ConsoleRun<S>, ConsoleSettings {
  /** Shows an answer with its buttons; what is typed meanwhile stays whole. */
  show(reply: Reply, buttons: readonly ShownButton[]): Promise<void>;
}
