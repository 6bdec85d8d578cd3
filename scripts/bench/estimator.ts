/**
 * Speed of the estimator: one plan of a dense model and of a mixture of experts with 10^12 parameters, a decision of
 * the llama-server engine, the clamp, and rows a second as `headroom estimate` makes them.
 */

import { readFile } from 'node:fs/promises';
import { GIB, MIB } from '../../src/base/bytes.ts';
import { clamp } from '../../src/estimator/plan/clamp.ts';
import { decide, planFixed } from '../../src/estimator/plan/decide.ts';
import { sweep } from '../../src/estimator/plan/sweep.ts';
import type { EstimateRequest, EstimateServer, ModelSpec, TensorInfo } from '../../src/estimator/types.ts';

const FIXTURES = new URL('../../test/fixtures/models/', import.meta.url);

interface Case {
  readonly name: string;
  readonly target: string;
  readonly run: () => unknown;
  /** Shown as rows a second instead of milliseconds. */
  readonly perSecond?: boolean;
}

/** The Markdown section for `npm run bench`. */
export async function benchEstimator(): Promise<string> {
  const dense = await fixture('llama3.1-8b');
  const thirty = await fixture('qwen3-30b-a3b');
  const experts = trillionParameters(thirty);
  const one = server(1, 24);
  const four = server(4, 12);
  const eight = server(8, 80);
  const row: EstimateRequest = { numCtx: 32768, numBatch: 2048, numUbatch: 512, numParallel: 1, outputs: 1 };
  const ollama = (base: EstimateServer): EstimateServer => ({ ...base, ollama: '0.33.0' });
  const longer = { ...experts, metadata: { ...experts.metadata, [`${experts.architecture}.context_length`]: 262_144 } };
  // Graphs' results are kept per model: no two turns ask the same.
  let turn = 0;
  const asked = (): EstimateRequest => ({ numCtx: 16_384 + 256 * (turn++ % 400) });
  const taken = (count: number, gib: number): EstimateServer => {
    const base = server(count, gib);
    const takenBytes = (turn % 400) * MIB;
    return { ...base, gpus: base.gpus.map((gpu) => ({ ...gpu, freeBytes: gpu.freeBytes - takenBytes })) };
  };
  const cases: readonly Case[] = [
    { name: 'plan, dense 8B, one GPU', target: '≤ 0.3 ms', run: () => planFixed(dense, one, row) },
    { name: 'plan, dense 8B, four GPUs', target: '', run: () => planFixed(dense, four, row) },
    { name: 'plan, 1T-parameter experts, eight GPUs', target: '≤ 1 ms', run: () => planFixed(experts, eight, row) },
    { name: 'decide, dense 8B, one GPU', target: '', run: () => decide(dense, ollama(one), asked()) },
    {
      name: 'decide, dense 8B, --fit moves layers',
      target: '',
      run: () => decide(dense, ollama(server(1, 4)), asked()),
    },
    { name: 'decide, 1T experts, eight GPUs', target: '≤ 5 ms', run: () => decide(experts, ollama(eight), asked()) },
    {
      name: 'clamp, dense 8B, one GPU of 12 GiB',
      target: '≤ 5 ms',
      run: () => clamp(dense, ollama(taken(1, 12)), asked()),
    },
    {
      name: 'clamp, dense 8B, two GPUs of 6 GiB',
      target: '≤ 5 ms',
      run: () => clamp(dense, ollama(taken(2, 6)), asked()),
    },
    {
      name: 'clamp, dense 8B, four GPUs of 4 GiB',
      target: '≤ 5 ms',
      run: () => clamp(dense, ollama(taken(4, 4)), asked()),
    },
    {
      name: 'clamp, 1T experts, eight GPUs, all fits',
      target: '≤ 20 ms',
      run: () => clamp(experts, ollama(taken(8, 83)), asked()),
    },
    {
      name: 'clamp, 1T experts, eight GPUs, memory is short',
      target: '≤ 50 ms',
      run: () => clamp(longer, ollama(taken(8, 80)), asked()),
    },
    {
      name: 'sweep, dense 8B, 20 quantizations on four GPUs of 4 GiB',
      target: '≤ 300 ms',
      run: () => sweep(dense, ollama(taken(4, 4)), asked()),
    },
    {
      name: 'sweep, 30B experts, 20 quantizations on four GPUs of 8 GiB',
      target: '≤ 300 ms',
      run: () => sweep(thirty, ollama(taken(4, 8)), asked()),
    },
    {
      name: 'estimate rows of dry runs, contexts all different',
      target: '≥ 2,000 a second',
      perSecond: true,
      run: () => planFixed(dense, one, { ...row, numCtx: 4096 + 256 * (turn++ % 300) }),
    },
    {
      name: 'estimate rows of decisions, contexts and free memory all different: decide and clamp',
      target: '≥ 2,000 a second',
      perSecond: true,
      run: () => {
        const on = ollama(taken(1, 12));
        return [decide(dense, on, asked()), clamp(dense, on, asked()).numCtx];
      },
    },
  ];
  const lines = ['## Estimator', '', '| case | median | p95 | target |', '| --- | --- | --- | --- |'];
  for (const one of cases) {
    lines.push(measure(one));
  }
  lines.push('');
  return lines.join('\n');
}

function measure({ name, target, run, perSecond }: Case): string {
  const warmUntil = performance.now() + 1500;
  for (let warm = 0; warm < 30 && performance.now() < warmUntil; warm++) {
    run();
  }
  const times: number[] = [];
  const end = performance.now() + 600;
  while (performance.now() < end && times.length < 4000) {
    const start = performance.now();
    run();
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  const at = (share: number): number => times[Math.min(times.length - 1, Math.floor(times.length * share))]!;
  if (perSecond === true) {
    const mean = times.reduce((sum, time) => sum + time, 0) / times.length;
    return `| ${name} | ${Math.round(1000 / mean)} rows a second | | ${target} |`;
  }
  return `| ${name} | ${at(0.5).toFixed(3)} ms | ${at(0.95).toFixed(3)} ms | ${target} |`;
}

function server(count: number, gib: number): EstimateServer {
  const gpu = { name: 'GPU', totalBytes: gib * GIB, freeBytes: gib * GIB };
  return { ollama: 'llama.cpp', build: 'b10454', gpus: Array.from({ length: count }, () => gpu) };
}

async function fixture(name: string): Promise<ModelSpec> {
  return JSON.parse(await readFile(new URL(`${name}.json`, FIXTURES), 'utf8')) as ModelSpec;
}

/** A real mixture of experts made larger: more experts, wider ones, until it has 10^12 parameters. */
function trillionParameters(spec: ModelSpec): ModelSpec {
  const factor = 6;
  const tensors = spec.tensors.map((tensor): TensorInfo => {
    if (!/_exps\.weight$/.test(tensor.name)) {
      return tensor;
    }
    const [row = 1, column = 1, experts = 1] = tensor.shape;
    const down = tensor.name.includes('ffn_down');
    return { ...tensor, shape: [down ? row * factor : row, down ? column : column * factor, experts * factor] };
  });
  const { architecture, metadata } = spec;
  const scaled = (key: string): [string, number] => [
    `${architecture}.${key}`,
    factor * Number(metadata[`${architecture}.${key}`]),
  ];
  return {
    ...spec,
    name: `${spec.name} × ${factor}²`,
    tensors,
    metadata: { ...metadata, ...Object.fromEntries([scaled('expert_count'), scaled('expert_feed_forward_length')]) },
  };
}
