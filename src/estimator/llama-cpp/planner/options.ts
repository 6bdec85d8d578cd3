/** What compute buffers are planned for. */

import type { ContextShape } from '../../model/context.ts';
import type { Placement } from '../../model/placement.ts';
import type { Overrides } from '../../model/weights.ts';
import type { Graph } from '../graph/graph.ts';
import type { Schedule } from './schedule.ts';

export interface ComputeOptions {
  readonly shape: ContextShape;
  readonly placement: Placement;
  readonly overrides: Overrides;
  readonly flashAttention: boolean;
  /** Whether V is cached transposed. */
  readonly transposedV: boolean;
  readonly typeK: number;
  readonly typeV: number;
  /** n_outputs_max as llama.cpp resolved it. */
  readonly outputs: number;
  readonly embeddings: boolean;
  readonly opOffload: boolean;
  readonly copies: number;
  /** Whether the pins of norms hold (they do not in `--fit`'s dry run). */
  readonly pins: boolean;
  /** Build every layer instead of a few of each run; for tests. */
  readonly allLayers?: boolean;
  /** Whether the fused delta net is on; default true. */
  readonly fusedSteps?: boolean;
  readonly fusedChunks?: boolean;
  /** Whether the fused indexer of sparse attention is on; default true. */
  readonly fusedIndexer?: boolean;
  /** Tokens per sequence of a trial graph, all of them outputs. */
  readonly trialTokens?: number;
  /** Shown the graph once it is planned: what it holds is valid until the next one is. */
  readonly inspect?: (graph: Graph, schedule: Schedule) => void;
}
