/**
 * Ollama's runner reserves the graph of a vision tower at its worst, an image of 2048 × 2048 pixels, before the model
 * is committed (runner/ollamarunner, reserveWorstCaseGraph). No formula of Ollama's says how much that is; this one
 * counts the tensors of one block that live at once. The two counts rest on one public load each (a pixtral tower in
 * mistral3, a plain one in qwen3.5), so it is an estimate and marked as such.
 */

import { ollamaArchitecture } from '../../model/ollama-architecture.ts';
import { projectorOf } from '../../model/projector.ts';
import type { MetadataValue, ModelSpec, ProjectorSpec } from '../../types.ts';
import { atLeast } from '../../versions.ts';
import type { SiglipTower } from './own-engine/gemma3-tower.ts';
import type { RunnerRequest } from './runner-request.ts';

const WORST_SIDE_PIXELS = 2048;

/** Tensors of one block, in widths of the feed-forward and of the embedding, that are alive together. */
const PLAIN_BLOCK = { feedForward: 2, embedding: 6 };
const GATED_BLOCK = { feedForward: 3, embedding: 14 };
const GATED = /^(?:mistral3|gemma4|qwen25vl|llama4)/;

/** Architectures whose images are cut to the size the tower was trained with. */
const FIXED_SIZE = /^(?:gemma3|mistral3|llama4|mllama)/;
/** gemma4: merged tokens of an image at most, and patches merged per side. */
const GEMMA4_TOKENS = 280;
const GEMMA4_MERGE = 3;
/** qwen25vl: pixels of an image at most (28·28·1280, the default of its preprocessing). */
const QWEN25_PIXELS = 1_003_520;

/** The tower of a gemma3 file, whose graph is described; undefined for any other, or where its keys are not known. */
export function siglipTower(spec: ModelSpec): SiglipTower | undefined {
  const projector = projectorOf(spec);
  if (projector === undefined || spec.architecture !== 'gemma3') {
    return undefined;
  }
  const value = (key: string): number => visionValue(spec, projector, key);
  const tower = {
    width: value('embedding_length'),
    feedForward: value('feed_forward_length'),
    heads: value('attention.head_count'),
    imageSize: value('image_size'),
    patchSize: value('patch_size'),
    channels: value('num_channels') || 3,
    tokens: numberOf(projector.metadata['gemma3.mm.tokens_per_image']) || TOKENS_PER_IMAGE,
  };
  return Object.values(tower).every((number) => number > 0) ? tower : undefined;
}

/** What gemma3 takes where the file does not say (`mm.tokens_per_image`). */
const TOKENS_PER_IMAGE = 256;

function numberOf(value: MetadataValue | undefined): number {
  return typeof value === 'number' ? value : 0;
}

/** Bytes of the tower's graph; 0 without a tower or when its hyper-parameters are unknown. */
export function towerGraphBytes(spec: ModelSpec, request: Pick<RunnerRequest, 'version' | 'flashAttention'>): number {
  const projector = projectorOf(spec);
  if (projector === undefined) {
    return 0;
  }
  const value = (key: string): number => visionValue(spec, projector, key);
  const patch = value('patch_size');
  const embedding = value('embedding_length');
  if (patch <= 0 || embedding <= 0) {
    return 0;
  }
  const feedForward = value('feed_forward_length') || 4 * embedding;
  const architecture = ollamaArchitecture(spec);
  const patches = worstPatches(architecture, patch, value('image_size'));
  const block = GATED.test(architecture) ? GATED_BLOCK : PLAIN_BLOCK;
  // A tower attends without a cache, where flash attention came with 0.13.2 (ml/nn/attention.go).
  const flash = request.flashAttention && atLeast(request.version, '0.13.2');
  const scores = flash ? 0 : patches * patches * value('attention.head_count');
  return 4 * (patches * (block.feedForward * feedForward + block.embedding * embedding) + scores);
}

function worstPatches(architecture: string, patch: number, imageSize: number): number {
  if (architecture === 'gemma4') {
    return GEMMA4_TOKENS * GEMMA4_MERGE ** 2;
  }
  const side = FIXED_SIZE.test(architecture) && imageSize > 0 ? imageSize : WORST_SIDE_PIXELS;
  const patches = Math.floor(side / patch) ** 2;
  return architecture === 'qwen25vl' ? Math.min(patches, Math.floor(QWEN25_PIXELS / (patch * patch))) : patches;
}

function visionValue(spec: ModelSpec, projector: ProjectorSpec, key: string): number {
  for (const name of [`${spec.architecture}.vision.${key}`, `clip.vision.${key}`]) {
    const value = projector.metadata[name] ?? spec.metadata[name];
    if (typeof value === 'number') {
      return value;
    }
  }
  return 0;
}
