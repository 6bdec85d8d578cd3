import { z } from 'zod';
import { elementCount } from '../estimator/model/ggml-types.ts';
import type { MetadataValue, ModelSpec, ProjectorSpec, TensorInfo } from '../estimator/types.ts';
import { withAdapterOfSize } from './adapter.ts';
import { GgufError } from './errors.ts';
import { contextParameter } from './show-identity.ts';
import { type PrintedTensor, readTypes } from './show-types.ts';
import { buildSpec, tableBytes } from './spec.ts';

/**
 * What `/api/show` leaves open, by Ollama's version:
 * `show-no-metadata` – no model_info (before 0.1.40, or not a GGUF model);
 * `show-no-tensors` – no tensor table (before 0.6.1);
 * `show-arrays-missing` – per-layer arrays printed as null or empty without `verbose` (0.6.7 and later);
 * `show-types-unknown` – tensors without a known type: no spec; `show-types-inferred` – their type was inferred;
 * `show-no-vocabulary` – the vocabulary's length stands nowhere;
 * `show-projector-size-estimated` – a projector file's size is what is left of the model's size on disk;
 * `show-projector-size-unknown` – there is a projector file, and nothing says how large it is;
 * `show-cloud-model`, `show-mlx-model` – takes no memory here; runs by another engine.
 */
export type ShowGap =
  | 'show-no-metadata'
  | 'show-no-tensors'
  | 'show-arrays-missing'
  | 'show-types-unknown'
  | 'show-types-inferred'
  | 'show-no-vocabulary'
  | 'show-projector-size-estimated'
  | 'show-projector-size-unknown'
  | 'show-adapter-estimated'
  | 'show-adapter-not-counted'
  | 'show-cloud-model'
  | 'show-mlx-model';

export interface ShowSpec {
  /** Null when the answer does not suffice; `gaps` says why. */
  readonly spec: ModelSpec | null;
  readonly gaps: readonly ShowGap[];
  /** Whether asking again with `verbose: true` would bring what is missing. */
  readonly needsVerbose: boolean;
}

export interface ShowContext {
  readonly name: string;
  /** Ollama's version as numbers; null when unknown (then the answer is read as a current one's). */
  readonly version: readonly [number, number, number] | null;
  /** `size` of the model in `/api/tags`: all its layers, bytes. */
  readonly sizeBytes?: number | undefined;
}

const MAX_TENSORS = 100_000;
/** Longer arrays are reduced to their length (per-layer arrays have some hundred entries). */
const MAX_ARRAY = 4096;
/** Header of a model file per token of the vocabulary, bytes; see the built-in list. */
const HEADER_BYTES_PER_TOKEN = 45;

const info = z.record(z.string(), z.unknown());
const printedTensors = z
  .array(
    z.object({
      name: z.string().min(1).max(1024),
      type: z.string().max(64),
      shape: z
        .array(
          z
            .number()
            .int()
            .min(0)
            .max(2 ** 40),
        )
        .max(8),
    }),
  )
  .max(MAX_TENSORS);
/** Ollama's own spelling, or the client's (`modelInfo`): both come here. */
const showAnswer = z.object({
  model_info: info.nullish(),
  modelInfo: info.nullish(),
  projector_info: info.nullish(),
  hasAdapter: z.boolean().nullish(),
  /** Names the adapters, without their sizes. */
  modelfile: z.string().max(1_000_000).nullish().catch(null),
  projectorInfo: info.nullish(),
  tensors: printedTensors.nullish(),
  /** Text, a name and a value a line; or the client's: values by name. */
  parameters: z.union([z.string(), z.record(z.string(), z.array(z.string()))]).nullish(),
  details: z.object({ format: z.string().nullish() }).nullish(),
  remote_host: z.string().nullish(),
  remote_model: z.string().nullish(),
  isCloud: z.boolean().nullish(),
});

/**
 * Makes a model spec of an answer of `/api/show` (reference: docs/api.md and server/routes.go, GetModelInfo). Answers of many
 * MB (verbose) are reduced to what the estimator needs.
 *
 * @throws GgufError `show-invalid` when the answer is not Ollama's; `gguf-not-a-language-model`
 */
