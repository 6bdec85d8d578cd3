/**
 * Which model and settings stand behind each public log line of the formula versions. A model is either in the ground
 * truth or rebuilt from public hyper-parameters. Settings the line itself does not carry were inferred: `inferred`
 * names the fields of the line that the inference used, which are then no independent check.
 */

import type { ModelSpec } from '../../../src/estimator/types.ts';
import { rebuild, SHAPES, siglip } from './rebuilt-models.ts';

/** A log line told apart by its date and the beginning of its model's name. */
export interface FormulaCase {
  readonly date: string;
  readonly model: string;
  /** Further fields of the record that must match, where date and name are not enough. */
  readonly layers?: number;
  /** Name in the ground truth, or a rebuilt spec. */
  readonly spec: string | ModelSpec;
  readonly version: string;
  /** Tokens over all slots. */
  readonly contextTotal: number;
  readonly numParallel: number;
  readonly numGpu?: number;
  readonly numBatch?: number;
  readonly library?: 'CUDA' | 'ROCm' | 'Metal' | 'cpu';
  readonly inferred?: string;
}

/** Lines that cannot be reproduced, and why. */
export interface Unknown {
  readonly date: string;
  readonly model: string;
  readonly why: string;
}

const gemma12 = { ...rebuild(SHAPES['gemma3:12b'], 'Q4_K_M'), projector: siglip() };
const gemma27 = { ...rebuild(SHAPES['gemma3:27b'], 'Q4_K_M'), projector: siglip() };

