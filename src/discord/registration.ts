import { setTimeout as sleep } from 'node:timers/promises';
import {
  type APIApplicationCommandBasicOption,
  type APIApplicationCommandOption,
  ApplicationCommandOptionType,
  ApplicationCommandType,
  ApplicationIntegrationType,
  ChannelType,
  InteractionContextType,
  PermissionFlagsBits,
  type REST,
  type RESTPutAPIApplicationCommandsJSONBody,
  type RouteLike,
  Routes,
} from 'discord.js';
import type { Log } from '../base/log.ts';
import type { Command, OptionDefinition, Runnable } from '../chat/command.ts';
import { leastAccess } from '../chat/least-access.ts';
import type { MessageCommand } from '../chat/message-command.ts';
import { type MessageKey, messages } from '../chat/messages/index.ts';
import { localNames } from '../chat/names.ts';
import type { Access } from '../chat/permissions.ts';
import { loggable } from './failures.ts';

type Definition = RESTPutAPIApplicationCommandsJSONBody[number];

const TYPE = {
  string: ApplicationCommandOptionType.String,
  integer: ApplicationCommandOptionType.Integer,
  number: ApplicationCommandOptionType.Number,
  boolean: ApplicationCommandOptionType.Boolean,
  channel: ApplicationCommandOptionType.Channel,
  // Text, so that Discord lets through what people write.
  context: ApplicationCommandOptionType.String,
  attachment: ApplicationCommandOptionType.Attachment,
} as const;
/** Channels that a bot can post to. */
const TEXT_CHANNELS = [
  ChannelType.GuildText,
  ChannelType.GuildAnnouncement,
  ChannelType.AnnouncementThread,
  ChannelType.PublicThread,
  ChannelType.PrivateThread,
] as const;
/** Pauses between tries when Discord does not answer at start, milliseconds. */
const RETRY_PAUSES_MS = [1_000, 4_000, 15_000];
const REQUEST_TIMEOUT_MS = 30_000;

function described(key: MessageKey) {
  const { en, ...others } = messages[key];
  return { description: en, description_localizations: others };
}

function named(kind: 'command' | 'subcommand' | 'option', name: string) {
  return { name, name_localizations: localNames(kind, name) };
}

/**
 * Who sees a command before an administrator says otherwise in the server's settings. Where roles decide, Discord cannot
 * know them and everybody sees it; else whoever manages the server. The bot checks again by itself.
 */
function defaultPermissions(access: Access, byRole: boolean): string {
  const { UseApplicationCommands, ManageGuild } = PermissionFlagsBits;
  return String(access === 'everyone' || byRole ? UseApplicationCommands : ManageGuild);
}

/**
 * The commands as Discord's API takes them: names and descriptions in all languages of the message table, and who sees
 * them. `byRole`: whether roles decide who may act.
 */
export function renderDefinitions<S>(
  commands: readonly Command<S>[],
  scope: 'guild' | 'global',
  messageCommands: readonly MessageCommand<S>[] = [],
  byRole = false,
): Definition[] {
  // Asked in servers only: in a direct message nobody has a role.
  const contexts =
    scope === 'guild'
      ? {}
      : {
          contexts: [InteractionContextType.Guild],
          integration_types: [ApplicationIntegrationType.GuildInstall],
        };
  const pointing = messageCommands.map(({ label }) => {
    const { en, ...others } = messages[label];
    return {
      type: ApplicationCommandType.Message as const,
      name: en,
      name_localizations: others,
      default_member_permissions: defaultPermissions('everyone', byRole),
      ...contexts,
    };
  });
  const typed = commands.map((command) => ({
    type: ApplicationCommandType.ChatInput as const,
    ...named('command', command.name),
    ...described(command.description),
    default_member_permissions: defaultPermissions(leastAccess(command), byRole),
    options:
      command.subcommands === undefined
        ? renderOptions(command.run?.options ?? [])
        : Object.entries(command.subcommands).map(([name, runnable]) => renderSubcommand(name, runnable)),
    ...contexts,
  }));
  return [...typed, ...pointing];
}

