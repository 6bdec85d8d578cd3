import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Services } from '../../commands/services.ts';
import { createTranslator } from '../chat/translate.ts';
import { wantsColour } from '../console/paint.ts';
import type { ToolTerminal } from '../tool/command.ts';
import { toolCommands } from '../tool/commands.ts';
import { runTool as run } from '../tool/run.ts';
import { endWithReader, loadSettings, terminalLocale } from './terminal.ts';

// What a command needs is imported when it is called: a help text shall not wait for the estimator.

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
    handOver: async () => (await import('./hand-over.ts')).handOverToNode24(argv),
    tool: {
      commands: toolCommands,
      translator,
      terminal: terminal(),
      input: process.stdin,
      write,
      writeError: (text) => void process.stderr.write(text),
      services: async (needs) => {
        made ??= import('./tool-services.ts').then((parts) => parts.createToolServices(process.env, needs));
        return (await made).services;
      },
      start: async () => (await import('./start.ts')).runProgram(),
      setup: async () => (await import('./setup.ts')).createSetup(process.env),
      doctor: async () => (await import('./doctor.ts')).runDoctor(translator, write),
    },
  });
  await (made as Promise<{ close(): Promise<void> }> | null)?.then(
    (parts) => parts.close(),
    () => undefined,
  );
  return code;
}

/** Standard output as a terminal; how it shows pictures is found out when the first is to be shown. */
function terminal(): ToolTerminal {
  const colour = wantsColour(process.stdout, process.env);
  const columns = process.stdout.isTTY ? process.stdout.columns : undefined;
  return {
    colour,
    columns,
    pictures: async (reply) => {
      const [{ detectPictures }, { showPictures }] = await Promise.all([
        import('../console/pictures/detect.ts'),
        import('../console/pictures/show.ts'),
      ]);
      const means = await detectPictures({ input: process.stdin, output: process.stdout }, process.env);
      return showPictures(reply, means, { columns: columns ?? 80, colour });
    },
  };
}

/** As package.json has it: two folders above the sources and the bundle alike. */
function version(): string {
  const file = join(import.meta.dirname, '..', '..', 'package.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
