import { z } from 'zod';

const bytes = z.number().int().nonnegative();
const layers = z.number().int().nonnegative();
const params = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));

/** What a line that could be answered says. Names are promised to the outside; new ones may come. */
const answered = z.looseObject({
  id: z.unknown().describe('As the line gave it; null where it gave none.'),
  verdict: z.enum(['fits', 'partial', 'cpu', 'refused']),
  reason: z.string().describe('A code; docs/codes.md lists them.'),
  reasonParams: params,
  engine: z.string(),
  build: z.string().optional().describe('The build of llama.cpp that the answer rests on.'),
  placement: z.looseObject({
    gpuLayers: layers.describe('The output layer counts: all = blocks + 1.'),
    totalLayers: layers,
    perGpuLayers: z.array(layers),
    overrides: layers,
  }),
  gpus: z.array(
    z.looseObject({
      weights: bytes,
      cache: bytes,
      compute: bytes,
      projector: bytes,
      overhead: bytes.describe('Outside the buffers, once prompts have run.'),
      overheadParts: z
        .object({ context: bytes, load: bytes, use: bytes })
        .optional()
        .describe('Before anything is loaded, by the load, by the first prompts.'),
      total: bytes.describe('The sum of the parts.'),
      left: z.number().int().describe('Free beyond the plan; negative = too little for the first prompts.'),
    }),
  ),
  host: z.looseObject({ weights: bytes, cache: bytes, compute: bytes, total: bytes }),
  sizeVram: bytes.describe('What /api/ps will report.'),
  size: bytes,
  evicts: z.array(z.string()).describe('Loaded models that Ollama unloads first, in its order.'),
  maxCtx: z.number().int().nullable().describe('The largest context that fits; null = none, or not asked.'),
  numCtx: z.number().int(),
  tokensPerSecond: z
    .object({ generated: z.number(), generatedAtFullContext: z.number(), prompt: z.number() })
    .nullable()
    .optional()
    .describe('About, for one stream; null = a card or a model of unknown speed. Where the line asks for `speed`.'),
  notes: z.array(z.object({ code: z.string(), params })).describe('Remarks; docs/codes.md lists them.'),
});

/** What a line about a set says. */
const answeredSet = z.looseObject({
  id: z.unknown(),
  together: z.boolean().describe('All are wholly on the GPUs at the same time, with room for first prompts.'),
  steps: z.array(
    z.looseObject({
      model: z.string(),
      verdict: z.enum(['fits', 'partial', 'cpu', 'refused']),
      evicts: z.array(z.string()).describe('Whom this load makes leave; itself, where it was loaded otherwise.'),
      reused: z.boolean().describe('It was there already, with the same options.'),
      loaded: z.array(z.string()).describe('Who is loaded afterwards, the earliest first.'),
    }),
  ),
  gpus: z.array(z.looseObject({ left: z.number().int() })),
  loaded: z.array(z.string()),
});

const failed = z.looseObject({
  id: z.unknown(),
  error: z.object({ code: z.string(), message: z.string() }),
});

/** One answer line of `headroom estimate`. Sizes are bytes. */
export const answerSchema = z.union([answered, answeredSet, failed]);
