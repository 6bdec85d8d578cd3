import type { Translator } from '../chat/translate.ts';
import type { ToolCommand } from './command.ts';
import { exitCodes, usageLine } from './program.ts';

/** Text as troff takes it: dashes stay dashes, a line that begins with a dot is no request. */
function troff(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^([.'])/gm, '\\&$1');
}

/** The man page of section 1, of the same declarations and words as the help. */
export function manPage(commands: readonly ToolCommand[], { t }: Translator, version: string): string {
  const lines = [
    `.TH HEADROOM 1 "" "headroom ${version}"`,
    '.SH NAME',
    `headroom \\- ${troff(t('tool.description'))}`,
    '.SH SYNOPSIS',
    ...commands.flatMap((command) => [`.B ${troff(usageLine(command))}`, '.br']),
    '.SH DESCRIPTION',
    troff(t('tool.more-help')),
    '.SH COMMANDS',
  ];
  for (const command of commands) {
    lines.push(`.SS ${troff(usageLine(command))}`, troff(t(command.description)));
    for (const { name, description } of command.args ?? []) {
      lines.push('.TP', `.I ${name}`, troff(t(description)));
    }
    for (const { name, value, description, choices } of command.options ?? []) {
      const taken = value === undefined ? '' : ` " " ${value}`;
      const words = choices === undefined ? t(description) : `${t(description)} (${choices.join(', ')})`;
      lines.push('.TP', `.BI \\-\\-${troff(name)}${taken}`, troff(words));
    }
    lines.push('.PP', t('tool.title.exits'));
    for (const [code, meaning] of exitCodes(command, { t } as Translator)) {
      lines.push('.TP', `.B ${code}`, troff(meaning));
    }
    for (const example of command.examples ?? []) {
      lines.push('.PP', '.RS', `.B headroom ${troff(example)}`, '.RE');
    }
  }
  return `${lines.join('\n')}\n`;
}
