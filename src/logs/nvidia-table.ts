/** Reads the table that `nvidia-smi` prints: cards, and how much of each is in use. */

import { MIB } from '../base/bytes.ts';
import { tellableName } from './load-builder.ts';
import { boundedBytes } from './sizes.ts';
import type { LogGpu } from './types.ts';

const CARD = /^\| +(\d{1,3}) +(\S.{2,60}?) +(?:On|Off|N\/A|WDDM|TCC|MCDM) +\| +[0-9A-F]{8}:[0-9A-F]{2}:[0-9A-F]{2}\.\d/;
const MEMORY = /^\|.*\| +(\d{1,8})MiB \/ +(\d{1,8})MiB \|/;
const MOST_CARDS = 64;

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
  return cards;
}
