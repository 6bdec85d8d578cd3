import { createCommand } from '../command.ts';
import { createSource, type Reading } from '../source.ts';
import type { Clock, GpuSource } from '../types.ts';
import { ACCELERATOR_ARGS, appleReading, SYSCTL_ARGS, WORKING_SET_ARGS } from './reading.ts';

export interface AppleOptions {
  readonly clock?: Clock;
  /** Bound of one tool's run, ms. Default 5,000. */
  readonly timeoutMs?: number;
  /** Folder of the four tools, for tests; default: PATH, with /usr/sbin. */
  readonly folder?: string;
}

/** The GPU of this Mac. */
export function createAppleSource(options: AppleOptions = {}): GpuSource {
  const clock = options.clock ?? Date.now;
  const timeoutMs = options.timeoutMs ?? 5_000;
  const command = (name: string) =>
    createCommand({
      file: options.folder === undefined ? name : `${options.folder}/${name}`,
      env: { PATH: `${process.env.PATH ?? ''}:/usr/bin:/usr/sbin`, LC_ALL: 'C' },
      timeoutMs,
      clock,
    });
  const tools = {
    sysctl: command('sysctl'),
    vmStat: command('vm_stat'),
    ioreg: command('ioreg'),
    osascript: command('osascript'),
  };

  async function reader(signal: AbortSignal): Promise<Reading> {
    const text = async (tool: keyof typeof tools, args: readonly string[]): Promise<string> => {
      const outcome = await tools[tool].run(args, signal);
      return outcome.kind === 'exited' ? outcome.stdout : '';
    };
    const [sysctl, vmStat, accelerator, workingSet] = await Promise.all([
      text('sysctl', SYSCTL_ARGS),
      text('vmStat', []),
      text('ioreg', ACCELERATOR_ARGS),
      text('osascript', WORKING_SET_ARGS),
    ]);
    return appleReading(
      { sysctl, vmStat, accelerator, workingSet },
      { source: 'apple', host: 'local', takenAtMs: clock() },
    );
  }

  return createSource({
    kind: 'apple',
    snapshotKind: 'apple',
    host: 'local',
    description: 'Apple',
    clock,
    timeoutMs: timeoutMs + 1_000,
    reader,
    onClose: () => {
      for (const tool of Object.values(tools)) {
        tool.close();
      }
    },
  });
}
