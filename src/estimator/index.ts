/** Headroom's estimator as a library: pure, without input, output or clock. */

export { cardNames, driverReservedBytes, findCard, type KnownCard } from './cards.ts';
export { GpuListError, parseGpuList } from './gpu-list.ts';
export { tensorBytes } from './model/ggml-types.ts';
export { type ProjectorPlan, planProjector, projectorOf } from './model/projector.ts';
export { type Quantized, type QuantizeOptions, quantize } from './model/quantize/quantize.ts';
export { QUANTIZE_ERAS, QUANTIZE_TARGETS, type QuantizeEra } from './model/quantize/targets.ts';
export { gpuOverhead, type Overhead, outsideBuffers } from './outside-buffers.ts';
export { type Calibration, calibrate, type GpuObservation, type LoadObservation } from './plan/calibration.ts';
export {
  type InferredSettings,
  inferSettings,
  type Settings,
  type SettingsMatch,
  type SizeObservation,
} from './plan/calibration-settings.ts';
export { KV_CACHE_TYPES } from './plan/checks.ts';
export { CLAMP_STEP, type ClampOptions, type ClampResult, clamp } from './plan/clamp.ts';
export { decide, planFixed } from './plan/decide.ts';
export { defaultContext } from './plan/default-context.ts';
export { type ExplainedFigure, explain } from './plan/explain.ts';
export { trainingContext } from './plan/facts.ts';
export {
  bestCacheType,
  bestQuantization,
  CACHE_TYPES_BY_QUALITY,
  type CacheTypeAnswer,
  type GpuCountAnswer,
  type QuantizationAnswer,
  smallestGpuCount,
} from './plan/inverse.ts';
export { type LaunchLine, launchLine, requestOfFlags } from './plan/launch-line.ts';
export { SWEEP_TARGETS, type SweepRow, sweep } from './plan/sweep.ts';
export { estimateSpeed, type SpeedEstimate, type SpeedQuestion } from './speed/speed.ts';
export type * from './types.ts';
export { EstimateError } from './types.ts';
export { engineFor } from './versions.ts';
