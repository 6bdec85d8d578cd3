import { CodedError } from '../../src/base/coded.ts';

/** GPUs that a list may name. */
const MAX_GPUS = 128;

/**
 * Numbers of GPUs as people write them: `0,1`, `GPU 0, GPU 1`, `0-3`.
 * @throws CodedError `gpu-numbers`
 */
export function readGpuNumbers(text: string): readonly number[] {
  const numbers = new Set<number>();
  for (const part of text.normalize('NFKC').split(/[,、;]/)) {
    const match = /^\s*(?:gpu\s*)?#?(\d{1,3})(?:\s*-\s*(\d{1,3}))?\s*$/i.exec(part);
    const first = Number(match?.[1]);
    const last = Number(match?.[2] ?? match?.[1]);
    if (match === null || last < first || last - first >= MAX_GPUS) {
      throw new CodedError('gpu-numbers', { text: text.slice(0, 40) });
    }
    for (let number = first; number <= last; number++) {
      numbers.add(number);
    }
  }
  return [...numbers].slice(0, MAX_GPUS);
}
