/**
 * A model spec made ready for planning: hyper-parameters, where each tensor belongs, what it weighs. Compiled once per
 * spec and kept with it.
 *
 * Source: llama-arch.cpp (`LLM_TENSOR_INFOS`: which tensors are input, output or repeating), llama-model-loader.cpp
 * (`create_tensor`), llama.cpp.
 */

import { checkBounds } from '../model/bounds.ts';
import type { BuildFacts } from '../model/build-facts.ts';
import type { Hparams } from '../model/hyper-parameters.ts';
import { computedLayers, readHparams } from '../model/hyper-parameters.ts';
import { MetadataReader } from '../model/metadata.ts';
import type { ModelTensor, Part } from '../model/model.ts';
import type { TensorHome } from '../model/tensor-homes.ts';
import { HOME_EVERY_LAYER, HOME_INPUT, HOME_OUTPUT } from '../model/tensor-homes.ts';
import { cudaBufferBytes, cudaPicksRows, hostBufferBytes, typeId } from '../model/tensors.ts';
import type { ModelSpec, TensorInfo } from '../types.ts';
import { EstimateError } from '../types.ts';
import type { Architecture, CompiledModel } from './architecture.ts';
import { findArchitecture } from './architectures/index.ts';
import { REFERENCE_BUILD } from './builds.ts';
import { describeByTensors } from './graph/undescribed.ts';
import { buildsGraph } from './planner/planner.ts';

const compiled = new WeakMap<ModelSpec, Map<BuildFacts, CompiledModel>>();

/**
 * The compiled model of a spec, as a build of llama.cpp loads it. Throws {@link EstimateError} when the spec cannot be
 * read.
 */
export function compileModel(spec: ModelSpec, build: BuildFacts = REFERENCE_BUILD): CompiledModel {
  let byBuild = compiled.get(spec);
  if (byBuild === undefined) {
    byBuild = new Map();
    compiled.set(spec, byBuild);
  }
  let model = byBuild.get(build);
  if (model === undefined) {
    model = compile(spec, build);
    byBuild.set(build, model);
  }
  return model;
}

/** Tensors of vision and audio towers, which the language model's loader does not load. */
export function isProjectorTensor(name: string): boolean {
  return (
    name.startsWith('v.') ||
    name.startsWith('mm.') ||
    name.startsWith('a.') ||
    name.startsWith('vision_') ||
    name.startsWith('s.') ||
    name.startsWith('model.vision')
  );
}

const INPUT_NAMES: ReadonlySet<string> = new Set([
  'token_embd',
  'token_types',
  'position_embd',
  'per_layer_token_embd',
  'masked_embd_centroids',
  'masked_embd_ordering',
]);

const OUTPUT_NAMES: ReadonlySet<string> = new Set([
  'output',
  'output_norm',
  'cls',
  'dense_2',
  'dense_3',
  'altup_proj',
  'altup_unembd_proj',
  'output_hc_fn',
  'output_hc_base',
  'output_hc_scale',
  'fc',
  'd2t',
]);

const EVERY_LAYER_NAMES: ReadonlySet<string> = new Set(['rope_freqs', 'rope_factors_long', 'rope_factors_short']);

/** `blk.N.`; T5's blocks keep `enc.` and `dec.` in front of the rest of their names. */
const BLOCK_PREFIX = /^(enc\.|dec\.)?blk\.(\d+)\./;

function homeOf(name: string, embeddingNormIsOutput: boolean): TensorHome {
  const block = BLOCK_PREFIX.exec(name);
  if (block !== null) {
    return Number(block[2]);
  }
  const dot = name.indexOf('.');
  const stem = dot === -1 ? name : name.slice(0, dot);
  if (INPUT_NAMES.has(stem)) {
    return HOME_INPUT;
  }
  if (EVERY_LAYER_NAMES.has(stem)) {
    return HOME_EVERY_LAYER;
  }
  const isOutput = OUTPUT_NAMES.has(stem) || stem === 'enc' || stem === 'dec';
  if (isOutput || (stem === 'token_embd_norm' && embeddingNormIsOutput)) {
    return HOME_OUTPUT;
  }
  // The norm behind the token embedding and gemma's per-layer projection are loaded with the first layer.
  return 0;
}

function compileTensor(tensor: TensorInfo, index: number, embeddingNormIsOutput: boolean): ModelTensor {
  const shape = tensor.shape;
  if (shape.length === 0 || shape.length > 4 || shape.some((n) => !Number.isInteger(n) || n < 1)) {
    throw new EstimateError('tensor-invalid', { tensor: tensor.name });
  }
  const type = typeId(tensor.type);
  return {
    index,
    name: tensor.name,
    type,
    sizes: [shape[0]!, shape[1] ?? 1, shape[2] ?? 1, shape[3] ?? 1],
    home: homeOf(tensor.name, embeddingNormIsOutput),
    hostBytes: hostBufferBytes(type, shape),
    cudaBytes: cudaBufferBytes(type, shape),
  };
}

const NEXTN_QKV: ReadonlySet<string> = new Set([
  'attn_qkv.weight',
  'attn_qkv.bias',
  'attn_q.bias',
  'attn_k.bias',
  'attn_v.bias',
]);

/** A block's embedding table stays on the host where CUDA cannot pick its rows. */
function placedTensor(tensor: ModelTensor, name: string, build: BuildFacts): ModelTensor {
  const picked = cudaPicksRows(tensor.type, tensor.sizes[0], build.picksLongBlocks);
  return name !== 'nextn.embed_tokens.weight' || picked ? tensor : { ...tensor, home: HOME_INPUT };
}

