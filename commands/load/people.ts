import type { CommandContext, Person, Place } from '../../src/chat/command.ts';
import { allows } from '../../src/chat/permissions.ts';
import type { Span } from '../../src/chat/text.ts';
import type { Requester } from '../../src/servers/loading/types.ts';

/** Whoever asks, as loads know them. */
export function requesterOf({ person, place }: { readonly person: Person; readonly place: Place }): Requester {
  return {
    id: person.id,
    name: person.name,
    isAdmin: allows(person.access, 'admin'),
    platform: place.platform,
    guildId: place.guildId,
    channelId: place.channelId,
  };
}

/** Somebody in a sentence: by id where the platform can show a name for it, else by the name itself. */
export function personSpan(person: { readonly id: string; readonly name: string; readonly platform: string }): Span {
  return person.platform === 'console' ? { code: person.name } : { user: person.id };
}

/** The holder of a model in a sentence. */
export function holderSpan(hold: {
  readonly holderId: string;
  readonly holderName: string;
  readonly platform: string;
}): Exclude<Span, string> {
  return hold.platform === 'console' ? { code: hold.holderName } : { user: hold.holderId };
}

/** Names for a button, which shows no spans and holds 80 characters. */
export function shortNames(names: readonly string[]): string {
  const all = names.join(', ');
  return all.length <= 32 ? all : `${all.slice(0, 31)}…`;
}

export type LoadContext<S> = CommandContext<S>;
