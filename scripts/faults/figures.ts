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
    figure: '999 sent, none lost; median 1 ms, p99 37 ms, the latest 97 ms (on a busier machine p99 0.7 to 1.0 s)',
    target: 'p99 ≤ 100 ms',
    how: 'npm run bench -- crowd',
  },
  {
    what: 'acknowledgements at 200 a second for 40 s',
    figure: '7,892 sent, none lost, 3,290 refused in words; median 37 ms, p99 1.3 s (the processors were shared)',
    target: 'p99 ≤ 250 ms, not reached',
    how: 'npm run bench -- crowd',
  },
  {
    what: 'resident memory through mixed commands, 24 in flight',
    figure:
      '12,803 commands in 2 min: 156 MiB at the start, at most 390 MiB, 4.3 MiB more for each further 1,000; at a tenth of that pace at most 311 MiB and none more',
    target: '≤ 300 MiB through 20,000, slope about 0, not reached',
    how: 'npm run bench -- memory',
  },
  {
    what: 'wrong inputs to parsers, metadata and configuration',
    figure: '100,000 in 93 s (seed 20261126): none fails; the longest takes 81 ms',
    target: '1,000,000, bounded each',
    how: 'npm run fuzz',
  },
];
