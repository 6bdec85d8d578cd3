import { GIB } from './bytes.ts';

/** GPUs that a list of amounts may have. */
const MAX_GPUS = 128;

/**
 * Amounts of memory as HEADROOM_RESERVE has them: GiB, one for every GPU or one each (`2`, `0,4.5`). In bytes; empty where
 * there is no text; `null` where it is no such list.
 */
export function readGibPerGpu(text: string | undefined): readonly number[] | null {
  if (text === undefined || text.trim() === '') {
    return [];
  }
  const amounts = text.split(',').map((part) => /^\s*(\d{1,5}(?:\.\d{1,3})?)\s*(?:GiB)?\s*$/i.exec(part)?.[1]);
  if (amounts.length > MAX_GPUS || amounts.some((amount) => amount === undefined)) {
    return null;
  }
  return amounts.map((amount) => Math.round(Number(amount) * GIB));
}
