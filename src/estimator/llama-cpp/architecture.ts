/** What a description of an architecture says. One small file under architectures/ for each or for a family. */

import type { Model, Traits } from '../model/model.ts';
import type { GraphBuilder } from './graph/builder.ts';

export interface Architecture extends Traits {
  /** Builds the graph of one micro-batch (`build_arch_graph`). */
  build(b: GraphBuilder): void;
}

/** A model whose graph can be built. */
export interface CompiledModel extends Model {
  readonly traits: Architecture;
}
