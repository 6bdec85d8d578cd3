import type { Act, DispatchHooks } from '../chat/dispatch/dispatcher.ts';
import type { AuditTrail } from '../servers/audit.ts';

/** Who was turned away, from what, and why. */
export function auditRefusals(audit: AuditTrail, now: () => number): DispatchHooks {
  return {
    refused: ({ person, place, command, why }) =>
      audit.refused({
        atMs: now(),
        personId: person.id,
        personName: person.name,
        platform: place.platform.name,
        guildId: place.guildId,
        channelId: place.channelId,
        action: 'refused',
        server: null,
        target: null,
        args: { command },
        result: 'refused',
        code: why.replace(/^error\./, ''),
        vramBeforeBytes: null,
        vramAfterBytes: null,
      }),
  };
}

/** Of what was asked for, characters a value. */
const MAX_VALUE = 200;

/** Writes down what somebody sets about before it is begun; what cannot be written down is not done. */
export function auditActs(audit: AuditTrail, now: () => number): (act: Act) => Promise<void> {
  return ({ person, place, command, values, everybody }) => {
    const args = Object.fromEntries(
      Object.entries(values).map(([name, value]) => [
        name,
        typeof value === 'string' ? value.slice(0, MAX_VALUE) : value,
      ]),
    );
    const text = (name: string) => (typeof args[name] === 'string' ? args[name] : null);
    return audit.asked(
      {
        atMs: now(),
        personId: person.id,
        personName: person.name,
        platform: place.platform.name,
        guildId: place.guildId,
        channelId: place.channelId,
        action: 'asked',
        server: text('server'),
        target: text('model'),
        args: { command, ...args },
        result: 'ok',
        code: null,
        vramBeforeBytes: null,
        vramAfterBytes: null,
      },
      everybody,
    );
  };
}
