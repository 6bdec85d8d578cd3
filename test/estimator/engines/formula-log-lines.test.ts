/**
 * Log lines that users published, every field shown to the printed digit. Free memory is printed to 0.1 GiB only, so
 * it is searched for inside that window. Models are rebuilt from public hyper-parameters.
 */

import { describe, expect, test } from 'vitest';
import { createEstimator } from '../../../src/estimator/engines/formula/estimate.ts';
import { logFields } from '../../../src/estimator/engines/formula/log-fields.ts';
import type { ModelSpec } from '../../../src/estimator/types.ts';
import { parseVersion } from '../../../src/estimator/versions.ts';
import { rebuild, SHAPES, siglip } from '../../../truth/accuracy/mined/rebuilt-models.ts';
import { GIB } from './specs.ts';

interface Line {
  readonly issue: string;
  readonly spec: ModelSpec;
  readonly version: string;
  /** num_ctx as that version passes it on: all slots together to 0.11.4. */
  readonly numCtx: number;
  readonly numParallel: number;
  readonly numGpu?: number;
  readonly freeGib: readonly number[];
  readonly fields: Readonly<Record<string, string>>;
}

const gemma12: ModelSpec = { ...rebuild(SHAPES['gemma3:12b'], 'Q4_K_M'), projector: siglip() };
const gemma27: ModelSpec = { ...rebuild(SHAPES['gemma3:27b'], 'Q4_K_M'), projector: siglip() };

const LINES: readonly Line[] = [
  {
    issue: 'ollama#10341',
    spec: gemma12,
    version: '0.6.5',
    numCtx: 2048,
    numParallel: 1,
    freeGib: [11.5],
    fields: {
      'layers.offload': '49',
      'memory.required.full': '10.3 GiB',
      'memory.required.partial': '10.3 GiB',
      'memory.required.kv': '608.0 MiB',
    },
  },
  {
    issue: 'ollama#9685',
    spec: gemma27,
    version: '0.6.0',
    numCtx: 2048,
    numParallel: 1,
    freeGib: [14.5],
    fields: {
      'layers.offload': '49',
      'memory.required.full': '18.8 GiB',
      'memory.required.partial': '14.3 GiB',
      'memory.graph.full': '522.5 MiB',
      'memory.graph.partial': '1.6 GiB',
    },
  },
  {
    issue: 'ollama#9678',
    spec: gemma27,
    version: '0.6.0',
    numCtx: 1024,
    numParallel: 1,
    freeGib: [9.4, 9.4],
    fields: {
      'layers.split': '29,29',
      'memory.required.full': '20.5 GiB',
      'memory.required.partial': '18.4 GiB',
      'memory.required.kv': '496.0 MiB',
      'memory.required.allocations': '[9.2 GiB 9.2 GiB]',
    },
  },
  {
    issue: 'ollama#9791',
    spec: gemma27,
    version: '0.6.2',
    numCtx: 2048,
    numParallel: 1,
    numGpu: 99,
    freeGib: [9.6, 9.8],
    fields: {
      'layers.split': '22,30',
      'memory.required.full': '22.8 GiB',
      'memory.required.partial': '19.1 GiB',
      'memory.required.allocations': '[9.5 GiB 9.6 GiB]',
    },
  },
  {
    issue: 'ollama#10297',
    spec: gemma27,
    version: '0.6.5',
    numCtx: 40000,
    numParallel: 4,
    freeGib: [14.5, 14.5],
    fields: {
      'layers.split': '31,31',
      'memory.required.full': '29.0 GiB',
      'memory.required.partial': '27.9 GiB',
      'memory.required.kv': '4.9 GiB',
      'memory.required.allocations': '[13.5 GiB 14.4 GiB]',
      'memory.graph.partial': '2.7 GiB',
    },
  },
  {
    issue: 'ollama#9181',
    spec: rebuild(SHAPES['llama3:70b'], 'Q8_0'),
    version: '0.5.11',
    numCtx: 64000,
    numParallel: 1,
    freeGib: [22, 22, 22, 22],
    fields: {
      'layers.split': '11,11,11,11',
      'memory.required.full': '127.4 GiB',
      'memory.required.partial': '87.1 GiB',
      'memory.required.kv': '19.5 GiB',
      'memory.required.allocations': '[21.8 GiB 21.8 GiB 21.8 GiB 21.8 GiB]',
      'memory.weights.total': '87.3 GiB',
      'memory.graph.full': '8.2 GiB',
    },
  },
  {
    issue: 'ollama#8430',
    spec: { ...rebuild(SHAPES['gemma3:12b'], 'Q4_0_QAT'), projector: siglip(845_361_971) },
    version: '0.7.0',
    numCtx: 24576,
    numParallel: 1,
    numGpu: 49,
    freeGib: [11.5, 4.6],
    fields: {
      'layers.split': '37,0',
      'memory.required.full': '14.9 GiB',
      'memory.required.partial': '11.4 GiB',
      'memory.required.kv': '2.0 GiB',
      'memory.required.allocations': '[11.4 GiB 0 B]',
      'projector.weights': '806.2 MiB',
    },
  },
];

/** Fields of the line for the free memory, inside the printed windows, that agrees with most of them. */
function bestFields(line: Line): Record<string, string> {
  const { version } = parseVersion(line.version);
  const estimator = createEstimator(line.spec, version);
  const steps = [0, 41, 15, 0, 4][line.freeGib.length]!;
  let best: Record<string, string> = {};
  let most = -1;
  for (let n = 0; n < steps ** line.freeGib.length; n++) {
    let rest = n;
    const gpus = line.freeGib.map((gib) => {
      const step = rest % steps;
      rest = Math.floor(rest / steps);
      return { library: 'CUDA' as const, freeBytes: Math.round((gib - 0.05 + (0.1 * step) / (steps - 1)) * GIB) };
    });
    const input = {
      gpus,
      numCtx: line.numCtx,
      numBatch: 512,
      numParallel: line.numParallel,
      numGpu: line.numGpu ?? -1,
      kvCacheType: 'f16' as const,
      flashAttention: false,
      gpuOverheadBytes: 0,
    };
    const all = logFields(version, input, estimator.estimate(input));
    const shown = Object.fromEntries(Object.keys(line.fields).map((name) => [name, all[name] ?? '']));
    const agree = Object.keys(shown).filter((name) => shown[name] === line.fields[name]).length;
    if (agree > most) {
      most = agree;
      best = shown;
    }
  }
  return best;
}

describe('published log lines come out to the printed digit', () => {
  test.each(LINES.map((line) => [line.issue, line] as const))('%s', (_, line) => {
    expect(bestFields(line)).toEqual(line.fields);
  });

  test("0.7.0's rules and no other explain the line of ollama#8430", () => {
    const line = LINES.find((one) => one.issue === 'ollama#8430')!;
    for (const version of ['0.6.8', '0.7.1']) {
      expect(bestFields({ ...line, version })).not.toEqual(line.fields);
    }
  });
});
