/**
 * What a GPU spends outside llama.cpp's own buffers, in three amounts: the context, before anything is loaded; the load
 * (kernels, the driver's bookkeeping, buffers rounded up); and first use (what the first prompts make the backend take).
 * No program reports any of it before a load, so context and load are a range. A context reserves local memory for every
 * multiprocessor, so it grows with their number; first use follows from what the graph launches.
 *
 * Sources: the table of cards; ggml-cuda of llama.cpp b10454 (common.cuh, ggml-cuda.cu, mmq.cuh, fattn-common.cuh); loads
 * and prompts on a real H100 (driver 580, CUDA 13.0, 2026-11), from which the sizes of cuBLAS's parts are.
 */

import { GIB, MIB } from '../base/bytes.ts';
import { cardOf, type MeasuredOutside } from './cards.ts';
import { compileModel } from './llama-cpp/compile.ts';
import { hasOwnCache, hasState } from './model/cache.ts';
import type { Model, ModelTensor } from './model/model.ts';
import { HOME_INPUT, HOME_OUTPUT } from './model/tensor-homes.ts';
import { IS_QUANTIZED } from './model/tensors.ts';
import type { GpuDevice, LlamaCppConfig, ModelSpec, OverheadParts } from './types.ts';

/** Bytes of context and load on one GPU, as far as they depend on the card and its driver alone. */
export interface Overhead {
  /** The context alone, before anything is loaded: what `--fit` and Ollama's own look find gone. */
  readonly contextBytes: number;
  readonly loadBytes: number;
  /** Context and load together: the least, the expected and the most. */
  readonly lowBytes: number;
  readonly expectedBytes: number;
  readonly highBytes: number;
  /** `measured` on this card, `interpolated` from its multiprocessors, or `guessed` from its memory. */
  readonly basis: 'measured' | 'interpolated' | 'guessed';
  /** As many as the card has, or a usual number where it is not known. */
  readonly multiprocessors: number;
  /** CUDA: temporaries come from a pool that grows in place, and cuBLAS is NVIDIA's. What HIP takes is in the range. */
  readonly cuda: boolean;
}

/** Straight line through the measured GeForce cards: 10 to 188 multiprocessors, within 15 % (GTX 1080: 40 % more). */
const CONTEXT_BASE_MIB = 55;
const CONTEXT_PER_MULTIPROCESSOR_MIB = 2.9;
/** Of Hopper and what follows in data centers, by the H100: its context is larger than the line says. */
const DATA_CENTER_PER_MULTIPROCESSOR_MIB = (523.6 - CONTEXT_BASE_MIB) / 132;
/** What a load takes beyond the context where nobody measured it, MiB: 30 to 54 on small cards, 66 to 74 on the H100. */
const LOAD_MIB = 60;
const USUAL_MULTIPROCESSORS = 80;

/** A search for a context asks many times about the same GPUs. */
const known = new WeakMap<GpuDevice, Overhead>();

/**
 * Context and load of one GPU, by its name and memory.
 *
 * @param gpu the device; only name, total memory and library are read
 * @returns bytes; a Vulkan or Metal device has next to none
 */
export function gpuOverhead(gpu: GpuDevice): Overhead {
  let overhead = known.get(gpu);
  if (overhead === undefined) {
    overhead = findOverhead(gpu);
    known.set(gpu, overhead);
  }
  return overhead;
}

function findOverhead(gpu: GpuDevice): Overhead {
  const { library = 'CUDA' } = gpu;
  if (library === 'Vulkan' || library === 'Metal') {
    return overheadOf([0, 0, 20, 100, 'exit'], 'measured', USUAL_MULTIPROCESSORS, false);
  }
  const card = cardOf(gpu.name);
  const multiprocessors = card?.multiprocessors ?? USUAL_MULTIPROCESSORS;
  const cuda = library === 'CUDA';
  if (card?.measured !== undefined) {
    return overheadOf(card.measured, 'measured', multiprocessors, cuda);
  }
  if (!cuda) {
    // No public figure of a HIP build is below 250 MiB, and none of the large cards below 1.3 GiB.
    return overheadOf([300, 250, 900, 2600, 'alike'], 'guessed', multiprocessors, cuda);
  }
  if (card !== undefined) {
    const dataCenter = card.computeCapability >= 9 && card.computeCapability < 12;
    const slope = dataCenter ? DATA_CENTER_PER_MULTIPROCESSOR_MIB : CONTEXT_PER_MULTIPROCESSOR_MIB;
    const context = CONTEXT_BASE_MIB + slope * multiprocessors;
    const usual = context + LOAD_MIB;
    return overheadOf([context, context * 0.85, usual, usual * 1.45, 'alike'], 'interpolated', multiprocessors, cuda);
  }
  return overheadOf(guessByMemory(gpu.totalBytes), 'guessed', multiprocessors, cuda);
}

