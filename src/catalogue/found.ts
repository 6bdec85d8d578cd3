import type { ModelSpec } from '../estimator/types.ts';
import type { ShowGap } from '../gguf/from-show.ts';
import type { BuiltinNote } from './builtin-names.ts';
import type { HubWarning } from './hub/types.ts';
import type { RegistryModel } from './registry.ts';

export type SpecSource = 'server' | 'registry' | 'file' | 'builtin';

/** What a person should know about where a spec comes from. */
export type CatalogueWarning =
  | ShowGap
  | BuiltinNote
  | HubWarning
  | RegistryModel['warnings'][number]
  | 'server-unreachable'
  | 'server-timeout'
  | 'server-refused'
  | 'server-answer-invalid'
  | 'server-failed'
  | 'spec-of-parent'
  | 'model-not-on-server'
  | 'registry-unavailable'
  | 'gguf-data-incomplete';

/** A model spec with its source. */
export interface Found {
  readonly spec: ModelSpec;
  readonly source: SpecSource;
  readonly warnings: readonly CatalogueWarning[];
  /** Digest of the manifest (server) or of the model layer (registry), hexadecimal. */
  readonly digest?: string;
  /** Bytes to download, when the model came from a registry. */
  readonly downloadBytes?: number;
  /** The model's own num_ctx default (its parameters), when known from a registry. */
  readonly numCtx?: number;
}
