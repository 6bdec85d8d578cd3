import type { Access } from '../chat/command.ts';
import type { Platform } from '../chat/platform.ts';
import type { ChatPoster } from '../chat/poster.ts';

/** The bot's own messages on the platform of that name; `null` where there are none, or no such platform. */
export function posterOf(platforms: readonly Platform[], name: string): ChatPoster | null {
  return platforms.find((platform) => platform.name === name)?.poster ?? null;
}

/** What somebody may do right now on the platform of that name; `null` = it cannot be told there. */
export function accessOn(
  platforms: readonly Platform[],
): (name: string, guildId: string, personId: string) => Promise<Access | null> {
  return async (name, guildId, personId) =>
    (await platforms.find((platform) => platform.name === name)?.accessOf?.(guildId, personId)) ?? null;
}

/** Where status posts, alerts and the digest go: the first platform with channels; `null` where there is none. */
export function postingPlatform(platforms: readonly Platform[]): Platform | null {
  return platforms.find(({ poster }) => poster !== null) ?? null;
}

/** Whether the sessions of all platforms that have one stand; `null` where there is none to have. */
export function sessionsStand(platforms: readonly Platform[]): (() => boolean) | null {
  const connected = platforms.flatMap(({ ready }) => (ready === undefined ? [] : [ready]));
  return connected.length === 0 ? null : () => connected.every((ready) => ready());
}
