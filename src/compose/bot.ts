import { hostname } from 'node:os';
import { actionHandlers, commands, messageCommands } from '../../commands/index.ts';
import type { Log } from '../base/log.ts';
import { type ActionRegistry, createActionRegistry } from '../chat/actions.ts';
import { createDispatcher } from '../chat/dispatch/dispatcher.ts';
import { createDiscord, type Discord } from '../discord/start.ts';
import type { Config } from '../settings/config.ts';
import { startHttp } from '../web/http.ts';
import { compose } from './compose.ts';
import { type Memory, openMemory } from './memory.ts';
import { createWaitingDispatcher, type Meanwhile, openPatiently } from './patience.ts';

export interface BotOptions {
  readonly config: Config;
  readonly token: string;
  readonly log: Log;
  /** Discord ended the session for good. */
  readonly onLost?: (reason: string) => void;
  /** As for {@link compose}. */
  readonly settleMs?: number;
  /** Ends the wait for a database that does not answer. */
  readonly signal?: AbortSignal;
}

/**
 * The bot on Discord, put together and connected. While a shared database does not answer, people are told so and the bot
 * waits for it. Rejects with a DiscordStartError, HttpPortError or what `compose` does.
 */
export async function startBot(options: BotOptions): Promise<{ stop(): Promise<void> }> {
  const { config, token, log, onLost, settleMs, signal = new AbortController().signal } = options;
  const connection = (actions: ActionRegistry) =>
    createDiscord({
      ...config.discord,
      token,
      roles: config.roles,
      actions,
      log,
      ...(onLost === undefined ? {} : { onLost }),
    });
  let memory: Memory | undefined;
  if (config.database !== null) {
    const opened = await openPatiently(
      () => openMemory(config, false, log),
      () => answerMeanwhile(config, connection, log),
      log,
      signal,
    );
    if (opened === null) {
      return { stop: () => Promise.resolve() };
    }
    memory = opened;
  }
  const actions = createActionRegistry();
  const discord = connection(actions);
  const app = await compose({
    config,
    log,
    platforms: [discord.platform],
    ...(settleMs === undefined ? {} : { settleMs }),
    ...(memory === undefined ? {} : { memory }),
  });
  try {
    await app.serve();
    const { services, hooks, beforeAct, answers, claim } = app;
    const dispatcher = createDispatcher({
      commands,
      actionHandlers,
      messageCommands,
      services,
      actions,
      hooks,
      beforeAct,
      log,
    });
    await discord.start({ commands, messageCommands, dispatcher, answers, claim });
    await app.start();
  } catch (error) {
    await discord.stop();
    await app.close();
    throw error;
  }
  return {
    stop: async () => {
      await discord.stop();
      await app.close();
    },
  };
}

/** The bot on Discord while there is no database: it is there, and says why it does nothing, to orchestrators as well. */
async function answerMeanwhile(
  config: Config,
  connection: (actions: ActionRegistry) => Discord,
  log: Log,
): Promise<Meanwhile> {
  const dispatcher = createWaitingDispatcher();
  const discord = connection(dispatcher.actions);
  const http =
    config.httpPort === null
      ? null
      : await startHttp({
          port: config.httpPort,
          host: config.httpHost,
          token: config.httpToken,
          hosts: [hostname().toLowerCase()],
          metrics: { contentType: 'text/plain; version=0.0.4', text: () => Promise.resolve('') },
          readiness: () => Promise.resolve({ chat: discord.platform.ready(), store: false, server: false }),
          log,
        });
  const meanwhile = {
    stop: async () => {
      await Promise.all([discord.stop(), http?.close()]);
    },
  };
  try {
    await discord.start({ commands, messageCommands, dispatcher });
  } catch (error) {
    await meanwhile.stop();
    throw error;
  }
  return meanwhile;
}
