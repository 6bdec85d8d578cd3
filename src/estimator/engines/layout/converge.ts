/**
 * The loop between scheduler and runner until a layout repeats. Faithful to ollamaServer.Load in llm/server.go,
 * 0.11.11 to 0.24.0.
 */

import { atLeast } from '../../versions.ts';
import {
  buildLayout,
  countLayers,
  hostBytes,
  type KnownMemory,
  type Layout,
  type LayoutGpu,
  layoutKey,
  type PackOptions,
} from './packer.ts';

/** The runner's answer to a layout, and whether it could allocate it. */
export interface RunnerAnswer {
  readonly memory: KnownMemory;
  readonly success: boolean;
}

/** A layout that both sides agree on. */
export interface Agreed {
  readonly layout: Layout;
  readonly memory: KnownMemory;
}

/** Why there is none. */
export type Disagreed =
  | { readonly failure: 'needs-eviction' }
  | { readonly failure: 'system-memory'; readonly neededBytes: number; readonly layout: Layout }
  | { readonly failure: 'cannot-allocate'; readonly error: string };

/** Settings of the loop. */
export interface ConvergeOptions extends Omit<PackOptions, 'backoff'> {
  readonly totalLayers: number;
  /** Host memory: free, and free with swap; no limit on macOS. */
  readonly systemFreeBytes: number;
  readonly systemAvailableBytes: number;
}

/** Answers from the runner at most; every layout is new or ends the loop, so this is never reached in practice. */
const MOST_ROUNDS = 400;

/** Whether a result is a layout. */
export function isAgreed(result: Agreed | Disagreed): result is Agreed {
  return !('failure' in result);
}

/** createLayout: builds a layout and holds it against host memory (verifyLayout). */
export function createLayout(
  gpus: readonly LayoutGpu[],
  memory: KnownMemory,
  options: ConvergeOptions,
  backoff: number,
): Agreed | Disagreed {
  const layout = buildLayout(gpus, memory, { ...options, backoff });
  const count = countLayers(layout);
  const neededBytes = hostBytes(memory, layout);
  if (options.requireFull) {
    const short = gpus.length > 0 && count < options.totalLayers && (options.numGpu < 0 || count < options.numGpu);
    if (short || neededBytes > options.systemFreeBytes) {
      return { failure: 'needs-eviction' };
    }
  }
  if (neededBytes > options.systemAvailableBytes) {
    return { failure: 'system-memory', neededBytes, layout };
  }
  return { layout, memory };
}

/** Runs the loop. Fit and alloc end the same way as long as nobody else takes memory meanwhile, so it runs once. */
export function converge(
  gpus: readonly LayoutGpu[],
  options: ConvergeOptions,
  ask: (layout: Layout) => RunnerAnswer,
): Agreed | Disagreed {
  const layers = new Array<number>(options.totalLayers).fill(0);
  const first = createLayout(gpus, { layers, inputBytes: 0, cpuGraphBytes: 0 }, options, 0);
  if (!isAgreed(first)) {
    return first;
  }
  const seen = new Set<string>();
  let backoff = 0;
  let { layout } = first;
  let answer = ask(layout);
  for (let round = 0; round < MOST_ROUNDS; round++) {
    seen.add(layoutKey(layout));
    const next = createLayout(gpus, answer.memory, options, backoff);
    if (!isAgreed(next)) {
      return next;
    }
    if (!seen.has(layoutKey(next.layout)) && countLayers(next.layout) <= countLayers(layout)) {
      layout = next.layout;
      answer = ask(layout);
      continue;
    }
    const between = intermediate(gpus, layout, next.layout, answer.memory, options, backoff, ask);
    if (between !== undefined) {
      return between;
    }
    if (answer.success) {
      return { layout, memory: answer.memory };
    }
    if (options.numGpu >= 0) {
      return {
        failure: 'cannot-allocate',
        error: `memory layout cannot be allocated with num_gpu = ${options.numGpu}`,
      };
    }
    if (backoff > 1) {
      break;
    }
    backoff = nextBackoff(backoff, options);
  }
  return { failure: 'cannot-allocate', error: 'memory layout cannot be allocated' };
}

function nextBackoff(backoff: number, { version }: ConvergeOptions): number {
  if (atLeast(version, '0.12.7')) {
    return Math.fround(backoff + Math.fround(0.1));
  }
  return backoff === 0 ? Math.fround(0.01) : Math.fround(backoff * 2);
}

/** When the layout swings by more than one layer, the counts in between are tried, from above. */
function intermediate(
  gpus: readonly LayoutGpu[],
  layout: Layout,
  next: Layout,
  memory: KnownMemory,
  options: ConvergeOptions,
  backoff: number,
  ask: (layout: Layout) => RunnerAnswer,
): Agreed | Disagreed | undefined {
  if (options.numGpu >= 0 || countLayers(next) - countLayers(layout) <= 1) {
    return undefined;
  }
  for (let count = countLayers(next) - 1; count >= countLayers(layout); count--) {
    const forced = createLayout(gpus, memory, { ...options, numGpu: count }, backoff);
    if (!isAgreed(forced)) {
      return forced;
    }
    const reply = ask(forced.layout);
    if (!reply.success) {
      continue;
    }
    const check = createLayout(gpus, reply.memory, options, backoff);
    if (!isAgreed(check)) {
      return check;
    }
    if (countLayers(forced.layout) <= countLayers(check.layout)) {
      return { layout: forced.layout, memory: reply.memory };
    }
  }
  return undefined;
}
