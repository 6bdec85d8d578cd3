import { setTimeout as sleep } from 'node:timers/promises';
import { type APIInteraction, type Client, Events } from 'discord.js';
import { CodedError } from '../base/coded.ts';
import type { Log } from '../base/log.ts';
import { orAborted, within } from '../base/wait.ts';
import type { ActionRegistry } from '../chat/actions.ts';
import type { Command } from '../chat/command.ts';
import type { Dispatcher } from '../chat/dispatch/dispatcher.ts';
import type { MessageCommand } from '../chat/message-command.ts';
import type { OpenAnswers } from '../chat/open-answers.ts';
import { type RoleSettings, somebodyMayAct } from '../chat/permissions.ts';
import type { Platform } from '../chat/platform.ts';
import type { ChatPoster } from '../chat/poster.ts';
import { DiscordApi } from './api.ts';
import { createClient, missingPermissions, onInteraction } from './client.ts';
import { loggable } from './failures.ts';
import { handleInteraction } from './interactions.ts';
import { memberAccess } from './member-access.ts';
import { createPoster } from './poster.ts';
import { registerCommands } from './registration.ts';
import { createRest } from './transport.ts';

/** Pauses between tries to connect at start, milliseconds; their number bounds the tries. */
const CONNECT_PAUSES_MS = [1_000, 2_000, 5_000, 10_000, 30_000, 60_000];
const READY_TIMEOUT_MS = 60_000;
/** Answers to interactions have no limit over all of them, each has its own; this bounds the bot's own haste. */
const INTERACTION_REQUESTS_PER_SECOND = 500;
/** Parts of a stop, milliseconds; together below the eight seconds that a service manager is promised. */
const STOP_WORK_MS = 4_000;
const STOP_ANSWERS_MS = 2_000;
const STOP_GATEWAY_MS = 1_500;

/** Discord refused the bot; `discord-token-invalid` will not get better by waiting. */
export class DiscordStartError extends CodedError<'discord-token-invalid' | 'discord-unreachable'> {
  override readonly name = 'DiscordStartError';

  constructor(code: 'discord-token-invalid' | 'discord-unreachable', cause: unknown) {
    super(code, {}, cause);
  }
}

export interface DiscordSettings {
  readonly token: string;
  readonly guildIds: readonly string[];
  readonly apiUrl: string;
  readonly roles: RoleSettings;
  readonly actions: ActionRegistry;
  readonly log: Log;
  /** The one shard of the gateway that is this process'; `null` = all that Discord recommends. */
  readonly shard?: { readonly id: number; readonly count: number } | null;
  /** Discord ended the session for good (token revoked, intents refused). The bot will not come back by itself. */
  readonly onLost?: (reason: string) => void;
}

/** What answers on Discord. */
export interface StartParts<S> {
  readonly commands: readonly Command<S>[];
  readonly messageCommands?: readonly MessageCommand<S>[];
  readonly dispatcher: Dispatcher;
  /** Where answers that take longer are noted. */
  readonly answers?: OpenAnswers | undefined;
  /** Which of several processes answers an interaction; absent where this one alone hears it. */
  readonly claim?: ((interactionId: string) => Promise<boolean>) | undefined;
}

type Answering = Omit<StartParts<unknown>, 'commands' | 'messageCommands'>;

/** The bot on Discord. */
export interface Discord {
  /** Discord as the rest of the program knows it; its poster is usable before `start`. */
  readonly platform: Platform & { readonly poster: ChatPoster; readonly ready: () => boolean };
  /**
   * Connects, registers the commands and answers interactions.
   * @throws DiscordStartError
   */
  start<S>(parts: StartParts<S>): Promise<void>;
  /** Lets running work answer, closes the session (close code 1000). Takes less than 8 s. Never rejects. */
  stop(): Promise<void>;
}

