/** Hyper-parameters that one architecture alone has: it keeps them beside the common ones, and nobody else sees them. */

import type { Hparams } from '../model/hyper-parameters.ts';

export interface OwnFacts<Facts> {
  /** Keeps what the file says, while the model's hyper-parameters are read. */
  keep(hp: Hparams, facts: Facts): void;
  /** What was kept, or what holds where a relative does not read it. */
  of(hp: Hparams): Facts;
}

/** A place for the facts of one architecture; `absent` holds for relatives that share its graph but not its keys. */
export function createOwnFacts<Facts extends object>(absent: Facts): OwnFacts<Facts> {
  const kept = new WeakMap<Hparams, Facts>();
  return {
    keep: (hp, facts) => {
      kept.set(hp, facts);
    },
    of: (hp) => kept.get(hp) ?? absent,
  };
}
