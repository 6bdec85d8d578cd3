/** Why a load came out as it did, as codes; the edge has the words. The first is what weighs most. */

import type { LogCode } from './codes.ts';
import type { LogLoad, LogReading } from './types.ts';
import { isHost } from './verdict.ts';

/** A cache that takes this share of the whole is worth a word. */
const LARGE_SHARE = 0.3;
/** Memory that others hold on a GPU before the load, of its total. */
const BUSY_SHARE = 0.1;

function share(load: LogLoad, kind: 'cacheBytes' | 'computeBytes'): number {
  let part = 0;
  let whole = 0;
  for (const [, use] of load.devices) {
    part += use[kind] ?? 0;
    whole += (use.weightsBytes ?? 0) + (use.cacheBytes ?? 0) + (use.computeBytes ?? 0);
  }
  return whole === 0 ? 0 : part / whole;
}

function weights(load: LogLoad): number {
  let bytes = 0;
  for (const [device, use] of load.devices) {
    bytes += isHost(device) ? 0 : (use.weightsBytes ?? 0);
  }
  return Math.max(bytes, load.fileBytes ?? 0);
}

/** The reasons. Empty where all is on the GPUs and nothing is wrong. */
export function whyOf(load: LogLoad, reading: Omit<LogReading, 'why'>): readonly LogCode[] {
  const why: LogCode[] = [...load.troubles];
  const add = (code: LogCode) => {
    if (!why.includes(code)) {
      why.push(code);
    }
  };
  if (load.verdict === 'fits' || load.verdict === null) {
    return why;
  }
  const [placed, of] = load.offloaded ?? [null, null];
  if (placed !== null && load.requestedLayers !== null && load.requestedLayers === placed && placed < of) {
    add('layers-set-by-hand');
  }
  if (load.overflowing > 0 || (placed !== null && placed === of && load.verdict === 'partial')) {
    add('experts-in-system-memory');
  }
  const free = reading.gpus.reduce((sum, gpu) => sum + (gpu.freeBytes ?? 0), 0);
  const total = reading.gpus.reduce((sum, gpu) => sum + (gpu.totalBytes ?? gpu.freeBytes ?? 0), 0);
  if (free > 0 && weights(load) > free) {
    add('weights-exceed-gpus');
  }
  if (share(load, 'cacheBytes') >= LARGE_SHARE) {
    add('cache-large');
  }
  if ((load.numParallel ?? 1) > 1) {
    add('slots-multiply-context');
  }
  if (load.flashAttention === false && share(load, 'computeBytes') >= LARGE_SHARE / 2) {
    add('graph-large-without-flash-attention');
  }
  if (total > 0 && total - free > total * BUSY_SHARE) {
    add('gpu-memory-in-use');
  }
  if (reading.gpus.length === 0 && load.verdict === 'cpu') {
    add('no-gpu-seen');
  }
  if (load.unfinished) {
    add('log-ends-early');
  }
  if (why.length === 0) {
    add('gpus-too-small');
  }
  return why;
}
