/** One attempt to load a model: memory taken while the weights are read, and what can go wrong meanwhile. */

import { MIB } from '../base/bytes.ts';
import type { EstimateServer } from '../estimator/types.ts';
import { engineFor } from '../estimator/versions.ts';
import { type Clock, sleep } from './clock.ts';
import type { Faults } from './faults.ts';
import type { Allocation, GpuMemory } from './memory.ts';
import type { StoredModel } from './models.ts';
import { does } from './version-ways.ts';
import { type Placed, type Refused, ServerFailure, type SimulatedGpu, type SimulatedTiming } from './types.ts';

/** The machine a load runs on. */
export interface LoadMachine {
  readonly clock: Clock;
  readonly gpus: readonly SimulatedGpu[];
  readonly memory: GpuMemory;
  readonly faults: Faults;
  readonly timing: SimulatedTiming;
  /** Host memory that models may still take. */
  freeHostBytes(): number;
}

export interface LoadedRunner {
  readonly allocation: Allocation;
  readonly placed: Placed;
  /** Free memory of every card just before. */
  readonly freeBefore: readonly number[];
  /** Its VRAM will not come back. */
  readonly leaks: boolean;
}

/** The runner found too little memory on a GPU. */
export class OutOfMemory extends ServerFailure {}

/** The client went away; Ollama stops the load. */
export class LoadCanceled extends ServerFailure {
  constructor() {
    super(499, 'request canceled');
  }
}

/**
 * Loads a model as placed.
 * @throws ServerFailure refused, crashed; OutOfMemory; LoadCanceled
 */
export async function loadRunner(
  machine: LoadMachine,
  model: StoredModel,
  server: EstimateServer,
  placement: () => Placed | Refused,
  signal: AbortSignal,
): Promise<LoadedRunner> {
  const { clock, memory, timing } = machine;
  const fault = machine.faults.forLoad(model.name);
  if (model.file !== undefined) {
    throw new ServerFailure(500, unloadable(model, server.ollama));
  }
  const where = placement();
  if ('refused' in where) {
    throw new ServerFailure(500, where.refused);
  }
  const placed = fault?.kind === 'spill' ? spilled(where, 0.5) : fault?.kind === 'no-gpu' ? spilled(where, 1) : where;
  const bytes = placed.gpuBytes.map((size, index) => {
    return size + (placed.usesGpu[index] ? machine.gpus[index]!.cudaContextBytes : 0);
  });
  const totalBytes = placed.gpuBytes.reduce((sum, size) => sum + size, 0) + placed.hostBytes;
  const readMs = (totalBytes / timing.loadBytesPerSecond) * 1000 + (fault?.kind === 'stall' ? fault.ms : 0);
  const modern = engineFor(server.ollama, model.spec) === 'llama-server';
  await step(clock, timing.startupMs, signal);
  const freeBefore = machine.gpus.map((_, index) => memory.freeBytes(index));
  const allocation = memory.allocate(modern ? 'llama-server' : 'ollama runner', bytes, readMs);
  try {
    requireMemory(machine, placed, modern);
    if (fault?.kind === 'out-of-memory') {
      throw outOfMemory(modern, placed, 0);
    }
    await step(clock, fault?.kind === 'crash' ? readMs / 2 : readMs, signal);
    if (fault?.kind === 'crash') {
      throw new ServerFailure(500, fault.text);
    }
    // others may have taken memory meanwhile
    requireMemory(machine, placed, modern);
  } catch (error) {
    memory.free(allocation);
    throw error;
  }
  return { allocation, placed, freeBefore, leaks: fault?.kind === 'leak' };
}

async function step(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(clock, ms, signal);
  } catch {
    throw new LoadCanceled();
  }
}

function requireMemory(machine: LoadMachine, placed: Placed, modern: boolean): void {
  const full = machine.memory.overcommitted();
  if (full) {
    throw outOfMemory(modern, placed, full.index);
  }
  if (placed.hostBytes > machine.freeHostBytes()) {
    // the kernel ends the largest process
    throw new ServerFailure(500, `${processName(modern)} process has terminated: signal: killed`);
  }
}

/** What a version says of a file that it cannot load. */
export function unloadable({ file, layers }: StoredModel, version: string): string {
  if (file === 'damaged' && does(version, 'showReadsFile')) {
    return `tensor "token_embd.weight" offset+size (31069312) exceeds file size (20000000)`;
  }
  if (does(version, 'refusesBeforeRunner')) {
    return `unable to load model: /root/.ollama/models/blobs/${layers[0]!.digest.replace(':', '-')}`;
  }
  return file === 'damaged'
    ? "llama runner process has terminated: error loading model: tensor 'token_embd.weight' data is not within the file bounds, model is corrupted or incomplete"
    : 'llama runner process has terminated: this model is not supported by your version of Ollama. You may need to upgrade';
}

function processName(modern: boolean): string {
  return modern ? 'llama-server' : 'llama runner';
}

function outOfMemory(modern: boolean, placed: Placed, index: number): OutOfMemory {
  const mib = ((placed.gpuBytes[index] ?? 0) / MIB).toFixed(2);
  const lines =
    `ggml_backend_cuda_buffer_type_alloc_buffer: allocating ${mib} MiB on device ${index}: ` +
    'cudaMalloc failed: out of memory';
  return new OutOfMemory(
    500,
    modern
      ? `llama-server reported out-of-memory during startup: ${lines}`
      : `llama runner process has terminated: ${lines}`,
  );
}

function spilled(placed: Placed, share: number): Placed {
  const moved = placed.gpuBytes.reduce((sum, bytes) => sum + bytes, 0) * share;
  return {
    ...placed,
    gpuBytes: placed.gpuBytes.map((bytes) => Math.round(bytes * (1 - share))),
    hostBytes: placed.hostBytes + Math.round(moved),
    fullyOnGpu: false,
    reportedVramBytes: Math.round(placed.reportedVramBytes * (1 - share)),
  };
}
