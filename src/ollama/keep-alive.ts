/**
 * How long a model stays in memory: Ollama's `keep_alive` (api/types.go, Duration) and the `expires_at` of /api/ps.
 */

/** A duration of 0 means "unload as soon as idle". */
export type KeepAlive = { readonly kind: 'for'; readonly ms: number } | { readonly kind: 'forever' };

const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** Go's time.Duration holds at most 2^63−1 ns. */
const MAX_GO_DURATION_MS = 9_223_372_036_854;

/**
 * Parses a duration as Go's time.ParseDuration does: `5m`, `1h30m`, `1.5h`, `-1m`, `0`.
 * @returns milliseconds, or `null` when Go would refuse the text (missing unit, unknown unit, overflow).
 */
export function parseGoDuration(text: string): number | null {
  if (text.length > 64) {
    return null;
  }
  const sign = text.startsWith('-') ? -1 : 1;
  const body = /^[+-]/.test(text) ? text.slice(1) : text;
  if (body === '0') {
    return 0;
  }
  if (!/^(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/u.test(body)) {
    return null;
  }
  let ms = 0;
  for (const [, digits, unit] of body.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/gu)) {
    ms += Number(digits) * UNIT_MS[unit!]!;
  }
  if (ms > MAX_GO_DURATION_MS) {
    return null;
  }
  return ms === 0 ? 0 : sign * ms;
}

/**
 * Reads what a person or a setting says: a Go duration, seconds as a number (`300`), anything negative or `forever` for
 * ever. Ollama takes a bare number only as a JSON number and in OLLAMA_KEEP_ALIVE; here it is taken as text, too.
 * @returns `null` when it is none of these.
 */
export function parseKeepAlive(input: string | number): KeepAlive | null {
  if (typeof input === 'number') {
    return fromMs(Number.isFinite(input) ? input * 1000 : Number.NaN);
  }
  const text = input.trim().toLowerCase();
  if (text === 'forever') {
    return { kind: 'forever' };
  }
  if (/^[+-]?\d{1,12}(\.\d{1,9})?$/.test(text)) {
    return fromMs(Number(text) * 1000);
  }
  const ms = parseGoDuration(text);
  return ms === null ? null : fromMs(ms);
}

function fromMs(ms: number): KeepAlive | null {
  if (Number.isNaN(ms)) {
    return null;
  }
  if (ms < 0) {
    return { kind: 'forever' };
  }
  return ms > MAX_GO_DURATION_MS ? null : { kind: 'for', ms };
}

/** The value for the `keep_alive` field of a request: seconds, or −1 for ever. */
export function keepAliveToWire(keepAlive: KeepAlive): number {
  return keepAlive.kind === 'forever' ? -1 : keepAlive.ms / 1000;
}

/** A negative keep_alive becomes Go's largest duration, 292 years; nobody else asks for a date past this one. */
const PINNED_FROM_MS = Date.UTC(2200, 0, 1);

/**
 * Reads `expires_at`. Go's zero time (a model that is still loading on old versions) is no time at all.
 * @param text RFC 3339, with nanoseconds.
 */
export function parseExpiresAt(text: string): { readonly expiresAtMs: number | null; readonly pinned: boolean } {
  const ms = Date.parse(text);
  if (Number.isNaN(ms) || ms <= 0) {
    return { expiresAtMs: null, pinned: false };
  }
  if (ms >= PINNED_FROM_MS) {
    return { expiresAtMs: null, pinned: true };
  }
  return { expiresAtMs: ms, pinned: false };
}
