/** Runs of programs that the recorder stands on: registries' own clients, tar, cmake. */

import { spawn } from 'node:child_process';

/** What a program said last, shown when it failed. */
const SHOWN_CHARACTERS = 2000;

/**
 * Runs a program to its end, its priority lowered so that a build does not get in anybody's way.
 *
 * @throws Error with the end of what the program said, when it fails
 */
export async function run(program: string, args: readonly string[], cwd?: string): Promise<void> {
  const child = spawn('nice', ['-n', '10', program, ...args], { ...(cwd === undefined ? {} : { cwd }) });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      said = `${said}${chunk.toString()}`.slice(-SHOWN_CHARACTERS);
    });
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  if (code !== 0) {
    throw new Error(`${program} ${args[0] ?? ''} failed (${code}):\n${said}`);
  }
}