function loadsNextn(architecture: Architecture, build: BuildFacts, name: string): boolean {
  return (
    architecture.loadsNextn === true ||
    (build.loadsNextnQkv && architecture.loadsNextnQkv === true && NEXTN_QKV.has(name)) ||
    architecture.loadsNextnOf?.test(name) === true
  );
}

function addPart(parts: Map<string, Part>, name: string, tensor: ModelTensor): void {
  const dot = name.lastIndexOf('.');
  const suffix = dot === -1 ? '' : name.slice(dot + 1);
  const stem = dot === -1 ? name : name.slice(0, dot);
  let part = parts.get(stem);
  if (part === undefined) {
    part = { weight: undefined, bias: undefined, scale: undefined };
    parts.set(stem, part);
  }
  if (suffix === 'bias') {
    part.bias = tensor;
  } else if (suffix === 'scale') {
    part.scale = tensor;
  } else if (suffix !== 'input_scale') {
    part.weight = tensor;
  }
}

function compile(spec: ModelSpec, build: BuildFacts): CompiledModel {
  checkBounds(spec);
  const known = findArchitecture(spec.architecture);
  if (known !== undefined) {
    const model = compileAs(spec, build, known, true);
    if (buildsGraph(model)) {
      return model;
    }
  }
  // Nobody described the architecture, or the file lacks tensors that its description needs.
  return compileAs(spec, build, describeByTensors(spec), false);
}

function compileAs(spec: ModelSpec, build: BuildFacts, architecture: Architecture, described: boolean): CompiledModel {
  const reader = new MetadataReader(spec);
  const rounds = architecture.rounds?.(reader) ?? 1;
  const hp = readHparams(spec, rounds);
  architecture.hparams?.(hp, reader, spec);
  const layers = computedLayers(hp);
  const tensors: ModelTensor[] = [];
  const globals = new Map<string, Part>();
  const blocks: Map<string, Part>[] = Array.from({ length: hp.layersAll }, () => new Map());
  const perLayer: string[][] = Array.from({ length: hp.layersAll }, () => []);
  for (const info of spec.tensors) {
    if (isProjectorTensor(info.name)) {
      continue;
    }
    const tensor = compileTensor(info, tensors.length, architecture.embeddingNormIsOutput ?? false);
    const block = BLOCK_PREFIX.exec(info.name);
    if (block !== null) {
      if (tensor.home >= hp.layersAll) {
        throw new EstimateError('tensor-invalid', { tensor: tensor.name });
      }
      const name = `${block[1] ?? ''}${info.name.slice(block[0].length)}`;
      if (tensor.home >= layers && !loadsNextn(architecture, build, name)) {
        continue;
      }
      addPart(blocks[tensor.home]!, name, tensor);
      perLayer[tensor.home]!.push(`${name}:${tensor.sizes.join('x')}:${tensor.type}`);
      tensors.push(placedTensor(tensor, name, build));
    } else {
      addPart(globals, info.name, tensor);
      tensors.push(tensor);
    }
  }
  const stored = hp.layersAll / rounds;
  for (let layer = stored; layer < hp.layersAll; layer++) {
    blocks[layer] = blocks[layer - stored]!;
    perLayer[layer] = perLayer[layer - stored]!;
  }
  const output = globals.get('output')?.weight;
  if (output !== undefined && globals.get('token_embd')?.weight === undefined) {
    // CodeShell: the output is loaded a second time, beside itself, to embed tokens.
    const copy = { ...output, index: tensors.length };
    globals.set('token_embd', { weight: copy, bias: undefined, scale: undefined });
    tensors.push(copy);
  }
  const kinds = layerKinds(hp, perLayer, architecture);
  const embedded = globals.get('token_embd')?.weight !== undefined;
  return {
    spec,
    hp,
    traits: architecture,
    build,
    described,
    layers,
    tensors,
    globals,
    blocks,
    tiedOutput: architecture.hasOutput !== false && output === undefined && embedded,
    layerShape: kinds.shape,
    layerTypes: kinds.types,
  };
}

function layerKinds(
  hp: Hparams,
  tensorsOf: readonly string[][],
  architecture: Architecture,
): { readonly shape: Int32Array; readonly types: Int32Array } {
  const shape = new Int32Array(hp.layersAll);
  const types = new Int32Array(hp.layersAll);
  const shapeIds = new Map<string, number>();
  const typeIds = new Map<string, number>();
  for (let layer = 0; layer < hp.layersAll; layer++) {
    const facts = [
      hp.isWindowed[layer],
      hp.isRecurrent[layer],
      hp.heads[layer],
      hp.headsKv[layer],
      hp.feedForward[layer],
      hp.cacheLayers >= 0 && layer >= hp.cacheLayers ? 1 : 0,
      architecture.layerKind?.(hp, layer) ?? 0,
    ].join(',');
    const tensors = [...tensorsOf[layer]!].sort();
    const shapes = tensors.map((tensor) => tensor.slice(0, tensor.lastIndexOf(':')));
    shape[layer] = numbered(shapeIds, `${facts};${shapes.join(';')}`);
    types[layer] = numbered(typeIds, `${facts};${tensors.join(';')}`);
  }
  return { shape, types };
}

function numbered(ids: Map<string, number>, key: string): number {
  const known = ids.get(key);
  if (known !== undefined) {
    return known;
  }
  ids.set(key, ids.size);
  return ids.size - 1;
}
