import { z } from 'zod';
import { quantize } from '../estimator/model/quantize/quantize.ts';
import { readTarget } from '../estimator/model/quantize/targets.ts';
import { clamp } from '../estimator/plan/clamp.ts';
import { decide, planFixed } from '../estimator/plan/decide.ts';
import { trainingContext } from '../estimator/plan/facts.ts';
import {
  EstimateError,
  type EstimateRequest,
  type EstimateServer,
  type ModelSpec,
  type Plan,
} from '../estimator/types.ts';

const bytes = z.number().finite().nonnegative();
const KV_TYPES = ['f32', 'f16', 'bf16', 'q8_0', 'q4_0', 'q4_1', 'q5_0', 'q5_1', 'iq4_nl'] as const;

/** One input line of `headroom estimate`. Names are promised to the outside: add freely, rename never. */
export const inputSchema = z.object({
  id: z.unknown().optional(),
  model: z.union([z.string().min(1), z.record(z.string(), z.unknown())]),
  mode: z.enum(['decide', 'plan']).default('decide'),
  ollama: z.string().min(1).max(64).optional(),
  build: z.string().min(1).max(64).optional(),
  numCtx: z.number().int(),
  quant: z.string().min(1).max(64).optional(),
  numParallel: z.number().int().optional(),
  numBatch: z.number().int().optional(),
  numUbatch: z.number().int().optional(),
  flashAttention: z.union([z.boolean(), z.literal('auto'), z.literal('on'), z.literal('off')]).optional(),
  kvCacheType: z.enum(KV_TYPES).optional(),
  numGpu: z.number().int().optional(),
  outputs: z.number().int().nonnegative().optional(),
  unifiedCache: z.boolean().optional(),
  tensorSplit: z.array(z.number().finite().nonnegative()).max(256).nullish(),
  cpuTensors: z.array(z.string().max(1000)).max(10_000).nullish(),
  embedding: z.boolean().optional(),
  opOffload: z.boolean().optional(),
  fitMarginBytes: bytes.optional(),
  gpus: z
    .array(
      z.object({
        name: z.string().default('GPU'),
        totalBytes: bytes,
        freeBytes: bytes.optional(),
        computeCapability: z.number().optional(),
        library: z.enum(['CUDA', 'ROCm', 'Metal', 'Vulkan']).optional(),
        integrated: z.boolean().optional(),
      }),
    )
    .max(256),
  system: z.object({ totalBytes: bytes, freeBytes: bytes, swapFreeBytes: bytes.default(0) }).nullish(),
});

type EstimateInput = z.output<typeof inputSchema>;

/** Version assumed where a line names none: the newest that the engines know. */
const DEFAULT_OLLAMA = '0.33.0';

/** Finds a model by name or path. Throws typed errors with a `code`. */
export type FindModel = (nameOrPath: string) => Promise<ModelSpec>;
/** Reads a model given in place. */
export type ReadModel = (json: unknown) => ModelSpec;

/** Leaves out what is undefined or null, so that the estimator's own defaults apply. */
function present<T extends object>(object: T): { [K in keyof T]?: Exclude<T[K], undefined | null> } {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined && value !== null)) as {
    [K in keyof T]?: Exclude<T[K], undefined | null>;
  };
}

function toRequest(input: EstimateInput): EstimateRequest {
  const flash = input.flashAttention;
  return {
    numCtx: input.numCtx,
    ...present({
      numParallel: input.numParallel,
      numBatch: input.numBatch,
      numUbatch: input.numUbatch,
      flashAttention: flash === 'on' ? true : flash === 'off' ? false : flash,
      kvCacheType: input.kvCacheType,
      numGpu: input.numGpu,
      outputs: input.outputs,
      unifiedCache: input.unifiedCache,
      tensorSplit: input.tensorSplit,
      cpuTensors: input.cpuTensors,
      embedding: input.embedding,
      opOffload: input.opOffload,
      fitMarginBytes: input.fitMarginBytes,
    }),
  };
}

function toServer(input: EstimateInput): EstimateServer {
  return {
    ollama: input.ollama ?? (input.mode === 'plan' ? 'llama.cpp' : DEFAULT_OLLAMA),
    gpus: input.gpus.map((gpu) => ({
      name: gpu.name,
      totalBytes: gpu.totalBytes,
      freeBytes: gpu.freeBytes ?? gpu.totalBytes,
      ...present({ computeCapability: gpu.computeCapability, library: gpu.library, integrated: gpu.integrated }),
    })),
    ...present({ build: input.build, system: input.system }),
  };
}

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
      total: gpu.totalBytes,
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
    numCtx: plan.numCtx,
    flashAttention: plan.flashAttention,
    computeBasis: plan.computeBasis,
    ...(plan.notes.length === 0 ? {} : { notes: plan.notes }),
    ...(plan.ollamaError === undefined ? {} : { ollamaError: plan.ollamaError }),
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

  /** `describe` turns a typed error into a sentence. */
  constructor(findModel: FindModel, readModel: ReadModel, describe: (error: unknown) => string) {
    this.#findModel = findModel;
    this.#readModel = readModel;
    this.#describe = describe;
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
      const spec = this.#quantized(await this.#spec(input.model), input.quant);
      const request = toRequest(input);
      const server = toServer(input);
      const plan = input.mode === 'plan' ? planFixed(spec, server, request) : decide(spec, server, request);
      const wantsMax = input.mode === 'decide' && input.gpus.length > 0;
      const maxCtx = wantsMax ? this.#largestFor(input, spec, server, request) : null;
      return JSON.stringify({ id: id ?? null, ...planToJson(plan, maxCtx) });
    } catch (error) {
      return errorToJson(id, error, this.#describe);
    }
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

  async #spec(model: EstimateInput['model']): Promise<ModelSpec> {
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
