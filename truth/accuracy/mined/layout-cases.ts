/** Which model and settings stand behind the public loads of the layout versions. */

import type { ModelSpec } from '../../../src/estimator/types.ts';
import { rebuild, SHAPES } from './rebuilt-models.ts';

/** A load told apart by its date and the beginning of its model's name. */
export interface LayoutCase {
  readonly date: string;
  readonly model: string;
  /** Name in the ground truth, or a rebuilt spec. */
  readonly spec: string | ModelSpec;
  readonly version: string;
  readonly numCtx: number;
  readonly numBatch?: number;
  /** num_gpu; absent where Ollama chose by itself and the GPUs' free memory is known. */
  readonly numGpu?: number;
  readonly flashAttention?: boolean;
  readonly kvCacheType?: 'q8_0';
  readonly library?: 'CUDA' | 'ROCm';
  /** The loaded file had a vision tower that is not in the ground truth: weights and graph are not comparable. */
  readonly towerMissing?: boolean;
  /** The loaded file was of another quantization: weights (and what is staged of them) are not comparable. */
  readonly otherFile?: boolean;
  readonly inferred?: string;
}

export const LAYOUT_CASES: readonly LayoutCase[] = [
  {
    date: '2025-09-11',
    model: 'gpt-oss:120b',
    spec: 'gpt-oss-120b',
    version: '0.11.11',
    numCtx: 8192,
    library: 'ROCm',
    otherFile: true,
    inferred: 'version',
  },
  {
    date: '2026-04-17',
    model: 'gemma4:26b',
    spec: 'gemma4-26b-a4b',
    version: '0.20.0',
    numCtx: 32768,
    flashAttention: true,
    towerMissing: true,
  },
  {
    date: '2026-04-09',
    model: 'qwen3-coder-next',
    spec: 'qwen3-next-80b',
    version: '0.20.0',
    numCtx: 32768,
    numBatch: 1024,
    numGpu: 20,
    otherFile: true,
  },
  {
    date: '2026-02-21',
    model: 'Qwen3-Coder-30B-A3B-Instruct',
    spec: 'qwen3-30b-a3b',
    version: '0.16.0',
    numCtx: 16384,
    numGpu: 0,
    otherFile: true,
  },
  { date: '2025-11-19', model: 'gemma3:1b', spec: 'gemma3-1b', version: '0.12.11', numCtx: 4096, inferred: 'context' },
  {
    date: '2026-01-29',
    model: 'Qwen2.5 Coder 1.5B',
    spec: rebuild(SHAPES['qwen2.5:1.5b'], 'Q4_K_M'),
    version: '0.15.2',
    numCtx: 4096,
  },
  {
    date: '2026-08-30',
    model: 'QwQ 32B',
    spec: rebuild(SHAPES['qwen2.5:32b'], 'Q4_K_M'),
    version: '0.24.0',
    numCtx: 8192,
    flashAttention: true,
    kvCacheType: 'q8_0',
    inferred: 'version',
  },
  {
    date: '2026-05-22',
    model: 'CodeQwen1.5-7B-Chat',
    spec: rebuild(SHAPES['codeqwen:7b'], 'Q4_0'),
    version: '0.22.1',
    numCtx: 32768,
  },
  {
    date: '2026-05-22',
    model: 'Codestral 22B',
    spec: rebuild(SHAPES['codestral:22b'], 'Q4_K_M'),
    version: '0.22.1',
    numCtx: 32768,
  },
  {
    date: '2026-05-22',
    model: 'Qwen2.5 Coder 32B',
    spec: rebuild(SHAPES['qwen2.5:32b'], 'Q4_K_M'),
    version: '0.22.1',
    numCtx: 32768,
  },
  {
    date: '2026-01-09',
    model: 'Meta Llama 3.1 70B',
    spec: rebuild(SHAPES['llama3:70b'], 'Q4_K_M'),
    version: '0.13.5',
    numCtx: 8192,
  },
  {
    date: '2026-01-09',
    model: '(sha256-970aa74c0a90',
    spec: 'nomic-embed-text',
    version: '0.13.5',
    numCtx: 2048,
    inferred: 'model from its sizes',
  },
  {
    date: '2026-01-21',
    model: 'Meta Llama 3.1 70B',
    spec: rebuild(SHAPES['llama3:70b'], 'Q4_K_M'),
    version: '0.13.5',
    numCtx: 4096,
  },
  {
    date: '2026-01-23',
    model: 'Meta Llama 3.1 70B',
    spec: rebuild(SHAPES['llama3:70b'], 'Q4_K_M'),
    version: '0.13.5',
    numCtx: 4096,
  },
  {
    date: '2026-04-02',
    model: 'qwen35',
    spec: 'qwen3.5-9b',
    version: '0.19.0',
    numCtx: 32768,
    towerMissing: true,
  },
  { date: '2026-01-28', model: 'Llama 3.2 1B', spec: 'llama3.2-1b-q8_0', version: '0.15.2', numCtx: 4096 },
];
