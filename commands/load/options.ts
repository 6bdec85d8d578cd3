import { z } from 'zod';

/** What /load takes; the buttons of its answers carry the same. */
export const loadSchema = z.object({
  model: z.string().trim().min(1).max(200),
  ctx: z.number().int().min(1).max(100_000_000).optional(),
  server: z.string().trim().min(1).max(64).optional(),
  'keep-alive': z.string().trim().min(1).max(40).optional(),
  partial: z.boolean().default(false),
  alias: z.string().trim().min(1).max(200).optional(),
});

export type LoadOptions = z.output<typeof loadSchema>;

/** A load that may unload others: what its button said. */
export const insteadSchema = loadSchema.extend({
  /** Names of models, one a line. */
  unload: z.string().max(4_000),
  interrupt: z.boolean(),
});

export type InsteadOptions = z.output<typeof insteadSchema>;
