import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Services } from '../../commands/services.ts';
import { type Locale, toLocale } from '../chat/locale.ts';
import { createTranslator } from '../chat/translate.ts';
import { toolCommands } from '../tool/commands.ts';
import { runTool as run } from '../tool/run.ts';
import { handOverToNode24 } from './hand-over.ts';

// What a command needs is imported when it is called: a help text shall not wait for the estimator.

/** The language that the terminal's environment names. */
export function terminalLocale(): Locale {
  return toLocale(process.env.LC_ALL ?? process.env.LC_MESSAGES ?? process.env.LANG);
}

/** The .env of the folder it is run in, for `npx headroom` as for `npm start`; what the environment says wins. */
export function loadSettings(): void {
  if (existsSync('.env')) {
    process.loadEnvFile('.env');
  }
}

/** Whoever reads the output may stop early (`| head`): that is no fault of the program. */
export function endWithReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') {
      throw error;
    }
    process.exit();
  });
}

/** The tool as a program of its own. @returns the exit code */
export async function toolMain(argv: readonly string[]): Promise<number> {
  endWithReader();
  loadSettings();
  return runTool(argv.length === 0 ? ['--help'] : argv);
}

/** The command-line tool. @returns the exit code */
export async function runTool(argv: readonly string[]): Promise<number> {
  const translator = createTranslator(terminalLocale());
  const write = (text: string) => void process.stdout.write(text);
  let made: Promise<{ readonly services: Services; close(): Promise<void> }> | null = null;
  const code = await run({
    argv,
    version: version(),
    handOver: () => handOverToNode24(argv),
    tool: {
      commands: toolCommands,
      translator,
      colour: process.stdout.isTTY === true,
      input: process.stdin,
      write,
      writeError: (text) => void process.stderr.write(text),
      services: async (needs) => {
        made ??= import('./tool-services.ts').then((parts) => parts.createToolServices(process.env, needs));
        return (await made).services;
      },
      doctor: async () => (await import('./doctor.ts')).runDoctor(translator, write),
    },
  });
  await (made as Promise<{ close(): Promise<void> }> | null)?.then(
    (parts) => parts.close(),
    () => undefined,
  );
  return code;
}

/** As package.json has it: two folders above the sources and the bundle alike. */
function version(): string {
  const file = join(import.meta.dirname, '..', '..', 'package.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
