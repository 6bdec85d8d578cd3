/**
 * Compute buffers already worked out, for callers that ask for many placements of one model in one context, as `--fit`
 * does. Two placements whose graphs are built of the same kinds of layers in the same order have the same buffers, and
 * mostly differ only in how often a layer repeats.
 */

import type { Model } from '../../model/model.ts';
import { graphSignature } from './collapse.ts';
import type { ComputeOptions } from './options.ts';

/** Entries kept at most: a bound, far above what one `--fit` asks. */
const MAX_ENTRIES = 4096;

export class ComputeMemo {
  readonly #bytes = new Map<string, readonly number[]>();
  readonly #stays = new Map<string, boolean>();

  /** What tells one graph from another; with `all`, every layer counts for itself. */
  key(model: Model, options: ComputeOptions, all: boolean): string {
    const { shape, placement, overrides } = options;
    const facts = [
      model.build.name,
      ...Object.values(shape),
      options.flashAttention,
      options.transposedV,
      options.typeK,
      options.typeV,
      options.outputs,
      options.embeddings,
      options.opOffload,
      options.copies,
      options.pins,
      options.fusedSteps,
      options.fusedChunks,
      options.fusedIndexer,
      placement.host,
    ];
    return `${facts.join()} ${graphSignature(model, placement, overrides, all)}`;
  }

  bytes(key: string): readonly number[] | undefined {
    return this.#bytes.get(key);
  }

  keepBytes(key: string, bytes: readonly number[]): void {
    if (this.#bytes.size < MAX_ENTRIES) {
      this.#bytes.set(key, bytes);
    }
  }

  /** As {@link bytes}, for whether attention stays with its layers. */
  stays(key: string, find: () => boolean): boolean {
    let known = this.#stays.get(key);
    if (known === undefined) {
      known = find();
      if (this.#stays.size < MAX_ENTRIES) {
        this.#stays.set(key, known);
      }
    }
    return known;
  }
}
