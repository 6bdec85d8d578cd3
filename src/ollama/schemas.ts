/**
 * Ollama's answers, checked and turned into the project's types. Lenient: unknown keys are fine, what Ollama leaves out on
 * old versions may be absent; what an answer cannot do without must be there.
 */

import { z } from 'zod';
import { mapInTurns } from '../base/turns.ts';
import type { MetadataValue } from '../estimator/types.ts';
import { OllamaError } from './errors.ts';
import { parseExpiresAt } from './keep-alive.ts';
import type {
  Generation,
  ModelDetails,
  OllamaModel,
  PullProgress,
  RunningModel,
  ShownTensor,
  ShowResult,
} from './types.ts';

const bytes = z.number().int().nonnegative();
const text = z
  .string()
  .nullish()
  .transform((value) => value ?? '');
const texts = z.array(z.string()).nullish();

const details = z
  .object({
    parent_model: text,
    format: text,
    family: text,
    families: texts,
    parameter_size: text,
    quantization_level: text,
    context_length: z.number().int().positive().nullish().catch(null),
  })
  .partial()
  .nullish();

const tag = z.object({
  name: z.string().min(1),
  digest: text,
  size: bytes,
  modified_at: text,
  details,
  capabilities: texts,
  remote_host: text,
});

const running = z.object({
  name: z.string().min(1),
  digest: text,
  size: bytes,
  size_vram: bytes,
  expires_at: text,
  context_length: z.number().int().nonnegative().nullish(),
  details,
});

const tensor = z.object({ name: z.string(), type: z.string(), shape: z.array(z.number().nonnegative()) });

const show = z.object({
  details,
  model_info: z.record(z.string(), z.unknown()).nullish(),
  projector_info: z.record(z.string(), z.unknown()).nullish(),
  tensors: z.array(z.unknown()).nullish(),
  capabilities: texts,
  parameters: text,
  modelfile: text,
  template: text,
  system: text,
  modified_at: text,
  requires: text,
  remote_host: text,
});

const progress = z.object({
  status: z.string(),
  digest: z.string().nullish(),
  total: bytes.nullish(),
  completed: bytes.nullish(),
});

const nanoseconds = z.number().nonnegative().nullish();

const generation = z.object({
  prompt_eval_count: z.number().int().nonnegative().nullish(),
  prompt_eval_duration: nanoseconds,
  eval_count: z.number().int().nonnegative(),
  eval_duration: z.number().nonnegative(),
  load_duration: nanoseconds,
});

function check<T>(schema: z.ZodType<T>, answer: unknown, path: string, within: readonly PropertyKey[] = []): T {
  const result = schema.safeParse(answer);
  if (result.success) {
    return result.data;
  }
  const where = [...within, ...(result.error.issues[0]?.path ?? [])].join('.');
  throw new OllamaError('bad-answer', { reason: 'fields', path, field: where.slice(0, 80) });
}

/** Checks the entries of a list; others have their turn in between. */
function checkEach<T, R>(
  schema: z.ZodType<T>,
  list: readonly unknown[],
  path: string,
  name: string,
  read: (entry: T) => R,
): Promise<R[]> {
  return mapInTurns(list, (entry, at) => read(check(schema, entry, path, [name, at])));
}

function toDetails(raw: z.infer<typeof details>): ModelDetails {
  return {
    format: raw?.format ?? '',
    family: raw?.family ?? '',
    families: raw?.families ?? [],
    parameterSize: raw?.parameter_size ?? '',
    quantization: raw?.quantization_level ?? '',
    parentModel: raw?.parent_model ?? '',
  };
}

function toInstant(value: string): number | null {
  const ms = Date.parse(value);
  return Number.isNaN(ms) || ms <= 0 ? null : ms;
}

export function readVersion(answer: unknown): string {
  return check(z.object({ version: z.string().min(1) }), answer, '/api/version').version;
}

const listed = z.object({ models: z.array(z.unknown()).nullable() });

export async function readTags(answer: unknown): Promise<OllamaModel[]> {
  const { models } = check(listed, answer, '/api/tags');
  return checkEach(tag, models ?? [], '/api/tags', 'models', toModel);
}

function toModel(raw: z.output<typeof tag>): OllamaModel {
  return {
    name: raw.name,
    digest: raw.digest,
    sizeBytes: raw.size,
    modifiedAtMs: toInstant(raw.modified_at),
    details: toDetails(raw.details),
    capabilities: raw.capabilities ?? null,
    contextLength: raw.details?.context_length ?? null,
    isCloud: raw.remote_host !== '' || isCloudName(raw.name),
    isMlx: raw.details?.format === 'safetensors',
  };
}

