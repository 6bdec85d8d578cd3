/** Reads the table that `nvidia-smi` prints: cards, and how much of each is in use. */

import { MIB } from '../base/bytes.ts';
import { tellableName } from './load-builder.ts';
import { boundedBytes } from './sizes.ts';
import type { LogGpu } from './types.ts';

const CARD = /^\| +(\d{1,3}) +(\S.{2,60}?) +(?:On|Off|N\/A|WDDM|TCC|MCDM) +\| +[0-9A-F]{8}:[0-9A-F]{2}:[0-9A-F]{2}\.\d/;
const MEMORY = /^\|.*\| +(\d{1,8})MiB \/ +(\d{1,8})MiB \|/;
const MOST_CARDS = 64;

/** `nvidia-smi --query-gpu=name,memory.total,memory.used --format=csv`: the columns are told by the first line. */
function readCsv(lines: readonly string[]): readonly LogGpu[] {
  const at = lines.findIndex((line) => line.length < 1_000 && /\bmemory\.total \[MiB\]/.test(line));
  if (at === -1) {
    return [];
  }
  const columns = lines[at]!.split(',').map((name) => name.trim().replace(/ \[MiB\]$/, ''));
  const cards: LogGpu[] = [];
  for (const line of lines.slice(at + 1, at + 1 + MOST_CARDS)) {
    const cells = line.slice(0, 1_000).split(',');
    const cell = (name: string): string => cells[columns.indexOf(name)]?.trim() ?? '';
    const mib = (name: string): number | null => {
      const number = /^(\d{1,8}) MiB$/.exec(cell(name));
      return number === null ? null : boundedBytes(Number(number[1]) * MIB);
    };
    const total = mib('memory.total');
    if (cells.length !== columns.length || total === null) {
      break;
    }
    const used = mib('memory.used');
    const capability = /^\d{1,2}\.\d$/.exec(cell('compute_cap'));
    cards.push({
      name: tellableName(cell('name')),
      library: 'CUDA',
      computeCapability: capability === null ? null : Number(capability[0]),
      totalBytes: total,
      freeBytes: mib('memory.free') ?? (used === null || used > total ? null : total - used),
    });
  }
  return cards;
}

/** The cards in the lines of a paste, by their number. */
export function readNvidiaTable(lines: readonly string[]): readonly LogGpu[] {
  const cards: LogGpu[] = [];
  let name: string | null = null;
  for (const line of lines) {
    if (!line.startsWith('|')) {
      continue;
    }
    const text = line.slice(0, 300);
    const card = CARD.exec(text);
    if (card !== null) {
      name = tellableName(card[2]);
      continue;
    }
    const memory = name === null ? null : MEMORY.exec(text);
    if (memory !== null && cards.length < MOST_CARDS) {
      const [used, total] = [Number(memory[1]), Number(memory[2])];
      cards.push({
        name,
        library: 'CUDA',
        computeCapability: null,
        totalBytes: boundedBytes(total * MIB),
        freeBytes: used <= total ? boundedBytes((total - used) * MIB) : null,
      });
      name = null;
    }
  }
  return cards.length > 0 ? cards : readCsv(lines);
}
