/** Scores the layout engine on public loads: what Ollama reported, and what llama.cpp's runner really reserved. */

import { MIB } from '../../../src/base/bytes.ts';
import { decideLayout } from '../../../src/estimator/engines/layout/layout.ts';
import type { EstimateServer, GpuDevice, Plan } from '../../../src/estimator/types.ts';
import { LAYOUT_CASES, type LayoutCase } from './layout-cases.ts';
import { isRecord, type MinedRecord, readMined, truthModel } from './records.ts';

/** One figure: what was printed and what the engine says, MiB. */
export interface Figure {
  readonly what: string;
  readonly printedMib: number;
  readonly computedMib: number;
  /** The loaded file differs from the spec in what this figure rests on. */
  readonly notComparable?: boolean;
}

/** One load. */
export interface LoadScore {
  readonly source: string;
  readonly model: string;
  readonly version: string;
  readonly figures: readonly Figure[];
  /** Layers on GPUs, printed and computed, where printed. */
  readonly layers?: readonly [number, number];
  readonly remarks: readonly string[];
}

export interface LayoutScore {
  readonly loads: readonly LoadScore[];
  /** Loads whose model is not known or not in the ground truth. */
  readonly unknown: readonly string[];
}

export async function scoreLayout(truthDir: string): Promise<LayoutScore> {
  const loads: LoadScore[] = [];
  const unknown: string[] = [];
  for (const record of await readMined(truthDir, ['B'])) {
    const found = LAYOUT_CASES.find((one) => isRecord(record, one.date, one.model));
    if (found === undefined) {
      unknown.push(`${record.model ?? 'no model named'} (${record.software_version}, ${record.date})`);
      continue;
    }
    loads.push(await scoreLoad(truthDir, record, found));
  }
  return { loads, unknown };
}

async function scoreLoad(truthDir: string, record: MinedRecord, one: LayoutCase): Promise<LoadScore> {
  const spec = typeof one.spec === 'string' ? await truthModel(truthDir, one.spec) : one.spec;
  const server: EstimateServer = {
    ollama: one.version,
    gpus: one.numGpu === 0 ? [] : devicesOf(record, one),
    system: { totalBytes: 2 ** 40, freeBytes: 2 ** 40, swapFreeBytes: 0 },
  };
  const plan = decideLayout(spec, server, {
    numCtx: one.numCtx,
    numParallel: 1,
    ...(one.numBatch === undefined ? {} : { numBatch: one.numBatch }),
    ...(one.numGpu === undefined ? {} : { numGpu: one.numGpu }),
    ...(one.flashAttention === undefined ? {} : { flashAttention: one.flashAttention }),
    ...(one.kvCacheType === undefined ? {} : { kvCacheType: one.kvCacheType }),
  });
  const printedLayers = record.n_gpu_layers;
  const remarks = [
    ...(typeof one.spec === 'string' ? [] : ['model rebuilt']),
    ...(one.inferred === undefined ? [] : [`inferred: ${one.inferred}`]),
    ...(one.towerMissing ? ['the file had a vision tower, the ground truth has none'] : []),
    ...(one.otherFile ? ['the file was of another quantization'] : []),
  ];
  const layers =
    printedLayers === null || one.numGpu === 0 ? undefined : ([printedLayers, plan.placement.gpuLayers] as const);
  const otherLayers = layers !== undefined && layers[0] !== layers[1];
  const mark = (figure: Figure): Figure => {
    const cache = /cache|KV/.test(figure.what);
    const graph = /graph|compute/.test(figure.what);
    const differs =
      (one.towerMissing && !cache) ||
      (one.otherFile && !cache && !(graph && layers?.[0] === plan.placement.totalLayers));
    return differs || (otherLayers && !graph) ? { ...figure, notComparable: true } : figure;
  };
  return {
    source: record.source_url,
    model: spec.name,
    version: one.version,
    figures: [...reportedFigures(record, plan), ...reservedFigures(record, plan)].map(mark),
    ...(layers === undefined ? {} : { layers }),
    remarks,
  };
}

function devicesOf(record: MinedRecord, one: LayoutCase): GpuDevice[] {
  return record.gpus.map((gpu) => {
    const mib = gpu.free_mib ?? gpu.total_mib ?? 65_536;
    const totalBytes = Math.round(Math.max(gpu.total_mib ?? 0, mib) * MIB);
    const device = { name: gpu.name ?? 'GPU', totalBytes, freeBytes: Math.round(mib * MIB) };
    return one.library === undefined ? device : { ...device, library: one.library };
  });
}

/** Ollama's own lines "model weights", "kv cache", "compute graph", "total memory". */
function reportedFigures(record: MinedRecord, plan: Plan): Figure[] {
  const lines = record.lines.ollama_engine;
  if (!Array.isArray(lines)) {
    return [];
  }
  const byFormula = plan.notes.find((note) => note.code === 'graph-by-formula')?.params.ollamaBytes;
  const figures: Figure[] = [];
  for (const [what, device, printedMib] of lines as [string, string | null, number][]) {
    const gpu = device === null || device === 'CPU' ? undefined : plan.gpus[Number(/\d+$/.exec(device)?.[0] ?? 0)];
    const parts = device === 'CPU' ? plan.host : gpu;
    let bytes: number | undefined;
    if (what === 'total memory') {
      bytes = plan.sizeBytes;
    } else if (parts === undefined) {
      continue;
    } else if (what === 'model weights') {
      bytes = parts.weightsBytes + (gpu?.projectorBytes ?? 0);
    } else if (what === 'kv cache') {
      bytes = parts.cacheBytes;
    } else if (what === 'compute graph') {
      bytes = typeof byFormula === 'number' ? byFormula : parts.computeBytes;
    }
    if (bytes !== undefined) {
      figures.push({ what: `reported ${what} ${device ?? ''}`.trim(), printedMib, computedMib: bytes / MIB });
    }
  }
  return figures;
}

/** llama.cpp's own buffers of the same load: what the GPU really held. */
function reservedFigures(record: MinedRecord, plan: Plan): Figure[] {
  const lines = record.lines.buffers_mib;
  if (!Array.isArray(lines)) {
    return [];
  }
  const figures: Figure[] = [];
  for (const [device, kind, printedMib] of lines as [string, string, number][]) {
    const index = /^(?:CUDA|ROCm)(\d+)$/.exec(device)?.[1];
    const gpu = index === undefined ? undefined : plan.gpus[Number(index)];
    if (gpu === undefined) {
      continue;
    }
    const parts: Readonly<Record<string, number>> = {
      model: gpu.weightsBytes,
      KV: gpu.cacheBytes,
      compute: gpu.computeBytes,
    };
    const bytes = parts[kind];
    if (bytes !== undefined) {
      figures.push({ what: `reserved ${kind} ${device}`, printedMib, computedMib: bytes / MIB });
    }
  }
  return figures;
}
