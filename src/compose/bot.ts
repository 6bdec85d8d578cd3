import { actionHandlers, commands, messageCommands } from '../../commands/index.ts';
import type { Log } from '../base/log.ts';
import { createActionRegistry } from '../chat/actions.ts';
import { createDispatcher } from '../chat/dispatch/dispatcher.ts';
import { createDiscord } from '../discord/start.ts';
import type { Config } from '../settings/config.ts';
import { compose } from './compose.ts';

export interface BotOptions {
  readonly config: Config;
  readonly token: string;
  readonly log: Log;
  /** Discord ended the session for good. */
  readonly onLost?: (reason: string) => void;
  /** As for {@link compose}. */
  readonly settleMs?: number;
}

/** The bot on Discord, put together and connected. Rejects with a DiscordStartError, HttpPortError or what `compose` does. */
export async function startBot(options: BotOptions): Promise<{ stop(): Promise<void> }> {
  const { config, token, log, onLost, settleMs } = options;
  const actions = createActionRegistry();
  const discord = createDiscord({
    ...config.discord,
    token,
    roles: config.roles,
    actions,
    log,
    ...(onLost === undefined ? {} : { onLost }),
  });
  const app = await compose({
    config,
    log,
    platforms: [discord.platform],
    ...(settleMs === undefined ? {} : { settleMs }),
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
