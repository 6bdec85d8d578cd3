/**
 * A server with models on it: where each of them lies and what it holds, worked out from what it was loaded with, so that
 * a plan beside them knows what Ollama believes and who would leave.
 */

import { MIB } from '../../base/bytes.ts';
import type { EstimateServer, GpuDevice, LoadedModel } from '../types.ts';
import { inWholeBytes } from './checks.ts';
import { decide } from './decide.ts';
import { loadedBy, planSet, type SetModel } from './sets.ts';

/** What is known of a model's memory is nearer than this share of it; what was measured is nearer still. */
const UNCERTAIN_SHARE = 0.25;

const NOBODYS_BYTES = 64 * MIB;

/** A model that is loaded. */
export interface Resident extends SetModel {
  /** GPUs that it lies on, where that is known: indices in the server's list. */
  readonly gpus?: readonly number[];
}

/**
 * The server with the models beside which something is to be loaded, in the order in which they were loaded.
 *
 * @param server `freeBytes` is what is free now, the models loaded. Where more is free than they leave, they are taken off.
 * @throws EstimateError as `decide`
 */
export function besideLoaded(server: EstimateServer, residents: readonly Resident[]): EstimateServer {
  if (residents.length === 0) {
    return server;
  }
  const whole = inWholeBytes(server);
  // What others hold is what is not free and not the models': known once it is known what the models hold.
  const empty = whole.gpus.map((gpu) => ({ ...gpu, freeBytes: gpu.totalBytes }));
  const first = placed({ ...whole, gpus: empty }, residents);
  const loaded = agrees(whole, first) ? first : placed({ ...whole, gpus: withBack(whole.gpus, first) }, residents);
  const gpus = whole.gpus.map((gpu, index) => {
    const held = heldOn(loaded, index);
    const left = Math.max(0, gpu.totalBytes - held);
    return gpu.freeBytes > left + UNCERTAIN_SHARE * held ? { ...gpu, freeBytes: left } : gpu;
  });
  return { ...whole, gpus, loaded: [...(server.loaded ?? []), ...loaded] };
}

function placed(server: EstimateServer, residents: readonly Resident[]): readonly LoadedModel[] {
  if (residents.every(({ gpus }) => gpus === undefined)) {
    const together = planSet(residents, { ...server, loaded: [] });
    if (together.loaded.length === residents.length) {
      return together.loaded;
    }
  }
  // They are there, whatever Ollama would do if they came in this order again.
  let { gpus } = server;
  const loaded: LoadedModel[] = [];
  for (const { spec, request, name = spec.name, keepAliveSeconds, digest, gpus: onGpus } of residents) {
    const there = onGpus === undefined ? {} : { visibleGpus: onGpus };
    const plan = decide(spec, { ...server, ...there, gpus, loaded: [] }, request);
    const model = loadedBy(plan, gpus, name, keepAliveSeconds, digest);
    const alone = onGpus === undefined ? model.alone : onGpus.length === 1 && server.gpus.length > 1;
    const known = { ...model, alone: alone ?? false };
    gpus = gpus.map((gpu, index) => ({ ...gpu, freeBytes: Math.max(0, gpu.freeBytes - heldOn([known], index)) }));
    loaded.push(known);
  }
  return loaded;
}

/** Whether the GPUs are as full as the models make them, or nobody measured how full they are. */
function agrees({ gpus }: EstimateServer, loaded: readonly LoadedModel[]): boolean {
  return gpus.every((gpu, index) => {
    const held = heldOn(loaded, index);
    const used = gpu.totalBytes - gpu.freeBytes;
    return used === 0 || used >= (1 - UNCERTAIN_SHARE) * held;
  });
}

/** The GPUs without the models; what is left in use by less than a context's share is nobody's. */
function withBack(gpus: readonly GpuDevice[], loaded: readonly LoadedModel[]): readonly GpuDevice[] {
  return gpus.map((gpu, index) => {
    const freeBytes = gpu.freeBytes + heldOn(loaded, index);
    return { ...gpu, freeBytes: gpu.totalBytes - freeBytes < NOBODYS_BYTES ? gpu.totalBytes : freeBytes };
  });
}

function heldOn(loaded: readonly LoadedModel[], gpu: number): number {
  return loaded.reduce((sum, { places = [] }) => {
    return sum + (places.find((place) => place.gpu === gpu)?.heldBytes ?? 0);
  }, 0);
}
