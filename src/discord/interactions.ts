import { setTimeout as sleep } from 'node:timers/promises';
import { ApplicationCommandOptionType, InteractionType, MessageFlags, PermissionFlagsBits } from 'discord.js';
import type { Log } from '../base/log.ts';
import type { Choice, Person } from '../chat/command.ts';
import type { Caller, Dispatcher, Prepared } from '../chat/dispatch/dispatcher.ts';
import type { RawValue } from '../chat/dispatch/options.ts';
import { toLocale } from '../chat/locale.ts';
import type { OpenAnswers } from '../chat/open-answers.ts';
import { accessOf, type RoleSettings } from '../chat/permissions.ts';
import type { Platform } from '../chat/platform.ts';
import type { OptionValue } from '../chat/reply.ts';
import type { DiscordApi, InteractionHandle } from './api.ts';
import { discordAttachment, type FetchFile, pointedMessage } from './attachments.ts';
import { isAlreadyAcknowledged, isTooLateToAcknowledge, loggable } from './failures.ts';
import { LIMITS } from './limits.ts';
import { LiveReply, noteOwed } from './live-reply.ts';
import {
  type BasicOption,
  buttonLabel,
  buttonTokens,
  type CommandPayload,
  fileOf,
  flatten,
  isMessageCommand,
  isTypedCommand,
  type Payload,
  type PayloadMember,
  type PayloadOption,
  readPayload,
  targetOf,
} from './payload.ts';
import { CUSTOM_ID_PREFIX, cutLabel, renderReply } from './render.ts';

/** How long a process that does not know a button leaves it to one that does, milliseconds; below Discord's three seconds. */
const UNKNOWN_BUTTON_WAIT_MS = 600;

export interface InteractionSettings {
  readonly platform: Platform;
  readonly api: DiscordApi;
  readonly dispatcher: Dispatcher;
  readonly roles: RoleSettings;
  /** The servers that the bot is for; none named: all of them. */
  readonly guildIds: readonly string[];
  readonly log: Log;
  /** How files are fetched; the global fetch where absent. */
  readonly fetchFile?: FetchFile | undefined;
  readonly answers?: OpenAnswers | undefined;
  /** How long a button that this process does not know is left to others, milliseconds. */
  readonly unknownButtonWaitMs?: number;
  /** Which of several processes that hear an interaction answers it; absent where this one is alone. */
  readonly claim?: ((interactionId: string) => Promise<boolean>) | undefined;
}

/** What of a raw interaction the answer needs. */
interface Asked {
  readonly handle: InteractionHandle;
  readonly caller: Caller;
  readonly channelId: string | null;
  readonly attachmentBytes: number;
}

/**
 * Handles one interaction from the gateway. It works on Discord's own payload rather than on discord.js' structures:
 * role ids and permissions come with each interaction, and nothing depends on what happens to be cached.
 * Never rejects.
 */
export async function handleInteraction(settings: InteractionSettings, payload: unknown): Promise<void> {
  const interaction = readPayload(payload);
  const asked = interaction === null ? null : readAsked(settings, interaction);
  if (interaction === null || asked === null) {
    settings.log.warn({ type: typeOf(payload) }, 'an interaction is none that the bot knows');
    return;
  }
  try {
    switch (interaction.type) {
      case InteractionType.ApplicationCommandAutocomplete:
        await complete(settings, asked, interaction.data.name, interaction.data.options ?? []);
        break;
      case InteractionType.ApplicationCommand:
        await answerCommand(settings, asked, interaction.data);
        break;
      case InteractionType.MessageComponent:
        await answerPress(settings, asked, interaction.data.custom_id, interaction.message);
        break;
    }
  } catch (error) {
    if (isTooLateToAcknowledge(error)) {
      settings.log.info({ interaction: interaction.id }, 'an interaction was void before it could be acknowledged');
    } else if (isAlreadyAcknowledged(error)) {
      // Another process of the same bot was first, or the gateway replayed the event: the work must not run twice.
      settings.log.debug({ interaction: interaction.id }, 'an interaction was acknowledged already');
    } else {
      settings.log.error({ err: loggable(error), interaction: interaction.id }, 'an interaction could not be handled');
    }
  }
}

function typeOf(payload: unknown): unknown {
  const type = typeof payload === 'object' && payload !== null ? Reflect.get(payload, 'type') : null;
  return typeof type === 'number' ? type : null;
}

