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
  readonly settleMs: number;
  readonly now: () => number;
  /** The program ends: there is time to take the model back, not to load others again. */
  readonly ending: AbortSignal;
  readonly step: (name: LoadStep['name'], state: LoadStep['state'], params?: LoadStep['params']) => void;
}

/**
 * Leaves the server as it was: takes back what a load brought, and loads again what left for it. Never rejects.
 * @returns models that were loaded before and are not any more
 */
export async function restore(parts: RestoreParts): Promise<readonly string[]> {
  const { server, before, brought, ending, settleMs } = parts;
  if (ending.aborted) {
    return takeBackAtOnce(parts);
  }
  try {
    const limit = AbortSignal.any([ending, AbortSignal.timeout(RESTORE_LIMIT_MS)]);
    for (const model of brought.toReversed()) {
      await takeBack(server, model, settleMs, limit);
    }
    const lost = missingModels(before, await readAgain(server), []);
    const stillLost: string[] = [];
    for (const model of lost) {
      if (!(await putBack(parts, model, limit))) {
        stillLost.push(model.name);
      }
    }
    return stillLost;
  } catch {
    if (ending.aborted) {
      return takeBackAtOnce(parts);
    }
    parts.step('restore', 'failed');
    return missingModels(before, await readAgain(server), []).map(({ name }) => name);
  }
}

async function putBack(parts: RestoreParts, model: LoadedModelView, signal: AbortSignal): Promise<boolean> {
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
      return true;
    } catch (error) {
      if (signal.aborted) {
        throw error;
      }
    }
  }
  step('restore', 'failed', { model: model.name });
  return false;
}

/** Ollama gives up a load when its request is gone; one that had just ended is unloaded. */
async function takeBackAtOnce({ server, before, brought }: RestoreParts): Promise<readonly string[]> {
  const signal = AbortSignal.timeout(LAST_UNLOAD_MS);
  try {
    await Promise.all(brought.map((model) => server.ollama.unload(model, { signal })));
  } catch {
    // Told by what is loaded at the next start.
  }
  const after = await server.snapshot({ maxAgeMs: 0, timeoutMs: 500 });
  return missingModels(before, after, []).map(({ name }) => name);
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
