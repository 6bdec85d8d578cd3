import type { z } from 'zod';
import type { MessageKey } from './messages/index.ts';
import type { Access } from './permissions.ts';
import type { Platform } from './platform.ts';
import type { OptionValue, Reply } from './reply.ts';
import type { Translator } from './translate.ts';

export type { Access } from './permissions.ts';

/** Who asks. */
export interface Person {
  /** Platform id; `console` in the terminal. */
  readonly id: string;
  /** Name for display: untrusted text. */
  readonly name: string;
  readonly access: Access;
}

/** Where it was asked. */
export interface Place {
  readonly platform: Platform;
  readonly guildId: string | null;
  readonly channelId: string | null;
}

/** What a command gets to work with. `S` are the services that the commands stand on. */
export interface CommandContext<S> {
  readonly person: Person;
  readonly place: Place;
  readonly translator: Translator;
  readonly services: S;
  /** Aborted when the work is given up (time-out, shutdown). */
  readonly signal: AbortSignal;
  /** Shows an intermediate state; the last one wins, the final reply replaces it. Never rejects. */
  progress(reply: Reply): void;
}

export interface OptionDefinition {
  readonly name: string;
  readonly description: MessageKey;
  /**
   * `context`: a number of tokens as people write it (`32k`, `128K`, `32,768`); its schema gets the number.
   * `attachment`: a file; its schema gets an {@link Attachment}.
   */
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'channel' | 'context' | 'attachment';
  readonly required?: boolean;
  readonly min?: number;
  readonly max?: number;
  readonly maxLength?: number;
  /** Where a line is typed, the words behind it that name no other option belong to it. */
  readonly takesRest?: true;
  /** Fixed values; excludes completion. */
  readonly choices?: readonly { readonly value: string | number; readonly label?: MessageKey }[];
  /** Offers completion through `complete`. */
  readonly completes?: boolean;
}

export interface Choice {
  readonly value: string | number;
  /** What people see; adapters cut what is too long for their platform. */
  readonly label: string;
}

export interface CompletionRequest {
  readonly option: string;
  /** What was typed so far: unvalidated. */
  readonly typed: string;
  /** The other options as typed so far: unvalidated. */
  readonly options: Readonly<Record<string, OptionValue>>;
}

/** What runs when a command or subcommand is called. */
export interface Runnable<S> {
  readonly description: MessageKey;
  readonly access: Access;
  readonly options: readonly OptionDefinition[];
  /**
   * It changes something, and is not begun while nobody can write down who did it. Default: whatever not everybody may do.
   */
  readonly acts?: boolean;
  /** Validates the options; the platform's own checks are not trusted. Its output is what `run` gets. */
  readonly schema: z.ZodType;
  /** Only the asker sees the answer. It must be known before the work begins. */
  readonly private?: boolean;
  /** Milliseconds after which the work is given up; default 60,000. `null`: it bounds itself. */
  readonly timeoutMs?: number | null;
  // biome-ignore lint/suspicious/noExplicitAny: each command's own schema types its options; defineCommand keeps the two together
  run(context: CommandContext<S>, options: any): Promise<Reply>;
  complete?(context: Omit<CommandContext<S>, 'progress'>, request: CompletionRequest): Promise<readonly Choice[]>;
}

/** A slash command: runs by itself, or has subcommands. */
export interface Command<S> {
  readonly name: string;
  readonly description: MessageKey;
  /** A line as people type it, for /help; default `/name`. */
  readonly example?: string;
  readonly run?: Runnable<S>;
  readonly subcommands?: Readonly<Record<string, Runnable<S>>>;
}

/** What a button that calls a handler by name runs. Permission is checked again by the handler's access. */
export interface ActionHandler<S> {
  readonly name: string;
  readonly access: Access;
  readonly payload: z.ZodType;
  /** As a runnable's: only the presser sees the answer. */
  readonly private?: boolean;
  /** As a runnable's. */
  readonly acts?: boolean;
  /** As a runnable's: milliseconds after which the work is given up. */
  readonly timeoutMs?: number | null;
  // biome-ignore lint/suspicious/noExplicitAny: typed by the handler's own payload schema
  run(context: CommandContext<S>, payload: any): Promise<Reply>;
}

/** Ties a runnable's schema to its `run`, so that the options' type follows from the schema. */
export function runnable<S, Z extends z.ZodType>(
  definition: Omit<Runnable<S>, 'schema' | 'run'> & {
    readonly schema: Z;
    run(context: CommandContext<S>, options: z.output<Z>): Promise<Reply>;
  },
): Runnable<S> {
  return definition;
}
