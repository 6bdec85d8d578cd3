/** Reads what `ollama ps` prints: what is loaded, how large, and which share of it lies on the GPUs. */

import { tellableName } from './load-builder.ts';
import { boundedBytes, count, MOST_CTX, sizeBytes } from './sizes.ts';
import type { LogLoad, LogVerdict } from './types.ts';

const ROW =
  /^(\S{1,200}) +[0-9a-f]{12} +([\d.]{1,12} [KMGT]?B) +(?:(100% (?:GPU|CPU))|(\d{1,3})%\/(\d{1,3})% CPU\/GPU) +(?:(\d{1,9}) +)?\S/;

/** Models that one answer lists at most. */
const MOST_MODELS = 200;

function verdictOfShare(whole: string | undefined, cpu: string | undefined): LogVerdict {
  if (whole !== undefined) {
    return whole.endsWith('GPU') ? 'fits' : 'cpu';
  }
  return Number(cpu) === 0 ? 'fits' : 'partial';
}

/** What `/api/ps` answers: `{"models":[{"name":…,"size":…,"size_vram":…,"context_length":…}]}`; empty where it is none. */
export function readPsJson(text: string): readonly LogLoad[] {
  if (!/^\s*\{[\s\S]*"size_vram"/.test(text.slice(0, 20_000))) {
    return [];
  }
  try {
    const { models } = JSON.parse(text) as { readonly models?: unknown };
    return (Array.isArray(models) ? models.slice(0, MOST_MODELS) : []).flatMap((model: unknown) => {
      const { name, size, size_vram: vram, context_length: ctx } = (model ?? {}) as Readonly<Record<string, unknown>>;
      const bytes = boundedBytes(Number(size));
      const onGpus = boundedBytes(Number(vram));
      if (typeof name !== 'string' || bytes === null || onGpus === null) {
        return [];
      }
      const verdict = onGpus >= bytes ? 'fits' : onGpus === 0 ? 'cpu' : 'partial';
      return [
        runningLoad(tellableName(name), bytes, Math.max(0, bytes - onGpus), count(String(ctx), MOST_CTX), verdict),
      ];
    });
  } catch {
    return [];
  }
}

/** The model on a line of `ollama ps`; `null` where the line is none. */
export function readPsRow(line: string): LogLoad | null {
  const row = ROW.exec(line.slice(0, 600));
  if (row === null) {
    return null;
  }
  const bytes = sizeBytes(row[2]!);
  const onCpu = row[3] === undefined ? Number(row[4]) / 100 : row[3].endsWith('CPU') ? 1 : 0;
  const hostBytes = bytes === null ? null : Math.round(bytes * onCpu);
  return runningLoad(tellableName(row[1]), bytes, hostBytes, count(row[6], MOST_CTX), verdictOfShare(row[3], row[4]));
}

/** A model that is loaded: how it came there is not told. */
function runningLoad(
  model: string | null,
  requiredBytes: number | null,
  hostBytes: number | null,
  numCtx: number | null,
  verdict: LogVerdict,
): LogLoad {
  return {
    model,
    digest: null,
    architecture: null,
    fileBytes: null,
    trainedCtx: null,
    numCtx,
    numParallel: null,
    flashAttention: null,
    kvCacheType: null,
    requestedLayers: null,
    offloaded: null,
    overflowing: 0,
    devices: new Map(),
    requiredBytes,
    hostBytes,
    availableBytes: [],
    systemRequiredBytes: null,
    systemAvailableBytes: null,
    verdict,
    troubles: [],
    ended: true,
    unfinished: false,
  };
}
