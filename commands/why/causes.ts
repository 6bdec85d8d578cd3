import { MIB } from '../../src/base/bytes.ts';
import type { EstimateServer } from '../../src/estimator/types.ts';
import type { Question } from '../../src/servers/asking/question.ts';
import { placeableGpus } from '../../src/servers/asking/server-view.ts';
import type { PastLoad } from '../../src/servers/past-loads.ts';
import type { LoadedModelView, ServerSnapshot } from '../../src/servers/types.ts';
import type { Estimator } from '../../src/workers/estimates.ts';
import { largestContext } from '../fit/answer.ts';

/** Why part of a model is in system memory: what would have to be otherwise for all of it to fit. */
export type Cause =
  /** It would fit right now: there was less room when it was loaded, or it was loaded with fewer layers. */
  | { readonly kind: 'room-now' }
  /** Without the other programs on the GPUs. */
  | { readonly kind: 'programs'; readonly bytes: number }
  /** Without the other models. */
  | { readonly kind: 'models'; readonly models: readonly string[] }
  /** Without both. */
  | { readonly kind: 'both'; readonly bytes: number; readonly models: readonly string[] }
  /** With a shorter context. */
  | { readonly kind: 'context'; readonly largest: number }
  /** Not on these GPUs with this context, whatever else leaves. */
  | { readonly kind: 'too-large' };

/** Less than this on a GPU is the driver's and a desktop's, bytes. */
const NOISE_BYTES = 256 * MIB;

/** Memory of other programs on each GPU of the question, bytes; `null`: it cannot be told apart. */
function programsOf(snapshot: ServerSnapshot): readonly number[] | null {
  const others = placeableGpus(snapshot).map(({ othersBytes }) => othersBytes);
  return others.every((bytes) => bytes !== null) ? others.map((bytes) => (bytes > NOISE_BYTES ? bytes : 0)) : null;
}

function withoutPrograms(server: EstimateServer, programs: readonly number[]): EstimateServer {
  const gpus = server.gpus.map((gpu, index) => ({
    ...gpu,
    freeBytes: Math.min(gpu.totalBytes, gpu.freeBytes + (programs[index] ?? 0)),
  }));
  return { ...server, gpus };
}

/**
 * What of the server has to be otherwise for all of the model to be on the GPUs, the least first; each is checked with
 * the estimator.
 * @param question about the loaded model with its own context: its memory counts as given back
 */
export async function findCauses(
  estimator: Estimator,
  question: Question,
  snapshot: ServerSnapshot,
  model: LoadedModelView,
): Promise<readonly Cause[]> {
  const { spec, estimate, emptied, request } = question;
  if (estimate === null) {
    return [];
  }
  const fits = async (server: EstimateServer): Promise<boolean> =>
    (await estimator.decide(spec, server, request)).verdict === 'fits';
  if (await fits(estimate)) {
    return [{ kind: 'room-now' }];
  }
  const causes: Cause[] = [];
  const programs = programsOf(snapshot);
  const bytes = programs?.reduce((sum, held) => sum + held, 0) ?? 0;
  const models = (snapshot.models ?? []).map(({ name }) => name).filter((name) => name !== model.name);
  if (bytes > 0 && (await fits(withoutPrograms(estimate, programs!)))) {
    causes.push({ kind: 'programs', bytes });
  }
  if (models.length > 0 && emptied !== null && (await fits(emptied))) {
    causes.push({ kind: 'models', models });
  }
  const together = causes.length === 0 && bytes > 0 && models.length > 0 && emptied !== null;
  if (together && (await fits(withoutPrograms(emptied, programs!)))) {
    causes.push({ kind: 'both', bytes, models });
  }
  const largest = await largestContext(estimator, spec, estimate, request);
  if (largest !== null && largest < request.numCtx) {
    causes.push({ kind: 'context', largest });
  }
  return causes.length === 0 ? [{ kind: 'too-large' }] : causes;
}

/** What is otherwise than when the model last fitted. */
export type Change =
  | { readonly kind: 'context'; readonly from: number; readonly to: number }
  | { readonly kind: 'version'; readonly from: string; readonly to: string }
  | { readonly kind: 'file' }
  /** Memory in use by whatever else, on one GPU, bytes. */
  | { readonly kind: 'memory'; readonly gpu: string; readonly from: number; readonly to: number };

/** What the model holds on each GPU; `null` where it cannot be told from other models. */
function heldOnGpus(snapshot: ServerSnapshot, { placement }: LoadedModelView): ReadonlyMap<string, number> | null {
  if (placement !== undefined) {
    return new Map(placement.gpus.map(({ uuid, heldBytes }) => [uuid, heldBytes]));
  }
  return snapshot.models?.length === 1
    ? new Map(snapshot.gpuViews.map(({ uuid, ollamaBytes }) => [uuid, ollamaBytes ?? 0]))
    : null;
}

/** Compares the server now with what it was when the model last fitted. */
export function findChanges(past: PastLoad, snapshot: ServerSnapshot, model: LoadedModelView): readonly Change[] {
  const changes: Change[] = [];
  if (model.contextLength !== null && model.contextLength !== past.numCtx) {
    changes.push({ kind: 'context', from: past.numCtx, to: model.contextLength });
  }
  const version = snapshot.ollama.state === 'up' ? snapshot.ollama.version.text : null;
  if (version !== null && past.ollamaVersion !== '' && version !== past.ollamaVersion) {
    changes.push({ kind: 'version', from: past.ollamaVersion, to: version });
  }
  if (past.digest !== null && model.digest !== '' && past.digest !== model.digest) {
    changes.push({ kind: 'file' });
  }
  const held = heldOnGpus(snapshot, model);
  for (const [position, gpu] of snapshot.gpuViews.entries()) {
    const from = past.usedBefore?.get(gpu.uuid);
    if (from === undefined || gpu.usedBytes === null || held === null) {
      continue;
    }
    const to = Math.max(0, gpu.usedBytes - (held.get(gpu.uuid) ?? 0));
    if (to - from > NOISE_BYTES) {
      changes.push({ kind: 'memory', gpu: `GPU ${gpu.index ?? position}`, from, to });
    }
  }
  return changes;
}
