/**
 * Vision and audio towers ("projectors"): weights to the byte, and what llama.cpp reserves to run them. The graph is
 * that of tools/mtmd/clip.cpp (`build_vit`): one transformer block at a time lives, so the reservation is the
 * largest stage of one block, at the size of the image that clip warms up with (which is smaller than the largest
 * image for most towers, to keep the reservation small).
 */

import { isProjectorTensor } from '../plan/facts.ts';
import type { MetadataValue, ModelSpec, ProjectorSpec, TensorInfo } from '../types.ts';
import { tensorBytes } from './ggml-types.ts';

/** A tower's memory. */
export interface ProjectorPlan {
  readonly source: 'embedded' | 'file';
  readonly weightsBytes: number;
  /** Reserved when the model is loaded (the warm-up image). */
  readonly computeBytes: number;
  /** Reserved once the largest image it accepts has come. */
  readonly peakComputeBytes: number;
  /** `planned`: a tower whose graph is described; `generic`: from hidden size and patches; `none`: only its size is known. */
  readonly basis: 'planned' | 'generic' | 'none';
}

/** How a kind of tower sizes its images (clip.cpp, the switch over projector types in `load_hparams`) and its graph. */
interface TowerKind {
  /** Side of the grid of merged tokens that clip warms up with; absent = the trained image size. */
  readonly warmupSide?: number;
  /** Most merged tokens of one image; absent = the trained image size. */
  readonly maxTokens?: number;
  /** Patches merged per side when the file does not say. */
  readonly merge: number;
  /** Positions come as an input that every block reads, so the inputs stay. */
  readonly rotary: boolean;
  /** Feed-forward with a gate: up, gate and their product are three tensors. */
  readonly gated: boolean;
  /** Attention within windows by a mask of patches × patches, an F32 input and an F16 copy. */
  readonly windowMask?: boolean;
}

const SQUARE: TowerKind = { merge: 1, rotary: false, gated: false };
const ROTARY: TowerKind = { merge: 2, rotary: true, gated: false };
const QWEN: TowerKind = { ...ROTARY, warmupSide: 46, maxTokens: 4096 };

const KINDS: readonly (readonly [type: RegExp, kind: TowerKind])[] = [
  [/^gemma3$/, { ...SQUARE, merge: 4 }],
  [/^gemma4/, { ...ROTARY, warmupSide: 16, maxTokens: 280, merge: 3, gated: true }],
  [/^(?:qwen2\.5vl|qwen25vl)/, { ...QWEN, gated: true, windowMask: true }],
  [/^(?:qwen2vl|qwen3vl|qwen35)/, QWEN],
  [/^(?:glm4v|glmocr)/, { ...QWEN, gated: true }],
  [/^(?:pixtral|mistral3)/, { ...ROTARY, warmupSide: 16, maxTokens: 1024, gated: true }],
  [/^kimi/, { ...ROTARY, warmupSide: 16, maxTokens: 1024 }],
  [/^llama4/, ROTARY],
  [/^(?:mlp|ldp|ldpv2|resampler|minicpmv|adapter|internvl|idefics3|lfm2|janus_pro|llava)/, SQUARE],
];

const EMBEDDED = new WeakMap<ModelSpec, ProjectorSpec | null>();

/** The tower of a model: `spec.projector`, or the `v.*`, `mm.*` and `a.*` tensors of the model file itself. */
export function projectorOf(spec: ModelSpec): ProjectorSpec | undefined {
  if (spec.projector !== undefined) {
    return spec.projector;
  }
  let embedded = EMBEDDED.get(spec);
  if (embedded === undefined) {
    embedded = findEmbedded(spec);
    EMBEDDED.set(spec, embedded);
  }
  return embedded ?? undefined;
}

function findEmbedded(spec: ModelSpec): ProjectorSpec | null {
  const tensors = spec.tensors.filter((tensor) => isProjectorTensor(tensor.name));
  if (!tensors.some((tensor) => tensor.name.startsWith('v.') || tensor.name.startsWith('a.'))) {
    return null;
  }
  return { source: 'embedded', weightsBytes: sumBytes(tensors), metadata: spec.metadata, tensors };
}

/**
 * Memory of a model's tower, or undefined when it has none.
 *
 * @param flashAttention whether the devices can run it; without, the attention scores of the whole image are kept
 */
export function planProjector(spec: ModelSpec, flashAttention = true): ProjectorPlan | undefined {
  const projector = projectorOf(spec);
  if (projector === undefined) {
    return undefined;
  }
  const { source } = projector;
  const weightsBytes = projector.tensors.length > 0 ? sumBytes(projector.tensors) : projector.weightsBytes;
  const tower = describeTower(spec, projector);
  if (tower === undefined) {
    return { source, weightsBytes, computeBytes: 0, peakComputeBytes: 0, basis: 'none' };
  }
  const computeBytes = towerComputeBytes(tower, tower.warmupPatches, flashAttention);
  const peakComputeBytes = Math.max(computeBytes, towerComputeBytes(tower, tower.largestPatches, flashAttention));
  return { source, weightsBytes, computeBytes, peakComputeBytes, basis: tower.known ? 'planned' : 'generic' };
}

