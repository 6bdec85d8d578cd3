import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { CodedError } from '../base/coded.ts';

const NEEDED = 24;

/**
 * Runs the same call by the Node that came with the npm package `node`, where this one is too old.
 * @returns its exit code; null where this one is new enough
 * @throws CodedError `tool-node` when there is no other
 */
export async function handOverToNode24(argv: readonly string[]): Promise<number | null> {
  if (Number(process.versions.node.split('.')[0]) >= NEEDED) {
    return null;
  }
  const node = bundledNode();
  const program = process.argv[1];
  if (node === null || program === undefined) {
    throw new CodedError('tool-node', { version: process.versions.node });
  }
  const child = spawn(node, [program, ...argv], { stdio: 'inherit' });
  const stop = (signal: NodeJS.Signals) => void child.kill(signal);
  process.on('SIGINT', stop).on('SIGTERM', stop);
  try {
    return await new Promise((resolve, reject) => {
      child.once('error', () => reject(new CodedError('tool-node', { version: process.versions.node })));
      child.once('exit', (code, signal) => resolve(code ?? (signal === null ? 1 : 128)));
    });
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
}

function bundledNode(): string | null {
  try {
    const folder = dirname(createRequire(import.meta.url).resolve('node/package.json'));
    return join(folder, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  } catch {
    return null;
  }
}
