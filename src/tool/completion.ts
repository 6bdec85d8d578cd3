import type { Tool, ToolCall, ToolCommand } from './command.ts';
import type { Shell } from './shells.ts';

/** `headroom completion SHELL`. The names of the models stand in the script: a Tab starts no program. */
export async function runCompletion(tool: Tool, call: ToolCall): Promise<number> {
  const services = await tool.services({ servers: false });
  tool.write(completionScript(call.args[0] as Shell, tool.commands, services.models.builtinNames()));
  return 0;
}

/** What completes the words of the tool in a shell. */
export function completionScript(shell: Shell, commands: readonly ToolCommand[], models: readonly string[]): string {
  const names = models.filter((name) => /^[\w.:/-]+$/.test(name));
  switch (shell) {
    case 'bash':
      return bash(commands, names);
    case 'zsh':
      return zsh(commands, names);
    case 'fish':
      return fish(commands, names);
  }
}

/** Values that an argument of a command may have; `MODEL` is a model's name. */
function argumentWords(command: ToolCommand, models: readonly string[]): readonly string[] {
  const [first] = command.args ?? [];
  return first?.choices ?? (first?.name === 'MODEL' ? models : []);
}

function bash(commands: readonly ToolCommand[], models: readonly string[]): string {
  const cases = commands.map((command) => {
    const options = [...(command.options ?? []).map(({ name }) => `--${name}`), '--help'].join(' ');
    const values = (command.options ?? [])
      .filter(({ choices }) => choices !== undefined)
      .map(({ name, choices }) => `      --${name}) words='${choices!.join(' ')}' ;;`);
    const plain = (command.options ?? []).filter(({ value, choices }) => value !== undefined && choices === undefined);
    const free = plain.length === 0 ? [] : [`      ${plain.map(({ name }) => `--${name}`).join('|')}) return ;;`];
    return [
      `    ${command.name})`,
      `      case "$before" in`,
      ...values,
      ...free,
      `      *) words='${[options, ...argumentWords(command, models)].join(' ')}' ;;`,
      '      esac ;;',
    ].join('\n');
  });
  return `# bash completion of headroom
_headroom() {
  local current="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" words=''
  # A colon parts words in bash, and stands in the names of models.
  if declare -F _get_comp_words_by_ref >/dev/null; then
    _get_comp_words_by_ref -n : -c current -p before
  fi
  case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
    *) words='${[...commands.map(({ name }) => name), 'help', '--help', '--version'].join(' ')}' ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  if [ \${#COMPREPLY[@]} -eq 0 ]; then
    COMPREPLY=($(compgen -f -- "$current"))
  fi
  if declare -F __ltrim_colon_completions >/dev/null; then
    __ltrim_colon_completions "$current"
  fi
}
complete -F _headroom headroom
`;
}

function zsh(commands: readonly ToolCommand[], models: readonly string[]): string {
  const escaped = (word: string) => word.replaceAll(':', '\\:');
  const cases = commands.map((command) => {
    const options = (command.options ?? []).map(({ name, value, choices }) => {
      const taken = value === undefined ? '' : `:${value}:${choices === undefined ? '' : `(${choices.join(' ')})`}`;
      return `'--${name}${taken}'`;
    });
    const words = argumentWords(command, models).map(escaped);
    const argument =
      (command.args ?? []).length === 0
        ? []
        : [`'1:${command.args![0]!.name}:${words.length === 0 ? '_files' : `(${words.join(' ')})`}'`];
    return `    ${command.name}) _arguments '--help' ${[...options, ...argument].join(' ')} ;;`;
  });
  return `#compdef headroom
_headroom() {
  if (( CURRENT == 2 )); then
    compadd -- ${[...commands.map(({ name }) => name), 'help', '--help', '--version'].join(' ')}
    return
  fi
  local command="\${words[2]}"
  shift words
  (( CURRENT-- ))
  case "$command" in
${cases.join('\n')}
  esac
}
compdef _headroom headroom
`;
}

function fish(commands: readonly ToolCommand[], models: readonly string[]): string {
  const names = commands.map(({ name }) => name);
  const lines = [
    '# fish completion of headroom',
    `complete -c headroom -n '__fish_use_subcommand' -f -a '${[...names, 'help'].join(' ')}'`,
    "complete -c headroom -n '__fish_use_subcommand' -l version",
    'complete -c headroom -l help',
  ];
  for (const command of commands) {
    const when = `-n '__fish_seen_subcommand_from ${command.name}'`;
    for (const { name, value, choices } of command.options ?? []) {
      const taken = value === undefined ? '' : choices === undefined ? ' -r' : ` -x -a '${choices.join(' ')}'`;
      lines.push(`complete -c headroom ${when} -l ${name}${taken}`);
    }
    const words = argumentWords(command, models);
    if (words.length > 0) {
      lines.push(`complete -c headroom ${when} -a '${words.join(' ')}'`);
    }
  }
  return `${lines.join('\n')}\n`;
}
