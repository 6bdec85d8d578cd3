import { CommanderError } from 'commander';
import { EXIT_FAILED, type Tool, type ToolCommand } from './command.ts';
import { errorSentences } from './errors.ts';
import { createProgram, explainRefusal } from './program.ts';
import { plainArguments } from './typed.ts';

export interface RunOptions {
  readonly argv: readonly string[];
  readonly tool: Tool;
  readonly version: string;
  /**
   * Runs the command by another Node where this one is too old for it.
   * @returns its exit code; null where this one will do
   */
  readonly handOver: (command: ToolCommand) => Promise<number | null>;
}

/** The command-line tool. @returns the exit code; what went wrong has been said in words */
export async function runTool({ argv: typed, tool, version, handOver }: RunOptions): Promise<number> {
  const { commands } = tool;
  const argv = plainArguments(typed, commands);
  let exit = 0;
  const program = createProgram({
    commands,
    translator: tool.translator,
    version,
    write: tool.write,
    run: async (command, call) => {
      const elsewhere = command.needsNode24 === true ? await handOver(command) : null;
      exit = elsewhere ?? (await (await command.load())(tool, call));
    },
  });
  try {
    await program.parseAsync(argv, { from: 'user' });
    return exit;
  } catch (error) {
    const refusal = error instanceof CommanderError ? explainRefusal(error, argv, commands) : error;
    if (refusal === null) {
      return 0;
    }
    for (const sentence of errorSentences(refusal, tool.translator)) {
      tool.writeError(`headroom: ${sentence}\n`);
    }
    return EXIT_FAILED;
  }
}
