import { tensorBytes } from '../estimator/model/ggml-types.ts';
import type { MetadataValue, ModelSpec, ProjectorSpec, TensorInfo } from '../estimator/types.ts';
import { GgufError } from './errors.ts';

/** Parts that every source of a model spec has in common. */
export interface SpecParts {
  readonly name: string;
  readonly architecture?: string | undefined;
  readonly metadata: Readonly<Record<string, MetadataValue>>;
  readonly tensors: readonly TensorInfo[];
  readonly fileBytes?: number | undefined;
  readonly projector?: ProjectorSpec | undefined;
}

/** Tensors of a vision or audio tower inside a model file (llm/llama_server.go, v0.33.0-rc2: prefixes `v.`, `mm.`, `a.`). */
const TOWER_TENSOR = /^(?:v|mm|a)\./;

/**
 * Architectures of image and video models that exist as GGUF files for other programs, and `clip`, which is a tower
 * without its language model.
 */
const NOT_LANGUAGE: ReadonlySet<string> = new Set([
  'clip',
  'flux',
  'sd1',
  'sd3',
  'sdxl',
  'aura',
  'hidream',
  'hyvid',
  'hunyuanvideo',
  'wan',
  'ltxv',
  'cosmos',
  'lumina2',
  'qwen_image',
  'pig',
]);

/**
 * Makes a model spec. Tensors of an embedded tower go to `projector.tensors` and nowhere else, so that the language
 * model's table stays clean; its keys stay in the metadata as well.
 *
 * @throws GgufError `gguf-architecture-missing`; `gguf-not-a-language-model` for towers, image and video models
 * @throws EstimateError `unknown-tensor-type`
 */
export function buildSpec(parts: SpecParts): ModelSpec {
  const { name, metadata, fileBytes } = parts;
  const named = metadata['general.architecture'];
  const architecture = parts.architecture ?? (typeof named === 'string' && named !== '' ? named : undefined);
  if (architecture === undefined) {
    throw new GgufError('gguf-architecture-missing');
  }
  const tower = parts.tensors.filter((t) => TOWER_TENSOR.test(t.name));
  const tensors = tower.length === 0 ? parts.tensors : parts.tensors.filter((t) => !TOWER_TENSOR.test(t.name));
  if (NOT_LANGUAGE.has(architecture.toLowerCase()) || !hasLayers(architecture, metadata, tensors)) {
    throw new GgufError('gguf-not-a-language-model', { architecture });
  }
  const projector =
    parts.projector ??
    (tower.length === 0
      ? undefined
      : ({
          source: 'embedded',
          weightsBytes: tableBytes(tower),
          metadata: towerMetadata(metadata),
          tensors: tower,
        } as const));
  return {
    name,
    architecture,
    metadata,
    tensors,
    ...(fileBytes === undefined ? {} : { fileBytes }),
    ...(projector === undefined ? {} : { projector }),
  };
}

/** Every language model that llama.cpp or Ollama runs has blocks `blk.N`, says how many, and embeds tokens. */
function hasLayers(
  architecture: string,
  metadata: Readonly<Record<string, MetadataValue>>,
  tensors: readonly TensorInfo[],
): boolean {
  if (typeof metadata[`${architecture}.block_count`] === 'number') {
    return true;
  }
  return tensors.some((t) => t.name.startsWith('blk.') || t.name.startsWith('token_embd.'));
}

/** The keys that describe a tower: `clip.*`, `<arch>.vision.*`, `<arch>.audio.*`, `<arch>.mm.*`. */
export function towerMetadata(metadata: Readonly<Record<string, MetadataValue>>): Record<string, MetadataValue> {
  return Object.fromEntries(Object.entries(metadata).filter(([key]) => /^clip\.|\.(?:vision|audio|mm)\./.test(key)));
}

/** Bytes of all tensors of a table. @throws EstimateError `unknown-tensor-type` */
export function tableBytes(tensors: readonly TensorInfo[]): number {
  let sum = 0;
  for (const t of tensors) {
    sum += tensorBytes(t.type, t.shape);
  }
  return sum;
}
