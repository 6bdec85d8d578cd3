/**
 * What the rules ask of the model as a whole.
 *
 * Source: llama.cpp b10454, src/llama-quant.cpp (`quantize_state_impl`, `init_quantize_state_counters`),
 * src/llama-hparams.cpp (`n_gqa`) and the `load_arch_hparams` of src/models (which models are "70B").
 */

import type { ModelSpec } from '../../types.ts';
import { MetadataReader } from '../metadata.ts';
import type { QuantizeEra } from './targets.ts';
import { tensorRole } from './tensors.ts';

export interface QuantizeFacts {
  readonly architecture: string;
  readonly era: QuantizeEra;
  /** Name of the target. */
  readonly target: string;
  /** Whether an importance matrix is at hand. */
  readonly imatrix: boolean;
  /** Blocks, those for multi-token prediction included. */
  readonly layers: number;
  /** Tensors that hold attention's values, alone or fused. */
  readonly valueTensors: number;
  /** Query heads per head of the cache in the first layer; 0 = no heads. */
  readonly groupedQueries: number;
  readonly experts: number;
  readonly tiedEmbeddings: boolean;
  /** llama.cpp counts the model as its "70B": values get more bits. */
  readonly is70b: boolean;
}

/** Architectures whose 80-layer model llama.cpp calls "70B" in both eras. */
const LAYERS_70B: Readonly<Record<string, number>> = { qwen2: 80, deci: 80, olmo: 80, jais2: 68 };

export function quantizeFacts(spec: ModelSpec, target: string, era: QuantizeEra, imatrix: boolean): QuantizeFacts {
  const reader = new MetadataReader(spec);
  const layers = reader.numberOr('block_count', 0);
  const heads = reader.perLayer('attention.head_count', Math.max(1, layers))?.[0] ?? 0;
  const headsKv = reader.perLayer('attention.head_count_kv', Math.max(1, layers))?.[0] ?? heads;
  const experts = reader.numberOr('expert_count', 0);
  const roles = spec.tensors.map(({ name }) => tensorRole(name));
  const is70b =
    spec.architecture === 'llama'
      ? layers === 80 && experts !== 8 && heads !== headsKv
      : LAYERS_70B[spec.architecture] === layers || (era === 'old' && spec.architecture === 'qwen2vl' && layers === 80);
  return {
    architecture: spec.architecture,
    era,
    target,
    imatrix,
    layers,
    valueTensors: roles.filter((role) => role === 'v' || role === 'qkv' || role === 'kv-b').length,
    groupedQueries: headsKv === 0 ? 0 : Math.floor(heads / headsKv),
    experts,
    tiedEmbeddings: !roles.includes('output'),
    is70b,
  };
}
