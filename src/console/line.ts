import type { Command, OptionDefinition, Runnable } from '../chat/command.ts';
import type { OptionValue } from '../chat/reply.ts';

/** A line as typed, taken apart. */
export type ParsedLine<S> =
  | { readonly kind: 'empty' }
  | { readonly kind: 'press'; readonly number: number }
  | { readonly kind: 'unknown-command'; readonly command: string }
  | {
      readonly kind: 'unknown-option' | 'unknown-subcommand';
      readonly command: string;
      readonly option: string;
      readonly known: readonly string[];
    }
  | {
      readonly kind: 'call';
      readonly command: Command<S>;
      readonly subcommand?: string;
      readonly options: Readonly<Record<string, OptionValue>>;
    };

const MAX_LINE = 4000;

/** Splits a line at white space; double quotes keep white space together. */
function tokens(line: string): string[] {
  const found: string[] = [];
  for (const match of line.slice(0, MAX_LINE).matchAll(/(?:[^\s"]+|"[^"]*"?)+/g)) {
    found.push(match[0].replaceAll('"', ''));
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

/**
 * Takes a line apart as people type it in Discord: `/fit gemma3:12b ctx:32768`. `name:value` is an option where the
 * command has one of that name; anything else fills the options in their order, so a tag's colon stays in the name.
 */
export function parseLine<S>(line: string, commands: readonly Command<S>[]): ParsedLine<S> {
  const [first, ...rest] = tokens(line);
  if (first === undefined) {
    return { kind: 'empty' };
  }
  if (/^\d{1,2}$/.test(first) && rest.length === 0) {
    return { kind: 'press', number: Number(first) };
  }
  const name = first.replace(/^\//, '').toLowerCase();
  const command = commands.find((candidate) => candidate.name === name);
  if (command === undefined) {
    return { kind: 'unknown-command', command: first.slice(0, 100) };
  }
  let runnable: Runnable<S> | undefined = command.run;
  let subcommand: string | undefined;
  if (command.subcommands !== undefined) {
    const names = Object.keys(command.subcommands);
    subcommand = rest[0] !== undefined && names.includes(rest[0]) ? rest.shift() : undefined;
    if (subcommand === undefined && runnable === undefined) {
      if (rest.length > 0) {
        return { kind: 'unknown-subcommand', command: name, option: rest[0]!.slice(0, 100), known: names };
      }
      subcommand = names[0]!;
    }
    if (subcommand !== undefined) {
      runnable = command.subcommands[subcommand];
    }
  }
  const definitions = runnable?.options ?? [];
  const options: Record<string, OptionValue> = {};
  for (const token of rest) {
    const colon = token.indexOf(':');
    const named = definitions.find((definition) => definition.name === token.slice(0, colon).toLowerCase());
    const definition = named ?? definitions.find((candidate) => !(candidate.name in options));
    if (definition === undefined || (named !== undefined && named.name in options)) {
      return {
        kind: 'unknown-option',
        command: name,
        option: token.slice(0, 100),
        known: definitions.map((candidate) => candidate.name),
      };
    }
    options[definition.name] = convert(definition, named === undefined ? token : token.slice(colon + 1));
  }
  return subcommand === undefined ? { kind: 'call', command, options } : { kind: 'call', command, subcommand, options };
}
