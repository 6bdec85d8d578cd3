/** Headroom's estimator as a library: pure, without input, output or clock. */

export { type Calibration, calibrate, type GpuObservation, type LoadObservation } from './calibration.ts';
export {
  type InferredSettings,
  inferSettings,
  type Settings,
  type SettingsMatch,
  type SizeObservation,
} from './calibration-settings.ts';
export { CLAMP_STEP, type ClampOptions, type ClampResult, clamp } from './clamp.ts';
export { decide, planFixed } from './estimate.ts';
export { KV_CACHE_TYPES } from './estimate-checks.ts';
export { type ExplainedFigure, explain } from './explain.ts';
export {
  bestCacheType,
  bestQuantization,
  CACHE_TYPES_BY_QUALITY,
  type CacheTypeAnswer,
  type GpuCountAnswer,
  type QuantizationAnswer,
  smallestGpuCount,
} from './inverse.ts';
export { driverReservedBytes, gpuOverhead, type Overhead } from './overhead.ts';
export { type ProjectorPlan, planProjector, projectorOf } from './projector.ts';
export type * from './types.ts';
export { EstimateError } from './types.ts';
export { engineFor } from './versions.ts';
