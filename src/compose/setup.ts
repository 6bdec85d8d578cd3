import { createDiscordSetup } from '../discord/setup.ts';
import type { ToolSetup } from '../tool/command.ts';
import { createLog } from './log.ts';

/** What `headroom init` asks of others. */
export function createSetup(environment: Readonly<Record<string, string | undefined>>): ToolSetup {
  const apiUrl = environment.DISCORD_API_URL?.trim() || 'https://discord.com/api';
  return { discord: (token) => createDiscordSetup({ token, apiUrl, log: createLog('silent') }) };
}