/** Prepares the bot without connecting, so that what posts by itself can be built on its poster first. */
export function createDiscord(settings: DiscordSettings): Discord {
  const { log, actions } = settings;
  const rest = createRest(settings);
  const api = new DiscordApi(rest, createRest({ ...settings, requestsPerSecond: INTERACTION_REQUESTS_PER_SECOND }));
  const stopped = new AbortController();
  const open = new Set<Promise<void>>();
  let client: Client | null = null;
  let dispatcher: Dispatcher | null = null;

  const platform: Discord['platform'] = {
    name: 'discord',
    poster: createPoster({
      api,
      actions,
      log,
      missingPermissions: (channelId, guildId) =>
        client === null ? null : missingPermissions(client, channelId, guildId),
    }),
    accessOf: (guildId, personId) =>
      memberAccess({ rest, roles: settings.roles, guildIds: settings.guildIds, log }, guildId, personId),
    ready: () => client?.isReady() ?? false,
  };

  const track = (work: Promise<void>) => {
    open.add(work);
    void work.finally(() => open.delete(work));
  };

  const connect = async ({ dispatcher: active, answers, claim }: Answering): Promise<Client<true>> => {
    for (let attempt = 0; ; attempt += 1) {
      const fresh = createClient(settings.apiUrl, log, settings.shard ?? null);
      client = fresh;
      onInteraction(fresh, (payload) => {
        if (stopped.signal.aborted) {
          return;
        }
        track(
          handleInteraction(
            {
              api,
              platform,
              dispatcher: active,
              roles: settings.roles,
              guildIds: settings.guildIds,
              log,
              answers,
              claim,
            },
            payload as APIInteraction,
          ),
        );
      });
      try {
        const ready = new Promise<Client<true>>((resolve) => fresh.once(Events.ClientReady, resolve));
        await fresh.login(settings.token);
        const signal = AbortSignal.any([stopped.signal, AbortSignal.timeout(READY_TIMEOUT_MS)]);
        return await orAborted(ready, signal);
      } catch (error) {
        await destroy(fresh);
        if (isTokenRefused(error)) {
          throw new DiscordStartError('discord-token-invalid', loggable(error));
        }
        const pause = CONNECT_PAUSES_MS[attempt];
        if (pause === undefined || stopped.signal.aborted) {
          throw new DiscordStartError('discord-unreachable', loggable(error));
        }
        log.warn({ err: loggable(error), pauseMs: pause }, 'Discord could not be reached, trying again');
        await sleep(pause, undefined, { signal: stopped.signal }).catch(() => undefined);
      }
    }
  };

  const destroy = async (target: Client) => {
    try {
      target.removeAllListeners(Events.ShardReconnecting);
      await target.destroy();
    } catch (error) {
      log.warn({ err: loggable(error) }, 'the gateway connection was not closed cleanly');
    }
  };

  return {
    platform,
    start: async ({ commands, messageCommands = [], ...answering }) => {
      dispatcher = answering.dispatcher;
      const connected = await connect(answering);
      const applicationId = connected.application.id;
      connected.once(Events.ShardDisconnect, ({ code }) => {
        if (!stopped.signal.aborted) {
          settings.onLost?.(`gateway close code ${code}`);
        }
      });
      connected.once(Events.Invalidated, () => settings.onLost?.('the session was invalidated'));
      log.info({ user: connected.user.tag, guilds: connected.guilds.cache.size }, 'connected to Discord');
      const { guildIds } = settings;
      if (!somebodyMayAct(settings.roles, guildIds)) {
        log.warn('nobody may load or change anything: set DISCORD_GUILD_IDS, or OPERATOR_ROLES and ADMIN_ROLES');
      }
      const presentIn = [...connected.guilds.cache.keys()];
      const { signal } = stopped;
      await registerCommands({
        rest,
        byRole: settings.roles.operators.length > 0 || settings.roles.admins.length > 0,
        applicationId,
        guildIds,
        presentIn,
        commands,
        messageCommands,
        log,
        signal,
      });
    },
    stop: async () => {
      if (stopped.signal.aborted) {
        return;
      }
      stopped.abort();
      await dispatcher?.stop(STOP_WORK_MS);
      await within(STOP_ANSWERS_MS, Promise.allSettled(open));
      if (client !== null) {
        await within(STOP_GATEWAY_MS, destroy(client));
      }
    },
  };
}

function isTokenRefused(error: unknown): boolean {
  if (!(error instanceof Error)) {
    return false;
  }
  return ('code' in error && error.code === 'TokenInvalid') || ('status' in error && error.status === 401);
}
