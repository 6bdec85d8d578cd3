import { z } from 'zod';
import { CodedError } from '../base/coded.ts';
import { readContextLength } from '../base/context-length.ts';
import { singleLine } from '../base/text.ts';
import { messages } from '../chat/messages/index.ts';
import { defaultContext } from '../estimator/plan/default-context.ts';
import { settingsFromEnvironment } from '../estimator/plan/environment.ts';
import type { EstimateRequest, EstimateServer, GpuDevice, ModelSpec } from '../estimator/types.ts';

const bytes = z.number().finite().nonnegative();
const KV_TYPES = ['f32', 'f16', 'bf16', 'q8_0', 'q4_0', 'q4_1', 'q5_0', 'q5_1', 'iq4_nl'] as const;
const modelName = z.union([z.string().min(1), z.record(z.string(), z.unknown())]);
const indices = z.array(z.number().int().nonnegative().max(255)).max(256);

/** A context length as a number, or as people write it. */
const context = z.union([z.number().int(), z.string().max(60)]).transform((value, issues) => {
  const tokens = typeof value === 'number' ? value : readContextLength(value);
  if (tokens === null) {
    issues.addIssue({ code: 'custom', message: messages['why.context'].en });
    return z.NEVER;
  }
  return tokens;
});

const size = z.union([bytes, z.string().max(60)]).describe('Bytes, or a size such as `24GiB`.');

const gpuSchema = z.object({
  name: z.string().max(200).optional(),
  totalBytes: size.optional().describe('May be left out where `name` is a card that is known.'),
  freeBytes: size.optional(),
  computeCapability: z.number().optional(),
  library: z.enum(['CUDA', 'ROCm', 'Metal', 'Vulkan']).optional(),
  integrated: z.boolean().optional(),
});

/** What a model of a set, or one that is loaded already, may say of itself; the line's own options hold for the rest. */
const memberSchema = z.object({
  model: modelName,
  quant: z.string().min(1).max(64).optional(),
  numCtx: context.optional(),
  numParallel: z.number().int().optional(),
  numBatch: z.number().int().optional(),
  numGpu: z.number().int().optional(),
  mainGpu: z.number().int().nonnegative().optional(),
  kvCacheType: z.enum(KV_TYPES).optional(),
  keepAliveSeconds: z.number().optional().describe('Below 0 = for ever; absent = 300.'),
  digest: z.string().max(200).optional().describe('Where keep-alives are equal, the smaller one leaves first.'),
});

/** One input line of `headroom estimate`. Names are promised to the outside: add freely, rename never. */
export const inputSchema = z.object({
  id: z.unknown().optional(),
  model: modelName.optional().describe('Needed but for sets.'),
  mode: z.enum(['decide', 'plan', 'set']).default('decide'),
  models: z
    .array(memberSchema.extend({ pinned: z.boolean().optional().describe('Keep-alive for ever.') }))
    .min(1)
    .max(64)
    .optional()
    .describe('Of a set, in the order in which they are loaded.'),
  ollama: z.string().min(1).max(64).optional(),
  build: z.string().min(1).max(64).optional(),
  numCtx: context.optional().describe("`32k` too. Absent = the server's default for the model."),
  quant: z.string().min(1).max(64).optional(),
  numParallel: z.number().int().optional(),
  numBatch: z.number().int().optional(),
  numUbatch: z.number().int().optional(),
  flashAttention: z.union([z.boolean(), z.literal('auto'), z.literal('on'), z.literal('off')]).optional(),
  kvCacheType: z.enum(KV_TYPES).optional(),
  numGpu: z.number().int().optional(),
  mainGpu: z.number().int().nonnegative().optional(),
  outputs: z.number().int().nonnegative().optional(),
  unifiedCache: z.boolean().optional(),
  tensorSplit: z.array(z.number().finite().nonnegative()).max(256).nullish(),
  cpuTensors: z.array(z.string().max(1000)).max(10_000).nullish(),
  embedding: z.boolean().optional(),
  opOffload: z.boolean().optional(),
  fitMarginBytes: bytes.optional(),
  speed: z.boolean().optional().describe('Whether the answer shall say tokensPerSecond.'),
  gpus: z
    .union([z.string().max(2000), z.array(z.union([z.string().max(200), gpuSchema])).max(256)])
    .describe('`2x4090, RTX 3090`, `2x24GiB`, or a text or an object each.'),
  visibleGpus: indices.optional().describe('CUDA_VISIBLE_DEVICES: the GPUs that Ollama may use.'),
  env: z
    .record(z.string().max(100), z.union([z.string().max(4000), z.number(), z.boolean()]))
    .optional()
    .describe("Ollama's own variables; what the line says itself comes before them."),
  loaded: z
    .array(memberSchema.extend({ gpus: indices.optional(), sizeVramBytes: bytes.optional() }))
    .max(64)
    .optional()
    .describe('What is loaded already, the earliest first; `freeBytes` is then what they leave.'),
  system: z.object({ totalBytes: bytes, freeBytes: bytes, swapFreeBytes: bytes.default(0) }).nullish(),
});

