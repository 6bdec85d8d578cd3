import type { CommandContext } from '../../src/chat/command.ts';
import { CommandError } from '../../src/chat/command-error.ts';
import type { Block, Reply } from '../../src/chat/reply.ts';
import type { Text } from '../../src/chat/text.ts';
import type { WatchKeeper } from '../../src/schedule/watches/watches.ts';
import { pickServer } from '../../src/servers/asking/pick-server.ts';
import type { Server, ServerSnapshot } from '../../src/servers/types.ts';
import type { Services } from '../services.ts';

type Context = CommandContext<Services>;

/** The keeper of the watches. Throws `notify-unavailable` where nothing is kept. */
export function keeperOf(services: Services): WatchKeeper {
  if (services.watches === undefined) {
    throw new CommandError('notify-unavailable');
  }
  return services.watches;
}

/** Servers that a question is about: the named one, or all of them. */
export function askedServers(services: Services, name: string | undefined): readonly Server[] {
  return name === undefined ? services.servers.servers : [pickServer(services, name)];
}

/** What the person waits for and who it is, as the store keeps it. */
export function watchBase(context: Context, lifeMs: number, servers: readonly Server[]) {
  const { person, place, translator, services } = context;
  const createdAtMs = services.now();
  const [only] = servers;
  return {
    ownerId: person.id,
    ownerName: person.name.slice(0, 100),
    platform: place.platform.name,
    guildId: place.guildId,
    channelId: place.channelId,
    server: servers.length === 1 && only !== undefined ? only.name : null,
    locale: translator.locale,
    createdAtMs,
    expiresAtMs: createdAtMs + lifeMs,
  };
}

/** A server's name for people; `null`: any of them. */
export function serverText(context: Context, server: string | null): { readonly code: string } | string {
  return server === null ? context.translator.t('notify.made.any') : { code: server };
}

/** How things stood when the watch was made. */
export interface Standing {
  /** Room is kept for somebody else. */
  readonly promised: boolean;
  /** No server could tell. */
  readonly unknown: boolean;
}

/** The answer to a watch that was made. */
export function madeReply(
  context: Context,
  title: Text,
  watch: { readonly id: number; readonly kind: string; readonly expiresAtMs: number },
  standing: Standing,
): Reply {
  const { translator, person, place } = context;
  const once = { id: watch.id, until: { time: watch.expiresAtMs, style: 'short' } } as const;
  const blocks: Block[] = [{ kind: 'text', text: translator.text('notify.made.once', once) }];
  if (standing.promised) {
    blocks.push({ kind: 'text', text: translator.text('notify.made.promised') });
  }
  if (standing.unknown) {
    blocks.push({ kind: 'text', text: translator.text('notify.made.unknown') });
  }
  if (watch.kind === 'when-fits') {
    blocks.push({ kind: 'small', text: translator.text('notify.made.beside') });
  }
  if (place.platform.poster === null) {
    blocks.push({ kind: 'small', text: translator.text('notify.made.console') });
  }
  return {
    tone: 'neutral',
    title,
    blocks,
    actions: [
      {
        label: translator.t('notify.action.stop', { id: watch.id }),
        style: 'secondary',
        call: { command: 'notify', subcommand: 'stop', options: { id: watch.id } },
        onlyFor: [person.id],
      },
    ],
  };
}

/** A snapshot for a decision. */
export function readServer(server: Server): Promise<ServerSnapshot> {
  return server.snapshot({ maxAgeMs: 2_000, timeoutMs: 2_000 });
}
