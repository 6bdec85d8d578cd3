import { PermissionFlagsBits } from 'discord.js';

/** What the bot needs in a server to answer and to post, by the names that Discord shows to administrators. */
export const NEEDED_PERMISSIONS = {
  'View Channels': PermissionFlagsBits.ViewChannel,
  'Send Messages': PermissionFlagsBits.SendMessages,
  'Embed Links': PermissionFlagsBits.EmbedLinks,
  'Attach Files': PermissionFlagsBits.AttachFiles,
  'Read Message History': PermissionFlagsBits.ReadMessageHistory,
} as const;

/** What it is invited with: the same, and posting in threads, which a schedule may be set in. */
const INVITED_WITH = Object.values(NEEDED_PERMISSIONS).reduce(
  (sum, bit) => sum | bit,
  PermissionFlagsBits.SendMessagesInThreads,
);

/** The link by which somebody who manages a server lets the bot in, with exactly the permissions that it needs. */
export function inviteLink(applicationId: string): string {
  const query = new URLSearchParams({
    client_id: applicationId,
    scope: 'bot applications.commands',
    permissions: String(INVITED_WITH),
  });
  return `https://discord.com/oauth2/authorize?${query}`;
}