export const FORMULA_CASES: readonly FormulaCase[] = [
  {
    date: '2025-07-30',
    model: 'sha256-7cd4618c1faf',
    spec: rebuild(SHAPES['qwen2.5:1.5b'], 'Q4_K_M'),
    version: '0.9.6',
    contextTotal: 8192,
    numParallel: 2,
    inferred: 'model from nonrepeating and graph.full, context from kv',
  },
  {
    date: '2025-07-24',
    model: 'gemma3:27b',
    spec: gemma27,
    version: '0.9.6',
    contextTotal: 8192,
    numParallel: 2,
    library: 'ROCm',
  },
  {
    date: '2025-02-18',
    model: 'sha256-feef62aa06ab',
    spec: rebuild(SHAPES['llama3:70b'], 'Q8_0'),
    version: '0.5.11',
    contextTotal: 64000,
    numParallel: 1,
  },
  {
    date: '2025-08-22',
    model: 'gemma3:12b (sha256-e8ad13eff07a)',
    spec: gemma12,
    version: '0.11.4',
    contextTotal: 8192,
    numParallel: 1,
  },
  {
    date: '2025-03-15',
    model: 'sha256-fd7b6731c33c',
    spec: 'phi4-14b',
    version: '0.6.0',
    contextTotal: 8192,
    numParallel: 4,
    inferred: 'model from nonrepeating, kv and graph',
  },
  {
    date: '2025-03-05',
    model: 'nomic/mxbai-style',
    spec: 'bge-m3',
    version: '0.5.13',
    contextTotal: 8192,
    numParallel: 1,
    inferred: 'model from nonrepeating and kv',
  },
  {
    date: '2024-12-15',
    model: 'llama3.2:3b',
    spec: rebuild(SHAPES['llama3.2:3b'], 'Q4_K_M'),
    version: '0.5.1',
    contextTotal: 8192,
    numParallel: 4,
  },
  {
    date: '2025-06-05',
    model: 'gemma3:12b (sha256-e8ad13eff07a)',
    spec: gemma12,
    version: '0.9.0',
    contextTotal: 8192,
    numParallel: 2,
    library: 'cpu',
  },
  {
    date: '2025-10-09',
    model: 'qwen2.5-coder:32b',
    spec: rebuild(SHAPES['qwen2.5:32b'], 'Q4_K_M'),
    version: '0.12.4',
    contextTotal: 4096,
    numParallel: 1,
    inferred: 'context: the default; only full, partial and the layers are printed, and no free memory',
  },
  {
    date: '2025-12-01',
    model: 'llama3.1:8b + LoRA',
    spec: 'llama3.1-8b',
    version: '0.5.11',
    contextTotal: 8192,
    numParallel: 4,
  },
  {
    date: '2025-01-10',
    model: 'phi4:14b',
    spec: 'phi4-14b',
    version: '0.5.4',
    contextTotal: 2048,
    numParallel: 1,
  },
  {
    date: '2024-11-08',
    model: 'mistral-nemo/qwen?',
    spec: rebuild(SHAPES['granite-code:8b'], 'Q4_0'),
    version: '0.4.0',
    contextTotal: 8192,
    numParallel: 4,
    library: 'Metal',
    inferred: 'model from nonrepeating, kv and graph',
  },
  {
    date: '2025-03-21',
    model: 'nomic-embed-text',
    spec: 'nomic-embed-text',
    version: '0.6.2',
    contextTotal: 8192,
    numParallel: 1,
    library: 'Metal',
    inferred: 'context from kv',
  },
  {
    date: '2024-08-14',
    model: 'qwen2:7b',
    spec: rebuild(SHAPES['qwen2:7b'], 'Q4_0'),
    version: '0.3.5',
    contextTotal: 8192,
    numParallel: 4,
    library: 'Metal',
  },
  {
    date: '2025-06-04',
    model: 'tinyllama',
    spec: rebuild(SHAPES['tinyllama:1.1b'], 'Q4_0'),
    version: '0.9.0',
    contextTotal: 8192,
    numParallel: 2,
    library: 'cpu',
    inferred: 'context from kv',
  },
  {
    date: '2025-05-23',
    model: 'gemma3:12b (49 layers)',
    // The tower's bytes are those that the line prints, 806.2 MiB.
    spec: { ...rebuild(SHAPES['gemma3:12b'], 'Q4_0_QAT'), projector: siglip(845_361_971) },
    version: '0.7.0',
    contextTotal: 24576,
    numParallel: 1,
    numGpu: 49,
    inferred: 'context from kv, quantization from the weights, tower from projector.weights',
  },
  {
    date: '2024-07-24',
    model: 'codestral/mistral-nemo',
    spec: 'llama3.1-8b-q8_0',
    version: '0.2.8',
    contextTotal: 80000,
    numParallel: 1,
    inferred: 'model from nonrepeating and kv',
  },
  {
    date: '2024-07-24',
    model: 'dolphin-qwen2:72b',
    spec: rebuild(SHAPES['qwen2:72b'], 'Q4_K_S'),
    version: '0.2.8',
    contextTotal: 2048,
    numParallel: 1,
    library: 'ROCm',
  },
  {
    date: '2025-01-02',
    model: 'llama3.2:3b fp16',
    // The report says fp16; the sizes printed are those of Q4_K_M.
    spec: rebuild(SHAPES['llama3.2:3b'], 'Q4_K_M'),
    version: '0.4.1',
    contextTotal: 128000,
    numParallel: 4,
    library: 'cpu',
    inferred: 'quantization from the weights',
  },
  {
    date: '2025-06-22',
    model: 'gemma3:27b-it-fp16',
    spec: { ...rebuild(SHAPES['gemma3:27b'], 'F16'), projector: siglip() },
    version: '0.9.2',
    contextTotal: 4096,
    numParallel: 1,
    numGpu: 256,
    inferred: 'context: the default of this version',
  },
  {
    date: '2025-12-09',
    model: 'Llama 3.1 70B Instruct 2024 12',
    layers: 81,
    spec: rebuild(SHAPES['llama3:70b'], 'Q4_0'),
    version: '0.11.10',
    contextTotal: 4096,
    numParallel: 1,
  },
  {
    date: '2025-12-08',
    model: 'Llama 3.1 70B Instruct 2024 12',
    spec: rebuild(SHAPES['llama3:70b'], 'Q4_0'),
    version: '0.11.10',
    contextTotal: 4096,
    numParallel: 1,
  },
  {
    date: '2025-09-13',
    model: 'Qwen2.5 7B Instruct',
    spec: 'qwen2.5-7b',
    version: '0.3.14',
    contextTotal: 1024,
    numParallel: 1,
    numBatch: 256,
  },
  {
    date: '2025-03-18',
    model: 'QwQ 32B',
    spec: rebuild(SHAPES['qwen2.5:32b'], 'Q4_K_M'),
    version: '0.6.1',
    contextTotal: 2048,
    numParallel: 1,
  },
  {
    date: '2025-03-19',
    model: 'Meta Llama 3.1 8B Instruct',
    spec: 'llama3.1-8b',
    version: '0.6.1',
    contextTotal: 8192,
    numParallel: 4,
  },
];

export const FORMULA_UNKNOWN: readonly Unknown[] = [
  {
    date: '2024-05-18',
    model: 'LLaMA v2',
    why: 'Ollama 0.1.38 decided by an older algorithm; the engine begins with the one of 0.1.45',
  },
];
