import type { Person, Place } from '../chat/command.ts';
import type { Platform } from '../chat/platform.ts';
import type { Reply } from '../chat/reply.ts';
import { fileAt } from './file.ts';

/** The terminal belongs to the owner of the machine. */
export const CONSOLE_PERSON: Person = { id: 'console', name: 'console', access: 'admin' };
const CONSOLE_PLATFORM: Platform = { name: 'console', poster: null, belongsToOwner: true, fileAt };
export const CONSOLE_PLACE: Place = { platform: CONSOLE_PLATFORM, guildId: null, channelId: null };

/** The terminal as a platform: it has no channels, what people wait for is printed while the program runs. */
export function createConsolePlatform(show: (reply: Reply) => void): Platform {
  return { ...CONSOLE_PLATFORM, show };
}