function guessByMemory(totalBytes: number): MeasuredOutside {
  if (totalBytes <= 9 * GIB) {
    return [130, 90, 180, 320, 'alike'];
  }
  if (totalBytes <= 17 * GIB) {
    return [160, 110, 230, 400, 'alike'];
  }
  if (totalBytes <= 25 * GIB) {
    return [280, 150, 330, 600, 'alike'];
  }
  return [440, 200, 500, 850, 'alike'];
}

function overheadOf(
  [context, low, usual, high]: MeasuredOutside,
  basis: Overhead['basis'],
  multiprocessors: number,
  cuda: boolean,
): Overhead {
  const bytes = (mib: number): number => Math.round(mib * MIB);
  return {
    contextBytes: bytes(context),
    loadBytes: bytes(Math.max(0, usual - context)),
    lowBytes: bytes(low),
    expectedBytes: bytes(usual),
    highBytes: bytes(high),
    basis,
    multiprocessors,
    cuda,
  };
}

/** What decides about first use beside the model and the card. */
export type Use = Pick<LlamaCppConfig, 'numCtx' | 'numUbatch' | 'numParallel' | 'outputs' | 'unifiedCache'> & {
  /** As decided. */
  readonly flashAttention: boolean;
  /** A vision or audio tower runs on this GPU: its weights are F16. */
  readonly tower?: boolean;
};

/** The driver hands out memory in pieces of 2 MiB, so each buffer wastes one on average. */
const WASTE_PER_BUFFER = MIB;
/** The pool grows in such steps. */
const POOL_STEP = 2 * MIB;
/** Kernels that only a prompt launches. */
const PROMPT_KERNELS = 4 * MIB;
/**
 * cuBLAS: the handle with its workspace, and the kernels of each kind of product (F32, 16 bits, many 16-bit ones at once)
 * when it is first used. Experts (whose router is F32), F16 weights and attention without flash attention use one kind
 * each and take 64 MiB beyond the pool on the H100; gemma3n uses two and takes 106.
 */
const CUBLAS_HANDLE = 22 * MIB;
const CUBLAS_KERNELS = 42 * MIB;
/** What a state-space scan takes for each multiprocessor: 64 MiB beyond the pool for Falcon-H1 on the H100. */
const SCAN_PER_MULTIPROCESSOR = Math.round((64 * MIB) / 132);
/** Rows and columns of the tiles that quantized products are made of; a second pass adds the pieces of split ones. */
const TILE = 128;
/** Rows of a batch up to which products of floats have kernels of ggml's own. */
const SMALL_BATCH = 16;

/**
 * The three amounts on a GPU that a model uses, bytes: expected values.
 *
 * @param gpu the device
 */
export function outsideBuffers(spec: ModelSpec, gpu: GpuDevice, use: Use): OverheadParts {
  const overhead = gpuOverhead(gpu);
  const model = compileModel(spec);
  const wasted = overhead.cuda ? buffersOf(model, use) * WASTE_PER_BUFFER : 0;
  return {
    contextBytes: overhead.contextBytes,
    loadBytes: overhead.loadBytes + wasted,
    useBytes: overhead.cuda ? firstUse(model, gpu, overhead.multiprocessors, use) : 0,
  };
}

const cacheCounts = new WeakMap<Model, number>();

/** Caches that a model keeps: of the whole context, of windows, of states. */
function cachesOf(model: Model): number {
  let caches = cacheCounts.get(model);
  if (caches === undefined) {
    const layers = Array.from({ length: model.layers }, (_, layer) => layer);
    const attending = layers.filter((layer) => hasOwnCache(model, layer));
    caches = attending.some((layer) => model.hp.isWindowed[layer] !== 1) ? 1 : 0;
    caches += attending.some((layer) => model.hp.isWindowed[layer] === 1) ? 1 : 0;
    caches += layers.some((layer) => hasState(model, layer)) ? 1 : 0;
    cacheCounts.set(model, caches);
  }
  return caches;
}

function buffersOf(model: Model, { tower }: Use): number {
  return 2 + cachesOf(model) + (tower === true ? 2 : 0);
}

