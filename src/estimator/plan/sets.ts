/**
 * Sets: several models loaded one after the other, as Ollama would, each beside what the others left. What is sent away
 * on the way, where each ends, and whether all of them are there together in the end.
 */

import {
  EstimateError,
  type EstimateRequest,
  type EstimateServer,
  type GpuDevice,
  type LoadedModel,
  type ModelSpec,
  type Plan,
} from '../types.ts';
import { inWholeBytes } from './checks.ts';
import { decide } from './decide.ts';
import { trainingContext } from './facts.ts';

/** Most models in one set. */
export const MAX_SET = 64;

/** One model of a set. */
export interface SetModel {
  readonly spec: ModelSpec;
  readonly request: EstimateRequest;
  /** As in {@link LoadedModel}; the model's name and Ollama's default where absent. */
  readonly name?: string;
  readonly keepAliveSeconds?: number;
  readonly digest?: string;
}

/** One load of a set. */
export interface SetStep {
  readonly name: string;
  /** The plan of this load, on the server as it was then. Of a model that was there already: the one it was loaded by. */
  readonly plan: Plan;
  /** Whether it was there already, with the same context: nothing happens. */
  readonly reused: boolean;
  /** Whom Ollama unloads for it, in order; itself, where it was loaded with other options. */
  readonly evicted: readonly string[];
  /** Who is loaded afterwards, the earliest first. */
  readonly loaded: readonly string[];
}

export interface SetAnswer {
  readonly steps: readonly SetStep[];
  /** All of them are wholly on the GPUs at the same time, with room for first prompts. */
  readonly together: boolean;
  /** What is left on each GPU in the end, bytes, once all of them have been used; negative = too little. */
  readonly leftBytes: readonly number[];
  /** What is loaded in the end, as a server would have it. */
  readonly loaded: readonly LoadedModel[];
}

interface Resident {
  readonly model: LoadedModel;
  readonly request: EstimateRequest;
  readonly plan: Plan;
}

/**
 * Loads a set in the order given.
 *
 * @param server as it is before; models that are loaded already stay where Ollama leaves them
 * @throws EstimateError as `decide`; `set-too-large`
 */
export function planSet(models: readonly SetModel[], server: EstimateServer): SetAnswer {
  if (models.length > MAX_SET) {
    throw new EstimateError('set-too-large', { models: models.length, max: MAX_SET });
  }
  const whole = inWholeBytes(server);
  let gpus = whole.gpus;
  let others = whole.loaded ?? [];
  let residents: readonly Resident[] = [];
  const steps: SetStep[] = [];
  for (const { spec, request, name = spec.name, keepAliveSeconds, digest } of models) {
    const there = residents.find(({ model }) => model.name === name);
    const names = (): readonly string[] => [...others, ...residents.map(({ model }) => model)].map((one) => one.name);
    if (there !== undefined && sameRunner(spec, there.request, request)) {
      steps.push({ name, plan: there.plan, reused: true, evicted: [], loaded: names() });
      continue;
    }
    if (there !== undefined) {
      // Other options mean another runner: the old one goes first.
      gpus = freed(gpus, there.model);
      residents = residents.filter((one) => one !== there);
    }
    const loaded = [...others, ...residents.map(({ model }) => model)];
    const plan = decide(spec, { ...whole, gpus, loaded }, request);
    const evicted = plan.evicts ?? [];
    for (const leaving of loaded.filter((model) => evicted.includes(model.name))) {
      gpus = freed(gpus, leaving);
    }
    others = others.filter((model) => !evicted.includes(model.name));
    residents = residents.filter(({ model }) => !evicted.includes(model.name));
    if (plan.verdict !== 'refused') {
      const model = loadedBy(plan, gpus, name, keepAliveSeconds, digest);
      gpus = taken(gpus, model);
      residents = [...residents, { model, request, plan }];
    }
    const gone = there === undefined ? evicted : [name, ...evicted];
    steps.push({ name, plan, reused: false, evicted: gone, loaded: names() });
  }
  const leftBytes = gpus.map((gpu, index) => {
    const uses = residents.reduce((sum, { plan }) => sum + (plan.gpus[index]?.overheadParts?.useBytes ?? 0), 0);
    return gpu.freeBytes - uses;
  });
  const wanted = new Set(models.map(({ spec, name = spec.name }) => name));
  const together =
    residents.length === wanted.size &&
    residents.every(({ plan }) => plan.verdict === 'fits') &&
    leftBytes.every((bytes) => bytes >= 0);
  return { steps, together, leftBytes, loaded: [...others, ...residents.map(({ model }) => model)] };
}

/** A model once it is loaded, for plans of others beside it. */
export function loadedBy(
  plan: Plan,
  gpus: readonly GpuDevice[],
  name: string,
  keepAliveSeconds: number | undefined,
  digest: string | undefined,
): LoadedModel {
  const places = plan.gpus.flatMap((gpu, index) => {
    if (gpu.totalBytes === 0) {
      return [];
    }
    const heldBytes = gpu.totalBytes - (gpu.overheadParts?.useBytes ?? 0);
    const buffers = gpu.weightsBytes + gpu.cacheBytes + gpu.computeBytes;
    const countedBytes = plan.countedBytes?.[index] ?? buffers;
    const context = gpu.overheadParts?.contextBytes ?? 0;
    return [{ gpu: index, heldBytes, countedBytes, freeAtLoadBytes: Math.max(0, gpus[index]!.freeBytes - context) }];
  });
  return {
    name,
    sizeVramBytes: plan.sizeVramBytes,
    places,
    alone: plan.alone ?? false,
    ...(keepAliveSeconds === undefined ? {} : { keepAliveSeconds }),
    ...(digest === undefined ? {} : { digest }),
  };
}

/** Whether a request finds its runner (server/sched.go, `needsReload`): contexts count up to what the model was trained for. */
function sameRunner(spec: ModelSpec, a: EstimateRequest, b: EstimateRequest): boolean {
  const trained = trainingContext(spec) || Number.POSITIVE_INFINITY;
  return (
    Math.min(a.numCtx, trained) === Math.min(b.numCtx, trained) &&
    a.numBatch === b.numBatch &&
    a.mainGpu === b.mainGpu &&
    layersOf(a) === layersOf(b)
  );
}

function layersOf({ numGpu = -1 }: EstimateRequest): number {
  return Math.max(numGpu, -1);
}

function freed(gpus: readonly GpuDevice[], model: LoadedModel): readonly GpuDevice[] {
  return changed(gpus, model, 1);
}

function taken(gpus: readonly GpuDevice[], model: LoadedModel): readonly GpuDevice[] {
  return changed(gpus, model, -1);
}

function changed(gpus: readonly GpuDevice[], { places = [] }: LoadedModel, sign: 1 | -1): readonly GpuDevice[] {
  return gpus.map((gpu, index) => {
    const held = places.find((place) => place.gpu === index)?.heldBytes ?? 0;
    const freeBytes = Math.min(gpu.totalBytes, Math.max(0, gpu.freeBytes + sign * held));
    return held === 0 ? gpu : { ...gpu, freeBytes };
  });
}
