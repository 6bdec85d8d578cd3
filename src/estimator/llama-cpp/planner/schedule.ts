/**
 * Which backend runs which node, where the graph is split, and which tensors are copied between backends.
 *
 * Source: ggml-backend.cpp (`ggml_backend_sched_split_graph`), llama.cpp. Backends are numbered by priority,
 * GPUs first, the CPU last. A GPU reads its own buffers only; the CPU reads host buffers.
 */

import type { Graph, Tensor } from '../graph/graph.ts';
import { MAX_PARENTS, NO_TENSOR, NOT_PLACED } from '../graph/graph.ts';
import { IS_VIEW_OP, OP_FLASH_ATTN, OP_NONE, OP_ROPE } from '../graph/ops.ts';
import { cudaOffloads, cudaSupports } from './cuda.ts';

/**
 * Inputs a split may have before a new one is begun (GGML_SCHED_MAX_SPLIT_INPUTS). The node that crosses this line brings
 * all its inputs, and the split may then have twice as many.
 */
const MAX_SPLIT_INPUTS = 30;

export interface ScheduleOptions {
  /** Number of GPUs; the CPU is the backend behind them. */
  readonly gpus: number;
  /** 4 with pipeline parallelism, else 1. */
  readonly copies: number;
  /** Whether operations on host weights move to a GPU. */
  readonly opOffload: boolean;
  /** Whether llama.cpp's pins hold (they do not in `--fit`'s dry run). */
  readonly pins: boolean;
}

/** The graph as the allocator walks it. */
export class Schedule {
  nodes: Int32Array = new Int32Array(0);
  nodeBackends: Int8Array = new Int8Array(0);
  nodeCount = 0;
  leafs: Int32Array = new Int32Array(0);
  leafBackends: Int8Array = new Int8Array(0);
  leafCount = 0;
  splitCount = 0;
  /** Backend of each tensor, -1 = not assigned. */
  backendOf: Int8Array = new Int8Array(0);
  /** First of a tensor's copies on a backend: index tensor * backends + backend, 0 = none (tensor 0 is never a copy). */
  #copyOf: Int32Array = new Int32Array(0);

  /** The graph's nodes without views, which no backend runs. */
  #running: Int32Array = new Int32Array(0);
  #runningCount = 0;
  /** How many of them have no backend yet. */
  #unassigned = 0;

  #splitBackend: number[] = [];
  #splitStart: number[] = [];
  /** Where the inputs of a split begin in {@link splitInputs}. */
  #splitInputStart: number[] = [];
  #splitInputs: number[] = [];
  /** Inputs that the split in the making has room for. */
  #inputCapacity = MAX_SPLIT_INPUTS;
  #graphInputs: number[] = [];

  /** Plans a built graph. Parents of the graph's nodes are replaced by copies where they cross backends. */
  plan(graph: Graph, options: ScheduleOptions): void {
    const entries = graph.count * (options.gpus + 1);
    if (this.#copyOf.length < entries) {
      this.#copyOf = new Int32Array(entries * 2);
    }
    this.#copyOf.fill(0, 0, entries);
    this.assign(graph, options);
    this.#split(graph, options);
    this.#collect(graph, options);
  }

  #supports(graph: Graph, backend: number, cpu: number, t: Tensor): boolean {
    return backend === cpu || (cudaSupports(graph, t) && !(cpu > 1 && this.#readsOtherGpu(graph, backend, cpu, t)));
  }

  /** Whether a parent lies in a buffer of another GPU, which a GPU does not read. Views have no buffer yet. */
  #readsOtherGpu(graph: Graph, backend: number, cpu: number, t: Tensor): boolean {
    const at = t * MAX_PARENTS;
    const slots = graph.parentSlots[t]!;
    for (let i = 0; i < slots; i++) {
      const parent = graph.parents[at + i]!;
      const placed = parent === NO_TENSOR ? NOT_PLACED : graph.placed[parent]!;
      if (placed !== NOT_PLACED && placed !== backend && placed !== cpu) {
        return true;
      }
    }
    return false;
  }