interface Tower {
  readonly kind: TowerKind;
  readonly known: boolean;
  readonly hidden: number;
  readonly feedForward: number;
  readonly heads: number;
  readonly patchSize: number;
  readonly warmupPatches: number;
  readonly largestPatches: number;
}

function describeTower(spec: ModelSpec, projector: ProjectorSpec): Tower | undefined {
  const number = (key: string): number | undefined => visionNumber(spec, projector, key);
  const shape = (pattern: RegExp): readonly number[] | undefined =>
    projector.tensors.find((tensor) => pattern.test(tensor.name))?.shape;
  const patchWeights = shape(/^v\.(?:patch_embd|patch_embedding|patch_conv)\.weight$/);
  const hidden = number('embedding_length') ?? (patchWeights === undefined ? undefined : patchWeights.at(-1));
  const patchSize = number('patch_size') ?? patchWeights?.[0];
  if (hidden === undefined || patchSize === undefined || hidden <= 0 || patchSize <= 0) {
    return undefined;
  }

  const type = projectorType(spec, projector);
  const found = KINDS.find(([pattern]) => pattern.test(type));
  const kind = found?.[1] ?? SQUARE;
  const merge = number('spatial_merge_size') ?? number('projector.scale_factor') ?? kind.merge;
  const imageSize = number('image_size') ?? patchSize * 32;
  const trained = Math.floor(imageSize / patchSize) ** 2;
  const side = kind.warmupSide;
  return {
    kind,
    known: found !== undefined,
    hidden,
    patchSize,
    feedForward:
      number('feed_forward_length') ?? shape(/^v\.blk\.0\.(?:ffn_up|mlp\.fc1|ffn_gate)\.weight$/)?.[1] ?? 4 * hidden,
    heads: number('attention.head_count') ?? Math.max(1, Math.round(hidden / 72)),
    warmupPatches: side === undefined ? trained : (side * merge) ** 2,
    largestPatches: kind.maxTokens === undefined ? trained : kind.maxTokens * merge * merge,
  };
}

/** `clip.projector_type`, `clip.vision.projector_type`, or the language model's architecture for an embedded tower. */
function projectorType(spec: ModelSpec, projector: ProjectorSpec): string {
  for (const key of ['clip.vision.projector_type', 'clip.projector_type', 'clip.audio.projector_type']) {
    const value = projector.metadata[key];
    if (typeof value === 'string') {
      return value.toLowerCase();
    }
  }
  return spec.architecture.toLowerCase();
}

function visionNumber(spec: ModelSpec, projector: ProjectorSpec, key: string): number | undefined {
  const candidates: (MetadataValue | undefined)[] = [
    projector.metadata[`clip.vision.${key}`],
    projector.metadata[`${spec.architecture}.vision.${key}`],
    spec.metadata[`${spec.architecture}.vision.${key}`],
  ];
  return candidates.find((value): value is number => typeof value === 'number' && value > 0);
}

/**
 * The largest stage of one block, all F32, in units of patches × 4 bytes. Attention: residual, normed input, Q, K, V
 * and F16 copies of K and V. Feed-forward: residual, normed input and the intermediates. Without flash attention the
 * scores, heads × patches², come on top. Logged buffers: gemma3 121.25 MiB (1132 without flash attention;
 * llama.cpp PR 16837), Qwen3.5 4B 223.30 and 27B 248.10 come out exactly, Qwen2.5-VL 7B 704.79 0.2 % high, Pixtral's
 * 64.49 3 % low.
 */
function towerComputeBytes(tower: Tower, patches: number, flashAttention: boolean): number {
  const { hidden, feedForward, heads, kind, patchSize } = tower;
  const masked = kind.windowMask === true ? patches : 0;
  const attention = 6 * hidden + masked / 2;
  const scores = flashAttention ? 0 : heads * patches;
  // Where the inputs stay in front, two hidden states suffice; else the gaps they leave cost a third.
  const states = (kind.rotary && !kind.gated) || masked > 0 ? 2 : 3;
  const forward = states * hidden + (kind.gated ? 3 : 1) * feedForward;
  const image = 3 * patchSize * patchSize;
  const inputs = kind.rotary ? image + 4 + masked : 0;
  const patching = image * 1.5 + 2 * hidden;
  return Math.ceil(4 * patches * (inputs + Math.max(attention + scores, forward, patching)));
}

function sumBytes(tensors: readonly TensorInfo[]): number {
  let sum = 0;
  for (const tensor of tensors) {
    sum += tensorBytes(tensor.type, tensor.shape);
  }
  return sum;
}
