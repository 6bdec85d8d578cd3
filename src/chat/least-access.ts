import type { Command } from './command.ts';
import type { Access } from './permissions.ts';

/** Who may use a command: the least that any of its parts asks for. */
export function leastAccess<S>(command: Command<S>): Access {
  const parts = [...(command.run === undefined ? [] : [command.run]), ...Object.values(command.subcommands ?? {})];
  const order: readonly Access[] = ['everyone', 'operator', 'admin'];
  return order.find((access) => parts.some((part) => part.access === access)) ?? 'admin';
}