  /** The first backend that reads the buffer of `t` (or of what it shows) and runs `op`. */
  #fromBuffer(graph: Graph, t: Tensor, op: Tensor, cpu: number): number {
    const root = graph.viewOf[t] === NO_TENSOR ? t : graph.viewOf[t]!;
    const placed = graph.placed[root]!;
    return placed !== NOT_PLACED && this.#supports(graph, placed, cpu, op) ? placed : -1;
  }

  /** Pass 1 for one tensor: its own buffer, an input, or the weights it works with. */
  #fromCurrent(graph: Graph, t: Tensor, options: ScheduleOptions): number {
    const cpu = options.gpus;
    const own = this.#fromBuffer(graph, t, t, cpu);
    if (own !== -1) {
      return own;
    }
    if (graph.isInput(t)) {
      return cpu;
    }
    const op = graph.op[t]!;
    if (op === OP_ROPE || op === OP_FLASH_ATTN) {
      return -1;
    }
    const at = t * MAX_PARENTS;
    const slots = graph.parentSlots[t]!;
    for (let i = 0; i < slots; i++) {
      const parent = graph.parents[at + i]!;
      if (parent === NO_TENSOR || graph.weight[parent] === 0) {
        continue;
      }
      const home = this.#fromBuffer(graph, parent, t, cpu);
      if (options.opOffload && home === cpu && cpu > 0) {
        for (let gpu = 0; gpu < cpu; gpu++) {
          if (this.#supports(graph, gpu, cpu, t) && cudaOffloads(graph, t)) {
            return gpu;
          }
        }
      }
      return home;
    }
    return -1;
  }

  /** Only says which backend runs each node. */
  assign(graph: Graph, options: ScheduleOptions): void {
    const tensors = graph.count;
    if (this.backendOf.length < tensors * 2) {
      this.backendOf = new Int8Array(tensors * 2);
      this.#running = new Int32Array(tensors * 2);
    }
    const cpu = options.gpus;
    const backendOf = this.backendOf;
    backendOf.fill(-1, 0, tensors);
    for (let i = 0; i < graph.leafCount; i++) {
      const leaf = graph.leafs[i]!;
      backendOf[leaf] = this.#fromCurrent(graph, leaf, options);
    }
    let running = 0;
    let unassigned = 0;
    for (let i = 0; i < graph.nodeCount; i++) {
      const node = graph.nodes[i]!;
      const pin = options.pins ? graph.pinned[node]! : -1;
      const backend = pin !== -1 ? pin : this.#fromCurrent(graph, node, options);
      backendOf[node] = backend;
      if (IS_VIEW_OP[graph.op[node]!] === 0) {
        this.#running[running++] = node;
        unassigned += backend === -1 ? 1 : 0;
      }
    }
    this.#runningCount = running;
    this.#unassigned = unassigned;
    this.#expandOver(graph, cpu, true, true);
    this.#expandOver(graph, cpu, true, false);
    this.#expandOver(graph, cpu, false, true);
    this.#expandOver(graph, cpu, false, false);
    if (this.#unassigned > 0) {
      this.#assignRest(graph, cpu);
    }
    this.#assignParents(graph, cpu);
  }

  /** Pass 2: neighbours without a backend take the one next to them; at first GPUs only. */
  #expandOver(graph: Graph, cpu: number, gpusOnly: boolean, down: boolean): void {
    const backendOf = this.backendOf;
    const running = this.#running;
    const count = this.#runningCount;
    let current = -1;
    for (let step = 0; step < count && this.#unassigned > 0; step++) {
      const node = running[down ? step : count - 1 - step]!;
      const own = backendOf[node]!;
      if (own !== -1) {
        current = gpusOnly && own === cpu ? -1 : own;
      } else if (current !== -1 && this.#supports(graph, current, cpu, node)) {
        backendOf[node] = current;
        this.#unassigned--;
      }
    }
  }

  /** Pass 3: nodes that nothing reached go where most of their parents are readable. */
  #assignRest(graph: Graph, cpu: number): void {
    const backendOf = this.backendOf;
    for (let i = 0; i < this.#runningCount; i++) {
      const node = this.#running[i]!;
      if (backendOf[node] !== -1) {
        continue;
      }
      let best = -1;
      for (let backend = 0; backend <= cpu; backend++) {
        if (!this.#supports(graph, backend, cpu, node)) {
          continue;
        }
        let readable = 0;
        const at = node * MAX_PARENTS;
        const slots = graph.parentSlots[node]!;
        for (let j = 0; j < slots; j++) {
          const parent = graph.parents[at + j]!;
          if (parent !== NO_TENSOR && this.#bufferBackend(graph, parent) === backend) {
            readable++;
          }
        }
        if (readable > best) {
          best = readable;
          backendOf[node] = backend;
        }
      }
    }
  }

  /** Pass 4: views follow what they show; parents without a backend follow the node. */
  #assignParents(graph: Graph, cpu: number): void {
    const backendOf = this.backendOf;
    for (let i = 0; i < graph.nodeCount; i++) {
      const node = graph.nodes[i]!;
      if (backendOf[node] === -1 && graph.viewOf[node] !== NO_TENSOR) {
        backendOf[node] = backendOf[graph.viewOf[node]!]!;
      }
      const at = node * MAX_PARENTS;
      const slots = graph.parentSlots[node]!;
      for (let j = 0; j < slots; j++) {
        const parent = graph.parents[at + j]!;
        if (parent !== NO_TENSOR && backendOf[parent] === -1) {
          const root = graph.viewOf[parent]!;
          backendOf[parent] = root !== NO_TENSOR ? backendOf[root]! : backendOf[node]!;
        }
      }
      for (let backend = 0; backend <= cpu && backendOf[node] === -1; backend++) {
        if (this.#supports(graph, backend, cpu, node)) {
          backendOf[node] = backend;
        }
      }
    }
  }

  /** Backend whose buffers hold the tensor: fixed for weights and caches, else as assigned. */
  #bufferBackend(graph: Graph, t: Tensor): number {
    const root = graph.viewOf[t] === NO_TENSOR ? t : graph.viewOf[t]!;
    const placed = graph.placed[root]!;
    if (placed !== NOT_PLACED) {
      return placed;
    }
    const own = this.backendOf[t]!;
    return own === -1 ? this.backendOf[root]! : own;
  }

  /** Pass 5: cuts the graph where the backend changes, and makes the copies that cross. */
  #split(graph: Graph, options: ScheduleOptions): void {
    const backends = options.gpus + 1;
    const count = graph.nodeCount;
    this.splitCount = 0;
    this.#splitInputs.length = 0;
    this.#graphInputs.length = 0;
    let i = 0;
    while (i < count && IS_VIEW_OP[graph.op[graph.nodes[i]!]!] === 1) {
      i++;
    }
    if (i === count) {
      return;
    }
    let current = this.backendOf[graph.nodes[i]!]!;
    this.#beginSplit(0, current);
    for (; i < count; i++) {
      const node = graph.nodes[i]!;
      if (IS_VIEW_OP[graph.op[node]!] === 1) {
        continue;
      }
      const backend = this.backendOf[node]!;
      if (backend !== current || this.#needsNewSplit(graph, node, current, backends)) {
        current = backend;
        this.#beginSplit(i, current);
      }
      const at = node * MAX_PARENTS;
      const slots = graph.parentSlots[node]!;
      for (let j = 0; j < slots; j++) {
        const parent = graph.parents[at + j]!;
        if (parent === NO_TENSOR) {
          continue;
        }
        if (options.copies > 1 && graph.isInput(parent)) {
          this.#copyGraphInput(graph, parent, backends, options.copies);
        }
        const home = this.backendOf[parent]!;
        if (home !== current && this.#bufferBackend(graph, parent) !== current) {
          // A copy may make the graph grow into new arrays: it has to exist before the slot is looked up.
          const copy = this.#copyTo(graph, parent, current, backends, options.copies);
          graph.parents[at + j] = copy;
        }
      }
    }
  }

  #beginSplit(start: number, backend: number): void {
    const split = this.splitCount++;
    this.#splitBackend[split] = backend;
    this.#splitStart[split] = start;
    this.#splitInputStart[split] = this.#splitInputs.length;
    this.#inputCapacity = MAX_SPLIT_INPUTS;
  }

  /** Host weights get a split of their own, so that the memory they are staged in serves again. */
  #needsNewSplit(graph: Graph, node: Tensor, current: number, backends: number): boolean {
    const inputs = this.#splitInputs.length - this.#splitInputStart[this.splitCount - 1]!;
    if (inputs === 0) {
      return false;
    }
    const at = node * MAX_PARENTS;
    const slots = graph.parentSlots[node]!;
    for (let j = 0; j < slots; j++) {
      const parent = graph.parents[at + j]!;
      if (parent === NO_TENSOR || this.backendOf[parent] === current) {
        continue;
      }
      if (this.#bufferBackend(graph, parent) === current) {
        continue;
      }
      if (graph.weight[parent] === 1) {
        return true;
      }
      if (inputs >= this.#inputCapacity && this.#copyOf[parent * backends + current] === 0) {
        return true;
      }
    }
    return false;
  }

  /** With pipelining every input has copies where it lives; the first copy is the input itself. */
  #copyGraphInput(graph: Graph, input: Tensor, backends: number, copies: number): void {
    const key = input * backends + this.backendOf[input]!;
    if (this.#copyOf[key] !== 0) {
      return;
    }
    const first = graph.count;
    for (let c = 1; c < copies; c++) {
      graph.markOutput(graph.markInput(graph.duplicateLayout(input)));
    }
    graph.markOutput(input);
    this.#copyOf[key] = first;
    this.#graphInputs.push(input);
  }

  #copyTo(graph: Graph, t: Tensor, backend: number, backends: number, copies: number): Tensor {
    const key = t * backends + backend;
    const known = this.#copyOf[key]!;
    if (known !== 0) {
      return known;
    }
    const first = graph.count;
    for (let c = 0; c < copies; c++) {
      const copy = graph.duplicateLayout(t);
      if (copies > 1) {
        graph.markOutput(graph.markInput(copy));
      }
    }
    this.#copyOf[key] = first;
    this.#splitInputs.push(t);
    if (this.#splitInputs.length - this.#splitInputStart[this.splitCount - 1]! > this.#inputCapacity) {
      this.#inputCapacity *= 2;
    }
    return first;
  }

  /** Lines up nodes and leafs for the allocator: each split's inputs first, then its nodes. */
  #collect(graph: Graph, options: ScheduleOptions): void {
    const backends = options.gpus + 1;
    const inputs = this.#splitInputs.length;
    const nodes = graph.nodeCount + 2 * inputs;
    const leafs = graph.leafCount + options.copies * (inputs + this.#graphInputs.length);
    if (this.nodes.length < nodes) {
      this.nodes = new Int32Array(nodes * 2);
      this.nodeBackends = new Int8Array(nodes * 2);
    }
    if (this.leafs.length < leafs) {
      this.leafs = new Int32Array(leafs * 2);
      this.leafBackends = new Int8Array(leafs * 2);
    }
    this.nodeCount = 0;
    this.leafCount = 0;
    this.#splitStart[this.splitCount] = graph.nodeCount;
    this.#splitInputStart[this.splitCount] = inputs;
    for (let split = 0; split < this.splitCount; split++) {
      const backend = this.#splitBackend[split]!;
      for (let j = this.#splitInputStart[split]!; j < this.#splitInputStart[split + 1]!; j++) {
        const input = this.#splitInputs[j]!;
        // A dependency on the source keeps it alive until it is copied: a view that does not count as one.
        const dependency = graph.tensor(OP_NONE, graph.type[input]!, 0, 0, 0, 0, input);
        graph.parent(dependency, 0, input);
        this.#pushNode(dependency, this.backendOf[input]!);
        this.#pushNode(this.#copyOf[input * backends + backend]!, backend);
      }
      for (let j = this.#splitStart[split]!; j < this.#splitStart[split + 1]!; j++) {
        const node = graph.nodes[j]!;
        this.#pushNode(node, this.backendOf[node]!);
      }
    }
    if (options.copies > 1) {
      this.#collectCopies(backends, options.copies);
    }
    for (let i = 0; i < graph.leafCount; i++) {
      const leaf = graph.leafs[i]!;
      this.#pushLeaf(leaf, this.backendOf[leaf]!);
    }
  }

  #collectCopies(backends: number, copies: number): void {
    for (const input of this.#graphInputs) {
      const backend = this.backendOf[input]!;
      const first = this.#copyOf[input * backends + backend]!;
      this.#pushLeaf(input, backend);
      for (let c = 1; c < copies; c++) {
        this.#pushLeaf(first + c - 1, backend);
      }
    }
    for (let split = 0; split < this.splitCount; split++) {
      const backend = this.#splitBackend[split]!;
      for (let j = this.#splitInputStart[split]!; j < this.#splitInputStart[split + 1]!; j++) {
        const first = this.#copyOf[this.#splitInputs[j]! * backends + backend]!;
        for (let c = 0; c < copies; c++) {
          this.#pushLeaf(first + c, backend);
        }
      }
    }
  }

  #pushNode(node: Tensor, backend: number): void {
    this.nodes[this.nodeCount] = node;
    this.nodeBackends[this.nodeCount++] = backend;
  }

  #pushLeaf(leaf: Tensor, backend: number): void {
    this.leafs[this.leafCount] = leaf;
    this.leafBackends[this.leafCount++] = backend;
  }
}