function firstUse(model: Model, gpu: GpuDevice, multiprocessors: number, use: Use): number {
  const tokens = Math.min(use.numUbatch, use.numCtx);
  const products = productsOf(model);
  // Products of quantized weights: on integer units where the card has them, else through 16 bits and cuBLAS.
  const capability = gpu.computeCapability ?? 8;
  const byIntegers = capability >= 7.5 || capability === 6.1;
  const halves = capability >= 6 && capability !== 6.1;
  const attention = use.flashAttention ? flashPool(model, multiprocessors) : scoresPool(model, use, tokens);
  let pool = attention;
  let half = use.tower === true;
  let single = false;
  for (const { inner, rows, kind, experts, outputs } of products.list) {
    const columns = (outputs ? (use.outputs === 0 ? tokens : Math.min(use.outputs, tokens)) : tokens) * experts;
    if (kind === 'quantized' && byIntegers) {
      const fixup = multiprocessors * TILE * TILE * 4;
      pool = Math.max(pool, Math.ceil(inner / 512) * 512 * columns * 1.125 + fixup);
      continue;
    }
    if (columns <= SMALL_BATCH) {
      continue;
    }
    if (kind === 'single') {
      single = true;
    } else if (halves) {
      half = true;
      const copied = kind === 'quantized' ? 2 * inner * rows : 0;
      pool = Math.max(pool, copied + 2 * (inner + rows) * columns);
    } else {
      // Without fast half precision the weights are made F32.
      single = true;
      pool = Math.max(pool, 4 * inner * rows);
    }
  }
  // The scores of attention and stacks of matrices are products of many at once.
  const stacked = products.stacked || !use.flashAttention;
  const kinds = Number(half) + Number(single) + Number(stacked);
  const cublas = kinds === 0 ? 0 : CUBLAS_HANDLE + kinds * CUBLAS_KERNELS;
  const scan = products.scans ? multiprocessors * SCAN_PER_MULTIPROCESSOR : 0;
  return PROMPT_KERNELS + cublas + scan + Math.ceil(pool / POOL_STEP) * POOL_STEP;
}

/** Pieces of attention that several blocks worked on (fattn-common.cuh, `dst_tmp_meta`). */
function flashPool({ hp }: Model, multiprocessors: number): number {
  const head = Math.max(hp.headV, hp.headVSwa, 64);
  return multiprocessors * 64 * (2 + head / 2) * 8;
}

/**
 * Without flash attention the scores of all heads are made 16 bits for the product with the values, which comes out in
 * 16 bits as well (`ggml_cuda_mul_mat_batched_cublas`): room for the whole context.
 */
function scoresPool({ hp }: Model, use: Use, tokens: number): number {
  const cells = use.unifiedCache ? use.numCtx : Math.ceil(use.numCtx / Math.max(use.numParallel, 1));
  const heads = Math.max(...hp.heads);
  return 2 * tokens * heads * (Math.max(cells, tokens) + hp.headV);
}

/** A matrix that a batch is multiplied with. */
interface Product {
  readonly inner: number;
  readonly rows: number;
  readonly kind: 'quantized' | 'half' | 'single';
  /** Rows of the batch for each token: experts that are used. */
  readonly experts: number;
  /** The output matrix: only rows that are wanted. */
  readonly outputs: boolean;
}

interface Products {
  readonly list: readonly Product[];
  /** Whether there are stacks of 16-bit matrices, which cuBLAS multiplies whatever the batch. */
  readonly stacked: boolean;
  /** Whether there is a state-space scan. */
  readonly scans: boolean;
}

const productsByModel = new WeakMap<Model, Products>();

/** The products of a model's graph by shape and kind, each once. */
function productsOf(model: Model): Products {
  let products = productsByModel.get(model);
  if (products === undefined) {
    products = findProducts(model);
    productsByModel.set(model, products);
  }
  return products;
}

function findProducts(model: Model): Products {
  const found = new Map<string, Product>();
  let stacked = false;
  let scans = false;
  for (const tensor of model.tensors) {
    const [inner, rows, stack] = tensor.sizes;
    scans ||= /\bssm_d\b/.test(tensor.name);
    if (!isFactor(tensor)) {
      continue;
    }
    const experts = /_(?:ch)?exps\b/.test(tensor.name) ? Math.max(model.hp.expertsUsed, 1) : 1;
    const kind = kindOf(tensor);
    stacked ||= stack > 1 && experts === 1 && kind === 'half';
    const outputs = tensor.home === HOME_OUTPUT;
    const product = { inner, rows, kind, experts, outputs };
    found.set(JSON.stringify(product), product);
  }
  if (model.tiedOutput) {
    const embedding = model.globals.get('token_embd')!.weight!;
    const [inner, rows] = embedding.sizes;
    found.set('tied', { inner, rows, kind: kindOf(embedding), experts: 1, outputs: true });
  }
  return { list: [...found.values()], stacked, scans };
}

/** Tensors with two dimensions that no other operation than a product reads. */
const NO_FACTOR = /(?:conv|ssm_a|ssm_d|rope_|_norm|token_types|position_embd|\.bias)/;

function isFactor({ name, sizes, home }: ModelTensor): boolean {
  return home !== HOME_INPUT && sizes[0] > 1 && sizes[1] > 1 && !NO_FACTOR.test(name);
}

function kindOf({ type }: ModelTensor): Product['kind'] {
  if (IS_QUANTIZED[type] === 1) {
    return 'quantized';
  }
  return type === 0 ? 'single' : 'half';
}
