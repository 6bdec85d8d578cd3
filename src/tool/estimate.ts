import { z } from 'zod';
import { quantize } from '../estimator/model/quantize/quantize.ts';
import { readTarget } from '../estimator/model/quantize/targets.ts';
import { besideLoaded, type Resident } from '../estimator/plan/beside.ts';
import { clamp } from '../estimator/plan/clamp.ts';
import { decide, planFixed } from '../estimator/plan/decide.ts';
import { trainingContext } from '../estimator/plan/facts.ts';
import { planSet, type SetAnswer } from '../estimator/plan/sets.ts';
import { estimateSpeed, type SpeedEstimate } from '../estimator/speed/speed.ts';
import {
  EstimateError,
  type EstimateRequest,
  type EstimateServer,
  type GpuDevice,
  type ModelSpec,
  type OverheadParts,
  type Plan,
} from '../estimator/types.ts';
import { type EstimateInput, type EstimateMember, inputSchema, toRequest, toServer } from './estimate-input.ts';

export { inputSchema } from './estimate-input.ts';

/** Finds a model by name or path. Throws typed errors with a `code`. */
export type FindModel = (nameOrPath: string) => Promise<ModelSpec>;
/** Reads a model given in place. */
export type ReadModel = (json: unknown) => ModelSpec;

/** A plan as the outside sees it. */
export function planToJson(plan: Plan, maxCtx: number | null): Record<string, unknown> {
  return {
    verdict: plan.verdict,
    reason: plan.reason.code,
    reasonParams: plan.reason.params,
    engine: plan.engine,
    ...(plan.build === undefined ? {} : { build: plan.build }),
    placement: {
      gpuLayers: plan.placement.gpuLayers,
      totalLayers: plan.placement.totalLayers,
      perGpuLayers: plan.placement.perGpuLayers,
      overrides: plan.placement.overrides,
    },
    gpus: plan.gpus.map((gpu) => ({
      weights: gpu.weightsBytes,
      cache: gpu.cacheBytes,
      compute: gpu.computeBytes,
      projector: gpu.projectorBytes,
      overhead: gpu.overheadBytes,
      ...(gpu.overheadParts === undefined ? {} : { overheadParts: partsToJson(gpu.overheadParts) }),
      total: gpu.totalBytes,
      left: gpu.headroomBytes,
    })),
    host: {
      weights: plan.host.weightsBytes,
      cache: plan.host.cacheBytes,
      compute: plan.host.computeBytes,
      total: plan.host.totalBytes,
    },
    sizeVram: plan.sizeVramBytes,
    size: plan.sizeBytes,
    maxCtx,
    evicts: plan.evicts ?? [],
    numCtx: plan.numCtx,
    numBatch: plan.numBatch,
    flashAttention: plan.flashAttention,
    notes: plan.notes,
    computeBasis: plan.computeBasis,
    ...(plan.notes.length === 0 ? {} : { notes: plan.notes }),
    ...(plan.ollamaError === undefined ? {} : { ollamaError: plan.ollamaError }),
  };
}

function partsToJson({ contextBytes, loadBytes, useBytes }: OverheadParts): Record<string, number> {
  return { context: contextBytes, load: loadBytes, use: useBytes };
}

/** A set as the outside sees it: each load as a plan, and whether all are there together in the end. */
function setToJson(answer: SetAnswer): Record<string, unknown> {
  const { steps, together, leftBytes, loaded } = answer;
  return {
    together,
    steps: steps.map(({ name, plan, reused, evicted, loaded: after }) => ({
      model: name,
      ...planToJson(plan, null),
      evicts: evicted,
      reused,
      loaded: after,
    })),
    gpus: leftBytes.map((left) => ({ left })),
    loaded: loaded.map(({ name }) => name),
  };
}

/** Tokens per second as estimated, to tenths; `null` where they cannot be told. */
export function speedToJson(speed: SpeedEstimate | null): Record<string, unknown> {
  const tenths = (value: number): number => Math.round(value * 10) / 10;
  return {
    tokensPerSecond:
      speed === null
        ? null
        : {
            generated: tenths(speed.generatedTokensPerSecond),
            generatedAtFullContext: tenths(speed.generatedAtFullContext),
            prompt: tenths(speed.promptTokensPerSecond),
          },
  };
}

/** What a line that failed answers. */
function errorToJson(id: unknown, error: unknown, describe: (error: unknown) => string): string {
  if (error instanceof z.ZodError) {
    return JSON.stringify({ id: id ?? null, error: { code: 'bad-input', message: describeIssues(error) } });
  }
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'internal';
  return JSON.stringify({ id: id ?? null, error: { code, message: describe(error) } });
}

function describeIssues(error: z.ZodError): string {
  return error.issues
    .slice(0, 5)
    .map((issue) => `${issue.path.join('.') || 'line'}: ${issue.message}`)
    .join('; ');
}

/** The largest context that fits, or null where none does. */
function largest(spec: ModelSpec, server: EstimateServer, request: EstimateRequest): number | null {
  return clamp(spec, server, request).numCtx || null;
}

/** Models and largest contexts that are remembered. */
const MAX_SPECS = 256;
const MAX_REMEMBERED = 10_000;

