import type { PictureSpec } from './pictures/spec.ts';
import type { Text } from './text.ts';

/** How a reply feels at first sight; adapters choose colour and sign. */
export type Tone = 'good' | 'warning' | 'bad' | 'neutral';

export interface Column {
  readonly title: string;
  /** Names stand left, and are shortened in their middle where a line is too long; figures stand right and stay whole. */
  readonly align: 'left' | 'right';
  /** Shown only where lines are long enough for all of them (a terminal), or only where they are not (a phone). */
  readonly only?: 'wide' | 'narrow';
}

/** A picture in a reply. `png` is called at most once, by the adapter that shows it. */
export interface Picture {
  /** File name, `[a-z0-9-]+.png`. */
  readonly name: string;
  /** Text for those who cannot see it; adapters cut what is too long for their platform. */
  readonly alt: string;
  /** What it shows, for a platform that has its own way of drawing it. */
  readonly spec: PictureSpec;
  png(): Promise<Uint8Array>;
}

export type Block =
  | { readonly kind: 'heading'; readonly text: Text }
  | { readonly kind: 'text'; readonly text: Text }
  /** Remarks: the age of the numbers, sources. */
  | { readonly kind: 'small'; readonly text: Text }
  | { readonly kind: 'list'; readonly items: readonly Text[] }
  | { readonly kind: 'table'; readonly columns: readonly Column[]; readonly rows: readonly (readonly string[])[] }
  | { readonly kind: 'code'; readonly text: string }
  | { readonly kind: 'divider' }
  | { readonly kind: 'picture'; readonly picture: Picture };

export type OptionValue = string | number | boolean;

/** What pressing a button does: runs a command as if typed, or calls a named handler with a payload. */
export type ActionCall =
  | { readonly command: string; readonly subcommand?: string; readonly options: Readonly<Record<string, OptionValue>> }
  | { readonly handler: string; readonly payload: Readonly<Record<string, OptionValue>> };

export interface Action {
  readonly label: string;
  readonly style: 'primary' | 'secondary' | 'success' | 'danger';
  readonly call: ActionCall;
  /** `edit` replaces the message the button stands on, `new` answers beside it. Default `new`. */
  readonly target?: 'edit' | 'new';
  /** Only these people (platform ids) may press it. Absent: anybody whose permissions allow the call. */
  readonly onlyFor?: readonly string[];
  /** Works once. Default false. */
  readonly once?: boolean;
  /** Milliseconds from now until the button is refused; default 24 hours. */
  readonly expiresInMs?: number;
}

/** What a command answers. */
export interface Reply {
  readonly tone: Tone;
  /** The answer in one line. */
  readonly title: Text;
  readonly blocks: readonly Block[];
  readonly actions?: readonly Action[];
  /** Only the asker sees it, where the platform can. */
  readonly private?: boolean;
  /** The command could not do what was asked; a script's exit code follows it. */
  readonly failed?: boolean;
  /** People to notify by this reply (platform ids). */
  readonly ping?: readonly string[];
  /**
   * What is said in a message of its own where this reply takes the place of one that was there: an edit notifies nobody,
   * and whoever waited long looks elsewhere by now.
   */
  readonly announce?: Reply;
}
