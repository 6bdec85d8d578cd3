import type { ModelSpec } from '../../src/estimator/index.ts';

/** A model that was read, with what that leaves open (codes of the message table, `note.…`). */
export interface FoundModel {
  readonly spec: ModelSpec;
  readonly notes: readonly string[];
}
