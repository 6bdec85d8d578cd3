/** The models of the built-in list, from the sources beside this file. */

import { readFileSync } from 'node:fs';
import type { ListedModel } from '../../src/catalogue/builtin-codec.ts';
import { quantize } from '../../src/estimator/model/quantize/quantize.ts';
import type { MetadataValue, TensorInfo } from '../../src/estimator/types.ts';
import { converterClass, readConfig } from '../../src/gguf/safetensors/config.ts';
import { specFromSafetensors } from '../../src/gguf/safetensors/convert.ts';
import { headerFromConfig } from './header.ts';
import { towerFromConfig } from './tower.ts';

/** A published configuration and what its models are called. */
export interface ConfiguredModel {
  readonly name: string;
  /** `owner/repository@commit:path`, with `#entry` where a file has several. */
  readonly source: string;
  /** Default quantization of Ollama's library, in llama-quantize's spelling. */
  readonly quant: string;
  readonly tags: readonly string[];
  readonly hub: readonly string[];
  readonly config: Readonly<Record<string, unknown>>;
}

/** A model whose file was recorded: `[pattern, type, shape, layers]`, `{L}` running over the layers (`0-2,5`). */
interface RecordedModel {
  readonly name: string;
  readonly architecture: string;
  readonly metadata: Readonly<Record<string, MetadataValue>>;
  readonly tensors: readonly (readonly [pattern: string, type: string, shape: readonly number[], layers?: string])[];
}

function lines<T>(file: string): T[] {
  return readFileSync(new URL(`./sources/${file}`, import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);
}

function layerNumbers(text: string): number[] {
  return text.split(',').flatMap((part) => {
    const [from, to] = part.split('-').map(Number) as [number, number?];
    return Array.from({ length: (to ?? from) - from + 1 }, (_, i) => from + i);
  });
}

function expanded({ name, architecture, metadata, tensors }: RecordedModel): ListedModel {
  const table = tensors.flatMap(([pattern, type, shape, layers]): TensorInfo[] =>
    layers === undefined
      ? [{ name: pattern, type, shape }]
      : layerNumbers(layers).map((n) => ({ name: pattern.replace('{L}', String(n)), type, shape })),
  );
  return { name, architecture, metadata, tensors: inFileOrder(table) };
}

/** Tensors outside blocks first, then block by block. */
function inFileOrder(tensors: readonly TensorInfo[]): TensorInfo[] {
  const block = (name: string): number => Number(/^blk\.(\d+)\./.exec(name)?.[1] ?? -1);
  return tensors
    .map((tensor, i) => ({ tensor, block: block(tensor.name), i }))
    .sort((a, b) => a.block - b.block || a.i - b.i)
    .map(({ tensor }) => tensor);
}

/** The published configurations. */
export function configuredModels(): ConfiguredModel[] {
  return lines<ConfiguredModel>('configs.jsonl');
}

/** The model of a published configuration, as llama.cpp's converter and quantizer would make it. */
export function modelFromConfig({ name, quant, config }: ConfiguredModel): ListedModel {
  const className = converterClass(config);
  if (className === undefined) {
    throw new Error(`${name}: the configuration names no class`);
  }
  const { vision_config: vision, ...text } = config;
  const spec = specFromSafetensors({ name, config: text, tensors: headerFromConfig(text, className) });
  const { architecture, metadata, tensors } = quantize(spec, quant).spec;
  const width = readConfig(config).number('hidden_size') ?? 0;
  const projector = towerFromConfig(vision as Readonly<Record<string, unknown>> | undefined, className, width);
  return { name, architecture, metadata, tensors, ...(projector === undefined ? {} : { projector }) };
}

/** All models of the list, recorded ones first. */
export function listedModels(): ListedModel[] {
  return [...lines<RecordedModel>('recorded.jsonl').map(expanded), ...configuredModels().map(modelFromConfig)];
}
