import { setTimeout as sleep } from 'node:timers/promises';
import { sameModel } from '../asking/same-model.ts';
import type { LoadedModelView, Server, ServerSnapshot } from '../types.ts';
import { findLoaded, missingModels, proveUnload, readAgain } from './proof.ts';
import type { LoadStep } from './types.ts';

/** For putting back what was there; a restore must not take longer than this in all. */
const RESTORE_LIMIT_MS = 10 * 60_000;
/** What went wrong for one load may go wrong once more for the next. */
const PUT_BACK_TRIES = 2;
const UNLOAD_LIMIT_MS = 30_000;
/** At the end of the program there is time for no more than this. */
const LAST_UNLOAD_MS = 1_500;
/** A model whose time is nearly over is put back for at least this long. */
const LEAST_KEEP_ALIVE_MS = 60_000;

/** Unloads what a load brought, and waits until it is gone. */
export async function takeBack(server: Server, model: string, settleMs: number, signal: AbortSignal): Promise<void> {
  const now = await readAgain(server);
  const loaded = findLoaded(now, model);
  if (loaded === null) {
    return;
  }
  await server.ollama.unload(loaded.name, { signal: AbortSignal.any([signal, AbortSignal.timeout(UNLOAD_LIMIT_MS)]) });
  await proveUnload(server, loaded, now, settleMs, signal);
}

export interface RestoreParts {
  readonly server: Server;
  readonly before: ServerSnapshot;
  /** What the load, or each load of a set, brought; in the order of the loads. */
  readonly brought: readonly string[];
  /** Models that another client has loaded anew: they are not put back as they were. */
  readonly leave?: readonly string[];
  readonly settleMs: number;
  readonly now: () => number;
  /** The program ends: there is time to take the model back, not to load others again. */
  readonly ending: AbortSignal;
  readonly step: (name: LoadStep['name'], state: LoadStep['state'], params?: LoadStep['params']) => void;
}

/** How a server was left. */
export interface Restored {
  /** Models that were loaded before and are not any more. */
  readonly lost: readonly string[];
  /** As it is now: read fresh, whatever state it is in. */
  readonly after: ServerSnapshot;
}

/** Looks at a server that may be down for a moment, as after a restart. */
const LOOKS = 10;

/**
 * Leaves the server as it was: takes back what a load brought, and loads again what left for it. What it says rests on a
 * look at the server afterwards: an Ollama that was ended in mid-load has lost everything, whatever its last list said.
 * Never rejects.
 */
export async function restore(parts: RestoreParts): Promise<Restored> {
  const { server, before, brought, leave = [], ending, settleMs } = parts;
  if (ending.aborted) {
    return takeBackAtOnce(parts);
  }
  try {
    const limit = AbortSignal.any([ending, AbortSignal.timeout(RESTORE_LIMIT_MS)]);
    const now = await lookUntilUp(parts, limit);
    if (now.ollama.state !== 'up') {
      parts.step('restore', 'failed', { cause: 'down', server: server.name });
      return toRestored(before, now);
    }
    for (const model of brought.toReversed()) {
      await takeBack(server, model, settleMs, limit);
    }
    for (const model of missingModels(before, await readAgain(server), [])) {
      // The weights that another client has loaded now would have to leave for it.
      if (!leave.some((name) => sameModel(name, model.name))) {
        await putBack(parts, model, limit);
      }
    }
  } catch {
    if (ending.aborted) {
      return takeBackAtOnce(parts);
    }
    parts.step('restore', 'failed', { cause: 'down', server: server.name });
  }
  return toRestored(before, await readAgain(server));
}

/** The models that are gone; of a server that does not answer nothing is known to be there. */
function toRestored(before: ServerSnapshot, after: ServerSnapshot): Restored {
  const readable = after.ollama.state === 'up' && !after.modelsStale;
  const lost = readable ? missingModels(before, after, []) : (before.models ?? []);
  return { lost: lost.map(({ name }) => name), after };
}

async function lookUntilUp({ server, settleMs }: RestoreParts, signal: AbortSignal): Promise<ServerSnapshot> {
  let now = await readAgain(server);
  for (let look = 1; look < LOOKS && now.ollama.state !== 'up'; look += 1) {
    await sleep(settleMs, undefined, { signal });
    now = await readAgain(server);
  }
  return now;
}

async function putBack(parts: RestoreParts, model: LoadedModelView, signal: AbortSignal): Promise<void> {
  const { server, step } = parts;
  step('restore', 'running', { model: model.name });
  for (let attempt = 0; attempt < PUT_BACK_TRIES; attempt += 1) {
    try {
      await server.ollama.load(model.name, {
        signal,
        ...(model.contextLength === null ? {} : { numCtx: model.contextLength }),
        ...keepAliveOf(model, parts.now()),
      });
      step('restore', 'done', { model: model.name });
      return;
    } catch (error) {
      if (signal.aborted) {
        throw error;
      }
    }
  }
  step('restore', 'failed', { model: model.name });
}

/** Ollama gives up a load when its request is gone; one that had just ended is unloaded. */
async function takeBackAtOnce({ server, before, brought }: RestoreParts): Promise<Restored> {
  const signal = AbortSignal.timeout(LAST_UNLOAD_MS);
  try {
    await Promise.all(brought.map((model) => server.ollama.unload(model, { signal })));
  } catch {
    // Told by what is loaded at the next start.
  }
  return toRestored(before, await server.snapshot({ maxAgeMs: 0, timeoutMs: 500 }));
}

function keepAliveOf(model: LoadedModelView, nowMs: number) {
  if (model.expiresAtMs === 'pinned') {
    return { keepAlive: { kind: 'forever' as const } };
  }
  if (model.expiresAtMs === null) {
    return {};
  }
  return { keepAlive: { kind: 'for' as const, ms: Math.max(LEAST_KEEP_ALIVE_MS, model.expiresAtMs - nowMs) } };
}
