/** An interaction as Discord sends it, looked at before anything is done with it. */

import {
  type APIAttachment,
  type APIMessage,
  ApplicationCommandOptionType,
  ApplicationCommandType,
  ComponentType,
  InteractionType,
} from 'discord.js';
import { z } from 'zod';
import { CUSTOM_ID_PREFIX } from './render.ts';

/** Discord's own bounds lie below these. */
const MOST_OPTIONS = 25;
const MOST_NAME = 100;
const MOST_ID = 64;
/** Parts of a message lie in parts, no deeper than this. */
const MOST_DEPTH = 6;

const id = z.string().min(1).max(MOST_ID);
const name = z.string().min(1).max(MOST_NAME);
const user = z.object({
  id,
  username: z.string().catch('?'),
  global_name: z.string().nullish().catch(null),
});
/** What is missing or malformed gives no right. */
const member = z.object({
  user: user.optional(),
  nick: z.string().nullish().catch(null),
  roles: z.array(z.string()).catch([]),
  permissions: z.string().regex(/^\d+$/).max(MOST_ID).catch('0'),
});
const basicOption = z.object({
  name,
  type: z.number(),
  value: z.union([z.string(), z.number(), z.boolean()]).optional(),
  focused: z.boolean().optional(),
});
const option = basicOption.extend({ options: z.array(basicOption).max(MOST_OPTIONS).optional() });
const base = z.object({
  id,
  application_id: id,
  token: z.string().min(1),
  guild_id: id.optional(),
  channel_id: id.optional(),
  channel: z.object({ id }).optional().catch(undefined),
  locale: z.string().catch(''),
  member: member.optional(),
  user: user.optional(),
  attachment_size_limit: z.number().catch(0),
});
const loose = z.record(z.string(), z.unknown()).optional().catch(undefined);
const command = base.extend({
  type: z.literal(InteractionType.ApplicationCommand),
  data: z.object({
    type: z.number(),
    name,
    target_id: id.optional(),
    options: z.array(option).max(MOST_OPTIONS).optional(),
    resolved: z.object({ attachments: loose, messages: loose }).optional().catch(undefined),
  }),
});
const completion = base.extend({
  type: z.literal(InteractionType.ApplicationCommandAutocomplete),
  data: z.object({ name, options: z.array(option).max(MOST_OPTIONS).optional() }),
});
const component = base.extend({
  type: z.literal(InteractionType.MessageComponent),
  data: z.object({ custom_id: z.string() }),
  message: z.object({ id, flags: z.number().catch(0), components: z.unknown() }),
});
const schema = z.discriminatedUnion('type', [command, completion, component]);

export type Payload = z.output<typeof schema>;
export type PayloadBase = z.output<typeof base>;
export type PayloadMember = z.output<typeof member>;
export type PayloadOption = z.output<typeof option>;
export type BasicOption = z.output<typeof basicOption>;
export type CommandPayload = z.output<typeof command>['data'];

/** @returns `null` where it is none that the bot answers, or not what Discord documents */
export function readPayload(payload: unknown): Payload | null {
  return schema.safeParse(payload).data ?? null;
}

export function isMessageCommand({ type }: CommandPayload): boolean {
  return type === ApplicationCommandType.Message;
}

export function isTypedCommand({ type }: CommandPayload): boolean {
  return type === ApplicationCommandType.ChatInput;
}

/** A file that was sent along, as Discord describes it. */
export function fileOf({ resolved }: CommandPayload, fileId: unknown): Partial<APIAttachment> {
  return own<Partial<APIAttachment>>(resolved?.attachments, fileId) ?? {};
}

/** The message that was pointed at. */
export function targetOf({ resolved, target_id: target }: CommandPayload): Partial<APIMessage> | undefined {
  return own<Partial<APIMessage>>(resolved?.messages, target);
}

function own<T>(things: Readonly<Record<string, unknown>> | undefined, key: unknown): T | undefined {
  const found = things !== undefined && typeof key === 'string' && Object.hasOwn(things, key) ? things[key] : undefined;
  return typeof found === 'object' && found !== null ? (found as T) : undefined;
}

/** A subcommand's options are its own. */
export function flatten(options: readonly PayloadOption[] = []): {
  subcommand: string | null;
  options: readonly BasicOption[];
} {
  const [first] = options;
  if (first?.type === ApplicationCommandOptionType.Subcommand) {
    return { subcommand: first.name, options: first.options ?? [] };
  }
  const isGroup = ({ type }: PayloadOption) =>
    type === ApplicationCommandOptionType.Subcommand || type === ApplicationCommandOptionType.SubcommandGroup;
  return { subcommand: null, options: options.filter((one) => !isGroup(one)) };
}

interface ButtonLike {
  readonly customId: string;
  readonly label: string;
}

/** The buttons in a message, however deep they stand. */
function findButtons(components: unknown, depth = 0): ButtonLike[] {
  if (!Array.isArray(components) || depth > MOST_DEPTH) {
    return [];
  }
  return components.flatMap((one: unknown) => {
    if (typeof one !== 'object' || one === null) {
      return [];
    }
    const { type, custom_id: customId, label, components: inner } = one as Record<string, unknown>;
    if (type === ComponentType.Button && typeof customId === 'string') {
      return [{ customId, label: typeof label === 'string' ? label : '' }];
    }
    return findButtons(inner, depth + 1);
  });
}

/** Tokens of the bot's buttons in a message. */
export function buttonTokens(components: unknown): string[] {
  return findButtons(components)
    .filter(({ customId }) => customId.startsWith(CUSTOM_ID_PREFIX))
    .map(({ customId }) => customId.slice(CUSTOM_ID_PREFIX.length));
}

export function buttonLabel(components: unknown, customId: string): string | null {
  return findButtons(components).find((button) => button.customId === customId)?.label ?? null;
}
