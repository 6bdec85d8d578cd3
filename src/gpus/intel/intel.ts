import { createCommand } from '../command.ts';
import { readHostMemory } from '../meminfo.ts';
import { outcomeError } from '../nvidia/nvidia-smi.ts';
import { createSource, failedReading, type Reading } from '../source.ts';
import type { Clock, GpuError, GpuSource, HostMemory } from '../types.ts';
import { gpuError } from '../values.ts';
import { intelReading } from './reading.ts';
import { readIntelCards } from './sysfs.ts';
import { cardArgs, type IntelCard, LIST_ARGS, parseCard, parseList, parseQueryRows, QUERY_ARGS } from './xpu-smi.ts';

export interface IntelOptions {
  /** Default /sys/class/drm. */
  readonly root?: string;
  /** Default `xpu-smi`, found through PATH. */
  readonly file?: string;
  readonly clock?: Clock;
  /** Bound of one run of the tool, ms. Default 8,000. */
  readonly timeoutMs?: number;
  readonly readMemory?: () => Promise<HostMemory | null>;
}

/** Cards that an old xpu-smi is asked about, one run each. */
const MAX_ASKED = 8;

/** Intel's GPUs of this machine: xpu-smi of either generation, else the driver's files. */
export function createIntelSource(options: IntelOptions = {}): GpuSource {
  const clock = options.clock ?? Date.now;
  const timeoutMs = options.timeoutMs ?? 8_000;
  const tool = createCommand({ file: options.file ?? 'xpu-smi', timeoutMs, clock });

  async function reader(signal: AbortSignal): Promise<Reading> {
    const hostMemory = await (options.readMemory ?? readHostMemory)();
    const driver = await readIntelCards(options.root);
    const asked = await askTool(signal);
    const at = { source: 'xpu-smi', host: 'local', takenAtMs: clock(), hostMemory } as const;
    if (!('code' in asked)) {
      return intelReading(asked.cards, driver, at);
    }
    if (driver.length > 0) {
      return intelReading(driver, [], { ...at, source: 'intel-sysfs' });
    }
    return failedReading(at, [asked], { hostMemory });
  }

  /** The cards as the tool tells them, or why it does not. */
  async function askTool(signal: AbortSignal): Promise<{ readonly cards: readonly IntelCard[] } | GpuError> {
    const query = await tool.run(QUERY_ARGS, signal);
    if (query.kind !== 'exited') {
      return outcomeError(query);
    }
    const rows = query.exit === 0 ? parseQueryRows(query.stdout) : null;
    if (rows !== null) {
      return { cards: rows };
    }
    // 1.x knows no --query-gpu.
    const list = await tool.run(LIST_ARGS, signal);
    if (list.kind !== 'exited') {
      return outcomeError(list);
    }
    const indexes = parseList(list.stdout);
    if (indexes === null) {
      return gpuError('command-failed', { exit: list.exit ?? 'signal' }, list.stderr || list.stdout);
    }
    const cards: IntelCard[] = [];
    for (const index of indexes.slice(0, MAX_ASKED)) {
      const answer = await tool.run(cardArgs(index), signal);
      if (answer.kind !== 'exited') {
        return outcomeError(answer);
      }
      const card = parseCard(answer.stdout);
      if (card !== null) {
        cards.push({ ...card, index });
      }
    }
    return cards.length === 0 ? gpuError('no-devices') : { cards };
  }

  return createSource({
    kind: 'intel',
    snapshotKind: 'xpu-smi',
    host: 'local',
    description: 'Intel',
    clock,
    timeoutMs: timeoutMs * 4 + 1_000,
    reader,
    onClose: () => tool.close(),
  });
}
