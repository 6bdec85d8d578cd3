/** What the page's API says and takes: the one description of it, for the code, the documentation and the tests. */

import { z } from 'zod';

const bytes = z.number().describe('Bytes.');
const knownBytes = bytes.nullable().describe('Bytes; null = not known.');
const time = z.number().describe('Milliseconds since 1970.');
const text = z.string().max(200);

export const gpuSchema = z.object({
  index: z.number().nullable(),
  name: text,
  state: text.describe('`ok`, or why it is not counted: `mig`, `lost`, `unreadable`, `uma`.'),
  totalBytes: knownBytes,
  usedBytes: knownBytes,
  freeBytes: knownBytes,
  ollamaBytes: knownBytes,
  othersBytes: knownBytes,
  utilPct: z.number().nullable(),
  tempC: z.number().nullable(),
});

export const loadedModelSchema = z.object({
  name: text,
  sizeBytes: bytes,
  sizeVramBytes: bytes,
  gpuShare: z.number().nullable().describe('Part of it on the GPUs, 0 to 1.'),
  contextLength: z.number().nullable(),
  leavesAtMs: z
    .union([time, z.literal('pinned')])
    .nullable()
    .describe('When Ollama unloads it; `pinned` = never.'),
  stopping: z.boolean(),
  held: z.boolean().describe('Somebody holds it: nobody unloads it without their consent.'),
  holder: text.optional().describe('Only with PAGE_NAMES=1.'),
});

export const serverSchema = z.object({
  name: text,
  ollama: z.object({
    state: z.enum(['up', 'down', 'hanging', 'unauthorized', 'error', 'unknown']),
    version: text.nullable(),
  }),
  takenAtMs: time.nullable().describe('When this was read; null = never yet.'),
  stale: z.boolean().describe('The figures are too old for a verdict.'),
  gpus: z.array(gpuSchema).max(64),
  models: z.array(loadedModelSchema).max(50).nullable().describe('null = not known.'),
  queue: z
    .array(z.object({ model: text, kind: z.enum(['load', 'unload', 'bench']) }))
    .max(50)
    .describe('Loads, unloads and measurements that wait or run, in their order.'),
});

export const stateSchema = z.object({
  simulated: z.boolean(),
  takenAtMs: time,
  servers: z.array(serverSchema),
});

export const historySchema = z.object({
  server: text,
  fromMs: time,
  toMs: time,
  stepMs: z.number(),
  gpus: z.array(
    z.object({
      name: text,
      totalBytes: bytes,
      usedBytes: z.array(knownBytes).describe('Mean of each step; null = nothing was sampled.'),
      utilPct: z.array(z.number().nullable()),
    }),
  ),
});

export const modelsSchema = z.object({ models: z.array(text).max(2_000) });

export const fitSchema = z.object({
  server: text,
  model: text,
  verdict: z.enum(['fits', 'partial', 'cpu', 'refused']),
  reason: text,
  ctx: z.number().describe('Tokens per slot as it would run.'),
  largestCtx: z.number().nullable().describe('The largest context that lies wholly on the GPUs now.'),
  gpus: z.array(z.object({ totalBytes: bytes, leftBytes: bytes })),
  hostBytes: bytes,
  evicts: z.array(text).describe('Loaded models that Ollama would unload first.'),
  machine: z
    .looseObject({ ollama: text })
    .describe('The server as the estimator sees it: what `decide` of the package takes, with what loads taught.'),
  request: z.looseObject({}).describe('The request with the server’s own settings.'),
});

export const specSchema = z
  .looseObject({ name: z.string(), architecture: z.string(), tensors: z.array(z.looseObject({ name: z.string() })) })
  .describe('A model spec, as `headroom estimate` takes it.');

export const sessionSchema = z.object({
  loggedIn: z.boolean(),
  needsToken: z.boolean(),
  streams: z.boolean().describe('Whether a stream of events is to be had now; else ask for the state.'),
});

export const errorSchema = z.object({
  error: z.object({ code: text, params: z.record(z.string(), z.union([z.string(), z.number()])) }),
});

export const loginSchema = z.strictObject({ token: z.string().min(1).max(256) });

export const historyQuerySchema = z.strictObject({ window: z.enum(['1h', '24h', '7d']).default('24h') });

export const fitQuerySchema = z.strictObject({
  model: z.string().trim().min(1).max(200),
  ctx: z.coerce.number().int().min(1).max(100_000_000).optional(),
  kv: z.enum(['f32', 'f16', 'bf16', 'q8_0', 'q4_0', 'q4_1', 'q5_0', 'q5_1', 'iq4_nl']).optional(),
  parallel: z.coerce.number().int().min(1).max(256).optional(),
  quant: z
    .string()
    .regex(/^[A-Za-z0-9_]{2,20}$/)
    .optional(),
});

export const specQuerySchema = z.strictObject({ model: z.string().trim().min(1).max(200) });

export const noQuerySchema = z.strictObject({});

export type ApiState = z.output<typeof stateSchema>;
export type ApiServer = z.output<typeof serverSchema>;
export type ApiHistory = z.output<typeof historySchema>;
