/** Keys that several architectures read alike beyond those that all have (`load_arch_hparams` of models/*.cpp). */

import type { HparamsDraft, SlidingWindow } from './hyper-parameters.ts';
import { computedLayers } from './hyper-parameters.ts';
import type { MetadataReader } from './metadata.ts';

/** Marks windowed layers by a period: the last of each period is full, or the first with `denseFirst`. */
export function setWindowPattern(hp: HparamsDraft, period: number, denseFirst = false): void {
  setPattern(hp, hp.isWindowed, period, denseFirst);
}

function setPattern(hp: HparamsDraft, target: Uint8Array, period: number, denseFirst: boolean): void {
  const layers = computedLayers(hp);
  for (let layer = 0; layer < hp.layersAll; layer++) {
    const inPeriod = denseFirst ? layer % period !== 0 : layer % period < period - 1;
    target[layer] = layer < layers && (period === 0 || inPeriod) ? 1 : 0;
  }
}

/** Reads the sliding window keys as most windowed architectures do. */
export function readWindow(
  hp: HparamsDraft,
  reader: MetadataReader,
  options: { readonly period: number; readonly windowTokens?: number; readonly kind?: SlidingWindow },
): void {
  hp.slidingWindow = options.kind ?? 'standard';
  hp.windowTokens = reader.numberOr('attention.sliding_window', options.windowTokens ?? 0);
  setWindowPattern(hp, reader.numberOr('attention.sliding_window_pattern', options.period));
}

/** Reads how experts are chosen. `gating` is what holds where the file does not say. */
export function readRouting(hp: HparamsDraft, reader: MetadataReader, gating = 0): void {
  hp.expertWeightsScale = reader.numberOr('expert_weights_scale', 0);
  hp.expertWeightsNorm = reader.boolean('expert_weights_norm') ?? false;
  hp.expertGating = reader.numberOr('expert_gating_func', 0) || gating;
}

/** Reads which layers are windowed where the file has one flag a layer; else the last of each `period` is full. */
export function readWindowedLayers(hp: HparamsDraft, reader: MetadataReader, period: number, denseFirst = false): void {
  const flags = reader.array('attention.sliding_window_pattern');
  if (flags === undefined) {
    setWindowPattern(hp, reader.numberOr('attention.sliding_window_pattern', period), denseFirst);
  } else {
    hp.isWindowed.set(flags.slice(0, computedLayers(hp)));
  }
}

/** M-RoPE where the file has sections: four numbers a token tell its position (`use_mrope`). */
export function readMrope(hp: HparamsDraft, reader: MetadataReader): void {
  const sections = reader.array('rope.dimension_sections');
  if (sections !== undefined && sections[0]! > 0 && sections[1]! > 0) {
    hp.positionsPerToken = 4;
  }
}

/** Reads the state space keys (Mamba, gated delta net). */
export function readStateSpace(hp: HparamsDraft, reader: MetadataReader): void {
  hp.ssmConv = reader.required('ssm.conv_kernel');
  hp.ssmInner = reader.required('ssm.inner_size');
  hp.ssmState = reader.required('ssm.state_size');
  hp.ssmRank = reader.required('ssm.time_step_rank');
  hp.ssmGroups = reader.numberOr('ssm.group_count', 0);
}
