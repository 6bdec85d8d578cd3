import { type CommandOutcome, createCommand } from '../command.ts';
import { readHostMemory } from '../meminfo.ts';
import { APP_FIELDS, FULL_FIELDS, SHORT_FIELDS } from './csv.ts';
import { nvidiaTextError } from './errors.ts';
import { nvidiaReading } from './reading.ts';
import { createSource, failedReading, type Reading } from '../source.ts';
import type { Clock, GpuError, GpuSource, HostMemory } from '../types.ts';
import { gpuError } from '../values.ts';

export interface NvidiaSmiOptions {
  /** Default `nvidia-smi`, found through PATH. */
  readonly file?: string;
  readonly clock?: Clock;
  /** Bound of one query, ms. Default 8,000: a cold start without persistence mode takes up to 3 s. */
  readonly timeoutMs?: number;
  readonly readMemory?: () => Promise<HostMemory | null>;
}

const FORMAT = '--format=csv,noheader,nounits';
const APPS_ARGS = [`--query-compute-apps=${APP_FIELDS.join(',')}`, FORMAT];

/** The error for a command that did not deliver an exit code. */
export function outcomeError(outcome: Exclude<CommandOutcome, { kind: 'exited' }>): GpuError {
  switch (outcome.kind) {
    case 'timeout':
      return gpuError('timeout', { seconds: Math.round(outcome.afterMs / 1000) });
    case 'still-running':
      return gpuError('still-hanging', { seconds: Math.round(outcome.sinceMs / 1000) });
    case 'too-large':
      return gpuError('output-too-large', { limitBytes: outcome.limitBytes });
    case 'not-installed':
      return gpuError('not-installed', { command: outcome.command });
    case 'failed':
      return gpuError('command-failed', { exit: outcome.reason });
    case 'aborted':
      return gpuError('timeout', { seconds: 0 });
  }
}

/** The local nvidia-smi. */
export function createNvidiaSmiSource(options: NvidiaSmiOptions = {}): GpuSource {
  const clock = options.clock ?? Date.now;
  const timeoutMs = options.timeoutMs ?? 8_000;
  const readMemory = options.readMemory ?? readHostMemory;
  const command = createCommand({ file: options.file ?? 'nvidia-smi', timeoutMs, clock });
  let fields: readonly string[] = FULL_FIELDS;

  const nothing = (error: GpuError, hostMemory: HostMemory | null): Reading =>
    failedReading({ source: 'nvidia-smi', host: 'local', takenAtMs: clock() }, [error], { hostMemory });

  const query = (asked: readonly string[], signal: AbortSignal): Promise<CommandOutcome> =>
    command.run([`--query-gpu=${asked.join(',')}`, FORMAT], signal);

  async function reader(signal: AbortSignal): Promise<Reading> {
    const hostMemory = await readMemory();
    let outcome = await query(fields, signal);
    // An old driver does not know every field and then prints nothing else; the short list is tried once and kept.
    if (outcome.kind === 'exited' && fields === FULL_FIELDS && isUnknownField(outcome)) {
      const second = await query(SHORT_FIELDS, signal);
      if (second.kind === 'exited' && !isUnknownField(second)) {
        fields = SHORT_FIELDS;
      }
      outcome = second.kind === 'exited' && isUnknownField(second) ? outcome : second;
    }
    if (outcome.kind !== 'exited') {
      return nothing(outcomeError(outcome), hostMemory);
    }
    const takenAtMs = clock();
    const apps = outcome.exit === 0 ? await command.run(APPS_ARGS, signal) : null;
    const appsDone = apps?.kind === 'exited' ? apps : null;
    return nvidiaReading({
      source: 'nvidia-smi',
      host: 'local',
      takenAtMs,
      fields,
      gpuText: outcome.stdout.trim() === '' ? outcome.stderr : outcome.stdout,
      gpuExit: outcome.exit,
      appText: appsDone?.stdout ?? null,
      appExit: appsDone?.exit ?? null,
      hostMemory,
    });
  }

  return createSource({
    kind: 'nvidia-smi',
    snapshotKind: 'nvidia-smi',
    host: 'local',
    description: options.file ?? 'nvidia-smi',
    clock,
    // Three queries at most, each with its own bound.
    timeoutMs: timeoutMs * 3 + 1_000,
    reader,
    onClose: () => command.close(),
  });
}

function isUnknownField(outcome: { readonly exit: number | null; readonly stdout: string }): boolean {
  return outcome.exit === 2 || nvidiaTextError(outcome.stdout)?.code === 'driver-too-old';
}
