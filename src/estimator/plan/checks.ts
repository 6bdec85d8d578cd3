/** What an estimate refuses to answer: requests, GPUs and model specs that make no sense, each with a code of its own. */

import { checkBounds } from '../model/bounds.ts';
import { EstimateError, type EstimateRequest, type EstimateServer, type ModelSpec, type Plan } from '../types.ts';
import { architectureNumber } from './facts.ts';

/** Cache types llama.cpp knows (common/arg.cpp, `kv_cache_types`). */
export const KV_CACHE_TYPES: ReadonlySet<string> = new Set([
  'f32',
  'f16',
  'bf16',
  'q8_0',
  'q4_0',
  'q4_1',
  'q5_0',
  'q5_1',
  'iq4_nl',
]);

/** A context larger than any model's, tokens: guards the arithmetic, not a promise. */
const MAX_CTX = 2 ** 31 - 1;
const MAX_GPUS = 128;
/** More memory than any device has, bytes (1 PiB). */
const MAX_DEVICE_BYTES = 2 ** 50;
const MAX_PATTERNS = 4096;
const MAX_PATTERN_LENGTH = 512;

/** `general.architecture` of image, video and speech models that come as GGUF but have no text decoder. */
const NOT_LANGUAGE =
  /^(?:flux|sd\d|sdxl|stable.?diffusion|aura|hidream|hunyuan.?(?:video|image|dit)|hyvid|wan|ltxv?|cosmos|lumina|mochi|qwen.?image|z.?image|chroma|kolors|pixart|cogvideo|whisper|t5encoder|vae|unet|dit|ace.?step|pig|clip.?text|clap)/i;
const PROJECTOR_ONLY = /^(?:clip|mmproj)$/i;

/**
 * Checks the options of a question.
 *
 * @param zeroCtx whether a context of 0 is allowed (llama.cpp's "choose one")
 * @throws EstimateError with a code such as `ctx-not-positive`, `unknown-kv-type`, `parallel-not-positive`
 */
export function checkRequest(request: EstimateRequest, zeroCtx: boolean): void {
  const { numCtx } = request;
  if (!Number.isInteger(numCtx)) {
    throw new EstimateError('ctx-not-integer', { numCtx: String(numCtx) });
  }
  if (numCtx < 0 || (numCtx === 0 && !zeroCtx)) {
    throw new EstimateError('ctx-not-positive', { numCtx });
  }
  if (numCtx > MAX_CTX) {
    throw new EstimateError('ctx-too-large', { numCtx, max: MAX_CTX });
  }
  checkCount('parallel-not-positive', 'numParallel', request.numParallel, 1, 256);
  checkCount('batch-not-positive', 'numBatch', request.numBatch, 1, 1 << 20);
  checkCount('batch-not-positive', 'numUbatch', request.numUbatch, 1, 1 << 20);
  checkCount('num-gpu-nonsense', 'numGpu', request.numGpu, -1, 1 << 20);
  checkCount('outputs-nonsense', 'outputs', request.outputs, 0, 1 << 20);
  checkCount('margin-nonsense', 'fitMarginBytes', request.fitMarginBytes, 0, MAX_DEVICE_BYTES);
  if (request.kvCacheType !== undefined && !KV_CACHE_TYPES.has(request.kvCacheType)) {
    throw new EstimateError('unknown-kv-type', { type: String(request.kvCacheType).slice(0, 40) });
  }
  if (request.tensorSplit?.some((share) => !Number.isFinite(share) || share < 0)) {
    throw new EstimateError('tensor-split-nonsense', { split: request.tensorSplit.join(',').slice(0, 80) });
  }
  checkPatterns(request.cpuTensors ?? []);
  checkPatterns((request.gpuTensors ?? []).map(({ pattern }) => pattern));
}

