/**
 * A ggml graph without data: tensors with shapes, strides, types and parents, and the order in which llama.cpp
 * evaluates them.
 *
 * Tensors are numbers; their properties stand in typed arrays that are kept from one graph to the next, so that a plan
 * allocates next to nothing. Shapes, strides and the order of nodes follow ggml.c (constructors of the operations,
 * `ggml_visit_parents_graph`), llama.cpp.
 */

import { BLOCK_BYTES, BLOCK_ELEMENTS, F32, I32 } from '../../model/tensors.ts';
import { EstimateError } from '../../types.ts';
import {
  OP_ADD,
  OP_ADD_ID,
  OP_ARGSORT,
  OP_CLAMP,
  OP_CONCAT,
  OP_CONT,
  OP_CPY,
  OP_DIV,
  OP_FILL,
  OP_FLASH_ATTN,
  OP_GET_ROWS,
  OP_GLU,
  OP_L2_NORM,
  OP_MUL,
  OP_MUL_MAT,
  OP_MUL_MAT_ID,
  OP_NONE,
  OP_NORM,
  OP_OTHER,
  OP_PAD,
  OP_PERMUTE,
  OP_REPEAT,
  OP_RESHAPE,
  OP_RMS_NORM,
  OP_ROPE,
  OP_SCALE,
  OP_SET_ROWS,
  OP_SOFT_MAX,
  OP_SQR,
  OP_SUB,
  OP_SUM_ROWS,
  OP_TRANSPOSE,
  OP_UNARY,
  OP_VIEW,
} from './ops.ts';

/** A tensor of a {@link Graph}. */
export type Tensor = number;

/** Stands for an absent tensor. */
export const NO_TENSOR: Tensor = -1;

/** A graph needs a tensor that the model's file does not have. */
export class MissingTensorError extends Error {
  override readonly name = 'MissingTensorError';
}

function requireTensor(t: Tensor): void {
  if (t === NO_TENSOR) {
    throw new MissingTensorError('a matrix');
  }
}

/** Parents a tensor can have. */
export const MAX_PARENTS = 10;

const FLAG_INPUT = 1;
const FLAG_OUTPUT = 2;

/** Where a tensor that is not part of the compute buffers lies; -1 = it is part of them. */
export const NOT_PLACED = -1;

/** A graph under construction and, when built, its nodes in order. One instance is reused for many graphs. */
export class Graph {
  /** Number of tensors. */
  count = 0;
  /** See `BuildFacts.picksLongBlocks`. */
  picksLongBlocks = false;
  op: Uint8Array = new Uint8Array(0);
  type: Uint8Array = new Uint8Array(0);
  /** Four sizes a tensor. */
  ne: Float64Array = new Float64Array(0);
  /** Four strides a tensor, bytes. */
  nb: Float64Array = new Float64Array(0);
  /** MAX_PARENTS parents a tensor, -1 = none. */
  parents: Int32Array = new Int32Array(0);
  /** Number of parent slots in use (they may have gaps). */
  parentSlots: Uint8Array = new Uint8Array(0);
  /** The tensor whose memory this one shows; -1 = it has memory of its own. */
  viewOf: Int32Array = new Int32Array(0);
  flags: Uint8Array = new Uint8Array(0);
  /** Backend whose weights or cache buffer holds the tensor, or NOT_PLACED. */
  placed: Int8Array = new Int8Array(0);
  /** 1 = the tensor lies in a buffer of weights. */
  weight: Uint8Array = new Uint8Array(0);
  /** Backend that llama.cpp pins the tensor to, -1 = none. */
  pinned: Int8Array = new Int8Array(0);
  /** Visited by the ordering. */
  #visited: Uint8Array = new Uint8Array(0);

  nodes: Int32Array = new Int32Array(0);
  nodeCount = 0;
  leafs: Int32Array = new Int32Array(0);
  leafCount = 0;
  /** Whether flash attention reads a cache that is not F16 through copies in the compute buffer. */
  copiesCache = true;

  #capacity = 0;
  /** Most tensors this graph may have. */
  #limit = Number.POSITIVE_INFINITY;
  /** Tensors up to which nothing needs to be looked at: the smaller of both. */
  #room = 0;

  constructor() {
    this.#grow(4096);
  }

