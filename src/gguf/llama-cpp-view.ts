import type { MetadataValue, ModelSpec, TensorInfo } from '../estimator/types.ts';

/**
 * Ollama's own engine wrote model files under names of its own (`gptoss`, `qwen25vl`, fused and split tensors, MTP layers).
 * Since 0.30 Ollama runs llama.cpp, which sees them through a translation at load time: llama/compat/llama-ollama-compat.cpp,
 * v0.33.0-rc2. This is the part of it that memory follows from; tokenizers and rope factors are left alone.
 */

/** A spec in the making. */
interface Draft {
  architecture: string;
  metadata: Record<string, MetadataValue>;
  tensors: TensorInfo[];
}

const TOKENS = 'tokenizer.ggml.tokens.length';

/**
 * The model as llama.cpp sees it. A file that is in llama.cpp's own form is given back unchanged.
 */
export function asLlamaCppSees(spec: ModelSpec): ModelSpec {
  const translate = TRANSLATIONS[spec.architecture];
  if (translate === undefined) {
    return spec;
  }
  const draft: Draft = {
    architecture: spec.architecture,
    metadata: { ...spec.metadata },
    // llama.cpp does not load multi-token-prediction layers of these files, nor towers kept under the names of the origin.
    tensors: spec.tensors.filter(({ name }) => !/^(?:mtp\.|model\.vision_tower\.)/.test(name)),
  };
  translate(draft);
  draft.metadata['general.architecture'] = draft.architecture;
  return { ...spec, ...draft };
}

const TRANSLATIONS: Readonly<Record<string, (draft: Draft) => void>> = {
  gemma3(draft) {
    if (tensor(draft, 'dense.0.weight') === undefined) {
      truncateVocabulary(draft, 'token_embd.weight');
    } else {
      changeArchitecture(draft, 'gemma-embedding');
      rename(draft, /^norm\.weight$/, 'output_norm.weight');
      rename(draft, /^dense\.0\.weight$/, 'dense_2.weight');
      rename(draft, /^dense\.1\.weight$/, 'dense_3.weight');
    }
  },
  gemma3n(draft) {
    const perLayer = tensor(draft, 'per_layer_token_embd.weight');
    const rows = perLayer?.shape[1];
    if (rows === undefined) {
      return;
    }
    // The rows for image and sound tokens of the token embedding are not loaded.
    reshape(draft, 'token_embd.weight', (shape) => [shape[0]!, Math.min(rows, shape[1] ?? rows)]);
    truncateVocabulary(draft, 'token_embd.weight');
  },
  gemma4(draft) {
    const byName = new Map(draft.tensors.map((t) => [t.name, t]));
    const fused = (block: string): TensorInfo | undefined => {
      const gate = byName.get(`${block}.ffn_gate_exps.weight`);
      const up = byName.get(`${block}.ffn_up_exps.weight`);
      if (gate?.type !== up?.type || gate?.shape.join() !== up?.shape.join()) {
        return undefined;
      }
      const [width, inner, experts] = gate?.shape ?? [];
      if (width === undefined || inner === undefined || experts === undefined) {
        return undefined;
      }
      const scales = [
        'ffn_gate_exps.scale',
        'ffn_gate_exps.input_scale',
        'ffn_up_exps.scale',
        'ffn_up_exps.input_scale',
      ];
      if (scales.some((part) => byName.has(`${block}.${part}`))) {
        return undefined;
      }
      return { name: `${block}.ffn_gate_up_exps.weight`, shape: [width, inner * 2, experts], type: gate!.type };
    };
    draft.tensors = draft.tensors.flatMap((t) => {
      const [, block, part] = /^(blk\.\d+)\.ffn_(gate|up)_exps\.weight$/.exec(t.name) ?? [];
      const whole = block === undefined ? undefined : fused(block);
      if (whole === undefined) {
        return [t];
      }
      return part === 'gate' ? [whole] : [];
    });
    rename(draft, /^(blk\.\d+)\.ffn_gate_inp\.per_expert_scale$/, '$1.ffn_down_exps.scale');
  },
  gptoss(draft) {
    changeArchitecture(draft, 'gpt-oss');
    addIfMissing(draft, 'expert_feed_forward_length', tensor(draft, 'blk.0.ffn_gate_exps.weight')?.shape[1]);
    rename(draft, /\.attn_out\b/, '.attn_output');
    rename(draft, /\.attn_sinks$/, '.attn_sinks.weight');
    rename(draft, /\.ffn_norm\b/, '.post_attention_norm');
  },
  lfm2(draft) {
    if (tensor(draft, 'token_embd_norm.weight') !== undefined) {
      return;
    }
    rename(draft, /^output_norm\.weight$/, 'token_embd_norm.weight');
    const inner = tensor(draft, 'blk.0.ffn_gate.weight')?.shape[1];
    if (inner !== undefined) {
      draft.metadata['lfm2.feed_forward_length'] = inner;
    }
  },
  olmo3(draft) {
    changeArchitecture(draft, 'olmo2');
  },
  qwen35: hybridQwen,
  qwen35moe: hybridQwen,
  qwen3next: hybridQwen,
  qwen25vl(draft) {
    changeArchitecture(draft, 'qwen2vl');
  },
  qwen3vl: deepstack,
  qwen3vlmoe: deepstack,
  deepseekocr(draft) {
    changeArchitecture(draft, 'deepseek2-ocr');
    const inner = tensor(draft, 'blk.1.ffn_down_exps.weight')?.shape[0];
    addIfMissing(draft, 'expert_feed_forward_length', inner);
    const shared = tensor(draft, 'blk.1.ffn_down_shexp.weight')?.shape[0];
    if (inner && shared) {
      addIfMissing(draft, 'expert_shared_count', Math.floor(shared / inner));
    }
    // The SAM tower is loaded with the projector, not with the language model.
    draft.tensors = draft.tensors.filter(({ name }) => !name.startsWith('s.'));
  },
  glmocr(draft) {
    changeArchitecture(draft, 'glm4');
    addIfMissing(draft, 'rope.dimension_count', draft.metadata['glm4.attention.key_length']);
    rename(draft, /\.attn_out\./, '.attn_output.');
    rename(draft, /\.post_attn_norm\./, '.post_attention_norm.');
    rename(draft, /\.post_ffn_norm\./, '.post_ffw_norm.');
    // The gate is loaded into the first half of a fused matrix.
    const gates = new Set(
      draft.tensors.map(({ name }) => name).filter((name) => /^blk\.\d+\.ffn_gate\.weight$/.test(name)),
    );
    draft.tensors = draft.tensors
      .filter(({ name }) => !gates.has(name))
      .map((t) => {
        const [width, inner] = t.shape;
        const fused = t.name.endsWith('.ffn_up.weight') && gates.has(t.name.replace('ffn_up', 'ffn_gate'));
        return fused && inner !== undefined ? { ...t, shape: [width!, inner * 2] } : t;
      });
  },
  glm4moelite(draft) {
    const headDim = draft.metadata['glm4moelite.attention.key_length'];
    changeArchitecture(draft, 'deepseek2');
    const set = (key: string, value: MetadataValue | undefined): void => {
      if (value !== undefined) {
        draft.metadata[`deepseek2.${key}`] = value;
      }
    };
    const rank = draft.metadata['deepseek2.attention.kv_lora_rank'];
    const rope = draft.metadata['deepseek2.rope.dimension_count'];
    // MLA keeps one absorbed head: the latent and the rope part as key, the latent as value.
    set('attention.head_count_kv', 1);
    if (typeof rank === 'number' && typeof rope === 'number') {
      set('attention.key_length', rank + rope);
      set('attention.value_length', rank);
    }
    set('attention.key_length_mla', headDim);
    set('attention.value_length_mla', headDim);
  },
  laguna(draft) {
    rename(draft, /\.attn_g\.weight$/, '.attn_gate.weight');
  },
  nemotron_h_moe: latentNemotron,
  nemotron_h_omni(draft) {
    const experts = ['expert_count', 'expert_used_count'].some(
      (key) => Number(draft.metadata[`nemotron_h_omni.${key}`] ?? 0) > 0,
    );
    changeArchitecture(draft, experts ? 'nemotron_h_moe' : 'nemotron_h');
    if (experts) {
      latentNemotron(draft);
    }
  },
};