export type EstimateInput = z.output<typeof inputSchema>;
export type EstimateMember = z.output<typeof memberSchema>;

/** Version assumed where a line names none: the newest that the engines know. */
const DEFAULT_OLLAMA = '0.33.0';

/** Leaves out what is undefined or null, so that the estimator's own defaults apply. */
function present<T extends object>(object: T): { [K in keyof T]?: Exclude<T[K], undefined | null> } {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined && value !== null)) as {
    [K in keyof T]?: Exclude<T[K], undefined | null>;
  };
}

function settingsOf(input: EstimateInput): ReturnType<typeof settingsFromEnvironment> {
  const env = Object.entries(input.env ?? {}).map(([name, value]) => [name, String(value)]);
  return settingsFromEnvironment(Object.fromEntries(env));
}

/** The request of a line; with a model of a set or one that is loaded, that one's. */
export function toRequest(
  input: EstimateInput,
  spec: ModelSpec,
  server: EstimateServer,
  member?: EstimateMember,
): EstimateRequest {
  const { request, contextLength } = settingsOf(input);
  const flash = input.flashAttention;
  const own = present({
    numParallel: input.numParallel,
    numBatch: input.numBatch,
    numUbatch: input.numUbatch,
    flashAttention: flash === 'on' ? true : flash === 'off' ? false : flash,
    kvCacheType: input.kvCacheType,
    numGpu: input.numGpu,
    mainGpu: input.mainGpu,
    outputs: input.outputs,
    unifiedCache: input.unifiedCache,
    tensorSplit: input.tensorSplit,
    cpuTensors: input.cpuTensors,
    embedding: input.embedding,
    opOffload: input.opOffload,
    fitMarginBytes: input.fitMarginBytes,
  });
  const { numParallel, numBatch, numGpu, mainGpu, kvCacheType } = member ?? {};
  return {
    numCtx: member?.numCtx ?? input.numCtx ?? defaultContext(spec, server, contextLength),
    ...request,
    ...own,
    ...present({ numParallel, numBatch, numGpu, mainGpu, kvCacheType }),
  };
}

type ReadGpus = (text: string) => readonly GpuDevice[];

/** A size given as text is read as that of a GPU without a name. */
function sizeOf(size: number | string, read: ReadGpus): number {
  return typeof size === 'number' ? size : onlyOne(size, read).totalBytes;
}

function onlyOne(text: string, read: ReadGpus): GpuDevice {
  const [gpu, ...more] = read(text);
  if (gpu === undefined || more.length > 0) {
    throw new CodedError('gpus-entry', { entry: singleLine(text, 60) });
  }
  return gpu;
}

function toGpus(gpu: string | z.output<typeof gpuSchema>, read: ReadGpus): readonly GpuDevice[] {
  if (typeof gpu === 'string') {
    return read(gpu);
  }
  const { name, totalBytes, freeBytes, computeCapability, library, integrated } = gpu;
  const known = totalBytes === undefined ? onlyOne(name ?? '', read) : null;
  const total = known?.totalBytes ?? sizeOf(totalBytes ?? 0, read);
  return [
    {
      ...known,
      name: name ?? 'GPU',
      totalBytes: total,
      freeBytes: freeBytes === undefined ? total : sizeOf(freeBytes, read),
      ...present({ computeCapability, library, integrated }),
    },
  ];
}

/** The server of a line, with nothing loaded. Throws what reading a GPU as people write it throws. */
export function toServer(input: EstimateInput, readGpus: ReadGpus): EstimateServer {
  const { server } = settingsOf(input);
  const gpus =
    typeof input.gpus === 'string' ? readGpus(input.gpus) : input.gpus.flatMap((gpu) => toGpus(gpu, readGpus));
  return {
    ollama: input.ollama ?? (input.mode === 'plan' ? 'llama.cpp' : DEFAULT_OLLAMA),
    gpus,
    ...server,
    ...present({ build: input.build, system: input.system, visibleGpus: input.visibleGpus }),
  };
}
