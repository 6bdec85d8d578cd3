/** Largest context that can be asked for, tokens: far above any model's. */
export const MAX_CONTEXT = 100_000_000;

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 1_024, m: 1_048_576 };
const GROUPED = /^\d{1,3}(?:[ ,_'’]\d{3})+$/;
const PLAIN = /^(\d+|\d*\.\d+)\s*([km]?)$/;

/**
 * A context length as people write it, in tokens: `32768`, `32k`, `128K` (k is 1024), `1M`, `1.5k`, `32,768`, `32 768`,
 * with `ctx:` or `ctx=` before it, `tokens` behind it, or in full-width characters.
 * @returns a whole number from 1 to {@link MAX_CONTEXT}, or null when it is none
 */
export function readContextLength(text: string): number | null {
  if (text.length > 60) {
    return null;
  }
  const bare = text
    .normalize('NFKC')
    .trim()
    .toLowerCase()
    .replace(/^(?:num_)?ctx\s*[:=]?\s*/, '')
    .replace(/\s*(?:tokens?|tok)$/, '');
  const ungrouped = GROUPED.test(bare) ? bare.replace(/[ ,_'’]/g, '') : bare;
  const match = PLAIN.exec(ungrouped);
  if (match === null) {
    return null;
  }
  const tokens = Number(match[1]) * UNITS[match[2]!]!;
  return Number.isSafeInteger(tokens) && tokens >= 1 && tokens <= MAX_CONTEXT ? tokens : null;
}
