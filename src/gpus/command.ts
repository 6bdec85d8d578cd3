import { type ChildProcess, spawn } from 'node:child_process';
import { MIB } from '../base/bytes.ts';
import type { Clock } from './types.ts';

/** How a command ended. Failures are values: a telemetry tool that fails is news, not an exception. */
export type CommandOutcome =
  | { readonly kind: 'exited'; readonly exit: number | null; readonly stdout: string; readonly stderr: string }
  | { readonly kind: 'timeout'; readonly afterMs: number }
  /** An earlier child has not ended yet; nothing was started. */
  | { readonly kind: 'still-running'; readonly sinceMs: number }
  | { readonly kind: 'too-large'; readonly limitBytes: number }
  | { readonly kind: 'not-installed'; readonly command: string }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'aborted' };

export interface CommandOptions {
  /** Program name or path: from configuration only. */
  readonly file: string;
  /** Whole environment of the child. Default: PATH and LC_ALL=C. */
  readonly env?: Readonly<Record<string, string>>;
  /** Wall clock bound per run, ms. */
  readonly timeoutMs: number;
  /** Largest stdout, bytes. Default 1 MiB. */
  readonly limitBytes?: number;
  readonly clock?: Clock;
}

/** A command that runs one child at a time. */
export interface Command {
  run(args: readonly string[], signal?: AbortSignal): Promise<CommandOutcome>;
  close(): void;
}

const STDERR_LIMIT_BYTES = 16 * 1024;
/** After the child's exit a grandchild may keep the pipe open for ever: what is there by then is all there is. */
const DRAIN_MS = 250;

/**
 * Runs a program with constant arguments and no shell, one child at a time. The bound is our own timer: a child in
 * uninterruptible sleep (a sick GPU) cannot be killed at all, and Node's `timeout` waits for it. Such a child blocks
 * further runs (`still-running`) until it is gone, so that hung children never pile up.
 */
export function createCommand(options: CommandOptions): Command {
  const clock = options.clock ?? Date.now;
  const limitBytes = options.limitBytes ?? MIB;
  let running: { readonly child: ChildProcess; readonly sinceMs: number } | null = null;

  function run(args: readonly string[], signal?: AbortSignal): Promise<CommandOutcome> {
    if (running !== null) {
      return Promise.resolve({ kind: 'still-running', sinceMs: clock() - running.sinceMs });
    }
    if (signal?.aborted) {
      return Promise.resolve({ kind: 'aborted' });
    }
    return new Promise((resolve) => {
      const child = spawn(options.file, args, {
        env: options.env ?? { PATH: process.env.PATH ?? '', LC_ALL: 'C' },
        stdio: ['ignore', 'pipe', 'pipe'],
        windowsHide: true,
        // A group of its own: killing the group also ends what the child started.
        detached: process.platform !== 'win32',
      });
      const mine = { child, sinceMs: clock() };
      running = mine;
      const stdout: Buffer[] = [];
      const stderr: Buffer[] = [];
      let stdoutBytes = 0;
      let stderrBytes = 0;
      let settled = false;
      let drain: NodeJS.Timeout | undefined;

      const settle = (outcome: CommandOutcome): void => {
        if (settled) {
          return;
        }
        settled = true;
        clearTimeout(timer);
        clearTimeout(drain);
        signal?.removeEventListener('abort', onAbort);
        resolve(outcome);
      };
      const giveUp = (outcome: CommandOutcome): void => {
        kill(child);
        child.stdout?.destroy();
        child.stderr?.destroy();
        settle(outcome);
      };
      const onAbort = (): void => giveUp({ kind: 'aborted' });
      const timer = setTimeout(() => giveUp({ kind: 'timeout', afterMs: options.timeoutMs }), options.timeoutMs);
      signal?.addEventListener('abort', onAbort, { once: true });

      child.stdout?.on('data', (chunk: Buffer) => {
        stdoutBytes += chunk.length;
        if (stdoutBytes > limitBytes) {
          giveUp({ kind: 'too-large', limitBytes });
        } else {
          stdout.push(chunk);
        }
      });
      child.stderr?.on('data', (chunk: Buffer) => {
        if (stderrBytes < STDERR_LIMIT_BYTES) {
          stderr.push(chunk);
        }
        stderrBytes += chunk.length;
      });
      const finish = (exit: number | null): void => {
        settle({
          kind: 'exited',
          exit,
          stdout: Buffer.concat(stdout).toString('utf8'),
          stderr: Buffer.concat(stderr).toString('utf8'),
        });
      };
      child.once('error', (error: NodeJS.ErrnoException) => {
        // Never started: there is no child to wait for. (A failing kill also ends here; then `exit` still comes.)
        if (child.pid === undefined && running === mine) {
          running = null;
        }
        const missing = error.code === 'ENOENT';
        settle(
          missing
            ? { kind: 'not-installed', command: options.file }
            : { kind: 'failed', reason: error.code ?? 'spawn failed' },
        );
      });
      child.once('exit', (exit) => {
        if (running === mine) {
          running = null;
        }
        drain = setTimeout(() => {
          child.stdout?.destroy();
          child.stderr?.destroy();
          finish(exit);
        }, DRAIN_MS);
      });
      child.once('close', (exit) => finish(exit));
    });
  }

  return {
    run,
    close() {
      if (running !== null) {
        kill(running.child);
      }
    },
  };
}

function kill(child: ChildProcess): void {
  if (child.pid === undefined) {
    return;
  }
  try {
    if (process.platform === 'win32') {
      child.kill('SIGKILL');
    } else {
      process.kill(-child.pid, 'SIGKILL');
    }
  } catch {
    // The group is gone already, or was never made: the child alone is tried.
    child.kill('SIGKILL');
  }
}
