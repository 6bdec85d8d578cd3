/** The models on the simulated server's disk, and the registry that a pull asks. */

import { displayShortest, parseModelName } from '../catalogue/names.ts';
import { elementCount } from '../estimator/model/ggml-types.ts';
import { isEmbeddingModel, isProjectorTensor, modelFileBytes } from '../estimator/plan/facts.ts';
import type { ModelSpec, TensorInfo } from '../estimator/types.ts';
import { stableHex } from './random.ts';
import type { SimulatedModel } from './types.ts';

/** One blob of a model. */
export interface Layer {
  readonly digest: string;
  readonly bytes: number;
}

export interface StoredModel {
  readonly name: string;
  readonly spec: ModelSpec;
  readonly parameters: Readonly<Record<string, string | number | boolean | readonly string[]>>;
  readonly capabilities: readonly string[];
  readonly parentModel: string;
  readonly file: SimulatedModel['file'];
  readonly layers: readonly Layer[];
  /** Hex, of the manifest. */
  readonly digest: string;
  readonly modifiedAtMs: number;
}

const CONFIG_BYTES = 490;
const TEXT_BYTES = 8_480;

export class ModelStore {
  readonly #seed: number;
  readonly #models = new Map<string, StoredModel>();
  readonly #registry = new Map<string, SimulatedModel>();

  constructor(models: readonly SimulatedModel[], registry: readonly SimulatedModel[], seed: number, nowMs: number) {
    this.#seed = seed;
    for (const model of [...registry, ...models]) {
      this.#registry.set(key(model.spec.name), model);
    }
    for (const [index, model] of models.entries()) {
      this.put(this.#build(model.spec.name, model, '', nowMs - (index + 1) * 86_400_000));
    }
  }

  /** As /api/tags lists them: newest first. */
  list(): StoredModel[] {
    return [...this.#models.values()].sort((a, b) => b.modifiedAtMs - a.modifiedAtMs);
  }

  /** Letter case and defaults do not matter. */
  get(name: string): StoredModel | undefined {
    return this.#models.get(key(name));
  }

  put(model: StoredModel): void {
    this.#models.set(key(model.name), model);
  }

  delete(name: string): boolean {
    return this.#models.delete(key(name));
  }

  /** What the registry has under a name. */
  published(name: string, nowMs: number): StoredModel | undefined {
    const model = this.#registry.get(key(name));
    return model && this.#build(name, model, '', nowMs);
  }

  /** A model derived from another: the same weights, other parameters. */
  derive(name: string, base: StoredModel, parameters: StoredModel['parameters'], nowMs: number): StoredModel {
    const merged = { ...base.parameters, ...parameters };
    const { spec, capabilities, file } = base;
    const model = { spec, parameters: merged, capabilities, ...(file === undefined ? {} : { file }) };
    return this.#build(name, model, base.name, nowMs, base.layers[0]!.digest);
  }

  #build(
    name: string,
    model: SimulatedModel,
    parentModel: string,
    nowMs: number,
    weightsDigest = `sha256:${stableHex(this.#seed, 'weights', key(model.spec.name))}`,
  ): StoredModel {
    const { spec } = model;
    const parameters = model.parameters ?? {};
    const digest = stableHex(this.#seed, 'manifest', weightsDigest, JSON.stringify(parameters));
    const projectorBytes = spec.projector?.source === 'file' ? spec.projector.weightsBytes : 0;
    const small = (part: string, bytes: number) => ({ digest: `sha256:${stableHex(this.#seed, part, digest)}`, bytes });
    return {
      name: shownName(name),
      spec,
      parameters,
      capabilities: model.capabilities ?? capabilitiesOf(spec),
      parentModel,
      file: model.file,
      layers: [
        { digest: weightsDigest, bytes: modelFileBytes(spec) },
        ...(projectorBytes > 0
          ? [{ digest: `sha256:${stableHex(this.#seed, 'projector', weightsDigest)}`, bytes: projectorBytes }]
          : []),
        small('text', TEXT_BYTES),
        small('config', CONFIG_BYTES),
      ],
      digest,
      modifiedAtMs: nowMs,
    };
  }
}

/** Size of all layers on disk. */
export function sizeOnDisk(model: StoredModel): number {
  return model.layers.reduce((sum, layer) => sum + layer.bytes, 0);
}

export function shownName(name: string): string {
  const parsed = parseModelName(name);
  return parsed.ok ? displayShortest(parsed.name) : name;
}

function key(name: string): string {
  return shownName(name).toLowerCase();
}

function capabilitiesOf(spec: ModelSpec): string[] {
  if (isEmbeddingModel(spec)) {
    return ['embedding'];
  }
  const sees = spec.projector !== undefined || spec.tensors.some((tensor) => isProjectorTensor(tensor.name));
  return sees ? ['completion', 'vision'] : ['completion'];
}

/** The tensors of the model file, those of a tower inside it included. */
export function fileTensors(spec: ModelSpec): readonly TensorInfo[] {
  const { projector, tensors } = spec;
  const listed = tensors.some((tensor) => isProjectorTensor(tensor.name));
  return projector?.source === 'embedded' && !listed ? [...tensors, ...projector.tensors] : tensors;
}

/** Number of weights. */
export function parameterCount(spec: ModelSpec): number {
  return fileTensors(spec).reduce((sum, tensor) => sum + elementCount(tensor.shape), 0);
}
