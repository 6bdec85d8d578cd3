import { commands, messageCommands } from '../../commands/index.ts';
import type { OptionDefinition, Runnable } from '../../src/chat/command.ts';
import { createTranslator } from '../../src/chat/translate.ts';
import { toolCommands } from '../../src/tool/commands.ts';
import { exitCodes, usageLine } from '../../src/tool/program.ts';

const translator = createTranslator('en');
const { t } = translator;
const WHO = { everyone: 'everyone', operator: 'operators', admin: 'admins' } as const;

/** docs/commands.md: the slash commands and the command-line tool, from their own declarations. */
export function commandsPage(): string {
  const chat = commands.map((command) => {
    const own = command.run === undefined ? [] : [runnablePart(`/${command.name}`, command.run)];
    const subs = Object.entries(command.subcommands ?? {}).map(([name, part]) =>
      runnablePart(`/${command.name} ${name}`, part),
    );
    const example = command.example === undefined ? '' : `\nFor example \`${command.example}\`.\n`;
    return `### /${command.name}\n\n${t(command.description)}\n${example}\n${[...own, ...subs].join('\n')}`;
  });
  const pointing = messageCommands.map(({ label, access }) => `**${t(label)}** (${WHO[access]})\n`).join('\n');
  const tool = toolCommands.map((command) => {
    const args = (command.args ?? []).map(({ name, description }) => `| \`${name}\` | ${cell(t(description))} |`);
    const options = (command.options ?? []).map(({ name, value, description, choices }) => {
      const words = choices === undefined ? t(description) : `${t(description)} (${choices.join(', ')})`;
      return `| \`--${name}${value === undefined ? '' : ` ${value}`}\` | ${cell(words)} |`;
    });
    const rows = [...args, ...options];
    const table = rows.length === 0 ? '' : `\n| | |\n|---|---|\n${rows.join('\n')}\n`;
    const examples = (command.examples ?? []).map((line) => `headroom ${line}`).join('\n');
    const shown = examples === '' ? '' : `\n\`\`\`sh\n${examples}\n\`\`\`\n`;
    const exits = exitCodes(command, translator).map(([code, meaning]) => `${code} ${meaning}`);
    return `### headroom ${command.name}\n\n${t(command.description)}\n\n\`${usageLine(command)}\`\n${table}${shown}\nExit codes: ${exits.join('; ')}.\n`;
  });
  return `# Commands\n\nWritten by \`npm run docs\` from the commands' own declarations.\n\n## In Discord and in the terminal\n\nA context is typed as \`32768\`, \`32k\`, \`128K\` or \`32,768\`; GPUs as \`2x4090\`, \`RTX 3090\`, \`4x8GiB\`, \`24GiB:22GiB\` (total:free), several with commas between.\n\n${chat.join('\n')}\n## On a message in Discord (right click, Apps)\n\n${pointing}\n## The command-line tool\n\n${tool.join('\n')}`;
}

function runnablePart<S>(call: string, part: Runnable<S>): string {
  const head = `**\`${call}\`** (${WHO[part.access]})${call.includes(' ') ? `: ${t(part.description)}` : ''}\n`;
  if (part.options.length === 0) {
    return head;
  }
  const rows = part.options.map(
    (option) => `| \`${option.name}\`${option.required === true ? ' *' : ''} | ${cell(optionWords(option))} |`,
  );
  return `${head}\n| option (* required) | |\n|---|---|\n${rows.join('\n')}\n`;
}

function optionWords(option: OptionDefinition): string {
  const choices = option.choices?.map(({ value }) => String(value)).join(', ');
  return choices === undefined ? t(option.description) : `${t(option.description)}: ${choices}`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
