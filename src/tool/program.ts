import { Argument, Command, type CommanderError, Option } from 'commander';
import { nearestWord } from '../base/nearest.ts';
import { ExplainedError } from '../chat/dispatch/errors.ts';
import type { Translator } from '../chat/translate.ts';
import type { ToolCall, ToolCommand } from './command.ts';

/** Columns of a help text: what every terminal has. */
const HELP_COLUMNS = 80;

export interface ProgramParts {
  readonly commands: readonly ToolCommand[];
  readonly translator: Translator;
  readonly version: string;
  readonly write: (text: string) => void;
  /** A command was called, its arguments are as declared. */
  readonly run: (command: ToolCommand, call: ToolCall) => Promise<void>;
}

/** The tool's commands as commander reads them: help, version, arguments. What it refuses is thrown, never printed. */
export function createProgram(parts: ProgramParts): Command {
  const { translator, commands } = parts;
  const { t } = translator;
  const program = dress(new Command('headroom'), parts)
    .description(t('tool.description'))
    .version(parts.version, '-V, --version', t('tool.version'))
    .helpCommand('help [COMMAND]', t('tool.help-command'))
    .showSuggestionAfterError(false);
  for (const declared of commands) {
    program.addCommand(commandOf(declared, parts));
  }
  program.addHelpText('after', `\n${t('tool.more-help')}`);
  return program;
}

function commandOf(declared: ToolCommand, parts: ProgramParts): Command {
  const { t } = parts.translator;
  const command = dress(new Command(declared.name), parts).description(t(declared.description));
  for (const { name, description, optional, variadic, choices } of declared.args ?? []) {
    const shown = `${name}${variadic === true ? '...' : ''}`;
    const argument = new Argument(optional === true ? `[${shown}]` : `<${shown}>`, t(description));
    command.addArgument(choices === undefined ? argument : argument.choices(choices));
  }
  for (const { name, value, description, choices, required } of declared.options ?? []) {
    const words = choices === undefined ? t(description) : `${t(description)} (${choices.join(', ')})`;
    command.addOption(
      new Option(`--${name}${value === undefined ? '' : ` <${value}>`}`, words).makeOptionMandatory(required === true),
    );
  }
  command.addHelpText('after', () => afterwords(declared, parts.translator));
  command.action(async () => {
    await parts.run(declared, { args: command.args, options: command.opts() });
  });
  return command;
}

/** What every command has alike: nothing is printed but help, in the reader's language. */
function dress(command: Command, { translator, write }: ProgramParts): Command {
  const { t } = translator;
  const titles: Readonly<Record<string, string>> = {
    'Usage:': t('tool.title.usage'),
    'Arguments:': t('tool.title.arguments'),
    'Options:': t('tool.title.options'),
    'Commands:': t('tool.title.commands'),
  };
  return command
    .exitOverride()
    .allowExcessArguments(false)
    .configureOutput({ writeOut: write, writeErr: () => undefined, getOutHelpWidth: () => HELP_COLUMNS })
    .configureHelp({ styleTitle: (title) => titles[title] ?? title })
    .helpOption('-h, --help', t('tool.help'));
}

/** Examples and exit codes, under the options. */
export function afterwords(declared: ToolCommand, translator: Translator): string {
  const { t } = translator;
  const examples = (declared.examples ?? []).map((line) => `  headroom ${line}`);
  const exits = exitCodes(declared, translator).map(([code, meaning]) => `  ${code}  ${meaning}`);
  return [
    '',
    ...(examples.length === 0 ? [] : [t('tool.title.examples'), ...examples, '']),
    t('tool.title.exits'),
    ...exits,
  ].join('\n');
}

/** Every exit code of a command with its meaning, in their order. */
export function exitCodes(declared: ToolCommand, { t }: Translator): readonly (readonly [number, string])[] {
  const own = (declared.exits ?? ([[0, 'tool.exit.done']] as const)).map(([code, key]) => [code, t(key)] as const);
  return [...own, [1, t('tool.exit.failed')] as const].sort(([a], [b]) => a - b);
}

/** What commander refused, as words of ours; null where it only showed a help or the version. */
export function explainRefusal(
  error: CommanderError,
  argv: readonly string[],
  commands: readonly ToolCommand[],
): ExplainedError | null {
  if (error.exitCode === 0 || error.code === 'commander.help') {
    return null;
  }
  const [name = ''] = argv;
  const called = commands.find((command) => command.name === name);
  const quoted = (/'([^']*)'/.exec(error.message)?.[1] ?? '').slice(0, 60);
  const usage = called === undefined ? 'headroom COMMAND' : usageLine(called);
  switch (error.code) {
    case 'commander.unknownCommand': {
      const near = nearestWord(
        name,
        commands.map((command) => command.name),
      );
      return near === null
        ? new ExplainedError('error.tool-unknown-command', { command: name.slice(0, 40) })
        : new ExplainedError('error.tool-unknown-command-near', { command: name.slice(0, 40), near });
    }
    case 'commander.unknownOption': {
      const known = (called?.options ?? []).map((option) => `--${option.name}`);
      const near = nearestWord(quoted, known);
      return near === null
        ? new ExplainedError('error.tool-unknown-option', { option: quoted, usage })
        : new ExplainedError('error.tool-unknown-option-near', { option: quoted, near, usage });
    }
    case 'commander.missingArgument':
    case 'commander.missingMandatoryOptionValue':
      return new ExplainedError('error.tool-missing-argument', { argument: quoted, usage });
    case 'commander.excessArguments':
      return new ExplainedError('error.tool-too-many-arguments', { usage });
    case 'commander.optionMissingArgument':
      return new ExplainedError('error.tool-option-value', { option: quoted, usage });
    case 'commander.invalidArgument': {
      const choices = (called?.args ?? []).flatMap((argument) => argument.choices ?? []).join(', ');
      return new ExplainedError('error.tool-choice', { option: called?.args?.[0]?.name ?? '', value: quoted, choices });
    }
    default:
      return new ExplainedError('error.tool-arguments', { why: error.message.split('\n')[0]!.slice(0, 200), usage });
  }
}

/** `headroom fit MODEL [--ctx N] …`, on one line. */
export function usageLine(declared: ToolCommand): string {
  const args = (declared.args ?? []).map(({ name, optional, variadic }) => {
    const shown = `${name}${variadic === true ? '...' : ''}`;
    return optional === true ? `[${shown}]` : shown;
  });
  const options = (declared.options ?? []).map(({ name, value, required }) => {
    const shown = `--${name}${value === undefined ? '' : ` ${value}`}`;
    return required === true ? shown : `[${shown}]`;
  });
  return ['headroom', declared.name, ...args, ...options].join(' ');
}
