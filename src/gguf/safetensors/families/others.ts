/** Phi, gpt-oss, MiniMax, ERNIE, encoders. Source: llama.cpp conversion/phi.py, gpt_oss.py, minimax.py, ernie.py, bert.py. */

import { headSize, ropeParameters } from '../config.ts';
import type { Conversion, Family, Piece } from '../types.ts';
import { renamed } from './rules.ts';

function phi3Rotary({ config }: Conversion): number {
  const width = config.number('hidden_size', 'n_embd') ?? 0;
  const share = ropeParameters(config).partial_rotary_factor;
  const factor = typeof share === 'number' ? share : (config.number('partial_rotary_factor') ?? 1);
  return Math.floor(Math.floor(factor * width) / Math.max(1, config.number('num_attention_heads', 'n_head') ?? 1));
}

function phi3Keys(conversion: Conversion) {
  const { config } = conversion;
  const original =
    config.number('original_max_position_embeddings') ?? ropeParameters(config).original_max_position_embeddings;
  const context = config.number('n_positions', 'max_position_embeddings') ?? 0;
  const scale = typeof original === 'number' && original > 0 ? context / original : 1;
  const longFactors = ropeParameters(config).long_factor;
  return {
    'rope.scaling.original_context_length': typeof original === 'number' ? original : undefined,
    'rope.scaling.attn_factor':
      Array.isArray(longFactors) && typeof original === 'number'
        ? scale > 1
          ? Math.sqrt(1 + Math.log(scale) / Math.log(original))
          : 1
        : undefined,
    'rope.dimension_count': phi3Rotary(conversion),
    'attention.sliding_window': config.number('sliding_window') ?? 0,
  };
}

/** Blocks of MXFP4 as the checkpoint has them: [experts, rows, blocks, 16 bytes], 32 values a block. */
function mxfp4(piece: Piece): readonly Piece[] | undefined {
  const match = /^(.*\.mlp\.experts\.)(gate_up|down)_proj_(blocks|scales|bias)$/.exec(piece.name);
  if (match === null) {
    return undefined;
  }
  const [, base, part, kind] = match;
  const names = part === 'down' ? ['down_proj'] : ['gate_proj', 'up_proj'];
  if (kind === 'scales') {
    return [];
  }
  const [experts, rows, blocks] = piece.shape as [number, number, number];
  const own = Math.floor(rows / names.length);
  return names.map((name) =>
    kind === 'bias'
      ? { name: `${base}${name}.bias`, shape: [experts, own] }
      : { name: `${base}${name}.weight`, shape: [experts, own, blocks * 32], type: 'MXFP4' },
  );
}

/** The same experts where they are not quantized: [experts, input, 2 × width], gate and up by turns. */
function plainExperts(piece: Piece): readonly Piece[] | undefined {
  const match = /^(.*\.mlp\.experts\.)(gate_up|down)_proj$/.exec(piece.name);
  if (match === null) {
    return undefined;
  }
  const [experts, input, width] = piece.shape as [number, number, number];
  const names = match[2] === 'down' ? ['down_proj'] : ['gate_proj', 'up_proj'];
  return names.map((name) => ({
    name: `${match[1]}${name}.weight`,
    shape: [experts, Math.floor(width / names.length), input],
  }));
}

/** ERNIE's fused projections, cut apart. */
function ernieParts(piece: Piece, { config }: Conversion): readonly Piece[] | undefined {
  const input = piece.shape[1]!;
  if (piece.name.endsWith('.qkv_proj.weight')) {
    const head = headSize(config);
    const heads = config.number('num_attention_heads') ?? 0;
    const headsKv = config.number('num_key_value_heads') ?? heads;
    const rows = { q: heads * head, k: headsKv * head, v: headsKv * head };
    return Object.entries(rows).map(([part, n]) => ({
      ...renamed(piece, 'qkv_proj', `${part}_proj`),
      shape: [n, input],
    }));
  }
  if (piece.name.endsWith('.up_gate_proj.weight')) {
    const shape = [Math.floor(piece.shape[0]! / 2), input];
    return ['gate_proj', 'up_proj'].map((part) => ({ ...renamed(piece, 'up_gate_proj', part), shape }));
  }
  return undefined;
}

const ernieName = (name: string): string | null =>
  /^model\.mtp_(?:block|emb_norm|hidden_norm|linear_proj)\.\d/.test(name) ? null : name.replace('ernie.', 'model.');

function encoderName(name: string): string | null {
  const bare = name
    .replace(/^(?:bert|roberta)\./, '')
    .replace(/\.gamma$/, '.weight')
    .replace(/\.beta$/, '.bias')
    .replace('.parametrizations.', '.')
    .replace(/\.original$/, '');
  return /^(?:embeddings\.position_ids$|pooler\.dense\.|cls\.(?:predictions|seq_relationship))/.test(bare)
    ? null
    : bare;
}

/** Encoders pool by what their modules say; without them the first token for classifiers of Roberta's kind, else the mean. */
const encoderKeys = (pooling: number) => (): Record<string, number | boolean> => ({
  'attention.causal': false,
  pooling_type: pooling,
});
const MEAN = 1;
const FIRST = 2;

/** Roberta's first positions are padding. */
function withoutPadding(piece: Piece, { config }: Conversion): readonly Piece[] | undefined {
  const offset = config.number('pad_token_id');
  if (piece.name !== 'embeddings.position_embeddings.weight' || offset === undefined) {
    return undefined;
  }
  return [{ ...piece, shape: [piece.shape[0]! - offset - 1, ...piece.shape.slice(1)] }];
}

