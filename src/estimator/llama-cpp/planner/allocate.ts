/**
 * ggml's graph allocator: where every tensor of a scheduled graph lies, and how large each backend's buffer gets.
 *
 * Source: ggml-alloc.c (`ggml_gallocr_alloc_graph_impl`, `ggml_dyn_tallocr_*`), llama.cpp. CUDA and host
 * buffers have no largest size, so all is one chunk.
 */

import { CUDA_ALIGNMENT, HOST_ALIGNMENT } from '../../model/tensors.ts';
import type { Graph, Tensor } from '../graph/graph.ts';
import { MAX_PARENTS, NO_TENSOR, NOT_PLACED } from '../graph/graph.ts';
import { CAN_INPLACE, OP_NONE } from '../graph/ops.ts';
import { cudaBytes } from './cuda.ts';
import type { Schedule } from './schedule.ts';

/** Size of the block behind everything: larger than any buffer, small enough to stay exact. */
const ENDLESS = 2 ** 52;

/** Free memory of one backend's buffer: blocks in order of address, the last one endless. */
class FreeList {
  readonly #offsets: number[] = [];
  readonly #sizes: number[] = [];
  peak = 0;

  reset(): void {
    this.#offsets.length = 1;
    this.#sizes.length = 1;
    this.#offsets[0] = 0;
    this.#sizes[0] = ENDLESS;
    this.peak = 0;
  }

  /** Takes the smallest block that is large enough, of equal ones the last; the endless one only if none is. */
  take(size: number): number {
    const sizes = this.#sizes;
    const last = sizes.length - 1;
    let best = -1;
    let bestSize = Number.POSITIVE_INFINITY;
    for (let i = 0; i < last; i++) {
      const free = sizes[i]!;
      if (free >= size && free <= bestSize) {
        best = i;
        bestSize = free;
      }
    }
    if (best === -1) {
      best = last;
    }
    const offset = this.#offsets[best]!;
    const rest = sizes[best]! - size;
    if (rest === 0) {
      this.#offsets.splice(best, 1);
      sizes.splice(best, 1);
    } else {
      this.#offsets[best] = offset + size;
      sizes[best] = rest;
    }
    if (offset + size > this.peak) {
      this.peak = offset + size;
    }
    return offset;
  }

  /** Gives memory back, merging it with its neighbours as ggml does. */
  give(offset: number, size: number): void {
    const offsets = this.#offsets;
    const sizes = this.#sizes;
    const count = offsets.length;
    for (let i = 0; i < count; i++) {
      const start = offsets[i]!;
      if (start + sizes[i]! === offset) {
        sizes[i] = sizes[i]! + size;
        if (i + 1 < count && start + sizes[i]! === offsets[i + 1]) {
          sizes[i] = sizes[i]! + sizes[i + 1]!;
          offsets.splice(i + 1, 1);
          sizes.splice(i + 1, 1);
        }
        return;
      }
      if (offset + size === start) {
        offsets[i] = offset;
        sizes[i] = sizes[i]! + size;
        if (i > 0 && offsets[i - 1]! + sizes[i - 1]! === offset) {
          sizes[i - 1] = sizes[i - 1]! + sizes[i]!;
          offsets.splice(i, 1);
          sizes.splice(i, 1);
        }
        return;
      }
    }
    let at = 0;
    while (at < count && offsets[at]! < offset) {
      at++;
    }
    offsets.splice(at, 0, offset);
    sizes.splice(at, 0, size);
  }
}

/** One allocation at a time; keeps its memory from one to the next. */
export class Allocator {
  #children: Int32Array = new Int32Array(0);
  #views: Int32Array = new Int32Array(0);
  #own: Uint8Array = new Uint8Array(0);
  #buffer: Int8Array = new Int8Array(0);
  #offset: Float64Array = new Float64Array(0);
  /** Bytes taken, with padding. */
  #taken: Float64Array = new Float64Array(0);
  readonly #lists: FreeList[] = [];
  #cpu = 0;

  /** Allocates the graph and returns the size of each backend's buffer, bytes; GPUs first, the host last. */
  allocate(graph: Graph, schedule: Schedule, gpus: number): number[] {
    this.#prepare(graph.count, gpus);
    for (let i = 0; i < schedule.leafCount; i++) {
      this.#place(graph, schedule.leafs[i]!, schedule.leafBackends[i]!);
    }
    this.#count(graph, schedule);
    for (let i = 0; i < schedule.nodeCount; i++) {
      const node = schedule.nodes[i]!;
      const backend = schedule.nodeBackends[i]!;
      const at = node * MAX_PARENTS;
      const slots = graph.parentSlots[node]!;
      for (let j = 0; j < slots; j++) {
        const parent = graph.parents[at + j]!;
        if (parent !== NO_TENSOR) {
          this.#place(graph, parent, backend);
        }
      }
      this.#place(graph, node, backend);
      for (let j = 0; j < slots; j++) {
        const parent = graph.parents[at + j]!;
        if (parent !== NO_TENSOR) {
          this.#release(graph, parent);
        }
      }
    }
    const sizes: number[] = [];
    for (let backend = 0; backend <= gpus; backend++) {
      sizes.push(this.#lists[backend]!.peak);
    }
    return sizes;
  }

  #prepare(tensors: number, gpus: number): void {
    if (this.#children.length < tensors) {
      const capacity = tensors * 2;
      this.#children = new Int32Array(capacity);
      this.#views = new Int32Array(capacity);
      this.#own = new Uint8Array(capacity);
      this.#buffer = new Int8Array(capacity);
      this.#offset = new Float64Array(capacity);
      this.#taken = new Float64Array(capacity);
    }
    this.#children.fill(0, 0, tensors);
    this.#views.fill(0, 0, tensors);
    this.#own.fill(0, 0, tensors);
    this.#cpu = gpus;
    while (this.#lists.length <= gpus) {
      this.#lists.push(new FreeList());
    }
    for (let backend = 0; backend <= gpus; backend++) {
      this.#lists[backend]!.reset();
    }
  }