async function answerCommand(settings: InteractionSettings, asked: Asked, data: CommandPayload): Promise<void> {
  if (isMessageCommand(data)) {
    await answerMessage(settings, asked, data);
    return;
  }
  if (!isTypedCommand(data)) {
    return;
  }
  const { name } = data;
  const { subcommand, options } = flatten(data.options);
  const prepared = isElsewhere(settings, asked, 'command')
    ? settings.dispatcher.refuse(name, asked.caller, 'error.other-server')
    : settings.dispatcher.prepare({
        ...asked.caller,
        command: name,
        subcommand,
        options: valuesOf(settings, options, data),
      });
  await answer(settings, asked, prepared, {
    title: `/${[name, subcommand].filter(Boolean).join(' ')}`,
    buttonMessage: null,
  });
}

async function answerPress(
  settings: InteractionSettings,
  asked: Asked,
  customId: string,
  message: Extract<Payload, { readonly message: unknown }>['message'],
): Promise<void> {
  const token = customId.startsWith(CUSTOM_ID_PREFIX) ? customId.slice(CUSTOM_ID_PREFIX.length) : '';
  const prepared = isElsewhere(settings, asked, 'button')
    ? settings.dispatcher.refuse('button', asked.caller, 'error.other-server')
    : settings.dispatcher.preparePress(token, asked.caller);
  await answer(settings, asked, prepared, {
    title: buttonLabel(message.components, customId) ?? '…',
    buttonMessage: {
      id: message.id,
      private: (message.flags & MessageFlags.Ephemeral) !== 0,
      tokens: buttonTokens(message.components),
    },
  });
}

/** A command on a message that somebody points at. */
async function answerMessage(settings: InteractionSettings, asked: Asked, data: CommandPayload): Promise<void> {
  const { name } = data;
  const prepared = isElsewhere(settings, asked, 'command')
    ? settings.dispatcher.refuse(name, asked.caller, 'error.other-server')
    : settings.dispatcher.prepareMessage({
        ...asked.caller,
        command: name,
        message: pointedMessage(targetOf(data), settings.fetchFile),
      });
  await answer(settings, asked, prepared, { title: name, buttonMessage: null });
}

/** The options as given; a file's value is its id, and the file itself stands beside. */
function valuesOf(
  { fetchFile }: InteractionSettings,
  options: readonly BasicOption[],
  data: CommandPayload,
): Record<string, RawValue | undefined> {
  return Object.fromEntries(
    options.map((option) => [
      option.name,
      option.type === ApplicationCommandOptionType.Attachment
        ? discordAttachment(fileOf(data, option.value), fetchFile)
        : (option.value as OptionValue | undefined),
    ]),
  );
}

function readAsked(settings: InteractionSettings, interaction: Payload): Asked | null {
  const user = interaction.member?.user ?? interaction.user;
  if (user === undefined) {
    return null;
  }
  const person: Person = {
    id: user.id,
    name: interaction.member?.nick ?? user.global_name ?? user.username,
    access: accessOf(
      settings.roles,
      interaction.member === undefined || interaction.guild_id === undefined
        ? null
        : {
            ...memberRights(interaction.member),
            inNamedServer: settings.guildIds.includes(interaction.guild_id),
          },
    ),
  };
  const channelId = interaction.channel?.id ?? interaction.channel_id ?? null;
  return {
    handle: { id: interaction.id, applicationId: interaction.application_id, token: interaction.token },
    caller: {
      person,
      place: { platform: settings.platform, guildId: interaction.guild_id ?? null, channelId },
      locale: toLocale(interaction.locale),
    },
    channelId,
    attachmentBytes: Math.max(interaction.attachment_size_limit, LIMITS.attachmentBytes),
  };
}

/**
 * Whether this comes from a server that the configuration does not name. In direct messages only the buttons of the
 * bot's own messages are pressed: commands are asked in servers.
 */
function isElsewhere({ guildIds }: InteractionSettings, { caller }: Asked, kind: 'command' | 'button'): boolean {
  const { guildId } = caller.place;
  if (guildIds.length === 0) {
    return false;
  }
  return guildId === null ? kind === 'command' : !guildIds.includes(guildId);
}

function memberRights({ roles, permissions }: PayloadMember) {
  const managing = PermissionFlagsBits.ManageGuild | PermissionFlagsBits.Administrator;
  return { roleIds: roles, managesServer: (BigInt(permissions) & managing) !== 0n };
}