export const otherFamilies: readonly Family[] = [
  {
    classes: ['Phi3ForCausalLM', 'Phi4ForCausalLMV'],
    architecture: 'phi3',
    invented: (conversion) => {
      const { long_factor: long, short_factor: short } = ropeParameters(conversion.config);
      if (!Array.isArray(long) || !Array.isArray(short)) {
        return [];
      }
      const shape = [Math.floor(phi3Rotary(conversion) / 2)];
      return ['long', 'short'].map((kind) => ({ name: `rope_factors_${kind}.weight`, shape, final: true }));
    },
    metadata: phi3Keys,
  },
  {
    classes: ['PhiForCausalLM'],
    architecture: 'phi2',
    metadata: ({ config }) => {
      const width = config.number('hidden_size', 'n_embd') ?? 0;
      const heads = config.number('num_attention_heads', 'n_head') ?? 1;
      return {
        feed_forward_length: 4 * width,
        'attention.head_count_kv': heads,
        'rope.dimension_count': Math.floor(Math.floor((config.number('partial_rotary_factor') ?? 1) * width) / heads),
      };
    },
  },
  {
    classes: ['GPTNeoXForCausalLM'],
    architecture: 'gptneox',
    metadata: ({ config }) => {
      const head = Math.floor(
        (config.number('hidden_size') ?? 0) / Math.max(1, config.number('num_attention_heads') ?? 1),
      );
      return {
        'rope.dimension_count': Math.floor((config.number('rotary_pct', 'partial_rotary_factor') ?? 0.25) * head),
        use_parallel_residual: config.boolean('use_parallel_residual') ?? true,
        'attention.head_count_kv': undefined,
      };
    },
  },
  {
    classes: ['GptOssForCausalLM'],
    architecture: 'gpt-oss',
    rename: (name) => (name.endsWith('.sinks') ? `${name}.weight` : name),
    reshape: (piece) => mxfp4(piece) ?? plainExperts(piece),
    metadata: ({ config }) => ({
      'attention.sliding_window': config.number('sliding_window'),
      expert_feed_forward_length: config.number('intermediate_size'),
      'rope.dimension_count': headSize(config),
    }),
  },
  {
    classes: ['MiniMaxM2ForCausalLM'],
    architecture: 'minimax-m2',
    metadata: ({ config }) => ({
      expert_feed_forward_length: config.number('intermediate_size'),
      'rope.dimension_count': config.number('rotary_dim'),
    }),
  },
  {
    classes: ['Ernie4_5_ForCausalLM', 'Ernie4_5ForCausalLM'],
    architecture: 'ernie4_5',
    rename: (name) => ernieName(name),
    reshape: ernieParts,
  },
  {
    classes: ['Ernie4_5_MoeForCausalLM'],
    architecture: 'ernie4_5-moe',
    rename: (name) => ernieName(name),
    reshape: ernieParts,
    metadata: ({ config }) => {
      const shared = config.number('moe_num_shared_experts');
      const width = config.number('intermediate_size');
      const headsKv = config.number('num_key_value_heads');
      return {
        expert_count: config.number('moe_num_experts'),
        expert_used_count: config.number('moe_k'),
        interleave_moe_layer_step: config.number('moe_layer_interval'),
        leading_dense_block_count: config.number('moe_layer_start_index'),
        expert_feed_forward_length: config.number('moe_intermediate_size'),
        expert_shared_count: shared,
        expert_shared_feed_forward_length:
          shared !== undefined && shared > 0 && width !== undefined && headsKv !== undefined
            ? Math.floor(width / headsKv)
            : undefined,
      };
    },
  },
  {
    classes: ['BertModel', 'BertForMaskedLM', 'BertForSequenceClassification', 'CamembertModel'],
    architecture: 'bert',
    rename: encoderName,
    metadata: encoderKeys(MEAN),
  },
  {
    classes: [
      'XLMRobertaModel',
      'XLMRobertaForSequenceClassification',
      'RobertaModel',
      'RobertaForSequenceClassification',
    ],
    architecture: 'bert',
    rename: encoderName,
    reshape: withoutPadding,
    metadata: (conversion) => {
      const { config } = conversion;
      const positions = config.number('max_position_embeddings');
      const padding = config.number('pad_token_id');
      return {
        ...encoderKeys(FIRST)(),
        context_length: positions === undefined || padding === undefined ? positions : positions - padding - 1,
      };
    },
  },
  {
    classes: ['NomicBertModel'],
    architecture: (config) => (config.number('moe_every_n_layers') ? 'nomic-bert-moe' : 'nomic-bert'),
    rename: (name) => (name.includes('mlp.experts.bias') ? null : encoderName(name)),
    reshape: (piece, { config }) => {
      const match = /mlp\.experts\.mlp\.w([12])$/.exec(piece.name);
      if (match === null) {
        return undefined;
      }
      const experts = config.number('num_local_experts', 'num_experts') ?? 1;
      const inner = config.number('n_inner') ?? 0;
      const width = config.number('n_embd') ?? 0;
      const shape = match[1] === '1' ? [experts, inner, width] : [experts, width, inner];
      return [{ name: `${piece.name}.weight`, shape }];
    },
    metadata: ({ config }) => ({
      ...encoderKeys(MEAN)(),
      context_length:
        config.number('n_positions') === 8192 ? 2048 : config.number('n_positions') === 2048 ? 512 : undefined,
      moe_every_n_layers: config.number('moe_every_n_layers'),
      expert_used_count: config.number('moe_top_k'),
    }),
  },
];
