/** The context slider's scale: logarithmic, in steps that people ask for. */

/** Smallest context of the slider, tokens. */
export const LEAST_CTX = 512;
/** Where a model does not say for how much it was trained. */
export const UNTOLD_TRAINING = 131_072;
const STEPS_AN_OCTAVE = 8;
/** What llama.cpp pads contexts to. */
const PAD = 256;

/** Contexts that the slider stops at, ascending: eight an octave, multiples of 256; the last is the most. */
export function contextSteps(most: number): readonly number[] {
  const steps: number[] = [];
  for (let step = 0; ; step++) {
    const ctx = Math.round((LEAST_CTX * 2 ** (step / STEPS_AN_OCTAVE)) / PAD) * PAD;
    if (ctx >= most) {
      break;
    }
    if (ctx !== steps.at(-1)) {
      steps.push(ctx);
    }
  }
  return [...steps, most];
}

/** The step next to a context. */
export function nearestStep(steps: readonly number[], ctx: number): number {
  let best = 0;
  for (const [index, step] of steps.entries()) {
    if (Math.abs(Math.log(step / ctx)) < Math.abs(Math.log(steps[best]! / ctx))) {
      best = index;
    }
  }
  return best;
}

/** Where a context stands on the scale, 0 to 1. */
export function placeOf(ctx: number, most: number): number {
  const least = Math.min(LEAST_CTX, most);
  if (most <= least) {
    return 1;
  }
  return Math.min(1, Math.max(0, Math.log(Math.max(ctx, 1) / least) / Math.log(most / least)));
}

/** Powers of two on the scale, for its labels. */
export function octaves(most: number): readonly number[] {
  const found: number[] = [];
  for (let ctx = LEAST_CTX * 2; ctx < most * 1.001; ctx *= 2) {
    found.push(ctx);
  }
  return found;
}

/** A context as people say it: `32k`, `1M`, `40960`. */
export function shortContext(ctx: number): string {
  if (ctx >= 2 ** 20 && ctx % 2 ** 20 === 0) {
    return `${ctx / 2 ** 20}M`;
  }
  return ctx >= 1024 && ctx % 1024 === 0 ? `${ctx / 1024}k` : String(ctx);
}
