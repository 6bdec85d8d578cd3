import type { Services } from '../../commands/services.ts';
import type { MessageKey } from '../chat/messages/index.ts';
import type { Picture, Reply } from '../chat/reply.ts';
import type { Translator } from '../chat/translate.ts';

/** Something of a chat platform's with an id; the name is one line of somebody's own text. */
export interface Listed {
  readonly id: string;
  readonly name: string;
}

/** What setting up asks of Discord with a token. Rejects with CodedError `discord-token-refused`, `discord-unreachable`. */
export interface DiscordAccount {
  identify(): Promise<{ readonly name: string; readonly invite: string }>;
  guilds(): Promise<readonly Listed[]>;
  roles(guildId: string): Promise<readonly Listed[]>;
  channels(guildId: string): Promise<readonly Listed[]>;
}

export interface ToolSetup {
  discord(token: string): DiscordAccount;
}

/** Where the tool's answers go. */
export interface ToolTerminal {
  readonly colour: boolean;
  /** Cells in a line; absent where it is no terminal. */
  readonly columns?: number | undefined;
  /** The pictures of a reply as the terminal shows them; asked for on a terminal alone. */
  pictures(reply: Reply): Promise<ReadonlyMap<Picture, string>>;
}

/** What a command of the tool works with. */
export interface Tool {
  readonly translator: Translator;
  readonly terminal: ToolTerminal;
  readonly input: NodeJS.ReadableStream;
  /** All commands, for what tells of them. */
  readonly commands: readonly ToolCommand[];
  write(text: string): void;
  writeError(text: string): void;
  /** What the commands stand on; made when a command first asks. `servers`: whether it will ask the servers. */
  services(needs: { readonly servers: boolean }): Promise<Services>;
  /** `headroom start`: the bot, or the terminal chat where there is no token. */
  start(): Promise<number>;
  /** `headroom doctor`, which looks at every part of the program. */
  doctor(): Promise<number>;
  /** What setting up asks of others. */
  setup(): Promise<ToolSetup>;
}

export interface ToolArgument {
  /** As the help shows it: `MODEL`. */
  readonly name: string;
  readonly description: MessageKey;
  readonly optional?: boolean;
  readonly variadic?: boolean;
  /** The only values that it takes. */
  readonly choices?: readonly string[];
}

export interface ToolOption {
  /** Its long name, without dashes. */
  readonly name: string;
  /** What stands for the value in the help; absent for a switch. */
  readonly value?: string;
  /** The command cannot do without it. */
  readonly required?: boolean;
  readonly description: MessageKey;
  /** For the help and completion; what does the work refuses others. */
  readonly choices?: readonly string[];
}

/** What was typed behind the command's name: one text an option, `true` for a switch. */
export interface ToolCall {
  readonly args: readonly string[];
  readonly options: Readonly<Record<string, string | boolean | undefined>>;
}

/** A command of the tool: how it is called, and where its work is. Its help, the man page and completion come of this. */
export interface ToolCommand {
  readonly name: string;
  readonly description: MessageKey;
  readonly args?: readonly ToolArgument[];
  readonly options?: readonly ToolOption[];
  /** Lines as people type them, without `headroom`. */
  readonly examples?: readonly string[];
  /** What its exit codes mean beside 1, a failure. */
  readonly exits?: readonly (readonly [code: number, meaning: MessageKey])[];
  /** It keeps something, or is the bot itself: only Node 24 has what that takes. */
  readonly needsNode24?: boolean;
  /** @returns what does the work: `tool`, `call` in, the exit code out */
  load(): Promise<(tool: Tool, call: ToolCall) => Promise<number>>;
}

/** Exit code of every command that failed. */
export const EXIT_FAILED = 1;