export function specFromShow(answer: unknown, context: ShowContext): ShowSpec {
  const parsed = showAnswer.safeParse(answer);
  if (!parsed.success) {
    throw new GgufError('show-invalid', { key: parsed.error.issues[0]?.path.map(String).join('.') ?? '' });
  }
  const shown = parsed.data;
  if (shown.isCloud || shown.remote_host || shown.remote_model) {
    return nothing('show-cloud-model');
  }
  if (shown.details?.format === 'safetensors') {
    return nothing('show-mlx-model');
  }
  const raw = shown.model_info ?? shown.modelInfo ?? {};
  const architecture = raw['general.architecture'];
  if (typeof architecture !== 'string' || architecture === '') {
    return nothing('show-no-metadata');
  }

  const gaps: ShowGap[] = [];
  const { metadata, missing } = reduce(raw, architecture);
  if (missing) {
    gaps.push('show-arrays-missing');
  }
  const printed = shown.tensors ?? [];
  if (printed.length === 0) {
    return { spec: null, gaps: [...gaps, 'show-no-tensors'], needsVerbose: false };
  }

  const vocabulary = addVocabulary(metadata, architecture, printed);
  if (vocabulary === undefined) {
    gaps.push('show-no-vocabulary');
  }
  const projectorInfo = shown.projector_info ?? shown.projectorInfo;
  const withProjector = projectorInfo != null && Object.keys(projectorInfo).length > 0;
  const headerBytes = HEADER_BYTES_PER_TOKEN * (vocabulary ?? 0);

  // With a projector or an adapter the size on disk is that of both, and says nothing about one of them.
  const withAdapter = shown.hasAdapter ?? /^ADAPTER\s/m.test(shown.modelfile ?? '');
  const onDisk = context.sizeBytes !== undefined && context.sizeBytes > 0 ? context.sizeBytes : undefined;
  const alone = onDisk !== undefined && !withProjector && !withAdapter ? onDisk - headerBytes : undefined;
  const { tensors, unknown } = readTypes(printed, context.version, alone);
  if (tensors === null) {
    return { spec: null, gaps: [...gaps, 'show-types-unknown'], needsVerbose: false };
  }
  if (unknown > 0) {
    gaps.push('show-types-inferred');
  }

  let projector: ProjectorSpec | undefined;
  if (withProjector) {
    const left = onDisk === undefined ? 0 : onDisk - tableBytes(tensors) - headerBytes;
    projector = projectorOfSize(reduce(projectorInfo, '').metadata, Math.max(0, left));
    gaps.push(left > 0 ? 'show-projector-size-estimated' : 'show-projector-size-unknown');
  }
  const fileBytes = withProjector || withAdapter || onDisk === undefined ? undefined : plausible(onDisk, tensors);
  const built = buildSpec({ name: context.name, architecture, metadata, tensors, fileBytes, projector });
  const adapterBytes = withProjector || onDisk === undefined ? 0 : onDisk - tableBytes(tensors) - headerBytes;
  if (withAdapter) {
    gaps.push(adapterBytes > 0 ? 'show-adapter-estimated' : 'show-adapter-not-counted');
  }
  const spec = withAdapter ? withAdapterOfSize(built, adapterBytes) : built;
  const ownNumCtx = contextParameter(shown.parameters ?? '');
  return { spec: ownNumCtx === undefined ? spec : { ...spec, ownNumCtx }, gaps, needsVerbose: missing };
}

function nothing(gap: ShowGap): ShowSpec {
  return { spec: null, gaps: [gap], needsVerbose: false };
}

/** The size on disk counts texts as well (some KB); a size below the tensors' is another model's, and is not used. */
function plausible(onDisk: number, tensors: readonly TensorInfo[]): number | undefined {
  return onDisk >= tableBytes(tensors) ? onDisk : undefined;
}

function projectorOfSize(metadata: Readonly<Record<string, MetadataValue>>, weightsBytes: number): ProjectorSpec {
  return { source: 'file', weightsBytes, metadata, tensors: [] };
}

/**
 * Keeps scalars and short arrays. Vocabularies leave `<key>.length`. Null or empty arrays under the architecture's own keys
 * are what a server leaves out without `verbose` (0.6.7 and later null, 0.33 empty when longer than five).
 */
function reduce(
  raw: Readonly<Record<string, unknown>>,
  architecture: string,
): { metadata: Record<string, MetadataValue>; missing: boolean } {
  const entries: [string, MetadataValue][] = [];
  let missing = false;
  for (const [key, value] of Object.entries(raw)) {
    if (value === null || (Array.isArray(value) && value.length === 0)) {
      if (key.startsWith(`${architecture}.`)) {
        missing = true;
      }
    } else if (Array.isArray(value)) {
      if (key.startsWith('tokenizer.') || value.length > MAX_ARRAY) {
        entries.push([`${key}.length`, value.length]);
      } else if (value.every(isScalar)) {
        entries.push([key, value]);
      }
    } else if (isScalar(value)) {
      entries.push([key, value]);
    }
  }
  return { metadata: Object.fromEntries(entries), missing };
}

function isScalar(value: unknown): value is string | number | boolean {
  return (
    typeof value === 'string' || typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))
  );
}

/** The vocabulary's length: from the token array, else `<arch>.vocab_size`, else the rows of the token embedding. */
function addVocabulary(
  metadata: Record<string, MetadataValue>,
  architecture: string,
  tensors: readonly PrintedTensor[],
): number | undefined {
  const key = 'tokenizer.ggml.tokens.length';
  const embedding = tensors.find(({ name }) => name === 'token_embd.weight');
  const rows = embedding === undefined ? undefined : elementCount(embedding.shape) / (embedding.shape[0] || 1);
  for (const candidate of [metadata[key], metadata[`${architecture}.vocab_size`], rows]) {
    if (typeof candidate === 'number' && candidate > 0) {
      metadata[key] = candidate;
      return candidate;
    }
  }
  return undefined;
}
