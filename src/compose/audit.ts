import type { DispatchHooks } from '../chat/dispatch/dispatcher.ts';
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
