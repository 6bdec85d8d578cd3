import { nearestWord } from '../base/nearest.ts';
import type { Command, OptionDefinition, Runnable } from '../chat/command.ts';
import { isCalled } from '../chat/names.ts';
import type { OptionValue } from '../chat/reply.ts';

/** A line as typed, taken apart. */
export type ParsedLine<S> =
  | { readonly kind: 'empty' }
  /** `exit`, `quit`. */
  | { readonly kind: 'leave' }
  /** A button: the number of one under a reply, the letter of one beside work under way. */
  | { readonly kind: 'press'; readonly key: string }
  /** `near`: the command that was probably meant. */
  | { readonly kind: 'unknown-command'; readonly command: string; readonly near: string | null }
  | {
      readonly kind: 'unknown-option' | 'unknown-subcommand';
      readonly command: string;
      readonly option: string;
      readonly known: readonly string[];
    }
  /** The command alone says nothing: it wants one of its subcommands. */
  | { readonly kind: 'missing-subcommand'; readonly command: string; readonly known: readonly string[] }
  | {
      readonly kind: 'call';
      readonly command: Command<S>;
      readonly subcommand?: string;
      readonly options: Readonly<Record<string, OptionValue>>;
    };

const MAX_LINE = 4000;

export interface Token {
  readonly text: string;
  /** It was in quotes: nothing in it is anything but text. */
  readonly quoted: boolean;
  /** Where it begins in the line. */
  readonly at: number;
}

/**
 * Splits a line at white space; double quotes keep white space together, typographic ones too. Full-width letters and
 * signs are plain ones.
 */
export function tokens(line: string): Token[] {
  const found: Token[] = [];
  const plain = line.slice(0, MAX_LINE).replace(/[“”＂]/g, '"');
  for (const match of plain.matchAll(/(?:[^\s"]+|"[^"]*"?)+/g)) {
    const quoted = match[0].includes('"');
    found.push({
      text: quoted ? match[0].replaceAll('"', '') : match[0].normalize('NFKC'),
      quoted,
      at: match.index,
    });
  }
  return found;
}

function convert(definition: OptionDefinition, value: string): OptionValue {
  if (definition.type === 'boolean' && /^(true|yes|on|1)$/i.test(value)) {
    return true;
  }
  if (definition.type === 'boolean' && /^(false|no|off|0)$/i.test(value)) {
    return false;
  }
  if ((definition.type === 'integer' || definition.type === 'number') && /^[+-]?\d+(\.\d+)?$/.test(value)) {
    return Number(value);
  }
  return value;
}

/** `ctx:32k`, `ctx=32k`: the option and what stands behind the sign; null where the token names none. */
export function namedOption(
  token: Pick<Token, 'text'>,
  definitions: readonly OptionDefinition[],
): { readonly definition: OptionDefinition; readonly value: string } | null {
  const sign = token.text.search(/[:=：＝]/);
  const definition = definitions.find(({ name }) =>
    isCalled('option', name, token.text.slice(0, Math.max(0, sign)).toLowerCase()),
  );
  return definition === undefined ? null : { definition, value: token.text.slice(sign + 1) };
}

/**
 * Takes a line apart as people type it in Discord: `/fit gemma3:12b ctx:32768`. `name:value` (or `name=value`, or with a
 * space behind the sign) is an option where the command has one of that name; anything else fills the options in their
 * order, so a tag's colon stays in the name.
 */
export function parseLine<S>(line: string, commands: readonly Command<S>[]): ParsedLine<S> {
  const [first, ...rest] = tokens(line);
  if (first === undefined) {
    return { kind: 'empty' };
  }
  const button = /^\[?(\d{1,2}|[a-z])\]?$/i.exec(first.text)?.[1];
  if (button !== undefined && rest.length === 0) {
    return { kind: 'press', key: button.toLowerCase() };
  }
  const name = first.text.replace(/^\//, '').toLowerCase();
  if (rest.length === 0 && (name === 'exit' || name === 'quit')) {
    return { kind: 'leave' };
  }
  const command = commands.find((candidate) => isCalled('command', candidate.name, name));
  if (command === undefined) {
    const near = nearestWord(
      name,
      commands.map((candidate) => candidate.name),
    );
    return { kind: 'unknown-command', command: first.text.slice(0, 100), near };
  }
  let runnable: Runnable<S> | undefined = command.run;
  let subcommand: string | undefined;
  if (command.subcommands !== undefined) {
    const known = Object.keys(command.subcommands);
    const asked = rest[0]?.text.toLowerCase();
    subcommand = asked === undefined ? undefined : known.find((one) => isCalled('subcommand', one, asked));
    if (subcommand !== undefined) {
      rest.shift();
    } else if (runnable === undefined) {
      if (rest.length > 0) {
        return { kind: 'unknown-subcommand', command: command.name, option: rest[0]!.text.slice(0, 100), known };
      }
      // The first answers for the command where it needs nothing more.
      if (command.subcommands[known[0]!]!.options.some((option) => option.required === true)) {
        return { kind: 'missing-subcommand', command: command.name, known };
      }
      subcommand = known[0]!;
    }
    if (subcommand !== undefined) {
      runnable = command.subcommands[subcommand];
    }
  }
  const definitions = runnable?.options ?? [];
  const options: Record<string, OptionValue> = {};
  for (let i = 0; i < rest.length; i++) {
    const token = rest[i]!;
    const named = namedOption(token, definitions);
    const definition = named?.definition ?? definitions.find((candidate) => !(candidate.name in options));
    if (definition === undefined || (named !== null && named.definition.name in options)) {
      return {
        kind: 'unknown-option',
        command: command.name,
        option: token.text.slice(0, 100),
        known: definitions.map((candidate) => candidate.name),
      };
    }
    let value = named?.value ?? token.text;
    if (named !== null && value === '' && rest[i + 1] !== undefined) {
      i += 1;
      value = rest[i]!.text;
    }
    while (
      definition.takesRest === true &&
      rest[i + 1] !== undefined &&
      namedOption(rest[i + 1]!, definitions) === null
    ) {
      i += 1;
      value += ` ${rest[i]!.text}`;
    }
    // A context with spaces between its thousands is one number.
    while (
      definition.type === 'context' &&
      /^\d{1,3}( \d{3})*$/.test(value) &&
      /^\d{3}$/.test(rest[i + 1]?.text ?? '')
    ) {
      i += 1;
      value += ` ${rest[i]!.text}`;
    }
    options[definition.name] = convert(definition, value);
  }
  return subcommand === undefined ? { kind: 'call', command, options } : { kind: 'call', command, subcommand, options };
}
