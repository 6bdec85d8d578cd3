import type { Services } from '../../commands/services.ts';
import { GIB } from '../base/bytes.ts';
import type { Log } from '../base/log.ts';
import { ASSUMED_OLLAMA_VERSION } from '../servers/asking/server-view.ts';

/** The first answer of a process shall not pay for compiling the estimator and starting the drawing thread. */
export function warmUp({ painter, models, estimates }: Services, log: Log): void {
  const onError = (error: unknown) => log.debug({ err: error }, 'warming up failed');
  painter.draw({ charts: [{ kind: 'bars' as const, title: '', series: [], bars: [] }] }).catch(onError);
  const found = models.findListed('gemma3:12b');
  if (found !== null) {
    const gpu = { name: 'GPU', totalBytes: 8 * GIB, freeBytes: 8 * GIB };
    const server = { ollama: ASSUMED_OLLAMA_VERSION, gpus: [gpu, gpu] };
    estimates.by('start').clamp(found.spec, server, { numCtx: 4_096 }).catch(onError);
  }
}
