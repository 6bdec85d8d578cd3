import { CodedError } from '../../src/base/coded.ts';
import { EstimateError } from '../../src/estimator/types.ts';
import { ConfigError } from '../../src/settings/config.ts';
import { createRandom } from './random.ts';
import type { Target } from './target.ts';
import { TARGETS } from './targets.ts';

export interface FuzzFailure {
  readonly target: string;
  /** Repeats this one input: `npm run fuzz -- --only INDEX --seed SEED`. */
  readonly index: number;
  readonly problem: string;
  readonly input: string;
}

export interface FuzzResult {
  readonly inputs: number;
  /** Inputs that were taken, by target. */
  readonly taken: ReadonlyMap<string, number>;
  readonly failures: readonly FuzzFailure[];
  /** The longest that one input took, milliseconds of the processor, and whose it was. */
  readonly longest: { readonly ms: number; readonly target: string };
}

export interface FuzzOptions {
  readonly seed: number;
  readonly from?: number;
  readonly count: number;
  /** An input that takes longer fails, milliseconds of the processor. */
  readonly limitMs: number;
  readonly progress?: (done: number) => void;
}

const WHEEL: readonly Target[] = TARGETS.flatMap((target) => Array.from({ length: target.weight }, () => target));

/** Gives the parsers inputs that are wrong in every way: each is taken, or refused by an error of the project's own. */
export async function fuzz({ seed, from = 0, count, limitMs, progress }: FuzzOptions): Promise<FuzzResult> {
  const failures: FuzzFailure[] = [];
  const taken = new Map<string, number>();
  let longest = { ms: 0, target: '' };
  for (let index = from; index < from + count && failures.length < 20; index++) {
    const random = createRandom(seed + Math.imul(index, 0x9e3779b1));
    const target = WHEEL[index % WHEEL.length]!;
    const { input, run } = target.make(random);
    const fail = (problem: string) => failures.push({ target: target.name, index, problem, input: show(input) });
    const start = worked();
    try {
      await run();
      taken.set(target.name, (taken.get(target.name) ?? 0) + 1);
    } catch (error) {
      if (!isOwn(error)) {
        fail(
          error instanceof Error
            ? `${error.name}: ${error.message}\n${error.stack?.split('\n')[1] ?? ''}`
            : String(error),
        );
      }
    }
    const ms = worked() - start;
    if (ms > longest.ms) {
      longest = { ms, target: target.name };
    }
    if (ms > limitMs) {
      fail(`took ${Math.round(ms)} ms`);
    }
    progress?.(index - from + 1);
  }
  return { inputs: count, taken, failures, longest };
}

/** Errors that the edge has words for. */
function isOwn(error: unknown): boolean {
  return (
    error instanceof CodedError ||
    error instanceof EstimateError ||
    error instanceof ConfigError ||
    (error instanceof Error && 'code' in error && typeof error.code === 'string' && !(error instanceof RangeError))
  );
}

function worked(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

function show(input: unknown): string {
  return (typeof input === 'string' ? input : (JSON.stringify(input) ?? String(input))).slice(0, 2_000);
}