  /** Empties the graph, keeping its memory. `limit`: most tensors it may come to have. */
  reset(limit: number = Number.POSITIVE_INFINITY): void {
    this.#limit = limit;
    this.#room = Math.min(limit, this.#capacity);
    this.count = 0;
    this.nodeCount = 0;
    this.leafCount = 0;
    this.copiesCache = true;
  }

  #makeRoom(): void {
    if (this.count >= this.#limit) {
      throw new EstimateError('graph-too-large', { tensors: this.count });
    }
    if (this.count >= this.#capacity) {
      this.#grow(this.#capacity * 2);
    }
  }

  #grow(capacity: number): void {
    this.op = enlarged(this.op, new Uint8Array(capacity));
    this.type = enlarged(this.type, new Uint8Array(capacity));
    this.ne = enlarged(this.ne, new Float64Array(capacity * 4));
    this.nb = enlarged(this.nb, new Float64Array(capacity * 4));
    this.parents = enlarged(this.parents, new Int32Array(capacity * MAX_PARENTS));
    this.parentSlots = enlarged(this.parentSlots, new Uint8Array(capacity));
    this.viewOf = enlarged(this.viewOf, new Int32Array(capacity));
    this.flags = enlarged(this.flags, new Uint8Array(capacity));
    this.placed = enlarged(this.placed, new Int8Array(capacity));
    this.weight = enlarged(this.weight, new Uint8Array(capacity));
    this.pinned = enlarged(this.pinned, new Int8Array(capacity));
    this.#visited = enlarged(this.#visited, new Uint8Array(capacity));
    this.nodes = enlarged(this.nodes, new Int32Array(capacity));
    this.leafs = enlarged(this.leafs, new Int32Array(capacity));
    this.#capacity = capacity;
    this.#room = Math.min(this.#limit, capacity);
  }

  /** A new tensor with contiguous strides. Views pass the tensor they show. */
  tensor(op: number, type: number, n0: number, n1: number, n2: number, n3: number, view: Tensor = NO_TENSOR): Tensor {
    if (this.count >= this.#room) {
      this.#makeRoom();
    }
    const t = this.count++;
    this.op[t] = op;
    this.type[t] = type;
    const at = t * 4;
    const ne = this.ne;
    ne[at] = n0;
    ne[at + 1] = n1;
    ne[at + 2] = n2;
    ne[at + 3] = n3;
    const nb = this.nb;
    const bytes = BLOCK_BYTES[type]!;
    nb[at] = bytes;
    const row = (bytes * n0) / BLOCK_ELEMENTS[type]!;
    nb[at + 1] = row;
    nb[at + 2] = row * n1;
    nb[at + 3] = row * n1 * n2;
    this.parentSlots[t] = 0;
    this.viewOf[t] = view === NO_TENSOR ? NO_TENSOR : this.viewOf[view] === NO_TENSOR ? view : this.viewOf[view]!;
    this.flags[t] = 0;
    this.placed[t] = NOT_PLACED;
    this.weight[t] = 0;
    this.pinned[t] = -1;
    this.#visited[t] = 0;
    return t;
  }

  #like(op: number, a: Tensor): Tensor {
    const ne = this.ne;
    const at = a * 4;
    return this.tensor(op, this.type[a]!, ne[at]!, ne[at + 1]!, ne[at + 2]!, ne[at + 3]!);
  }

  /** A copy of shape, type and strides with no parents: what the scheduler makes to carry a tensor to another backend. */
  duplicateLayout(a: Tensor): Tensor {
    const t = this.#like(OP_NONE, a);
    this.#copyStrides(a, t);
    return t;
  }

  #copyStrides(from: Tensor, to: Tensor): void {
    const nb = this.nb;
    for (let i = 0; i < 4; i++) {
      nb[to * 4 + i] = nb[from * 4 + i]!;
    }
  }

  #viewLike(op: number, a: Tensor): Tensor {
    const ne = this.ne;
    const at = a * 4;
    const t = this.tensor(op, this.type[a]!, ne[at]!, ne[at + 1]!, ne[at + 2]!, ne[at + 3]!, a);
    this.#copyStrides(a, t);
    return t;
  }

  /** Sets a parent slot. */
  parent(t: Tensor, slot: number, parent: Tensor): void {
    const at = t * MAX_PARENTS;
    for (let i = this.parentSlots[t]!; i < slot; i++) {
      this.parents[at + i] = NO_TENSOR;
    }
    this.parents[at + slot] = parent;
    if (slot >= this.parentSlots[t]!) {
      this.parentSlots[t] = slot + 1;
    }
  }

  #parents1(t: Tensor, a: Tensor): Tensor {
    this.parents[t * MAX_PARENTS] = a;
    this.parentSlots[t] = 1;
    return t;
  }

  #parents2(t: Tensor, a: Tensor, b: Tensor): Tensor {
    const at = t * MAX_PARENTS;
    this.parents[at] = a;
    this.parents[at + 1] = b;
    this.parentSlots[t] = 2;
    return t;
  }

  #parents3(t: Tensor, a: Tensor, b: Tensor, c: Tensor): Tensor {
    const at = t * MAX_PARENTS;
    this.parents[at] = a;
    this.parents[at + 1] = b;
    this.parents[at + 2] = c;
    this.parentSlots[t] = 3;
    return t;
  }

  size(t: Tensor, dimension: number): number {
    return this.ne[t * 4 + dimension]!;
  }

  stride(t: Tensor, dimension: number): number {
    return this.nb[t * 4 + dimension]!;
  }

  elements(t: Tensor): number {
    const at = t * 4;
    const ne = this.ne;
    return ne[at]! * ne[at + 1]! * ne[at + 2]! * ne[at + 3]!;
  }

  /** Bytes from the first to the last element (`ggml_nbytes`). */
  bytes(t: Tensor): number {
    const at = t * 4;
    const ne = this.ne;
    const nb = this.nb;
    const n0 = ne[at]!;
    const n1 = ne[at + 1]!;
    const n2 = ne[at + 2]!;
    const n3 = ne[at + 3]!;
    if (n0 <= 0 || n1 <= 0 || n2 <= 0 || n3 <= 0) {
      return 0;
    }
    const type = this.type[t]!;
    const block = BLOCK_ELEMENTS[type]!;
    const row = block === 1 ? BLOCK_BYTES[type]! + (n0 - 1) * nb[at]! : (n0 * nb[at]!) / block;
    return row + (n1 - 1) * nb[at + 1]! + (n2 - 1) * nb[at + 2]! + (n3 - 1) * nb[at + 3]!;
  }

  /** Whether the elements lie without gaps in their natural order. */
  isContiguous(t: Tensor): boolean {
    const at = t * 4;
    const ne = this.ne;
    const nb = this.nb;
    const type = this.type[t]!;
    let next = BLOCK_BYTES[type]!;
    if (ne[at]! !== BLOCK_ELEMENTS[type]! && nb[at]! !== next) {
      return false;
    }
    next *= ne[at]! / BLOCK_ELEMENTS[type]!;
    for (let i = 1; i < 4; i++) {
      if (ne[at + i]! !== 1) {
        if (nb[at + i]! !== next) {
          return false;
        }
        next *= ne[at + i]!;
      }
    }
    return true;
  }

  /** Same type, sizes and strides. */
  sameLayout(a: Tensor, b: Tensor): boolean {
    if (this.type[a] !== this.type[b]) {
      return false;
    }
    const x = a * 4;
    const y = b * 4;
    const ne = this.ne;
    const nb = this.nb;
    for (let i = 0; i < 4; i++) {
      if (ne[x + i] !== ne[y + i] || nb[x + i] !== nb[y + i]) {
        return false;
      }
    }
    return true;
  }

  markInput(t: Tensor): Tensor {
    this.flags[t] = this.flags[t]! | FLAG_INPUT;
    return t;
  }

  markOutput(t: Tensor): Tensor {
    this.flags[t] = this.flags[t]! | FLAG_OUTPUT;
    return t;
  }

  isInput(t: Tensor): boolean {
    return (this.flags[t]! & FLAG_INPUT) !== 0;
  }

  isOutput(t: Tensor): boolean {
    return (this.flags[t]! & FLAG_OUTPUT) !== 0;
  }

  /** An input that the application fills; it lives on the host. */
  input(type: number, n0: number, n1 = 1, n2 = 1, n3 = 1): Tensor {
    return this.markInput(this.tensor(OP_NONE, type, n0, n1, n2, n3));
  }

  /** A tensor in a weights or cache buffer of `backend`. */
  stored(type: number, n0: number, n1: number, n2: number, n3: number, backend: number, weight: boolean): Tensor {
    const t = this.tensor(OP_NONE, type, n0, n1, n2, n3);
    this.placed[t] = backend;
    this.weight[t] = weight ? 1 : 0;
    return t;
  }

  // Views.

  view(a: Tensor, n0: number, n1 = 1, n2 = 1, n3 = 1, b1?: number, b2?: number, b3?: number): Tensor {
    const t = this.tensor(OP_VIEW, this.type[a]!, n0, n1, n2, n3, a);
    const at = t * 4;
    if (b1 !== undefined) {
      this.nb[at + 1] = b1;
      this.nb[at + 2] = b2 ?? b1 * n1;
      this.nb[at + 3] = b3 ?? (b2 ?? b1 * n1) * n2;
    }
    return this.#parents1(t, a);
  }

  reshape(a: Tensor, n0: number, n1 = 1, n2 = 1, n3 = 1): Tensor {
    return this.#parents1(this.tensor(OP_RESHAPE, this.type[a]!, n0, n1, n2, n3, a), a);
  }

  /** Dimension i of `a` becomes dimension `to[i]`. Strides pass through 32 bits, as in ggml. */
  permute(a: Tensor, to0: number, to1: number, to2: number, to3: number): Tensor {
    const t = this.#viewLike(OP_PERMUTE, a);
    const x = a * 4;
    const y = t * 4;
    const ne = this.ne;
    const nb = this.nb;
    ne[y + to0] = ne[x]!;
    ne[y + to1] = ne[x + 1]!;
    ne[y + to2] = ne[x + 2]!;
    ne[y + to3] = ne[x + 3]!;
    nb[y + to0] = nb[x]! | 0;
    nb[y + to1] = nb[x + 1]! | 0;
    nb[y + to2] = nb[x + 2]! | 0;
    nb[y + to3] = nb[x + 3]! | 0;
    return this.#parents1(t, a);
  }

  transpose(a: Tensor): Tensor {
    const t = this.#viewLike(OP_TRANSPOSE, a);
    const x = a * 4;
    const y = t * 4;
    this.ne[y] = this.ne[x + 1]!;
    this.ne[y + 1] = this.ne[x]!;
    this.nb[y] = this.nb[x + 1]!;
    this.nb[y + 1] = this.nb[x]!;
    return this.#parents1(t, a);
  }

  // Operations with a result of their own.

  /** An operation whose result has the shape of `a` (contiguous), with up to three parents. */
  elementwise(op: number, a: Tensor, b: Tensor = NO_TENSOR, c: Tensor = NO_TENSOR): Tensor {
    const t = this.#like(op, a);
    if (c !== NO_TENSOR) {
      return this.#parents3(t, a, b, c);
    }
    return b !== NO_TENSOR ? this.#parents2(t, a, b) : this.#parents1(t, a);
  }

  add(a: Tensor, b: Tensor): Tensor {
    return this.#parents2(this.#like(OP_ADD, a), a, b);
  }

  /** Adds in place: a view. */
  addInplace(a: Tensor, b: Tensor): Tensor {
    return this.#parents2(this.#viewLike(OP_ADD, a), a, b);
  }

  sub(a: Tensor, b: Tensor): Tensor {
    return this.#parents2(this.#like(OP_SUB, a), a, b);
  }

  mul(a: Tensor, b: Tensor): Tensor {
    return this.#parents2(this.#like(OP_MUL, a), a, b);
  }

  div(a: Tensor, b: Tensor): Tensor {
    return this.#parents2(this.#like(OP_DIV, a), a, b);
  }

  addId(a: Tensor, b: Tensor, ids: Tensor): Tensor {
    return this.#parents3(this.#like(OP_ADD_ID, a), a, b, ids);
  }

  scale(a: Tensor): Tensor {
    return this.#parents1(this.#like(OP_SCALE, a), a);
  }

  /** Scales in place: a view. */
  scaleInplace(a: Tensor): Tensor {
    return this.#parents1(this.#viewLike(OP_SCALE, a), a);
  }

  unary(a: Tensor): Tensor {
    return this.#parents1(this.#like(OP_UNARY, a), a);
  }

  sqr(a: Tensor): Tensor {
    return this.#parents1(this.#like(OP_SQR, a), a);
  }

  fill(a: Tensor): Tensor {
    return this.#parents1(this.#like(OP_FILL, a), a);
  }

  /** ggml clamps in place: a view. */
  clamp(a: Tensor): Tensor {
    return this.#parents1(this.#viewLike(OP_CLAMP, a), a);
  }

  rmsNorm(a: Tensor): Tensor {
    return this.#parents1(this.#like(OP_RMS_NORM, a), a);
  }

  layerNorm(a: Tensor): Tensor {
    return this.#parents1(this.#like(OP_NORM, a), a);
  }

  l2Norm(a: Tensor): Tensor {
    return this.#parents1(this.#like(OP_L2_NORM, a), a);
  }

  rope(a: Tensor, positions: Tensor, factors: Tensor = NO_TENSOR): Tensor {
    const t = this.#like(OP_ROPE, a);
    return factors === NO_TENSOR ? this.#parents2(t, a, positions) : this.#parents3(t, a, positions, factors);
  }

  softMax(a: Tensor, mask: Tensor = NO_TENSOR, sinks: Tensor = NO_TENSOR): Tensor {
    const t = this.#like(OP_SOFT_MAX, a);
    if (sinks !== NO_TENSOR) {
      return this.#parents3(t, a, mask, sinks);
    }
    return mask !== NO_TENSOR ? this.#parents2(t, a, mask) : this.#parents1(t, a);
  }

  /** Gated activation of two halves: the shape of `a`. */
  gluSplit(a: Tensor, b: Tensor): Tensor {
    return this.#parents2(this.#like(OP_GLU, a), a, b);
  }

  /** Gated activation within one tensor: half as wide. */
  glu(a: Tensor): Tensor {
    const at = a * 4;
    const ne = this.ne;
    const t = this.tensor(OP_GLU, this.type[a]!, Math.floor(ne[at]! / 2), ne[at + 1]!, ne[at + 2]!, ne[at + 3]!);
    return this.#parents1(t, a);
  }

  cont(a: Tensor): Tensor {
    return this.#parents1(this.#like(OP_CONT, a), a);
  }

  contShape(a: Tensor, n0: number, n1 = 1, n2 = 1, n3 = 1): Tensor {
    return this.#parents1(this.tensor(OP_CONT, this.type[a]!, n0, n1, n2, n3), a);
  }

  /** A copy of another type; ggml names the result as its own second parent. */
  cast(a: Tensor, type: number): Tensor {
    const at = a * 4;
    const ne = this.ne;
    const t = this.tensor(OP_CPY, type, ne[at]!, ne[at + 1]!, ne[at + 2]!, ne[at + 3]!);
    return this.#parents2(t, a, t);
  }

  /** Copies `a` into `b`: a view of `b`. */
  copy(a: Tensor, b: Tensor): Tensor {
    return this.#parents2(this.#viewLike(OP_CPY, b), a, b);
  }

  /** Writes `b` into a part of `a`: a view of `a`. */
  setInto(a: Tensor, b: Tensor): Tensor {
    return this.#parents2(this.#viewLike(OP_OTHER, a), a, b);
  }

  concat(a: Tensor, b: Tensor, dimension: number): Tensor {
    const x = a * 4;
    const ne = this.ne;
    const n0 = ne[x]! + (dimension === 0 ? this.size(b, 0) : 0);
    const n1 = ne[x + 1]! + (dimension === 1 ? this.size(b, 1) : 0);
    const n2 = ne[x + 2]! + (dimension === 2 ? this.size(b, 2) : 0);
    const n3 = ne[x + 3]! + (dimension === 3 ? this.size(b, 3) : 0);
    return this.#parents2(this.tensor(OP_CONCAT, this.type[a]!, n0, n1, n2, n3), a, b);
  }

  pad(a: Tensor, p0: number, p1 = 0, p2 = 0, p3 = 0): Tensor {
    const at = a * 4;
    const ne = this.ne;
    const t = this.tensor(OP_PAD, this.type[a]!, ne[at]! + p0, ne[at + 1]! + p1, ne[at + 2]! + p2, ne[at + 3]! + p3);
    return this.#parents1(t, a);
  }

  repeat(a: Tensor, n0: number, n1 = 1, n2 = 1, n3 = 1): Tensor {
    return this.#parents1(this.tensor(OP_REPEAT, this.type[a]!, n0, n1, n2, n3), a);
  }

  sumRows(a: Tensor): Tensor {
    const at = a * 4;
    const ne = this.ne;
    return this.#parents1(this.tensor(OP_SUM_ROWS, this.type[a]!, 1, ne[at + 1]!, ne[at + 2]!, ne[at + 3]!), a);
  }

  /** Sorts whole rows and shows the first `k` (`ggml_argsort_top_k`). */
  argsortTopK(a: Tensor, k: number): Tensor {
    const at = a * 4;
    const ne = this.ne;
    const sorted = this.tensor(OP_ARGSORT, I32, ne[at]!, ne[at + 1]!, ne[at + 2]!, ne[at + 3]!);
    this.#parents1(sorted, a);
    const nb = this.nb;
    const y = sorted * 4;
    return this.view(sorted, k, this.ne[y + 1]!, this.ne[y + 2]!, this.ne[y + 3]!, nb[y + 1]!, nb[y + 2]!, nb[y + 3]!);
  }

  getRows(a: Tensor, rows: Tensor): Tensor {
    requireTensor(a);
    const type = this.type[a] === I32 ? I32 : F32;
    const at = rows * 4;
    const ne = this.ne;
    const t = this.tensor(OP_GET_ROWS, type, ne[a * 4]!, ne[at]!, ne[at + 1]!, ne[at + 2]!);
    return this.#parents2(t, a, rows);
  }

  /** Writes rows of `values` into `target`: a view of `target`. */
  setRows(target: Tensor, values: Tensor, rows: Tensor): Tensor {
    return this.#parents3(this.#viewLike(OP_SET_ROWS, target), values, rows, target);
  }

  mulMat(a: Tensor, b: Tensor): Tensor {
    requireTensor(a);
    const x = a * 4;
    const y = b * 4;
    const ne = this.ne;
    const t = this.tensor(OP_MUL_MAT, F32, ne[x + 1]!, ne[y + 1]!, ne[y + 2]!, ne[y + 3]!);
    return this.#parents2(t, a, b);
  }

  mulMatId(a: Tensor, b: Tensor, ids: Tensor): Tensor {
    requireTensor(a);
    const ne = this.ne;
    const t = this.tensor(OP_MUL_MAT_ID, F32, ne[a * 4 + 1]!, ne[ids * 4]!, ne[b * 4 + 2]!, 1);
    return this.#parents3(t, a, b, ids);
  }

  flashAttention(q: Tensor, k: Tensor, v: Tensor, mask: Tensor, sinks: Tensor): Tensor {
    const ne = this.ne;
    const t = this.tensor(OP_FLASH_ATTN, F32, ne[v * 4]!, ne[q * 4 + 2]!, ne[q * 4 + 1]!, ne[q * 4 + 3]!);
    this.#parents3(t, q, k, v);
    if (mask !== NO_TENSOR) {
      this.parent(t, 3, mask);
    }
    if (sinks !== NO_TENSOR) {
      this.parent(t, 4, sinks);
    }
    return t;
  }

  /** An operation with a shape of its own and any number of parents. */
  custom(
    op: number,
    type: number,
    sizes: readonly [number, number, number, number],
    parents: readonly Tensor[],
  ): Tensor {
    const t = this.tensor(op, type, sizes[0], sizes[1], sizes[2], sizes[3]);
    for (let i = 0; i < parents.length; i++) {
      this.parent(t, i, parents[i]!);
    }
    return t;
  }

  /**
   * Appends a tensor and whatever it needs to the order of evaluation, parents first
   * (`ggml_build_forward_expand`).
   */
  expand(t: Tensor): Tensor {
    if (this.#visited[t] === 1) {
      return t;
    }
    this.#visited[t] = 1;
    const at = t * MAX_PARENTS;
    const slots = this.parentSlots[t]!;
    for (let i = 0; i < slots; i++) {
      const parent = this.parents[at + i]!;
      if (parent !== NO_TENSOR && this.#visited[parent] === 0) {
        this.expand(parent);
      }
    }
    if (this.op[t] === OP_NONE) {
      this.leafs[this.leafCount++] = t;
    } else {
      this.nodes[this.nodeCount++] = t;
    }
    return t;
  }
}

function enlarged<T extends Uint8Array | Int8Array | Int32Array | Float64Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