/** Qwen's hybrid models: per-layer key heads become one number, since llama.cpp tells the layers apart by their interval. */
function hybridQwen(draft: Draft): void {
  const key = `${draft.architecture}.attention.head_count_kv`;
  const heads = draft.metadata[key];
  if (Array.isArray(heads)) {
    const most = Math.max(0, ...heads.filter((value): value is number => typeof value === 'number'));
    if (most > 0) {
      draft.metadata[key] = most;
    } else if (draft.architecture !== 'qwen3next') {
      draft.metadata[key] = 2;
    }
  }
  rename(draft, /^(blk\.\d+\.ssm_dt)$/, '$1.bias');
}

function deepstack(draft: Draft): void {
  const indexes = draft.metadata[`${draft.architecture}.vision.deepstack_visual_indexes`];
  addIfMissing(draft, 'n_deepstack_layers', Array.isArray(indexes) ? indexes.length : 0);
}

function latentNemotron(draft: Draft): void {
  addIfMissing(
    draft,
    'moe_latent_size',
    draft.tensors.find(({ name }) => /\.ffn_latent_in\.weight$/.test(name))?.shape[1],
  );
  rename(draft, /\.ffn_latent_in\b/, '.ffn_latent_down');
  rename(draft, /\.ffn_latent_out\b/, '.ffn_latent_up');
}

/** The tokens that have no row in the embedding are cut off. */
function truncateVocabulary(draft: Draft, embedding: string): void {
  const rows = tensor(draft, embedding)?.shape[1];
  const tokens = draft.metadata[TOKENS];
  if (rows !== undefined && typeof tokens === 'number' && tokens > rows) {
    draft.metadata[TOKENS] = rows;
  }
}

/** Keys of the old architecture are kept under the new one's name too, as llama.cpp's view has them. */
function changeArchitecture(draft: Draft, architecture: string): void {
  const prefix = `${draft.architecture}.`;
  for (const [key, value] of Object.entries(draft.metadata)) {
    if (key.startsWith(prefix)) {
      draft.metadata[`${architecture}.${key.slice(prefix.length)}`] = value;
    }
  }
  draft.architecture = architecture;
}

function addIfMissing(draft: Draft, key: string, value: MetadataValue | undefined): void {
  const full = `${draft.architecture}.${key}`;
  if (value !== undefined && draft.metadata[full] === undefined) {
    draft.metadata[full] = value;
  }
}

function tensor(draft: Draft, name: string): TensorInfo | undefined {
  return draft.tensors.find((t) => t.name === name);
}

function rename(draft: Draft, from: RegExp, to: string): void {
  draft.tensors = draft.tensors.map((t) => (from.test(t.name) ? { ...t, name: t.name.replace(from, to) } : t));
}

function reshape(draft: Draft, name: string, change: (shape: readonly number[]) => readonly number[]): void {
  draft.tensors = draft.tensors.map((t) => (t.name === name ? { ...t, shape: change(t.shape) } : t));
}
