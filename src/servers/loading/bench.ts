/**
 * How fast a loaded model is: a short prompt and 64 tokens, as Ollama times them. Nothing is loaded for it and nobody leaves.
 *
 * Ollama takes a request's options for a wish to reload where they differ from the runner's (`needsReload`,
 * server/sched.go): only the context is named, as it is loaded. The keep-alive is left out, so that the model's own stays
 * in force; one that is named would hold for all later requests, too.
 */

import { randomInt } from 'node:crypto';
import type { Generation } from '../../ollama/types.ts';
import type { Bench, BenchRepository, Json } from '../../store/types.ts';
import { modelKey } from '../asking/same-model.ts';
import type { LoadedModelView, Remark, Server, ServerSnapshot } from '../types.ts';
import { findLoaded, readAgain } from './proof.ts';
import { givenUp, type Requester, Stop, toRemark } from './types.ts';

const TOKENS = 64;
/** Fewer say nothing of a speed. */
const LEAST_TOKENS = 8;
const LEAST_PROMPT_TOKENS = 32;
const PROMPT_NUMBERS = 60;
/** A model that leaves within this time could be gone when its turn comes: Ollama would load it again, ms. */
const TIME_NEEDED_MS = 30_000;
/** A model that was there is ready at once, ms. */
const READY_MS = 1_500;

/** What somebody wants measured. */
export interface BenchOrder {
  readonly model: string;
  readonly by: Requester;
}

/** How it ended. */
export interface BenchOutcome {
  readonly result: 'measured' | 'refused' | 'failed' | 'canceled';
  readonly problem: Remark | null;
  readonly model: string;
  readonly server: string;
  readonly bench: Bench | null;
  /** Others used the model meanwhile: the figure is lower than it could be. */
  readonly shared: boolean;
}

export interface BenchParts {
  readonly server: Server;
  readonly benches: BenchRepository;
  readonly isInUse: (model: string) => boolean;
  /** A use that is ours is nobody else's. */
  readonly ownTouch: (model: string) => void;
  readonly signal: AbortSignal;
  readonly now: () => number;
}

export function emptyBench(server: string, model: string): BenchOutcome {
  return { result: 'failed', problem: null, model, server, bench: null, shared: false };
}

/** Measures. Never rejects. */
export async function runBench(parts: BenchParts, order: BenchOrder): Promise<BenchOutcome> {
  const outcome = emptyBench(parts.server.name, order.model);
  try {
    return { ...outcome, ...(await measure(parts, order)) };
  } catch (error) {
    if (parts.signal.aborted) {
      return { ...outcome, ...givenUp(parts.signal.reason) };
    }
    const refused = error instanceof Stop && error.result === 'refused';
    const problem = error instanceof Stop ? error.problem : toRemark(error);
    return { ...outcome, result: refused ? 'refused' : 'failed', problem };
  }
}

async function measure(
  { server, benches, isInUse, ownTouch, signal, now }: BenchParts,
  order: BenchOrder,
): Promise<Partial<BenchOutcome>> {
  const before = await readAgain(server);
  signal.throwIfAborted();
  const loaded = findBenchable(before, order.model, now());
  const shared = isInUse(loaded.name);
  ownTouch(loaded.name);
  const generation = await server.ollama.generate(loaded.name, {
    prompt: newPrompt(),
    numPredict: TOKENS,
    signal,
    ...(loaded.contextLength === null ? {} : { numCtx: loaded.contextLength }),
  });
  if (generation.loadMs > READY_MS) {
    throw new Stop('failed', 'bench-reloaded', { model: loaded.name });
  }
  if (generation.generatedTokens < LEAST_TOKENS || generation.generatedMs <= 0) {
    throw new Stop('failed', 'bench-too-short', { model: loaded.name, tokens: generation.generatedTokens });
  }
  const bench = benchOf(before, loaded, generation, now());
  await benches.add(bench);
  return { result: 'measured', model: loaded.name, bench, shared };
}

function findBenchable(snapshot: ServerSnapshot, model: string, nowMs: number): LoadedModelView {
  const { name: server } = snapshot;
  if (snapshot.ollama.state !== 'up') {
    throw new Stop('failed', `ollama-${snapshot.ollama.state}`, { server });
  }
  const loaded = findLoaded(snapshot, model);
  if (loaded === null) {
    throw new Stop('refused', 'bench-not-loaded', { model, server });
  }
  if (loaded.isCloud) {
    throw new Stop('refused', 'model-cloud', { model: loaded.name });
  }
  const leaves = typeof loaded.expiresAtMs === 'number' ? loaded.expiresAtMs - nowMs : Number.POSITIVE_INFINITY;
  if (loaded.stopping || leaves < TIME_NEEDED_MS) {
    throw new Stop('refused', 'bench-leaving', { model: loaded.name });
  }
  return loaded;
}

/** Numbers to go on with. It begins anew each time: what llama-server has seen before it does not read again. */
function newPrompt(): string {
  const first = randomInt(1_000, 9_000);
  return Array.from({ length: PROMPT_NUMBERS }, (_, index) => `${first + index}\n`).join('');
}

function benchOf(snapshot: ServerSnapshot, loaded: LoadedModelView, generation: Generation, atMs: number): Bench {
  const { promptTokens, promptMs, generatedTokens, generatedMs } = generation;
  return {
    atMs,
    server: snapshot.name,
    model: modelKey(loaded.name),
    digest: loaded.digest,
    numCtx: loaded.contextLength,
    gpuShare: loaded.gpuShare,
    gpus: gpusOf(snapshot, loaded),
    ollamaVersion: snapshot.ollama.state === 'up' ? snapshot.ollama.version.text : '',
    promptTokens,
    promptPerSecond: promptTokens < LEAST_PROMPT_TOKENS || promptMs <= 0 ? null : (promptTokens / promptMs) * 1000,
    generatedTokens,
    generatedPerSecond: (generatedTokens / generatedMs) * 1000,
  };
}

/** The GPUs that the model lies on, as far as that is known: else all of the server's. */
function gpusOf(snapshot: ServerSnapshot, { placement }: LoadedModelView): readonly Json[] {
  const held = new Map(placement?.gpus.map(({ uuid, heldBytes }) => [uuid, heldBytes]));
  return snapshot.gpuViews
    .filter(({ uuid }) => placement === undefined || held.has(uuid))
    .map(({ uuid, name }) => ({ uuid, name, heldBytes: held.get(uuid) ?? null }));
}
