/** How the bot's process is started, and how it learns that whoever started it is gone. */

import { flushCompileCache, getCompileCacheDir } from 'node:module';
import { dirname } from 'node:path';

/**
 * V8 grows its heap by what the machine could give, a bot's is small: the young generation stays small, and the old one
 * is swept when it has grown by a seventh, in steps of 2 MiB instead of 8 (a heap for each of four threads).
 */
const V8_FLAGS = ['--max-semi-space-size=1', '--heap-growing-percent=15', '--v8-pool-size=2', '--optimize-for-size'];
/**
 * glibc gives every thread an arena of its own and keeps what was freed; one arena, and large pieces given back at once
 * (mallopt(3)). Elsewhere these mean nothing.
 */
const MALLOC = {
  MALLOC_ARENA_MAX: '1',
  MALLOC_MMAP_THRESHOLD_: '131072',
  MALLOC_TRIM_THRESHOLD_: '131072',
};
/** Set in the environment of a process that was started so. */
const STARTED = 'HEADROOM_STARTED';
/** How often it is looked whether the parent is still there, milliseconds. */
const LOOK_MS = 1_000;

/**
 * Puts the same program in this one's place (execve: the same process id, so signals go straight to it) with the settings
 * that keep its memory small. Where that cannot be done, or was done, it returns and the program goes on as it is.
 */
export function startLean(): void {
  const [, program] = process.argv;
  if (process.env[STARTED] !== undefined || process.execve === undefined || program === undefined) {
    return;
  }
  const environment = { ...MALLOC, ...compiledCode(), ...definedOnly(process.env), [STARTED]: '1' };
  const argv = [process.execPath, ...process.execArgv, ...V8_FLAGS, program, ...process.argv.slice(2)];
  try {
    // That execve is new in Node is nobody's business who reads the log.
    process.removeAllListeners('warning');
    process.execve(process.execPath, argv, environment);
  } catch {
    // Such as on Windows; a larger process does the same work.
  }
}

/**
 * What compiled code costs: Node keeps in memory what it has read of its cache, 20 MiB, so a bot that starts once a month
 * goes without. From the sources it goes with it, in every thread, which only the variable tells them: otherwise each
 * thread has the compiler of TypeScript, 10 MiB.
 */
function compiledCode(): Record<string, string> {
  if (!import.meta.url.endsWith('.ts')) {
    return { NODE_DISABLE_COMPILE_CACHE: '1' };
  }
  const folder = getCompileCacheDir();
  if (folder === undefined) {
    return {};
  }
  // What this process has compiled until now is there for the one that takes its place.
  flushCompileCache();
  // Node keeps one folder for each of its versions in the one that it is given.
  return { NODE_COMPILE_CACHE: dirname(folder) };
}

function definedOnly(environment: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

/**
 * Tells when npm is gone that this was started by: npm hands SIGTERM to its shell, which ends without handing it on, and a
 * bot that nobody watches any more would stand beside the next one.
 * @returns ends the looking
 */
export function watchParent(onGone: () => void): () => void {
  if (process.env.npm_lifecycle_event === undefined || process.ppid === 1) {
    return () => undefined;
  }
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid !== parent) {
      clearInterval(timer);
      onGone();
    }
  }, LOOK_MS);
  timer.unref();
  return () => clearInterval(timer);
}
