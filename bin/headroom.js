#!/usr/bin/env node
'use strict';
// Plain CommonJS: it starts a little sooner than a module does, and the oldest Node that is served can read it. From the
// package the bundle runs on this very Node; from a checkout the sources run, for which only Node 24 will do.
const { existsSync, readFileSync } = require('node:fs');
const { join } = require('node:path');

// Everything else is taken when it is needed: a help text costs nothing but Node's own start.
const root = join(__dirname, '..');
const argv = process.argv.slice(2);

/** Compiled code is kept, so that the next start need not compile it. A folder that cannot be written is no fault. */
function keepCompiled(folder) {
  require('node:module').enableCompileCache?.(folder);
}

async function run(file) {
  const { toolMain } = await import(require('node:url').pathToFileURL(file).href);
  process.exitCode = await toolMain(argv);
}

function handOver() {
  const node = join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (!existsSync(node)) {
    process.stderr.write('headroom needs Node 24. Run npm ci in the project folder; it brings the right Node along.\n');
    process.exitCode = 1;
    return;
  }
  const child = require('node:child_process').spawn(node, [__filename, ...argv], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.on(signal, () => child.kill(signal));
  }
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal === null ? 1 : 128);
  });
}

/** The text that the build has written down for a call that only asks for help; null for all others. */
function helpText(program) {
  const asksHelp = (word) => word === '--help' || word === '-h';
  const [first, second] = argv;
  const topic =
    argv.length === 0 || (argv.length === 1 && (asksHelp(first) || first === 'help'))
      ? ''
      : argv.length === 2 && asksHelp(second)
        ? first
        : argv.length === 2 && first === 'help'
          ? second
          : null;
  if (topic === null) {
    return null;
  }
  const { LC_ALL, LC_MESSAGES, LANG } = process.env;
  const language = (LC_ALL ?? LC_MESSAGES ?? LANG ?? '').toLowerCase().startsWith('zh') ? 'zh-CN' : 'en';
  const texts = JSON.parse(readFileSync(join(program, 'help.json'), 'utf8'))[language];
  return Object.hasOwn(texts, topic) ? texts[topic] : null;
}

const sources = join(root, 'src', 'compose', 'tool.ts');
if (existsSync(sources)) {
  if (Number(process.versions.node.split('.')[0]) >= 24) {
    keepCompiled(join(root, 'node_modules', '.cache', 'headroom'));
    void run(sources);
  } else {
    handOver();
  }
} else {
  const program = join(root, 'dist', 'program');
  const help = helpText(program);
  if (help !== null) {
    process.stdout.write(help);
  } else {
    keepCompiled(
      join(process.env.XDG_CACHE_HOME || join(require('node:os').homedir(), '.cache'), 'headroom', 'compiled'),
    );
    void run(join(program, 'tool.js'));
  }
}
