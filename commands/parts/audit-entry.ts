import type { CommandContext } from '../../src/chat/command.ts';
import type { AuditEntry } from '../../src/servers/audit.ts';
import type { Services } from '../services.ts';

type Act = Pick<AuditEntry, 'action' | 'server' | 'target' | 'result' | 'code'> & Partial<AuditEntry>;

/** An audit row for an act of whoever asked. */
export function auditEntry(
  context: Pick<CommandContext<Services>, 'person' | 'place' | 'services'>,
  act: Act,
): AuditEntry {
  return {
    atMs: context.services.now(),
    personId: context.person.id,
    personName: context.person.name,
    platform: context.place.platform.name,
    guildId: context.place.guildId,
    channelId: context.place.channelId,
    args: {},
    vramBeforeBytes: null,
    vramAfterBytes: null,
    ...act,
  };
}