  /** Counts who reads and who shows each tensor, and allocates the inputs first so that nothing overwrites them. */
  #count(graph: Graph, schedule: Schedule): void {
    for (let i = 0; i < schedule.nodeCount; i++) {
      const node = schedule.nodes[i]!;
      const backend = schedule.nodeBackends[i]!;
      const root = graph.viewOf[node]!;
      if (root !== NO_TENSOR && graph.op[node] !== OP_NONE) {
        this.#views[root] = this.#views[root]! + 1;
      }
      if (graph.isInput(node)) {
        this.#place(graph, node, backend);
      }
      const at = node * MAX_PARENTS;
      const slots = graph.parentSlots[node]!;
      for (let j = 0; j < slots; j++) {
        const parent = graph.parents[at + j]!;
        if (parent === NO_TENSOR) {
          continue;
        }
        this.#children[parent] = this.#children[parent]! + 1;
        if (graph.isInput(parent)) {
          this.#place(graph, parent, backend);
        }
      }
    }
  }

  #alignedBytes(graph: Graph, t: Tensor, backend: number): number {
    if (backend === this.#cpu) {
      const bytes = graph.bytes(t);
      const rest = bytes % HOST_ALIGNMENT;
      return rest === 0 ? bytes : bytes + HOST_ALIGNMENT - rest;
    }
    const bytes = cudaBytes(graph, t);
    const rest = bytes % CUDA_ALIGNMENT;
    return rest === 0 ? bytes : bytes + CUDA_ALIGNMENT - rest;
  }

  #place(graph: Graph, t: Tensor, backend: number): void {
    if (this.#own[t] === 1 || graph.viewOf[t] !== NO_TENSOR || graph.placed[t] !== NOT_PLACED) {
      return;
    }
    this.#own[t] = 1;
    if (CAN_INPLACE[graph.op[t]!] === 1 && this.#placeOverParent(graph, t)) {
      return;
    }
    this.#buffer[t] = backend;
    const bytes = this.#alignedBytes(graph, t, backend);
    this.#taken[t] = bytes;
    this.#offset[t] = this.#lists[backend]!.take(bytes);
  }

  #placeOverParent(graph: Graph, t: Tensor): boolean {
    const at = t * MAX_PARENTS;
    const slots = graph.parentSlots[t]!;
    for (let j = 0; j < slots; j++) {
      const parent = graph.parents[at + j]!;
      if (parent === NO_TENSOR || this.#own[parent] === 0) {
        continue;
      }
      const root = graph.viewOf[parent]!;
      if (graph.isOutput(parent) || (root !== NO_TENSOR && graph.isOutput(root)) || !graph.sameLayout(t, parent)) {
        continue;
      }
      if (this.#children[parent] !== 1 || this.#views[parent] !== 0) {
        continue;
      }
      if (root !== NO_TENSOR) {
        continue;
      }
      this.#buffer[t] = this.#buffer[parent]!;
      this.#offset[t] = this.#offset[parent]!;
      this.#own[parent] = 0;
      this.#freeRest(graph, t, parent);
      return true;
    }
    return false;
  }

  /** What a parent has beyond its heir's size is free at once. */
  #freeRest(graph: Graph, t: Tensor, parent: Tensor): void {
    const backend = this.#buffer[parent]!;
    const parentBytes = this.#taken[parent]!;
    const bytes = this.#alignedBytes(graph, t, backend);
    this.#taken[t] = bytes;
    if (parentBytes > bytes) {
      this.#lists[backend]!.give(this.#offset[parent]! + bytes, parentBytes - bytes);
    }
  }

  #release(graph: Graph, parent: Tensor): void {
    this.#children[parent] = this.#children[parent]! - 1;
    if (this.#children[parent] !== 0 || this.#views[parent] !== 0) {
      return;
    }
    const root = graph.viewOf[parent]!;
    if (root === NO_TENSOR) {
      if (this.#own[parent] === 1) {
        this.#free(graph, parent);
      }
      return;
    }
    this.#views[root] = this.#views[root]! - 1;
    if (this.#views[root] === 0 && this.#children[root] === 0 && this.#own[root] === 1) {
      this.#free(graph, root);
    }
  }

  #free(graph: Graph, t: Tensor): void {
    if (graph.isOutput(t)) {
      return;
    }
    this.#lists[this.#buffer[t]!]!.give(this.#offset[t]!, this.#taken[t]!);
    this.#own[t] = 0;
  }
}
