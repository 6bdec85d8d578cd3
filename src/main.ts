import { pathToFileURL } from 'node:url';
import { createTranslator } from './chat/translate.ts';
import { createLog } from './compose/log.ts';
import { runProgram, runTerminal } from './compose/start.ts';
import { endWithReader, loadSettings, terminalLocale } from './compose/terminal.ts';
import { runTool } from './compose/tool.ts';
import { errorSentences } from './tool/errors.ts';

async function runDemo(): Promise<number> {
  const { startDemo } = await import('./compose/demo.ts');
  const { config, simulator } = await startDemo(process.env);
  const { t } = createTranslator(terminalLocale());
  try {
    const options = { config, log: createLog(config.logLevel), simulated: true };
    return await runTerminal(options, [t('console.simulated'), t('console.welcome')]);
  } finally {
    await simulator.close();
  }
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
    return await runProgram();
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
