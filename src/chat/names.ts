import type { Locale } from './locale.ts';
import { messages } from './messages/index.ts';
import { isMessageKey } from './translate.ts';

type Kind = 'command' | 'subcommand' | 'option';

/** What something is called in the other languages; empty where it has its own name alone. */
export function localNames(kind: Kind, name: string): Partial<Readonly<Record<Locale, string>>> {
  const key = `name.${kind}.${name}`;
  if (!isMessageKey(key)) {
    return {};
  }
  const { en: _same, ...others } = messages[key];
  return others;
}

/** Whether somebody typed this name, in any language. */
export function isCalled(kind: Kind, name: string, typed: string): boolean {
  return typed === name || Object.values(localNames(kind, name)).includes(typed);
}
