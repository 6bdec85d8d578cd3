import { open } from 'node:fs/promises';
import { z } from 'zod';
import { MIB } from '../base/bytes.ts';
import { ggmlType } from '../estimator/model/ggml-types.ts';
import type { MetadataValue, ModelSpec, ProjectorSpec, TensorInfo } from '../estimator/types.ts';
import { GgufError } from './errors.ts';
import { buildSpec } from './spec.ts';

/** Most bytes read of a model JSON: the largest real one (1,638 tensors) has 112 KB. */
const MAX_JSON_BYTES = 16 * MIB;
const MAX_TENSORS = 100_000;
const MAX_ARRAY = 100_000;

const scalar = z.union([z.string(), z.number(), z.boolean()]);
const metadataValue = z.union([scalar, z.null(), z.array(scalar).max(MAX_ARRAY)]);
const tensor = z.object({
  name: z.string().min(1).max(512),
  shape: z
    .array(
      z
        .number()
        .int()
        .min(1)
        .max(2 ** 40),
    )
    .min(1)
    .max(8),
  type: z.string().refine((type) => ggmlType(type) !== undefined, 'is not a ggml tensor type'),
});
const projector = z.object({
  weightsBytes: z.number().int().min(0),
  source: z.enum(['embedded', 'file']),
  metadata: z.record(z.string(), metadataValue).default({}),
  tensors: z.array(tensor).max(MAX_TENSORS).default([]),
});
const modelJson = z.object({
  name: z.string().max(512).optional(),
  architecture: z.string().min(1).max(128).optional(),
  metadata: z.record(z.string(), metadataValue),
  tensors: z.array(tensor).min(1).max(MAX_TENSORS),
  fileBytes: z.number().int().min(0).optional(),
  projector: projector.optional(),
});

/**
 * Builds a model spec from a model JSON (the shape of the accuracy data's models: `architecture`, `metadata` under GGUF's
 * keys, `tensors` of name, shape and type). `bytes` there is the tensors' sum and is not taken for the file's size.
 *
 * @throws GgufError `model-json-invalid` with the first `key` that is wrong (a path such as `tensors.3.shape`), its `problem`
 *   (`missing`, `wrong-type`, `too-small`, `too-large`, `unknown-tensor-type`) and the number of `faults`
 * @throws GgufError `gguf-not-a-language-model`
 */
export function specFromJson(value: unknown, fallbackName = 'model'): ModelSpec {
  const parsed = modelJson.safeParse(value);
  if (!parsed.success) {
    throw invalid(parsed.error);
  }
  const { name, metadata, tensors, fileBytes, projector: tower } = parsed.data;
  const named = metadata['general.architecture'];
  const architecture = parsed.data.architecture ?? (typeof named === 'string' && named !== '' ? named : undefined);
  if (architecture === undefined) {
    throw new GgufError('model-json-invalid', { key: 'architecture', problem: 'missing', faults: 1 });
  }
  return buildSpec({
    name: name ?? fallbackName,
    architecture,
    metadata: metadata as Readonly<Record<string, MetadataValue>>,
    tensors: tensors as readonly TensorInfo[],
    fileBytes,
    projector: tower as ProjectorSpec | undefined,
  });
}

function invalid(error: z.ZodError): GgufError {
  const first = error.issues[0];
  const path = first === undefined ? '' : first.path.map(String).join('.');
  return new GgufError('model-json-invalid', {
    key: path === '' ? '(whole)' : path,
    problem: first === undefined ? 'wrong-type' : describe(first),
    faults: error.issues.length,
  });
}

/** What is wrong with a key, as a code: the edge has the words. */
function describe(issue: z.core.$ZodIssue): string {
  if (issue.code === 'custom') {
    return 'unknown-tensor-type';
  }
  if (issue.code === 'too_small') {
    return 'too-small';
  }
  if (issue.code === 'too_big') {
    return 'too-large';
  }
  return issue.message.includes('received undefined') ? 'missing' : 'wrong-type';
}

/**
 * Reads a model JSON file. For the command-line tool only: a chat's text never becomes a path.
 *
 * @throws GgufError `model-json-not-found`, `model-json-unreadable`, `model-json-too-large`, `model-json-not-json`, `model-json-invalid`
 */
export async function specFromJsonFile(path: string): Promise<ModelSpec> {
  const text = await readBounded(path);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new GgufError('model-json-not-json', { path });
  }
  const base = path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
  return specFromJson(value, base.replace(/\.json$/i, ''));
}

async function readBounded(path: string): Promise<string> {
  try {
    const file = await open(path, 'r');
    try {
      const stats = await file.stat();
      if (!stats.isFile()) {
        throw new GgufError('model-json-unreadable', { path, reason: 'not a file' });
      }
      if (stats.size > MAX_JSON_BYTES) {
        throw new GgufError('model-json-too-large', { path, bytes: stats.size, limitBytes: MAX_JSON_BYTES });
      }
      return await file.readFile('utf8');
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof GgufError) {
      throw error;
    }
    const reason = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw new GgufError(reason === 'ENOENT' ? 'model-json-not-found' : 'model-json-unreadable', { path, reason });
  }
}
