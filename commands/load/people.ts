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
    platform: place.platform.name,
    guildId: place.guildId,
    channelId: place.channelId,
  };
}

/** Somebody in a sentence; each platform shows people in its own way. */
export function personSpan(person: { readonly id: string; readonly name: string }): Exclude<Span, string> {
  return { user: person.id, name: person.name };
}

/** The holder of a model in a sentence. */
export function holderSpan(hold: { readonly holderId: string; readonly holderName: string }): Exclude<Span, string> {
  return { user: hold.holderId, name: hold.holderName };
}

/** Names for a button, which shows no spans and holds 80 characters. */
export function shortNames(names: readonly string[]): string {
  const all = names.join(', ');
  return all.length <= 32 ? all : `${all.slice(0, 31)}…`;
}

export type LoadContext<S> = CommandContext<S>;