function renderSubcommand<S>(name: string, runnable: Runnable<S>): APIApplicationCommandOption {
  return {
    type: ApplicationCommandOptionType.Subcommand,
    ...named('subcommand', name),
    ...described(runnable.description),
    options: renderOptions(runnable.options),
  };
}

function renderOptions(options: readonly OptionDefinition[]): APIApplicationCommandBasicOption[] {
  // Discord wants what is required to come first.
  const ordered = options.toSorted((a, b) => Number(b.required ?? false) - Number(a.required ?? false));
  return ordered.map((option) => renderOption(option));
}

function renderOption(option: OptionDefinition): APIApplicationCommandBasicOption {
  const numeric = option.type === 'integer' || option.type === 'number';
  const rendered: Record<string, unknown> = {
    type: TYPE[option.type],
    ...named('option', option.name),
    ...described(option.description),
    required: option.required ?? false,
  };
  if (numeric && option.min !== undefined) {
    rendered.min_value = option.min;
  }
  if (numeric && option.max !== undefined) {
    rendered.max_value = option.max;
  }
  if (option.type === 'string' && option.maxLength !== undefined) {
    rendered.max_length = option.maxLength;
  }
  if (option.type === 'channel') {
    rendered.channel_types = TEXT_CHANNELS;
  }
  if (option.choices !== undefined) {
    rendered.choices = option.choices.map(({ value, label }) => {
      if (label === undefined) {
        return { name: String(value), value };
      }
      const { en, ...others } = messages[label];
      return { name: en, name_localizations: others, value };
    });
  } else if (option.completes === true) {
    rendered.autocomplete = true;
  }
  return rendered as unknown as APIApplicationCommandBasicOption;
}

/** Fields of a command, option or choice that the bot sets; what Discord adds (ids, versions) is not compared. */
const COMPARED = [
  'name',
  'name_localizations',
  'description',
  'description_localizations',
  'default_member_permissions',
  'required',
  'min_value',
  'max_value',
  'min_length',
  'max_length',
  'autocomplete',
  'channel_types',
  'contexts',
  'integration_types',
  'value',
  'choices',
  'options',
] as const;

/** A definition in one canonical form: defaults left out, keys in order. */
function canonical(value: unknown, path: string): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item) => canonical(item, path));
    return path.endsWith('types') || path === 'contexts' ? items.toSorted() : items;
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  const source = value as Record<string, unknown>;
  const keys = path.endsWith('localizations') ? Object.keys(source).toSorted() : COMPARED;
  const result: Record<string, unknown> = {};
  // A slash command's own type may be left out, an option's and that of other commands may not.
  if (typeof source.type === 'number' && (path === 'options' || source.type !== ApplicationCommandType.ChatInput)) {
    result.type = source.type;
  }
  for (const key of keys) {
    const item = canonical(source[key], key);
    const empty = item === undefined || item === null || item === false || item === '' || JSON.stringify(item) === '{}';
    if (!empty && JSON.stringify(item) !== '[]') {
      result[key] = item;
    }
  }
  return result;
}

/** Whether what is registered does the same as what the bot would register. Their order does not count. */
export function sameDefinitions(
  registered: unknown,
  wanted: readonly Definition[],
  scope: 'guild' | 'global',
): boolean {
  if (!Array.isArray(registered)) {
    return false;
  }
  const text = (list: readonly unknown[]) =>
    list
      .map((item) => canonical(item, ''))
      .map((item) => {
        const command = item as Record<string, unknown>;
        // Discord fills these in for commands of one server, where they mean nothing.
        if (scope === 'guild') {
          for (const key of ['contexts', 'integration_types']) {
            delete command[key];
          }
        }
        return JSON.stringify(command);
      })
      .toSorted()
      .join('\n');
  return text(registered) === text(wanted);
}

