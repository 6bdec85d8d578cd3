import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { actionHandlers, commands } from '../commands/index.ts';
import { createDispatcher } from './chat/dispatch/dispatcher.ts';
import { type Locale, toLocale } from './chat/locale.ts';
import type { Reply } from './chat/reply.ts';
import { createTranslator } from './chat/translate.ts';
import { type App, compose } from './compose/compose.ts';
import { createLog } from './compose/log.ts';
import { runConsoleChat } from './console/chat.ts';
import { renderReply } from './console/render.ts';
import type { Discord } from './discord/start.ts';
import { specFromJson } from './gguf/from-json.ts';
import { examineServer, type Finding } from './servers/doctor.ts';
import { type Config, ConfigError, readConfig } from './settings/config.ts';
import { errorSentence, runCli } from './tool/cli.ts';
import { printFindings } from './tool/doctor.ts';

// discord.js and the simulator are imported where they are needed: the command-line tool starts in half the time.

/** A stop that takes longer than this is cut off. */
const STOP_LIMIT_MS = 8_000;
/** Work under way has this long to answer. */
const STOP_WORK_MS = 4_000;

function terminalLocale(): Locale {
  return toLocale(process.env.LC_ALL ?? process.env.LC_MESSAGES ?? process.env.LANG);
}

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
  app.start();
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
  const app = compose({ config, log: createLog(config.logLevel), simulated: true });
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
  const app = compose({ config, log });
  let lost = false;
  const ended = new Promise<void>((resolve) => {
    stop.addEventListener('abort', () => resolve(), { once: true });
  });
  try {
    const { startDiscord } = await import('./discord/start.ts');
    let discord: Discord | null = null;
    await app.serve(() => discord?.ready ?? false);
    discord = await startDiscord({
      discord: { ...config.discord, token },
      roles: config.roles,
      commands,
      actionHandlers,
      services: app.withChat,
      hooks: app.hooks,
      answers: app.answers,
      log,
      onLost: (reason) => {
        log.fatal({ reason }, 'Discord ended the session for good');
        lost = true;
        process.kill(process.pid, 'SIGTERM');
      },
    });
    app.start();
    log.info('ready');
    await ended;
    await discord.stop();
  } finally {
    await app.close();
  }
  return lost ? 1 : 0;
}

/** `headroom doctor`: the configuration first; nothing else can be looked at before it is right. */
async function runDoctor(locale: Locale): Promise<number> {
  const translator = createTranslator(locale);
  const write = (text: string) => process.stdout.write(text);
  let config: Config;
  try {
    config = readConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) {
      throw error;
    }
    const faults = error.faults.map(
      (fault): Finding => ({ level: 'fault', remark: { code: 'config-fault', params: { ...fault } } }),
    );
    return printFindings(faults, translator, write);
  }
  const log = createLog('silent');
  const app = compose({ config, log });
  const { token } = config.discord;
  const findings: Finding[] = [
    { level: 'ok', remark: { code: 'config-ok', params: {} } },
    ...(await Promise.all(app.services.servers.servers.map(examineServer))).flat(),
    ...((await app.services.examineSelf?.()) ?? []),
    ...(token === null
      ? [{ level: 'warning' as const, remark: { code: 'discord-none', params: {} } }]
      : await (await import('./discord/doctor.ts')).examineDiscord({
          ...config.discord,
          roles: config.roles,
          token,
          log,
        })),
  ];
  await app.close();
  return printFindings(findings, translator, write);
}

async function runTool(argv: readonly string[]): Promise<number> {
  const locale = terminalLocale();
  let app: App | null = null;
  const code = await runCli(argv, {
    locale,
    colour: process.stdout.isTTY === true,
    write: (text) => process.stdout.write(text),
    writeError: (text) => process.stderr.write(text),
    input: process.stdin,
    readModelJson: specFromJson,
    services: async () => {
      const config = readConfig(process.env);
      app = compose({ config, log: createLog('error'), files: true });
      return app.services;
    },
    doctor: () => runDoctor(locale),
  });
  await (app as App | null)?.close();
  return code;
}

/** The .env of the folder it is run in, for `npx headroom` as for `npm start`; what the environment says wins. */
function loadSettings(): void {
  if (existsSync('.env')) {
    process.loadEnvFile('.env');
  }
}

/** The program. `--demo`: terminal chat against the simulated server; a subcommand: the tool; else the bot or the terminal. */
export async function main(argv: readonly string[]): Promise<number> {
  // Whoever reads the output may stop early (`| head`): that is no fault of the program.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') {
      throw error;
    }
    process.exit();
  });
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
    const app = compose({ config, log: createLog(config.logLevel) });
    try {
      return await runTerminal(app, config, [createTranslator(terminalLocale()).t('console.welcome')]);
    } finally {
      await app.close();
    }
  } catch (error) {
    const lines =
      error instanceof ConfigError ? error.faults.map((fault) => `${fault.variable}: ${fault.problem}`) : [];
    if (lines.length === 0) {
      lines.push(errorSentence(error, createTranslator(terminalLocale())));
    }
    for (const line of lines) {
      process.stderr.write(`headroom: ${line}\n`);
    }
    return 1;
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  process.exitCode = await main(process.argv.slice(2));
}