/** Answers lines of `headroom estimate` one at a time; models that are named twice are read once. */
export class BatchEstimator {
  readonly #findModel: FindModel;
  readonly #readModel: ReadModel;
  readonly #specs = new Map<string, ModelSpec>();
  readonly #underTarget = new WeakMap<ModelSpec, Map<string, ModelSpec>>();
  /** Largest contexts by everything that they depend on. */
  readonly #largest = new Map<string, number | null>();
  readonly #describe: (error: unknown) => string;

  readonly #readGpus: (text: string) => readonly GpuDevice[];

  /** `describe` turns a typed error into a sentence, `readGpus` a text such as `2x24GiB` into GPUs. */
  constructor(
    findModel: FindModel,
    readModel: ReadModel,
    describe: (error: unknown) => string,
    readGpus: (text: string) => readonly GpuDevice[],
  ) {
    this.#findModel = findModel;
    this.#readModel = readModel;
    this.#describe = describe;
    this.#readGpus = readGpus;
  }

  /** One JSON line in, one JSON line out; never throws. */
  async answer(line: string): Promise<string> {
    let id: unknown;
    try {
      let json: unknown;
      try {
        json = JSON.parse(line);
      } catch {
        throw new EstimateError('bad-json', {});
      }
      id = typeof json === 'object' && json !== null && 'id' in json ? json.id : undefined;
      const input = inputSchema.parse(json);
      return JSON.stringify({ id: id ?? null, ...(await this.#answered(input)) });
    } catch (error) {
      return errorToJson(id, error, this.#describe);
    }
  }

  async #answered(input: EstimateInput): Promise<Record<string, unknown>> {
    const empty = toServer(input, this.#readGpus);
    const residents = await Promise.all((input.loaded ?? []).map((member) => this.#member(input, empty, member)));
    const server = besideLoaded(empty, residents);
    if (input.mode === 'set') {
      if (input.models === undefined) {
        throw new EstimateError('models-missing', {});
      }
      const models = input.models.map(({ pinned, ...member }) => {
        const forever = pinned === true ? { keepAliveSeconds: -1 } : {};
        return this.#member(input, empty, { ...member, ...forever });
      });
      return setToJson(planSet(await Promise.all(models), server));
    }
    if (input.model === undefined) {
      throw new EstimateError('model-missing', {});
    }
    const spec = this.#quantized(await this.#spec(input.model), input.quant);
    const request = toRequest(input, spec, empty);
    const plan = input.mode === 'plan' ? planFixed(spec, server, request) : decide(spec, server, request);
    const wantsMax = input.mode === 'decide' && server.gpus.length > 0;
    const cpuTensors = input.cpuTensors ?? [];
    return {
      ...planToJson(plan, wantsMax ? this.#largestFor(input, spec, server, request) : null),
      ...(input.speed === true ? speedToJson(estimateSpeed(spec, server, plan, { cpuTensors })) : {}),
    };
  }

  async #member(
    input: EstimateInput,
    server: EstimateServer,
    member: EstimateMember & { readonly gpus?: readonly number[] | undefined },
  ): Promise<Resident> {
    const { model, quant, keepAliveSeconds, digest, gpus } = member;
    const spec = this.#quantized(await this.#spec(model), quant);
    return {
      spec,
      name: typeof model === 'string' ? model : spec.name,
      request: toRequest(input, spec, server, member),
      ...(keepAliveSeconds === undefined ? {} : { keepAliveSeconds }),
      ...(digest === undefined ? {} : { digest }),
      ...(gpus === undefined ? {} : { gpus }),
    };
  }

  /** Rows that differ in the context alone share one search. */
  #largestFor(
    { model, quant }: EstimateInput,
    spec: ModelSpec,
    server: EstimateServer,
    request: EstimateRequest,
  ): number | null {
    // Where a model does not say for how much it was trained, the context asked for bounds the search.
    if (typeof model !== 'string' || trainingContext(spec) === 0) {
      return largest(spec, server, request);
    }
    const key = JSON.stringify([model, quant, server, { ...request, numCtx: 0 }]);
    const known = this.#largest.get(key);
    if (known !== undefined) {
      return known;
    }
    const found = largest(spec, server, request);
    if (this.#largest.size >= MAX_REMEMBERED) {
      this.#largest.clear();
    }
    this.#largest.set(key, found);
    return found;
  }

  /** The model under the quantization that a line asks for; one object a model and target, so that it is compiled once. */
  #quantized(spec: ModelSpec, target: string | undefined): ModelSpec {
    if (target === undefined) {
      return spec;
    }
    const targets = this.#underTarget.get(spec) ?? new Map<string, ModelSpec>();
    this.#underTarget.set(spec, targets);
    const { name, ollama } = readTarget(target);
    const key = `${ollama} ${name}`;
    const known = targets.get(key);
    if (known !== undefined) {
      return known;
    }
    const quantized = quantize(spec, target).spec;
    targets.set(key, quantized);
    return quantized;
  }

  async #spec(model: EstimateMember['model']): Promise<ModelSpec> {
    if (typeof model !== 'string') {
      return this.#readModel(model);
    }
    const known = this.#specs.get(model);
    if (known !== undefined) {
      return known;
    }
    const spec = await this.#findModel(model);
    if (this.#specs.size >= MAX_SPECS) {
      this.#specs.clear();
    }
    this.#specs.set(model, spec);
    return spec;
  }
}
