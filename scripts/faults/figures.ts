/** Figures for docs/reliability.md, as they were measured last. */
export interface Figure {
  readonly what: string;
  readonly figure: string;
  readonly target: string;
  /** The command that measures it. */
  readonly how: string;
}

export const FIGURES: readonly Figure[] = [];
