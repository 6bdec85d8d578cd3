import type { Platform } from '../../src/chat/platform.ts';
import type { ChatPoster } from '../../src/chat/poster.ts';

const unused = () => Promise.reject(new Error('this platform posts nothing'));
const poster: ChatPoster = { post: unused, edit: unused, delete: unused, direct: unused, missingPermissions: unused };

/** A platform with channels, on which nothing is posted. */
export const discordPlatform: Platform = { name: 'discord', poster };
