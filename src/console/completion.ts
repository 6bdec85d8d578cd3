import { nearestWord } from '../base/nearest.ts';
import type { Choice, Command, OptionDefinition, Runnable } from '../chat/command.ts';
import { isCalled } from '../chat/names.ts';
import type { OptionValue } from '../chat/reply.ts';
import { namedOption, parseLine, type Token, tokens } from './line.ts';

/** More values than this nobody looks through. */
const MAX_VALUES = 60;
const LEAVING = ['exit', 'quit'];

/** Asks what a command offers for an option; bounded in time, and empty where it has nothing. */
export type AskChoices = (request: {
  readonly command: string;
  readonly subcommand: string | null;
  readonly option: string;
  readonly typed: string;
  readonly options: Readonly<Record<string, OptionValue>>;
}) => Promise<readonly Choice[]>;

/** What a Tab offers: `candidates` each stand in the place of `typed`, which ends at the cursor. */
export interface Completion {
  readonly candidates: readonly string[];
  readonly typed: string;
}

const NOTHING: Completion = { candidates: [], typed: '' };

/** Words of a short list that begin as typed; where none does, the one that was probably meant. */
function matching(words: readonly string[], typed: string): readonly string[] {
  const wanted = typed.normalize('NFKC').toLowerCase();
  const found = words.filter((word) => word.startsWith(wanted));
  const near = found.length > 0 ? null : nearestWord(wanted, words);
  return near === null ? found : [near];
}

function completeName<S>(typed: string, commands: readonly Command<S>[]): Completion {
  const plain = typed.normalize('NFKC');
  const slash = plain.startsWith('/') || plain === '' ? '/' : '';
  const words = [...commands.map(({ name }) => name), ...LEAVING];
  return { candidates: matching(words, plain.replace(/^\//, '')).map((name) => `${slash}${name} `), typed };
}

/** Values of an option that begin as typed, as they are typed. */
async function valuesOf(
  definition: OptionDefinition,
  typed: string,
  ask: (option: string, typed: string) => Promise<readonly Choice[]>,
): Promise<readonly string[]> {
  if (definition.choices !== undefined) {
    return matching(
      definition.choices.map(({ value }) => String(value)),
      typed,
    );
  }
  if (definition.type === 'boolean') {
    return matching(['yes', 'no'], typed);
  }
  const choices = definition.completes === true ? await ask(definition.name, typed) : [];
  return choices.slice(0, MAX_VALUES).map(({ value }) => (/\s/.test(String(value)) ? `"${value}"` : String(value)));
}

/**
 * What may stand where the cursor is: commands, subcommands, options, and what the command itself offers for an option,
 * with the same matching as in other chats. A name typed with a space (`gemma 3`) is found too.
 * @param line what stands before the cursor
 */
export async function completeLine<S>(
  line: string,
  commands: readonly Command<S>[],
  ask: AskChoices,
): Promise<Completion> {
  const all = tokens(line);
  const last = all.at(-1);
  const inWord = last !== undefined && !/\s$/.test(line);
  const word: Token = inWord ? last : { text: '', quoted: false, at: line.length };
  const before = inWord ? all.slice(0, -1) : all;
  const typed = line.slice(word.at);
  if (before.length === 0) {
    return completeName(typed, commands);
  }
  const name = before[0]!.text.replace(/^\//, '').toLowerCase();
  const command = commands.find((candidate) => isCalled('command', candidate.name, name));
  if (command === undefined) {
    return NOTHING;
  }
  if (before.length === 1 && command.subcommands !== undefined) {
    return { candidates: matching(Object.keys(command.subcommands), typed).map((sub) => `${sub} `), typed };
  }
  const place = { command, commands, ask };
  const previous = before.at(-1)!;
  // `gemma 3`: two words that may be one name. One with a tag is whole.
  if (before.length > 1 && word.text !== '' && !/[:=：＝]/.test(previous.text + word.text)) {
    const both: Token = { text: `${previous.text} ${word.text}`, quoted: false, at: previous.at };
    const joined = await completeOption(line, both, place);
    if (joined.candidates.length > 0) {
      return joined;
    }
  }
  return completeOption(line, word, place);
}

interface Place<S> {
  readonly command: Command<S>;
  readonly commands: readonly Command<S>[];
  readonly ask: AskChoices;
}

async function completeOption<S>(line: string, word: Token, place: Place<S>): Promise<Completion> {
  const { command, commands, ask } = place;
  const typed = line.slice(word.at);
  const parsed = parseLine(line.slice(0, word.at), commands);
  if (parsed.kind !== 'call') {
    return NOTHING;
  }
  const { options, subcommand } = parsed;
  const runnable: Runnable<S> | undefined = subcommand === undefined ? command.run : command.subcommands?.[subcommand];
  const definitions = runnable?.options ?? [];
  const offers = (option: string, text: string) =>
    ask({ command: command.name, subcommand: subcommand ?? null, option, typed: text, options });
  const named = namedOption(word, definitions);
  if (named !== null) {
    const { definition, value } = named;
    const values = await valuesOf(definition, value, offers);
    return { candidates: values.map((one) => `${definition.name}:${one} `), typed };
  }
  const growing = definitions.find(({ name, takesRest }) => takesRest === true && name in options);
  if (growing !== undefined) {
    return completeRest(line, word, { growing, definitions, skip: subcommand === undefined ? 1 : 2, offers });
  }
  const free = definitions.filter((definition) => !(definition.name in options));
  const next = free[0];
  const values = next === undefined ? [] : await valuesOf(next, word.text, offers);
  const wanted = word.text.toLowerCase();
  // Every option may be given by its name; the next one by its value alone.
  const names = free.filter(({ name }) => name.startsWith(wanted));
  return { candidates: [...values.map((one) => `${one} `), ...names.map(({ name }) => `${name}:`)], typed };
}

interface Rest {
  readonly growing: OptionDefinition;
  readonly definitions: readonly OptionDefinition[];
  /** Words before the options. */
  readonly skip: number;
  readonly offers: (option: string, text: string) => Promise<readonly Choice[]>;
}

/** An option that the rest of the line belongs to: all that was typed for it is completed as one. */
async function completeRest(line: string, word: Token, rest: Rest): Promise<Completion> {
  const { growing, definitions, skip, offers } = rest;
  for (const token of tokens(line).slice(skip)) {
    const named = namedOption(token, definitions);
    if (named === null || named.definition === growing) {
      const typed = line.slice(token.at + (named === null ? 0 : growing.name.length + 1));
      const choices = growing.completes === true ? await offers(growing.name, typed) : [];
      const others = definitions.filter(
        ({ name }) => name !== growing.name && word.text !== '' && name.startsWith(word.text),
      );
      const before = typed.slice(0, typed.length - (line.length - word.at));
      return {
        candidates: [
          ...choices.slice(0, MAX_VALUES).map(({ value }) => `${value} `),
          ...others.map(({ name }) => `${before}${name}:`),
        ],
        typed,
      };
    }
  }
  return NOTHING;
}
