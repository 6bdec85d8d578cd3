import type { KvCacheType } from '../../types.ts';
import type { Version } from '../../versions.ts';

/** A load as the runner sees it. */
export interface RunnerRequest {
  readonly version: Version;
  /** Tokens per slot. */
  readonly numCtx: number;
  readonly numParallel: number;
  readonly numBatch: number;
  readonly flashAttention: boolean;
  readonly kvCacheType: KvCacheType;
}
