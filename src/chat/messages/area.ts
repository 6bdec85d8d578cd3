import type { Locale } from '../locale.ts';

/**
 * One row of the message table: the same sentence in every language. `{name}` is replaced by a parameter (numbers as
 * people type them), `{name:bytes}` formats it: `bytes` (GiB or MiB), `gib` (always GiB), `int` (grouped digits),
 * `percent` (0 to 1), `duration` (milliseconds); `{n:plural:GPU|GPUs}` picks by number.
 */
export type Message = Readonly<Record<Locale, string>>;

/** Declares the rows of one area of the table; the compiler sees to it that no language is missing. */
export function area<const T extends Readonly<Record<string, Message>>>(rows: T): T {
  return rows;
}
