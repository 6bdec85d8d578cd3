/** Figures for docs/reliability.md, as they were measured last. */
export interface Figure {
  readonly what: string;
  readonly figure: string;
  readonly target: string;
  /** The command that measures it. */
  readonly how: string;
}

export const FIGURES: readonly Figure[] = [
  {
    what: 'acknowledgements at 50 a second for 20 s',
    figure:
      '999 sent, none lost; median 93 to 161 ms, p99 0.7 to 1.0 s (the processors were shared with some twenty other busy programs)',
    target: 'p99 ≤ 100 ms',
    how: 'npm run bench -- crowd',
  },
  {
    what: 'acknowledgements at 200 a second for 40 s',
    figure: '7,999 sent, none lost, 4,965 refused in words; median 76 ms, p99 0.8 s (as busy)',
    target: 'p99 ≤ 250 ms',
    how: 'npm run bench -- crowd',
  },
  {
    what: 'resident memory through mixed commands, 24 in flight',
    figure: '4,085 commands in 8 min (as busy): 165 MiB at the start, at most 311 MiB, −1.0 MiB for each further 1,000',
    target: '≤ 300 MiB through 20,000, slope about 0',
    how: 'npm run bench -- memory',
  },
  {
    what: 'wrong inputs to parsers, metadata and configuration',
    figure: '100,000 in 93 s (seed 20261126): none fails; the longest takes 81 ms',
    target: '1,000,000, bounded each',
    how: 'npm run fuzz',
  },
];
