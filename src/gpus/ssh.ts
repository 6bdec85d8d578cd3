import { type CommandOutcome, createCommand } from './command.ts';
import { parseGpuReport } from './gpu-report.ts';
import { outcomeError } from './nvidia/nvidia-smi.ts';
import { createSource, failedReading, type Reading } from './source.ts';
import type { Clock, GpuError, GpuSource } from './types.ts';
import { gpuError } from './values.ts';

export interface SshTarget {
  readonly user: string;
  readonly host: string;
  readonly port: number | null;
}

export interface SshOptions {
  /** Default `ssh`, found through PATH. */
  readonly file?: string;
  /** Path of a private key; default: what ssh itself finds. From configuration only. */
  readonly keyFile?: string;
  readonly clock?: Clock;
  /** Default 15,000 ms: connect 5 s, and two queries over there of at most 8 s each rarely take their whole bound. */
  readonly timeoutMs?: number;
}

// A leading `-` would be an option of ssh (CVE-2017-1000117): hence the first character, and `--` below.
const HOST = /^[A-Za-z0-9]([A-Za-z0-9.-]{0,252})$/;
const USER = /^[A-Za-z_][A-Za-z0-9_.-]{0,31}$/;

/** Reads `ssh://user@host[:port]`; `null` when it is not exactly that. */
export function parseSshTarget(text: string): SshTarget | null {
  const match = /^ssh:\/\/([^@/:\s]+)@([^@/:\s]+)(?::(\d{1,5}))?\/?$/.exec(text);
  if (!match || !USER.test(match[1]!) || !HOST.test(match[2]!)) {
    return null;
  }
  const port = match[3] === undefined ? null : Number(match[3]);
  if (port !== null && (port < 1 || port > 65_535)) {
    return null;
  }
  return { user: match[1]!, host: match[2]!, port };
}

/** The whole argument list: nothing in it comes from a person in the chat. The far side runs its forced command. */
export function sshArguments(target: SshTarget, keyFile?: string): readonly string[] {
  return [
    '-T',
    ...[
      'BatchMode=yes',
      'ConnectTimeout=5',
      'ServerAliveInterval=5',
      'ServerAliveCountMax=2',
      'StrictHostKeyChecking=yes',
    ].flatMap((option) => ['-o', option]),
    ...(target.port === null ? [] : ['-p', String(target.port)]),
    // That key and no other: an agent full of keys is refused after five of them.
    ...(keyFile === undefined ? [] : ['-i', keyFile, '-o', 'IdentitiesOnly=yes']),
    '--',
    `${target.user}@${target.host}`,
  ];
}

/** nvidia-smi (or AMD's sysfs) on another machine, through the forced command contrib/gpu-report. */
export function createSshSource(target: SshTarget, options: SshOptions = {}): GpuSource {
  const clock = options.clock ?? Date.now;
  const timeoutMs = options.timeoutMs ?? 15_000;
  const env: Record<string, string> = { LC_ALL: 'C' };
  // ssh needs its files and its agent; nothing else of our environment goes there.
  for (const name of ['PATH', 'HOME', 'USER', 'SSH_AUTH_SOCK']) {
    const value = process.env[name];
    if (value !== undefined) {
      env[name] = value;
    }
  }
  const command = createCommand({ file: options.file ?? 'ssh', env, timeoutMs, clock });
  const args = sshArguments(target, options.keyFile);
  const host = `${target.user}@${target.host}`;

  async function reader(signal: AbortSignal): Promise<Reading> {
    const outcome = await command.run(args, signal);
    const failure = outcomeFailure(outcome);
    if (failure === null && outcome.kind === 'exited') {
      return parseGpuReport(outcome.stdout, { host, takenAtMs: clock() });
    }
    return failedReading({ source: 'ssh', host, takenAtMs: clock() }, failure === null ? [] : [failure]);
  }

  return createSource({
    kind: 'ssh',
    snapshotKind: 'ssh',
    host,
    description: `ssh ${host}${target.port === null ? '' : `:${target.port}`}`,
    clock,
    timeoutMs: timeoutMs + 1_000,
    reader,
    onClose: () => command.close(),
  });
}

/** ssh's own failures. Its exit is 255 for all of them, and the far command's otherwise; the report carries its own codes. */
function outcomeFailure(outcome: CommandOutcome): GpuError | null {
  if (outcome.kind !== 'exited') {
    return outcomeError(outcome);
  }
  if (outcome.stdout.startsWith('#gpu-report ')) {
    return null;
  }
  const text = outcome.stderr;
  if (/host key verification failed|REMOTE HOST IDENTIFICATION HAS CHANGED|no .{0,20}host key is known/i.test(text)) {
    return gpuError('ssh-host-key', {}, text);
  }
  if (/permission denied|too many authentication failures/i.test(text)) {
    return gpuError('ssh-auth', {}, text);
  }
  if (
    /could not resolve|connection refused|no route to host|timed out|network is unreachable|connection (closed|reset)/i.test(
      text,
    )
  ) {
    return gpuError('ssh-unreachable', {}, text);
  }
  if (outcome.exit === 0) {
    return gpuError('report-unknown', {}, outcome.stdout);
  }
  return gpuError('ssh-failed', { exit: outcome.exit ?? 'signal' }, text);
}
