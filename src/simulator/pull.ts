/** A download from the simulated registry, line by line as Ollama prints it (server/images.go, PullModel). */

import { type Clock, sleep } from './clock.ts';
import type { ModelStore } from './models.ts';
import { ServerFailure } from './types.ts';

export interface PullLine {
  readonly status: string;
  readonly digest?: string;
  readonly total?: number;
  readonly completed?: number;
}

const TICK_MS = 100;

/**
 * Pulls a model; it is in the store once the last line is out.
 * @throws ServerFailure 500 when the registry has no such model; the signal's reason when it is aborted
 */
export async function* pullModel(
  store: ModelStore,
  name: string,
  clock: Clock,
  bytesPerSecond: number,
  signal: AbortSignal,
): AsyncGenerator<PullLine, void, void> {
  yield { status: 'pulling manifest' };
  const model = store.published(name, clock.now());
  if (!model) {
    throw new ServerFailure(500, 'pull model manifest: file does not exist');
  }
  for (const { digest, bytes } of model.layers) {
    const status = `pulling ${digest.slice(7, 19)}`;
    for (let completed = 0; completed < bytes; ) {
      // Go leaves a zero out
      yield { status, digest, total: bytes, ...(completed > 0 && { completed }) };
      const step = Math.min(bytes - completed, Math.ceil((bytesPerSecond * TICK_MS) / 1000));
      await sleep(clock, (step / bytesPerSecond) * 1000, signal);
      completed += step;
    }
    yield { status, digest, total: bytes, completed: bytes };
  }
  yield { status: 'verifying sha256 digest' };
  yield { status: 'writing manifest' };
  store.put(model);
  yield { status: 'success' };
}
