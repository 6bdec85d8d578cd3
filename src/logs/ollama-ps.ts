/** Reads what `ollama ps` prints: what is loaded, how large, and which share of it lies on the GPUs. */

import { tellableName } from './load-builder.ts';
import { count, MOST_CTX, sizeBytes } from './sizes.ts';
import type { LogLoad, LogVerdict } from './types.ts';

const ROW =
  /^(\S{1,200}) +[0-9a-f]{12} +([\d.]{1,12} [KMGT]?B) +(?:(100% (?:GPU|CPU))|(\d{1,3})%\/(\d{1,3})% CPU\/GPU) +(?:(\d{1,9}) +)?\S/;

function verdictOfShare(whole: string | undefined, cpu: string | undefined): LogVerdict {
  if (whole !== undefined) {
    return whole.endsWith('GPU') ? 'fits' : 'cpu';
  }
  return Number(cpu) === 0 ? 'fits' : 'partial';
}

/** The model on a line of `ollama ps`; `null` where the line is none. */
export function readPsRow(line: string): LogLoad | null {
  const row = ROW.exec(line.slice(0, 600));
  if (row === null) {
    return null;
  }
  const bytes = sizeBytes(row[2]!);
  const onCpu = row[3] === undefined ? Number(row[4]) / 100 : row[3].endsWith('CPU') ? 1 : 0;
  return {
    model: tellableName(row[1]),
    digest: null,
    architecture: null,
    fileBytes: null,
    trainedCtx: null,
    numCtx: count(row[6], MOST_CTX),
    numParallel: null,
    flashAttention: null,
    kvCacheType: null,
    requestedLayers: null,
    offloaded: null,
    overflowing: 0,
    devices: new Map(),
    requiredBytes: bytes,
    hostBytes: bytes === null ? null : Math.round(bytes * onCpu),
    availableBytes: [],
    systemRequiredBytes: null,
    systemAvailableBytes: null,
    verdict: verdictOfShare(row[3], row[4]),
    troubles: [],
    ended: true,
    unfinished: false,
  };
}
