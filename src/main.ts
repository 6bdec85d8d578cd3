import { pathToFileURL } from 'node:url';
import { actionHandlers, commands } from '../commands/index.ts';
import { createDispatcher } from './chat/dispatch/dispatcher.ts';
import type { Reply } from './chat/reply.ts';
import { createTranslator } from './chat/translate.ts';
import { type App, compose } from './compose/compose.ts';
import { createLog } from './compose/log.ts';
import { endWithReader, loadSettings, runTool, terminalLocale } from './compose/tool.ts';
import { runConsoleChat } from './console/chat.ts';
import { renderReply } from './console/render.ts';
import type { Discord } from './discord/start.ts';
import { type Config, readConfig } from './settings/config.ts';
import { errorSentences } from './tool/errors.ts';

// discord.js and the simulator are imported where they are needed: the command-line tool starts in half the time.

/** A stop that takes longer than this is cut off. */
const STOP_LIMIT_MS = 8_000;
/** Work under way has this long to answer. */
const STOP_WORK_MS = 4_000;

/** Aborted by the first SIGINT or SIGTERM; a second one ends the process at once. */
function stopSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
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

async function runTerminal(app: App, config: Config, greeting: readonly string[]): Promise<number> {
  const log = createLog(config.logLevel);
  const interactive = process.stdin.isTTY === true;
  const locale = terminalLocale();
  const print = (reply: Reply) =>
    void process.stdout.write(`${renderReply(reply, { locale, colour: interactive, nowMs: Date.now() })}\n`);
  const services = app.withTerminal(print);
  await app.serve(null);
  await app.start();
  const dispatcher = createDispatcher({ commands, actionHandlers, services, hooks: app.hooks, log });
  const signal = stopSignal();
  // A load under way takes itself back and says so; the chat ends with its answer.
  signal.addEventListener('abort', () => void dispatcher.stop(STOP_WORK_MS), { once: true });
  const code = await runConsoleChat({
    commands,
    dispatcher,
    locale,
    input: process.stdin,
    output: process.stdout,
    interactive,
    greeting: interactive ? greeting : [],
    now: Date.now,
    signal,
  });
  await dispatcher.stop(STOP_WORK_MS);
  return code;
}

async function runDemo(): Promise<number> {
  const { startDemo } = await import('./compose/demo.ts');
  const { config, simulator } = await startDemo(process.env);
  const app = await compose({ config, log: createLog(config.logLevel), simulated: true });
  const { t } = createTranslator(terminalLocale());
  try {
    return await runTerminal(app, config, [t('console.simulated'), t('console.welcome')]);
  } finally {
    await app.close();
    await simulator.close();
  }
}

async function runBot(config: Config, token: string): Promise<number> {
  const log = createLog(config.logLevel);
  const stop = stopSignal();
  const app = await compose({ config, log });
  let lost = false;
  const ended = new Promise<void>((resolve) => {
    stop.addEventListener('abort', () => resolve(), { once: true });
  });
  try {
    const { startDiscord } = await import('./discord/start.ts');
    let discord: Discord | null = null;
    await app.serve(() => discord?.platform.ready() ?? false);
    discord = await startDiscord({
      discord: { ...config.discord, token },
      roles: config.roles,
      commands,
      actionHandlers,
      services: app.withChat,
      hooks: app.hooks,
      answers: app.answers,
      claim: app.claim,
      log,
      onLost: (reason) => {
        log.fatal({ reason }, 'Discord ended the session for good');
        lost = true;
        process.kill(process.pid, 'SIGTERM');
      },
    });
    await app.start();
    log.info('ready');
    await ended;
    await discord.stop();
  } finally {
    await app.close();
  }
  return lost ? 1 : 0;
}

/** The program. `--demo`: terminal chat against the simulated server; a subcommand: the tool; else the bot or the terminal. */
export async function main(argv: readonly string[]): Promise<number> {
  endWithReader();
  try {
    if (argv[0] === '--demo') {
      return await runDemo();
    }
    loadSettings();
    if (argv[0] !== undefined) {
      return await runTool(argv);
    }
    const config = readConfig(process.env);
    if (config.discord.token !== null) {
      return await runBot(config, config.discord.token);
    }
    const app = await compose({ config, log: createLog(config.logLevel) });
    try {
      return await runTerminal(app, config, [createTranslator(terminalLocale()).t('console.welcome')]);
    } finally {
      await app.close();
    }
  } catch (error) {
    for (const line of errorSentences(error, createTranslator(terminalLocale()))) {
      process.stderr.write(`headroom: ${line}\n`);
    }
    return 1;
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  process.exitCode = await main(process.argv.slice(2));
}