export interface RegistrationSettings<S> {
  readonly rest: REST;
  readonly applicationId: string;
  readonly guildIds: readonly string[];
  /** Servers that the bot is in. */
  readonly presentIn: readonly string[];
  readonly commands: readonly Command<S>[];
  /** Whether roles of the settings decide who may act. */
  readonly byRole: boolean;
  readonly messageCommands?: readonly MessageCommand<S>[];
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** Servers from which an earlier start's commands are taken back in one start. */
const MAX_WITHDRAWN = 200;

interface Scope {
  readonly route: RouteLike;
  readonly scope: 'guild' | 'global';
  readonly where: string;
  /** Whether commands shall be there; else those of an earlier start are taken back. */
  readonly wanted: boolean;
}

/** Where commands shall be, and where an earlier start with other settings may have left some. */
function scopesOf({ applicationId, guildIds, presentIn }: RegistrationSettings<never>): Scope[] {
  const guild = (guildId: string, wanted: boolean): Scope => ({
    route: Routes.applicationGuildCommands(applicationId, guildId),
    scope: 'guild',
    where: guildId,
    wanted,
  });
  const others = presentIn.filter((guildId) => !guildIds.includes(guildId)).slice(0, MAX_WITHDRAWN);
  return [
    ...guildIds.map((guildId) => guild(guildId, true)),
    {
      route: Routes.applicationCommands(applicationId),
      scope: 'global',
      where: 'everywhere',
      wanted: guildIds.length === 0,
    },
    ...others.map((guildId) => guild(guildId, false)),
  ];
}

/**
 * Makes Discord know the commands: in the named servers at once, or everywhere when none is named. What is registered
 * already is left alone; what an earlier start registered elsewhere is taken back, so that no command stands there twice
 * or where it is refused. A scope that fails is logged; the commands registered earlier go on working.
 */
export async function registerCommands<S>(settings: RegistrationSettings<S>): Promise<void> {
  const { log, signal } = settings;
  for (const { route, scope, where, wanted: isWanted } of scopesOf(settings as RegistrationSettings<never>)) {
    const wanted = isWanted
      ? renderDefinitions(settings.commands, scope, settings.messageCommands, settings.byRole)
      : null;
    for (let attempt = 0; ; attempt += 1) {
      try {
        if (wanted === null) {
          if (await withdraw(settings, route)) {
            log.info({ where }, 'commands of an earlier start were taken back');
          }
          break;
        }
        const changed = await registerScope(settings, route, wanted, scope);
        log.info({ where, changed }, changed ? 'commands registered' : 'commands were registered already');
        break;
      } catch (error) {
        const pause = RETRY_PAUSES_MS[attempt];
        log.error({ err: loggable(error), where }, 'commands could not be registered');
        if (pause === undefined || signal.aborted || isRefusal(error)) {
          break;
        }
        try {
          await sleep(pause, undefined, { signal });
        } catch {
          return;
        }
      }
    }
  }
}

async function registerScope<S>(
  settings: RegistrationSettings<S>,
  route: RouteLike,
  wanted: readonly Definition[],
  scope: 'guild' | 'global',
): Promise<boolean> {
  const { rest, log } = settings;
  const signal = () => AbortSignal.any([settings.signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]);
  try {
    const query = new URLSearchParams({ with_localizations: 'true' });
    const registered = await rest.get(route, { query, signal: signal() });
    if (sameDefinitions(registered, wanted, scope)) {
      return false;
    }
  } catch (error) {
    if (settings.signal.aborted) {
      throw error;
    }
    log.info({ err: loggable(error) }, 'registered commands could not be read, they are written anew');
  }
  await rest.put(route, { body: wanted, signal: signal() });
  return true;
}

/** Takes back what is registered there. The entry point of an activity is none of the bot's. @returns whether there was any */
async function withdraw<S>(settings: RegistrationSettings<S>, route: RouteLike): Promise<boolean> {
  const { rest } = settings;
  const signal = () => AbortSignal.any([settings.signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]);
  const registered = await rest.get(route, { signal: signal() });
  if (!Array.isArray(registered)) {
    return false;
  }
  const kept = registered.filter((command) => command.type === ApplicationCommandType.PrimaryEntryPoint);
  if (kept.length === registered.length) {
    return false;
  }
  await rest.put(route, { body: kept, signal: signal() });
  return true;
}

/** Discord understood and said no: asking again changes nothing. */
function isRefusal(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'status' in error && Number(error.status) < 500;
}
