#!/usr/bin/env node
// Plain JavaScript, so that a Node too old for the project can still start it and hand over to the Node that came with
// the npm package `node`.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import module from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const program = join(root, 'src', 'main.ts');

if (Number(process.versions.node.split('.')[0]) >= 24) {
  // Compiled code is kept, in the project's own folder: the tool starts in half the time.
  module.enableCompileCache?.(join(root, 'node_modules', '.cache', 'headroom'));
  const { main } = await import(program);
  const argv = process.argv.slice(2);
  process.exitCode = await main(argv.length === 0 ? ['help'] : argv);
} else {
  const node = join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (!existsSync(node)) {
    process.stderr.write('headroom needs Node 24. Run npm ci in the project folder; it brings the right Node along.\n');
    process.exitCode = 1;
  } else {
    const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' });
    for (const signal of ['SIGINT', 'SIGTERM']) {
      process.on(signal, () => child.kill(signal));
    }
    child.on('exit', (code, signal) => {
      process.exitCode = code ?? (signal === null ? 1 : 128);
    });
  }
}