/** @throws EstimateError `gpu-nonsense` with the GPU's index and what is wrong, `too-many-gpus` */
export function checkServer(server: EstimateServer): void {
  if (server.gpus.length > MAX_GPUS) {
    throw new EstimateError('too-many-gpus', { gpus: server.gpus.length, max: MAX_GPUS });
  }
  for (const [index, gpu] of server.gpus.entries()) {
    const { totalBytes, freeBytes } = gpu;
    const wrong =
      !isBytes(totalBytes) || totalBytes === 0
        ? 'total'
        : !isBytes(freeBytes)
          ? 'free'
          : freeBytes > totalBytes
            ? 'free-above-total'
            : undefined;
    if (wrong !== undefined) {
      throw new EstimateError('gpu-nonsense', {
        gpu: index,
        what: wrong,
        total: String(totalBytes),
        free: String(freeBytes),
      });
    }
  }
}

/**
 * Checks that this is a language model with enough metadata to say anything.
 *
 * @throws EstimateError `not-a-language-model`, `projector-only`, `missing-key` (with the GGUF key), `no-tensors`,
 * and what {@link checkBounds} throws
 */
export function checkModel(spec: ModelSpec): void {
  const { architecture } = spec;
  if (architecture === '') {
    throw new EstimateError('missing-key', { key: 'general.architecture' });
  }
  if (PROJECTOR_ONLY.test(architecture)) {
    throw new EstimateError('projector-only', { architecture });
  }
  if (NOT_LANGUAGE.test(architecture)) {
    throw new EstimateError('not-a-language-model', { architecture });
  }
  const hasBlocks = architectureNumber(spec, 'block_count') > 0;
  if (spec.tensors.length === 0) {
    throw new EstimateError('no-tensors', { architecture });
  }
  const embedding = spec.tensors.some((tensor) => tensor.name === 'token_embd.weight');
  if (!hasBlocks && !embedding) {
    throw new EstimateError('not-a-language-model', { architecture });
  }
  if (!hasBlocks) {
    throw new EstimateError('missing-key', { key: `${architecture}.block_count` });
  }
  if (architectureNumber(spec, 'embedding_length') <= 0) {
    throw new EstimateError('missing-key', { key: `${architecture}.embedding_length` });
  }
  checkBounds(spec);
}

/**
 * The plan itself, when all its sizes are sizes: metadata within all bounds may still multiply to more than can be
 * counted.
 *
 * @throws EstimateError `sizes-impossible`
 */
export function inBounds(plan: Plan): Plan {
  const { gpus, host, sizeBytes, sizeVramBytes } = plan;
  const parts = [...gpus, host].flatMap(({ weightsBytes, cacheBytes, computeBytes, totalBytes }) => [
    weightsBytes,
    cacheBytes,
    computeBytes,
    totalBytes,
  ]);
  if (![...parts, sizeBytes, sizeVramBytes].every((bytes) => bytes >= 0 && bytes <= Number.MAX_SAFE_INTEGER)) {
    throw new EstimateError('sizes-impossible');
  }
  return plan;
}

function checkCount(code: string, option: string, value: number | undefined, min: number, max: number): void {
  if (value === undefined) {
    return;
  }
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new EstimateError(code, { option, value: String(value) });
  }
}

function checkPatterns(patterns: readonly string[]): void {
  if (patterns.length > MAX_PATTERNS) {
    throw new EstimateError('bad-pattern', { pattern: String(patterns.length) });
  }
  for (const pattern of patterns) {
    const shown = pattern.slice(0, 80);
    if (pattern.length > MAX_PATTERN_LENGTH) {
      throw new EstimateError('bad-pattern', { pattern: shown });
    }
    try {
      new RegExp(pattern);
    } catch {
      throw new EstimateError('bad-pattern', { pattern: shown });
    }
  }
}

function isBytes(value: number): boolean {
  return Number.isFinite(value) && value >= 0 && value <= MAX_DEVICE_BYTES;
}

/** Sizes as people write them ("7.7GiB") are not whole bytes; the engines' integer arithmetic needs them. */
export function inWholeBytes(server: EstimateServer): EstimateServer {
  if (server.gpus.every((gpu) => Number.isInteger(gpu.totalBytes) && Number.isInteger(gpu.freeBytes))) {
    return server;
  }
  const gpus = server.gpus.map((gpu) => ({
    ...gpu,
    totalBytes: Math.floor(gpu.totalBytes),
    freeBytes: Math.floor(gpu.freeBytes),
  }));
  return { ...server, gpus };
}