async function answer(
  settings: InteractionSettings,
  asked: Asked,
  prepared: Prepared,
  message: {
    readonly title: string;
    readonly buttonMessage: {
      readonly id: string;
      readonly private: boolean;
      readonly tokens: readonly string[];
    } | null;
  },
): Promise<void> {
  const { api, dispatcher, log } = settings;
  const button = prepared.target === 'edit' ? message.buttonMessage : null;
  // Another process of the same bot may have drawn this button: it gets the first word.
  if (prepared.refusal === 'error.button-unknown') {
    await sleep(settings.unknownButtonWaitMs ?? UNKNOWN_BUTTON_WAIT_MS);
  }
  if (!(await isOurs(settings, asked))) {
    return;
  }
  if (prepared.refusal !== null) {
    await refuse(settings, asked, prepared);
    return;
  }
  const kind = button === null ? { kind: 'thinking' as const, private: prepared.private } : { kind: 'update' as const };
  const { answers } = settings;
  const { locale } = asked.caller;
  const noted =
    button === null ? await noteOwed({ answers, interaction: asked.handle, title: message.title, locale }) : null;
  let messageId: string | null;
  try {
    messageId = await api.acknowledge(asked.handle, kind);
  } catch (error) {
    // Nobody was made to wait, or another process answers.
    noted?.end();
    throw error;
  }
  const live = new LiveReply({
    api,
    actions: dispatcher.actions,
    log,
    interaction: asked.handle,
    locale,
    userId: asked.caller.person.id,
    channelId: asked.channelId,
    title: message.title,
    target: button === null ? 'new' : 'edit',
    private: button === null ? prepared.private : button.private,
    messageId: button === null ? messageId : button.id,
    tokens: button === null ? [] : button.tokens,
    attachmentBytes: asked.attachmentBytes,
    noted,
    answers,
  });
  if (button === null) {
    await live.note();
  }
  const reply = await prepared.run({ progress: (state) => live.progress(state) });
  await live.finish(reply);
}

/** Whether this process answers; another one may have claimed the interaction before. */
async function isOurs({ claim, log }: InteractionSettings, { handle }: Asked): Promise<boolean> {
  const ours = claim === undefined || (await claim(handle.id));
  if (!ours) {
    log.debug({ interaction: handle.id }, 'an interaction is answered by another process');
  }
  return ours;
}

/** What is refused is said at once, in the acknowledgement itself: one request, and nobody sees "thinking". */
async function refuse({ api, dispatcher, log }: InteractionSettings, asked: Asked, prepared: Prepared): Promise<void> {
  const reply = await prepared.run({ progress: () => undefined });
  const { locale } = asked.caller;
  await api.answerPrivately(asked.handle, await renderReply(reply, { locale, actions: dispatcher.actions, log }));
}

async function complete(
  settings: InteractionSettings,
  asked: Asked,
  command: string,
  data: readonly PayloadOption[],
): Promise<void> {
  if (!(await isOurs(settings, asked))) {
    return;
  }
  const { subcommand, options } = flatten(data);
  const focused = options.find((option) => option.focused === true);
  const values = Object.fromEntries(options.map((option) => [option.name, option.value as OptionValue]));
  const choices =
    focused === undefined || isElsewhere(settings, asked, 'command')
      ? []
      : await settings.dispatcher.complete({
          ...asked.caller,
          command,
          subcommand,
          option: focused.name,
          typed: String(focused.value ?? ''),
          options: values,
        });
  const numeric =
    focused?.type === ApplicationCommandOptionType.Integer || focused?.type === ApplicationCommandOptionType.Number;
  await settings.api.offerChoices(asked.handle, toChoices(choices, numeric));
}

/** Choices as Discord takes them; what it would refuse is left out, since one bad choice would lose all. */
function toChoices(choices: readonly Choice[], numeric: boolean) {
  return choices
    .filter(({ value }) =>
      numeric ? Number.isFinite(Number(value)) : value !== '' && String(value).length <= LIMITS.choiceValueChars,
    )
    .slice(0, LIMITS.choices)
    .map(({ value, label }) => ({
      name: cutLabel(label, LIMITS.choiceLabelChars),
      value: numeric ? Number(value) : String(value),
    }));
}
