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
    figure: '999 sent, none lost, 100 refused in words; median 1 ms, p99 12 ms, the latest 61 ms',
    target: 'p99 ≤ 100 ms',
    how: 'npm run bench -- crowd',
  },
  {
    what: 'acknowledgements at 200 a second for 40 s',
    figure:
      '7,998 sent, none lost, 890 refused in words; median 12 ms, p99 65 ms, the latest 153 ms (on a machine with much else to do p99 0.8 to 1.3 s)',
    target: 'p99 ≤ 250 ms',
    how: 'npm run bench -- crowd',
  },
  {
    what: 'resident memory through mixed commands, 24 in flight',
    figure:
      '20,000 commands at 198 a second: 160 MiB at the start, at most 418 MiB, 3.8 MiB more for each further 1,000 and ever less; none unanswered; at 9 a second at most 311 MiB and none more',
    target: '≤ 300 MiB through 20,000, slope about 0, not reached',
    how: 'npm run bench -- memory',
  },
  {
    what: 'wrong inputs to parsers, metadata and configuration',
    figure: '1,000,000 in 210 s (seed 1065479760): none fails; the longest takes 121 ms; 473 MiB at most',
    target: '1,000,000, bounded each',
    how: 'npm run fuzz',
  },
];