export async function readPs(answer: unknown): Promise<RunningModel[]> {
  const { models } = check(listed, answer, '/api/ps');
  return checkEach(running, models ?? [], '/api/ps', 'models', toRunning);
}

function toRunning(raw: z.output<typeof running>): RunningModel {
  return {
    name: raw.name,
    digest: raw.digest,
    sizeBytes: raw.size,
    sizeVramBytes: raw.size_vram,
    ...parseExpiresAt(raw.expires_at),
    contextLength: raw.context_length || null,
    details: toDetails(raw.details),
    isCloud: isCloudName(raw.name),
    isMlx: raw.details?.format === 'safetensors',
  };
}

export async function readShow(answer: unknown): Promise<ShowResult> {
  const raw = check(show, answer, '/api/show');
  const tensors = raw.tensors && (await checkEach(tensor, raw.tensors, '/api/show', 'tensors', (one) => one));
  const shown = toDetails(raw.details);
  return {
    details: shown,
    modelInfo: compactMetadata(raw.model_info ?? {}),
    projectorInfo: raw.projector_info ? compactMetadata(raw.projector_info) : null,
    tensors: (tensors satisfies ShownTensor[] | null | undefined) ?? null,
    capabilities: raw.capabilities ?? null,
    parameters: parseParameters(raw.parameters),
    hasAdapter: /^ADAPTER\s/m.test(raw.modelfile),
    weights: weightsOf(raw.modelfile),
    template: raw.template,
    system: raw.system,
    modifiedAtMs: toInstant(raw.modified_at),
    requires: raw.requires || null,
    isCloud: raw.remote_host !== '',
    isMlx: shown.format === 'safetensors',
  };
}

/**
 * The first `FROM` of a modelfile as Ollama shows it: the path of the blob of weights (`FROM /…/blobs/sha256-…`;
 * server/images.go, Model.String, v0.33.0); a projector's comes after it.
 */
function weightsOf(modelfile: string): string | null {
  return /^FROM [^\n]{0,2000}?sha256[-:]([0-9a-f]{64})\s*$/m.exec(modelfile)?.[1] ?? null;
}

/**
 * Keeps what GGUF metadata can hold. Long arrays, dropped on the way in, come as `{length}` and become
 * `<key>.length`.
 */
function compactMetadata(raw: Readonly<Record<string, unknown>>): Record<string, MetadataValue> {
  const kept: Record<string, MetadataValue> = {};
  for (const [key, value] of Object.entries(raw)) {
    if (Array.isArray(value)) {
      if (value.every(isScalar)) {
        kept[key] = value;
      }
    } else if (value === null || isScalar(value)) {
      kept[key] = value;
    } else if (typeof value === 'object' && 'length' in value && typeof value.length === 'number') {
      kept[`${key}.length`] = value.length;
    }
  }
  return kept;
}

/** Whether a name asks for a model that runs at ollama.com: `…:cloud` (also after a tag), or a tag ending in `-cloud`. */
function isCloudName(name: string): boolean {
  return /:([^/:]+-)?cloud$/i.test(name);
}

function isScalar(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

/** Reads the lines `num_ctx                        8192` and `stop    "<|end|>"` of /api/show. */
function parseParameters(lines: string): Record<string, string[]> {
  const found: Record<string, string[]> = Object.create(null);
  for (const line of lines.split('\n')) {
    const match = /^(\S{1,64})\s+(.*)$/.exec(line.trim());
    if (!match) {
      continue;
    }
    const quoted = /^"(.*)"$/s.exec(match[2]!);
    found[match[1]!] = [...(found[match[1]!] ?? []), quoted ? quoted[1]! : match[2]!];
  }
  return { ...found };
}

/** @throws OllamaError `bad-answer` */
export function readGeneration(answer: unknown): Generation {
  const read = check(generation, answer, '/api/generate');
  const ms = (duration: number | null | undefined): number => (duration ?? 0) / 1e6;
  return {
    promptTokens: read.prompt_eval_count ?? 0,
    promptMs: ms(read.prompt_eval_duration),
    generatedTokens: read.eval_count,
    generatedMs: ms(read.eval_duration),
    loadMs: ms(read.load_duration),
  };
}

export function readProgress(line: unknown): PullProgress {
  const raw = check(progress, line, '/api/pull');
  return {
    status: raw.status,
    digest: raw.digest ?? null,
    totalBytes: raw.total ?? null,
    completedBytes: raw.completed ?? null,
  };
}
