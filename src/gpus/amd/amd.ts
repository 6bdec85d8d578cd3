import { amdReading, readAmdCards } from './sysfs.ts';
import { amdSmiReading, rocmSmiReading } from './tools.ts';
import { createCommand } from '../command.ts';
import { readHostMemory } from '../meminfo.ts';
import { outcomeError } from '../nvidia/nvidia-smi.ts';
import { createSource, failedReading, type Reading } from '../source.ts';
import type { Clock, GpuError, GpuSource, HostMemory } from '../types.ts';
import { gpuError } from '../values.ts';

export interface AmdOptions {
  /** Default /sys/class/drm. */
  readonly root?: string;
  /** Default `amd-smi` and `rocm-smi`, found through PATH. */
  readonly amdSmiFile?: string;
  readonly rocmSmiFile?: string;
  readonly clock?: Clock;
  /** Bound of one tool's run, ms. Default 8,000. */
  readonly timeoutMs?: number;
  readonly readMemory?: () => Promise<HostMemory | null>;
}

const METRIC_ARGS = ['metric', '--mem-usage', '--usage', '--temperature', '--power', '--json'];
const LIST_ARGS = ['list', '--json'];
const ROCM_ARGS = [
  '--showmeminfo',
  'all',
  '--showuse',
  '--showtemp',
  '--showproductname',
  '--showbus',
  '--showuniqueid',
  '--json',
];

/** AMD GPUs of this machine: the driver's files, else amd-smi, else rocm-smi. The files need no tool and cost nothing. */
export function createAmdSource(options: AmdOptions = {}): GpuSource {
  const clock = options.clock ?? Date.now;
  const timeoutMs = options.timeoutMs ?? 8_000;
  const readMemory = options.readMemory ?? readHostMemory;
  const amdSmi = createCommand({ file: options.amdSmiFile ?? 'amd-smi', timeoutMs, clock });
  const rocmSmi = createCommand({ file: options.rocmSmiFile ?? 'rocm-smi', timeoutMs, clock });
  let listText: string | null = null;

  async function reader(signal: AbortSignal): Promise<Reading> {
    const hostMemory = await readMemory();
    const at = { host: 'local', takenAtMs: clock(), hostMemory };
    const cards = await readAmdCards(options.root);
    if (cards.length > 0) {
      return amdReading(cards, { ...at, source: 'amd-sysfs' });
    }

    const errors: GpuError[] = [];
    const metric = await amdSmi.run(METRIC_ARGS, signal);
    if (metric.kind === 'exited') {
      if (listText === null) {
        const list = await amdSmi.run(LIST_ARGS, signal);
        if (list.kind === 'exited' && list.exit === 0) {
          listText = list.stdout;
        }
      }
      const reading = amdSmiReading(metric.stdout, listText, { ...at, takenAtMs: clock() });
      if (reading.status !== 'failed') {
        return reading;
      }
      errors.push(...reading.errors);
    } else {
      errors.push(outcomeError(metric));
    }
    const rocm = await rocmSmi.run(ROCM_ARGS, signal);
    if (rocm.kind === 'exited') {
      const reading = rocmSmiReading(rocm.stdout, { ...at, takenAtMs: clock() });
      if (reading.status !== 'failed') {
        return reading;
      }
      errors.push(...reading.errors);
    } else {
      errors.push(outcomeError(rocm));
    }
    // "Not installed" says nothing when another tool was there and failed.
    const telling = errors.filter((error) => error.code !== 'not-installed');
    return failedReading(
      { source: 'amd-sysfs', host: 'local', takenAtMs: clock() },
      telling.length > 0 ? telling : [gpuError('no-devices')],
      { hostMemory },
    );
  }

  return createSource({
    kind: 'amd',
    snapshotKind: 'amd-sysfs',
    host: 'local',
    description: 'AMD',
    clock,
    timeoutMs: timeoutMs * 3 + 1_000,
    reader,
    onClose: () => {
      amdSmi.close();
      rocmSmi.close();
    },
  });
}
