import type { ModelSpec } from '../../estimator/types.ts';
import type { Server } from '../types.ts';

/** A model spec and where it was found. */
export interface FoundModel {
  readonly spec: ModelSpec;
  readonly source: 'server' | 'registry' | 'file' | 'builtin' | 'computed';
  /** The quantization that it was worked out for, where none is published. */
  readonly quantization?: string;
  /** Codes of what the reader should know about the spec. */
  readonly warnings: readonly string[];
  /** Bytes to download, when it came from a registry. */
  readonly downloadBytes?: number;
}

export interface FindModelOptions {
  /** Whether the asker may see what the owner's own token opens: operators. */
  readonly restricted?: boolean | undefined;
}

/** Finds models by the names people type. */
export interface ModelFinder {
  /** Throws typed errors with a code (`model-unknown`, `model-cloud`, …). Bounded in time even when the server hangs. */
  find(name: string, server: Server | null, signal: AbortSignal, options?: FindModelOptions): Promise<FoundModel>;
  /** The model from the built-in list, at once; `null` where the list does not have it. */
  findListed(name: string): FoundModel | null;
  /** Names of the built-in list, for completion. */
  builtinNames(): readonly string[];
}
