/**
 * What Ollama's formulas reckon for a vision tower. Source: GGML.VisionGraphSize in fs/ggml/ggml.go and
 * projectorMemoryRequirements in llm/memory.go, 0.5.0 to 0.12.10.
 */

import type { MetadataValue, ProjectorSpec, TensorInfo } from '../../types.ts';
import { atLeast, type Version } from '../../versions.ts';
import { type ModelFacts, ollamaTensorBytes, tensorGroup } from './model-facts.ts';

/** The tower as the estimate sees it, bytes. */
export interface VisionSize {
  /** A projector file, loaded beside the model by the llama.cpp runner. */
  readonly fileWeightsBytes: number;
  /** A tower inside the model file (Ollama's engine). */
  readonly embeddedWeightsBytes: number;
  readonly graphBytes: number;
}

const NO_VISION: VisionSize = { fileWeightsBytes: 0, embeddedWeightsBytes: 0, graphBytes: 0 };

/** Weights and graph of the vision tower; the graph by a formula for the few towers that Ollama knows. */
export function visionSize(facts: ModelFacts): VisionSize {
  const { version, spec } = facts;
  const projector = spec.projector;
  if (projector?.source === 'file' && projector.weightsBytes > 0) {
    const graphBytes = atLeast(version, '0.7.0') ? 0 : projectorFileGraph(projector);
    return { ...NO_VISION, fileWeightsBytes: projector.weightsBytes, graphBytes };
  }
  if (!atLeast(version, '0.6.0')) {
    return NO_VISION;
  }
  if (!atLeast(version, '0.6.1') && facts.architecture !== 'mllama') {
    return NO_VISION;
  }
  const embeddedWeightsBytes = embeddedWeights(facts);
  if (embeddedWeightsBytes === 0) {
    return NO_VISION;
  }
  return { ...NO_VISION, embeddedWeightsBytes, graphBytes: embeddedGraph(facts) };
}

/** The groups `v` and `v.*`; `mm.*` and `a.*` are not counted. */
function embeddedWeights({ spec, architecture, version }: ModelFacts): number {
  const projector = spec.projector?.source === 'embedded' ? spec.projector : undefined;
  const blocks = visionValue(spec.metadata, projector, architecture, 'block_count');
  if (projector === undefined && blocks === 0) {
    return 0;
  }
  const inFile = towerTensorBytes(spec.tensors, architecture, version);
  const bytes = inFile > 0 ? inFile : towerTensorBytes(projector?.tensors ?? [], architecture, version);
  return bytes > 0 ? bytes : (projector?.weightsBytes ?? 0);
}

function towerTensorBytes(tensors: readonly TensorInfo[], architecture: string, version: Version): number {
  let bytes = 0;
  for (const tensor of tensors) {
    const group = tensorGroup(tensor.name);
    if (group === 'v' || group.startsWith('v.')) {
      bytes += ollamaTensorBytes(tensor, architecture, version);
    }
  }
  return bytes;
}

/** A hyper-parameter of the tower under `<arch>.vision.*`, or under `clip.vision.*` where only that is known. */
function visionValue(
  metadata: Readonly<Record<string, MetadataValue>>,
  projector: ProjectorSpec | undefined,
  architecture: string,
  key: string,
  fallback = 0,
): number {
  for (const name of [`${architecture}.vision.${key}`, `clip.vision.${key}`]) {
    const value = projector?.metadata[name] ?? metadata[name];
    if (typeof value === 'number') {
      return value;
    }
  }
  return fallback;
}

function embeddedGraph(facts: ModelFacts): number {
  const { spec, architecture, version } = facts;
  const value = (key: string, fallback?: number): number =>
    visionValue(spec.metadata, spec.projector, architecture, key, fallback);
  const size = value('image_size');
  const patch = value('patch_size');
  if (patch === 0) {
    return 0;
  }
  // Ollama's own files carry the number of channels; metadata in the style of a projector file leaves out the usual 3.
  const channels = value('num_channels', hasClipKeys(spec.projector) ? 3 : 0);
  const heads = value('attention.head_count');
  const embedding = value('embedding_length');
  const side = Math.floor(size / patch);
  const patches = side * side + (hasClassEmbedding(facts) ? 1 : 0);
  switch (architecture) {
    case 'mllama':
      return mllamaVisionGraph(size, channels, value('max_num_tiles'), embedding, heads, patches);
    case 'mistral3':
    case 'gemma3':
      if (architecture === 'mistral3' && !atLeast(version, '0.6.5')) {
        return 0;
      }
      return 4 * (size * size * channels + embedding * patch + patches * patches * heads);
    case 'qwen25vl': {
      if (!atLeast(version, '0.7.0')) {
        return 0;
      }
      const pixels = value('max_pixels', 28 * 28 * 1280);
      const n = Math.floor(pixels / (patch * patch));
      return 4 * (2 * pixels * channels + n * channels * patch * patch + n * n * heads + embedding * n);
    }
    default:
      return 0;
  }
}

/** Only mllama's projector file has a graph in the formulas, and only before 0.7.0. */
function projectorFileGraph(projector: ProjectorSpec): number {
  const value = (key: string): number => {
    const found = projector.metadata[`mllama.vision.${key}`];
    return typeof found === 'number' ? found : 0;
  };
  const patch = value('patch_size');
  if (patch === 0) {
    return 0;
  }
  const size = value('image_size');
  const side = Math.floor(size / patch);
  const patches = side * side + (projector.tensors.some((tensor) => tensor.name === 'v.class_embd') ? 1 : 0);
  return mllamaVisionGraph(
    size,
    value('num_channels'),
    value('max_num_tiles'),
    value('embedding_length'),
    value('attention.head_count'),
    patches,
  );
}

function mllamaVisionGraph(
  size: number,
  channels: number,
  tiles: number,
  embedding: number,
  heads: number,
  patches: number,
): number {
  const padded = patches + 8 - (patches % 8);
  return (
    4 *
    (8 +
      size * size * channels * tiles +
      embedding * patches * tiles +
      9 * embedding * padded * tiles +
      padded * tiles * padded * tiles * heads)
  );
}

function hasClipKeys(projector: ProjectorSpec | undefined): boolean {
  return projector !== undefined && Object.keys(projector.metadata).some((key) => key.startsWith('clip.'));
}

function hasClassEmbedding({ spec }: ModelFacts): boolean {
  const named = (tensor: { readonly name: string }): boolean => tensor.name === 'v.class_embd';
  return spec.tensors.some(named) || (spec.projector?.tensors.some(named) ?? false);
}
