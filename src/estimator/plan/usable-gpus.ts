/**
 * The GPUs that Ollama may use at all: those it was left (CUDA_VISIBLE_DEVICES and its like), and of these the ones its
 * libraries were compiled for. The engines see only them; plans speak of all GPUs of the server.
 */

import type { EstimateServer, GpuDevice, GpuPlan, LoadedModel, Plan, Reason } from '../types.ts';
import { untouchedGpu } from './untouched-gpu.ts';

/** The oldest cards that Ollama's CUDA library runs on (CMakePresets.json, v0.3 to v0.33: `50-virtual`). */
const LEAST_COMPUTE_CAPABILITY = 5;

/** A server with nothing but the GPUs that are used, and where each stands in the whole list. */
export interface UsableServer {
  readonly server: EstimateServer;
  readonly indices: readonly number[];
}

/** Indices of the GPUs that Ollama may use, in its order. llama.cpp alone is taken at its word. */
export function usableGpus(server: Pick<EstimateServer, 'ollama' | 'gpus' | 'visibleGpus'>): readonly number[] {
  const visible = server.visibleGpus ?? server.gpus.map((_, index) => index);
  return visible.filter((index) => {
    const gpu = server.gpus[index];
    return gpu !== undefined && (server.ollama === 'llama.cpp' || isSupported(gpu));
  });
}

function isSupported({ library = 'CUDA', computeCapability }: GpuDevice): boolean {
  return library !== 'CUDA' || computeCapability === undefined || computeCapability >= LEAST_COMPUTE_CAPABILITY;
}

/** The server as its engine sees it. */
export function usableServer(server: EstimateServer): UsableServer {
  const indices = usableGpus(server);
  if (indices.length === server.gpus.length && indices.every((index, position) => index === position)) {
    return { server, indices };
  }
  const { visibleGpus: _, ...rest } = server;
  const perGpu = server.calibration?.overheadDeltaPerGpuBytes;
  return {
    indices,
    server: {
      ...rest,
      gpus: indices.map((index) => server.gpus[index]!),
      ...(server.loaded === undefined ? {} : { loaded: server.loaded.map((model) => moved(model, indices)) }),
      ...(server.calibration === undefined
        ? {}
        : {
            calibration: {
              ...server.calibration,
              ...(perGpu === undefined ? {} : { overheadDeltaPerGpuBytes: indices.map((index) => perGpu[index]!) }),
            },
          }),
    },
  };
}

function moved(model: LoadedModel, indices: readonly number[]): LoadedModel {
  if (model.places === undefined) {
    return model;
  }
  const places = model.places.flatMap((place) => {
    const gpu = indices.indexOf(place.gpu);
    return gpu < 0 ? [] : [{ ...place, gpu }];
  });
  return { ...model, places };
}

/** A plan for the GPUs that are used, as one for all of the server's. */
export function planForAll(plan: Plan, all: EstimateServer, { indices, server }: UsableServer): Plan {
  if (server === all) {
    return plan;
  }
  const gpus: GpuPlan[] = all.gpus.map((gpu) => untouchedGpu(gpu));
  const perGpuLayers = all.gpus.map(() => 0);
  for (const [position, index] of indices.entries()) {
    gpus[index] = plan.gpus[position]!;
    perGpuLayers[index] = plan.placement.perGpuLayers[position] ?? 0;
  }
  const hidden = all.gpus.length - indices.length;
  const notes: Reason[] = hidden === 0 ? [] : [{ code: 'gpus-hidden', params: { hidden, usable: indices.length } }];
  const { gpu } = plan.reason.params;
  const reason =
    typeof gpu === 'number'
      ? { ...plan.reason, params: { ...plan.reason.params, gpu: indices[gpu] ?? gpu } }
      : plan.reason;
  const { overrideTargets } = plan.placement;
  const targets =
    overrideTargets === undefined
      ? {}
      : { overrideTargets: overrideTargets.map((to) => (to === 'CPU' ? to : (indices[to] ?? to))) };
  const counted = all.gpus.map((_, index) => plan.countedBytes?.[indices.indexOf(index)] ?? 0);
  const books = plan.countedBytes === undefined ? {} : { countedBytes: counted };
  return {
    ...plan,
    ...books,
    reason,
    gpus,
    placement: { ...plan.placement, perGpuLayers, ...targets },
    notes: [...plan.notes, ...notes],
  };
}
