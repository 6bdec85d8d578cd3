import type { Random } from './random.ts';

/** What a parser is given, and what is asked of its answer. */
export interface Target {
  readonly name: string;
  /** How much of the run is its part. */
  readonly weight: number;
  /** Makes an input. @returns what runs it: resolves, or throws one of the project's own errors */
  make(random: Random): { readonly input: unknown; run(): unknown };
}
