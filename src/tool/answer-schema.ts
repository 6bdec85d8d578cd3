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
      overhead: bytes,
      total: bytes.describe('The sum of the parts.'),
    }),
  ),
  host: z.looseObject({ weights: bytes, cache: bytes, compute: bytes, total: bytes }),
  sizeVram: bytes.describe('What /api/ps will report.'),
  size: bytes,
  maxCtx: z.number().int().nullable().describe('The largest context that fits; null = none, or not asked.'),
  numCtx: z.number().int(),
});

const failed = z.looseObject({
  id: z.unknown(),
  error: z.object({ code: z.string(), message: z.string() }),
});

/** One answer line of `headroom estimate`. Sizes are bytes. */
export const answerSchema = z.union([answered, failed]);
