import { MIB } from '../../base/bytes.ts';
import type { EstimateServer, Plan } from '../../estimator/types.ts';
import type { Estimates } from '../../workers/estimates.ts';
import { placementOf } from '../placements.ts';
import type { LoadedModelView, Server, ServerSnapshot } from '../types.ts';
import type { ModelFinder } from './models.ts';
import { requestFor } from './question.ts';
import { estimateServer, placeableGpus } from './server-view.ts';

const FIND_LIMIT_MS = 30_000;
/** Loaded models that are planned; a server holds a few at a time, and each takes an estimate. */
const MOST_PLACED = 64;

/** Less than this on a card is the driver's, bytes. */
const NOISE_BYTES = 256 * MIB;
/** Part of what a plan puts on a card that has to be in use there. */
const SEEN_SHARE = 0.8;

/** Whether each card has as much in use as the plan puts there. */
function liesThere(plan: Plan, used: readonly (number | null)[]): boolean {
  return plan.gpus.every(({ totalBytes, overheadParts }, index) => {
    const inUse = used[index] ?? null;
    return inUse === null || inUse >= (totalBytes - (overheadParts?.useBytes ?? 0)) * SEEN_SHARE;
  });
}

/** Finds out where loaded models lie that nobody has planned yet; never rejects. */
export type Placer = (server: Server, snapshot: ServerSnapshot) => Promise<void>;

/** Plans what a server lists as loaded, one model at a time: those that are known already keep their places. */
export function createPlacer(models: Pick<ModelFinder, 'find'>, estimates: Pick<Estimates, 'by'>): Placer {
  const busy = new Set<string>();
  return async (server, snapshot) => {
    if (busy.has(server.name) || snapshot.modelsStale || snapshot.gpuStale || snapshot.ollama.state !== 'up') {
      return;
    }
    busy.add(server.name);
    try {
      for (const model of (snapshot.models ?? []).slice(0, MOST_PLACED)) {
        if (!model.isCloud && !model.isMlx && server.placements.of(model) === undefined) {
          await place(models, estimates, server, snapshot, model);
        }
      }
    } finally {
      busy.delete(server.name);
    }
  };
}

async function place(
  models: Pick<ModelFinder, 'find'>,
  estimates: Pick<Estimates, 'by'>,
  server: Server,
  snapshot: ServerSnapshot,
  model: LoadedModelView,
): Promise<void> {
  const cards = placeableGpus(snapshot, 'empty');
  if (cards.length === 0 || model.contextLength === null) {
    return;
  }
  try {
    const { spec } = await models.find(model.name, server, AbortSignal.timeout(FIND_LIMIT_MS));
    const empty = estimateServer(snapshot, server.config, { assume: 'empty' });
    const taken = new Map<string, number>();
    // A load of ours has told meanwhile where it lies.
    if (server.placements.of(model) !== undefined) {
      return;
    }
    for (const other of snapshot.models ?? []) {
      for (const { uuid, heldBytes } of server.placements.of(other)?.gpus ?? []) {
        taken.set(uuid, (taken.get(uuid) ?? 0) + heldBytes);
      }
    }
    const gpus = empty.gpus.map((gpu, index) => {
      const freeBytes = Math.max(0, gpu.freeBytes - (taken.get(cards[index]!.uuid) ?? 0));
      return { ...gpu, freeBytes };
    });
    const before: EstimateServer = { ...empty, gpus };
    // A model from outside is never estimated on this thread.
    const request = requestFor(server.config.env, model.contextLength);
    const estimator = estimates.by('placing');
    const used = cards.map(({ uuid, usedBytes }) => (usedBytes === null ? null : usedBytes - (taken.get(uuid) ?? 0)));
    let plan = await estimator.decide(spec, before, request);
    if (!liesThere(plan, used)) {
      // Of cards alike a plan may take another than Ollama did: only those that hold something come into question.
      const visible = before.visibleGpus ?? cards.map((_, index) => index);
      const visibleGpus = visible.filter((index) => (used[index] ?? Number.POSITIVE_INFINITY) > NOISE_BYTES);
      plan = await estimator.decide(spec, { ...before, visibleGpus }, request);
    }
    const uuids = cards.map(({ uuid }) => uuid);
    if (server.placements.of(model) === undefined) {
      server.placements.learn(model, liesThere(plan, used) ? placementOf(plan, model, uuids) : null);
    }
  } catch {
    // Not known: the sizes that Ollama tells have to do.
    if (server.placements.of(model) === undefined) {
      server.placements.learn(model, null);
    }
  }
}
