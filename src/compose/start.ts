import { join } from 'node:path';
import { actionHandlers, commands } from '../../commands/index.ts';
import { createDispatcher } from '../chat/dispatch/dispatcher.ts';
import { createTranslator } from '../chat/translate.ts';
import { createConsoleChat } from '../console/chat.ts';
import { openHistory } from '../console/history.ts';
import { wantsColour } from '../console/paint.ts';
import { detectPictures } from '../console/pictures/detect.ts';
import { type Config, readConfig } from '../settings/config.ts';
import { type ComposeOptions, compose } from './compose.ts';
import { startLean, watchParent } from './launch.ts';
import { createLog } from './log.ts';
import { dataFolder } from './memory.ts';
import { terminalLocale } from './terminal.ts';

// discord.js is imported where it is needed: the terminal chat starts in half the time.

/** A stop that takes longer than this is cut off. */
const STOP_LIMIT_MS = 8_000;
/** Work under way has this long to answer. */
const STOP_WORK_MS = 4_000;

/** Aborted by the first SIGINT, SIGTERM or SIGHUP (the terminal is gone), or when npm is gone; a second signal ends the process at once. */
function stopSignal(): AbortSignal {
  const controller = new AbortController();
  watchParent(() => process.kill(process.pid, 'SIGTERM'));
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) {
        process.exit(1);
      }
      controller.abort();
      setTimeout(() => process.exit(1), STOP_LIMIT_MS).unref();
    });
  }
  return controller.signal;
}

/** The chat in this terminal, until its input ends; what people wait for is shown there too. @returns the exit code */
export async function runTerminal(options: ComposeOptions, greeting: readonly string[]): Promise<number> {
  const { log, config } = options;
  const interactive = process.stdin.isTTY === true && process.stdout.isTTY === true;
  const chat = createConsoleChat({
    input: process.stdin,
    output: process.stdout,
    locale: terminalLocale(),
    interactive,
    colour: wantsColour(process.stdout, process.env),
    pictures: interactive
      ? await detectPictures({ input: process.stdin, output: process.stdout }, process.env)
      : { how: 'off', cellWidth: null },
    now: Date.now,
  });
  const app = await compose({ ...options, platforms: [chat.platform] });
  try {
    await app.serve();
    await app.start();
    const { services, hooks, beforeAct } = app;
    const dispatcher = createDispatcher({ commands, actionHandlers, services, hooks, beforeAct, log });
    const signal = stopSignal();
    // A load under way takes itself back and says so; the chat ends with its answer.
    signal.addEventListener('abort', () => void dispatcher.stop(STOP_WORK_MS), { once: true });
    const code = await chat.run({
      commands,
      dispatcher,
      greeting: interactive ? greeting : [],
      history: openHistory(interactive ? historyFile(config) : null, process.env),
      signal,
    });
    await dispatcher.stop(STOP_WORK_MS);
    return code;
  } finally {
    await app.close();
  }
}

/** Where typed lines outlive the session; `null` where the folder cannot be had, which other parts tell. */
function historyFile(config: Config): string | null {
  try {
    return join(dataFolder(config, ''), 'terminal-history');
  } catch {
    return null;
  }
}

async function runBot(config: Config, token: string): Promise<number> {
  const log = createLog(config.logLevel);
  const stop = stopSignal();
  let lost = false;
  const ended = new Promise<void>((resolve) => {
    stop.addEventListener('abort', () => resolve(), { once: true });
  });
  const { startBot } = await import('./bot.ts');
  const bot = await startBot({
    config,
    token,
    log,
    signal: stop,
    onLost: (reason) => {
      log.fatal({ reason }, 'Discord ended the session for good');
      lost = true;
      process.kill(process.pid, 'SIGTERM');
    },
  });
  log.info('ready');
  await ended;
  await bot.stop();
  return lost ? 1 : 0;
}

/** The bot where a token is set, else the terminal chat. One process alone works with a data folder. */
export async function runProgram(): Promise<number> {
  const config = readConfig(process.env);
  const { token } = config.discord;
  if (token !== null) {
    startLean();
  }
  const { lockFolder } = await import('../store/sqlite/lock.ts');
  const unlock = config.database === null ? lockFolder(config.dataDir) : () => undefined;
  try {
    if (token !== null) {
      return await runBot(config, token);
    }
    const { t } = createTranslator(terminalLocale());
    return await runTerminal({ config, log: createLog(config.logLevel) }, [t('console.welcome')]);
  } finally {
    unlock();
  }
}
