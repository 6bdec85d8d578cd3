import { type KeepAlive, parseKeepAlive } from '../../ollama/keep-alive.ts';
import { Stop } from './types.ts';

/** Ollama takes a keep-alive whose whole seconds are 0 for an unload (server/routes.go, up to 0.11.5). */
const LEAST_KEEP_ALIVE_MS = 1_000;

/**
 * Reads a keep-alive within the caps. Only administrators keep a model for ever or beyond the cap.
 * @param text as Ollama writes it (`30m`, `-1`); `undefined` = the server's default
 * @param cap MAX_KEEP_ALIVE; `null` = no cap
 * @throws Stop `bad-keep-alive`, `keep-alive-forever`, `keep-alive-above-cap`
 */
export function readKeepAlive(text: string | undefined, cap: string | null, isAdmin: boolean): KeepAlive | null {
  if (text === undefined) {
    return null;
  }
  const parsed = parseKeepAlive(text);
  if (parsed === null || (parsed.kind === 'for' && parsed.ms < LEAST_KEEP_ALIVE_MS)) {
    throw new Stop('refused', 'bad-keep-alive', { value: text.slice(0, 40) });
  }
  if (isAdmin) {
    return parsed;
  }
  if (parsed.kind === 'forever') {
    throw new Stop('refused', 'keep-alive-forever');
  }
  const most = cap === null ? null : parseKeepAlive(cap);
  if (most?.kind === 'for' && parsed.ms > most.ms) {
    throw new Stop('refused', 'keep-alive-above-cap', { wanted: parsed.ms, max: most.ms });
  }
  return parsed;
}
