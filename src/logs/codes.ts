/** Why loads come out as they do: the codes that a reading carries, each with words at the edge. */

export const LOG_CODES = [
  'architecture-unsupported',
  'cache-large',
  'context-beyond-training',
  'experts-in-system-memory',
  'file-damaged',
  'gpu-memory-in-use',
  'gpu-memory-short',
  'gpus-too-small',
  'graph-large-without-flash-attention',
  'host-memory-short',
  'killed',
  'layers-set-by-hand',
  'load-failed',
  'load-timeout',
  'log-ends-early',
  'no-gpu-seen',
  'runner-died',
  'server-busy',
  'slots-multiply-context',
  'system-memory-short',
  'tensor-type-unsupported',
  'version-too-old',
  'weights-exceed-gpus',
] as const;

export type LogCode = (typeof LOG_CODES)[number];
