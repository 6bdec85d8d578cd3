import type { ToolCommand } from './command.ts';

/** Dashes of an option (also those that writing programs put in the place of two, and full-width ones), its name, the rest. */
const OPTION = /^([-‐‑–—―−－]{1,2})([a-zａ-ｚ][\wａ-ｚ-]*)(.*)$/isu;
/** `ctx:32k` as in the chat. */
const NAMED = /^([a-zａ-ｚ-]+)[:=：＝](.*)$/isu;

/** `—ctx`, `－－ctx`, `--ctx＝32k`: what was meant for an option, in plain signs; other words as they are. */
function plainOption(word: string): string {
  const [, dashes = '', name = '', rest = ''] = OPTION.exec(word) ?? [];
  if (dashes === '') {
    return word;
  }
  const letters = name.normalize('NFKC');
  return `${letters.length === 1 && /^.$/u.test(dashes) ? '-' : '--'}${letters}${rest.replace(/^＝/u, '=')}`;
}

/**
 * Arguments as they may also be typed: a command with the slash of the chat, options as the chat writes them (`ctx:32k`,
 * `ctx=32k`), dashes and signs of other keyboards. What stands behind a bare `--` is left alone.
 */
export function plainArguments(argv: readonly string[], commands: readonly ToolCommand[]): readonly string[] {
  const end = argv.indexOf('--');
  const typed = end < 0 ? argv : argv.slice(0, end);
  const [first, ...rest] = typed;
  if (first === undefined) {
    return argv;
  }
  const name = first.normalize('NFKC').replace(/^\//, '').toLowerCase();
  const command = commands.find((candidate) => candidate.name === name);
  const options = command?.options ?? [];
  const words = rest.map((word) => {
    const [, key = '', value = ''] = NAMED.exec(word) ?? [];
    const option = options.find(({ name: known }) => known === key.normalize('NFKC').toLowerCase());
    if (option === undefined || option.value === undefined) {
      return plainOption(word);
    }
    return value === '' ? `--${option.name}` : `--${option.name}=${value}`;
  });
  return [command === undefined ? plainOption(first) : command.name, ...words, ...(end < 0 ? [] : argv.slice(end))];
}
