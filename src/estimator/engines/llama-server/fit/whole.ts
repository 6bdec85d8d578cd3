/**
 * "Does the model lie wholly on the GPUs, with room to spare?", and nothing else: what a clamp asks for many contexts.
 * The answer is that of the plan; the plan itself is not made.
 */

import { blockCount, isMixtureOfExperts } from '../../../plan/facts.ts';
import type { CalibrationFactors, GpuDevice, LlamaCppConfig, ModelSpec } from '../../../types.ts';
import type { DryRun, DryRuns } from './dry-runs.ts';
import { placeWholly } from './fit.ts';
import { calibratedCompute, expectedOverhead } from './to-plan.ts';

/** One way to start llama.cpp, as far as the question goes. */
export interface WholeQuestion {
  /** Before `--fit`. */
  readonly config: LlamaCppConfig;
  /** The GPUs of `config` as the server has them, and their index there. */
  readonly gpus: readonly GpuDevice[];
  readonly indices: readonly number[];
  /** What stands beside the model on the first of them, bytes. */
  readonly besideBytes: number;
  /** What `--fit` leaves free, bytes per GPU. */
  readonly fitMarginBytes: number;
  /** What its own dry run holds of each GPU, bytes. */
  readonly heldBytes: readonly number[];
  readonly calibration: CalibrationFactors | undefined;
  /** Whether a quantized V cache is refused where flash attention turns out to be off. */
  readonly needsFlashAttention: boolean;
}

/** Everything on the GPUs, as it is really allocated; undefined when `--fit` leaves something behind. */
export function placedWholly(spec: ModelSpec, question: WholeQuestion, runs: DryRuns): DryRun | undefined {
  const { config, gpus, fitMarginBytes } = question;
  const margins = gpus.map(() => fitMarginBytes);
  const placed = placeWholly(spec, config, margins, runs, question.heldBytes);
  if (placed === undefined) {
    return undefined;
  }
  const run = runs.place({ ...placed, view: 'real' });
  return question.needsFlashAttention && !runs.flashAttention(run) ? undefined : run;
}

/**
 * Whether `marginBytes` remain free on each GPU beyond all that a plan counts there; with a margin of 0, whether the load
 * itself goes well.
 */
export function leavesRoom(
  spec: ModelSpec,
  run: DryRun,
  question: WholeQuestion,
  marginBytes: number,
  runs: DryRuns,
): boolean {
  const { calibration, besideBytes } = question;
  const flashAttention = runs.flashAttention(run);
  const targets = roomTargets(spec, question, marginBytes, flashAttention, (gpu) => {
    const beside = gpu === 0 ? besideBytes : 0;
    return run.storedBytes[gpu]! + beside > 0 || runs.compute(run)[gpu]! > 0;
  });
  if ((calibration?.computeFactor ?? 1) === 1) {
    // What is really reserved differs little from what `--fit` believes, so with plenty of room nobody need know it.
    const believed = runs.place({ ...run.config(), view: 'fit' });
    const plenty = targets.every(
      (target, gpu) => run.storedBytes[gpu]! + PLENTY_FACTOR * runs.range(believed, gpu).high <= target,
    );
    return plenty || runs.below(run, targets);
  }
  const compute = runs.compute(run);
  return targets.every(
    (target, gpu) => run.storedBytes[gpu]! + calibratedCompute(compute[gpu]!, calibration) <= target,
  );
}

/** Far more than real compute buffers exceed those that `--fit` believes in. */
const PLENTY_FACTOR = 2;

/** Roughly what compute buffers were without the copies of pipeline parallelism, which `--fit` does not see. */
const SHARE_BEFORE_COPIES = 0.45;

/** Makes the first of {@link roughSurplus}' sums a good one: a graph in this context. */
export function learnCompute(question: WholeQuestion, runs: DryRuns): void {
  runs.compute(runs.place({ ...question.config, view: 'fit' }));
}

/**
 * How many bytes the GPUs together have beyond what the model needs, roughly: where this is 0, a clamp looks first.
 * On several GPUs half a layer is taken to be wasted on each but the last; less of a mixture of experts, whose layers
 * are cut.
 */
export function roughSurplus(spec: ModelSpec, question: WholeQuestion, marginBytes: number, runs: DryRuns): number {
  const { config, gpus, fitMarginBytes, heldBytes } = question;
  const run = runs.place({ ...config, view: 'fit' });
  const room = roomTargets(spec, question, marginBytes, config.flashAttention !== false, () => true);
  const share = runs.copies(run) > 1 ? SHARE_BEFORE_COPIES : 1;
  let surplus = 0;
  let stored = 0;
  for (const [gpu, { freeBytes }] of config.gpus.entries()) {
    stored += run.storedBytes[gpu]!;
    surplus += Math.min(freeBytes - (heldBytes[gpu] ?? 0) - fitMarginBytes, room[gpu]!) - runs.guess(run, gpu) * share;
  }
  const wastedLayers = (gpus.length - 1) / (isMixtureOfExperts(spec) ? 6 : 2);
  return surplus - stored - (wastedLayers * stored) / blockCount(spec);
}

/** What weights, cache and compute buffers may take of each GPU, bytes. */
function roomTargets(
  spec: ModelSpec,
  question: WholeQuestion,
  marginBytes: number,
  flashAttention: boolean,
  isTouched: (gpu: number) => boolean,
): readonly number[] {
  const { config, gpus, indices, calibration, besideBytes } = question;
  return gpus.map((gpu, i) => {
    const beside = i === 0 ? besideBytes : 0;
    const use = { ...config, flashAttention, tower: beside > 0 };
    const { contextBytes, loadBytes, useBytes } = expectedOverhead(spec, gpu, use, calibration, indices[i]!);
    // Without a margin the question is what Ollama asks: does it load?
    const kept = marginBytes > 0 ? useBytes + marginBytes : 0;
    // A GPU that got nothing holds a context all the same, and nothing more.
    return isTouched(i)
      ? gpu.freeBytes - contextBytes - loadBytes - beside - kept
      : gpu.freeBytes - contextBytes - marginBytes;
  });
}
