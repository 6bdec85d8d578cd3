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
    figure: '999 sent, none lost, 100 refused in words; median 1 ms, p99 14 ms, the latest 26 ms',
    target: 'p99 ≤ 100 ms',
    how: 'npm run bench -- crowd',
  },
  {
    what: 'acknowledgements at 200 a second for 40 s',
    figure:
      '7,999 sent, none lost, 1,867 refused in words; median 7 ms, p99 52 ms, the latest 106 ms (beside other work: p99 356 ms, the latest 617 ms, none lost, 4,903 refused)',
    target: 'p99 ≤ 250 ms',
    how: 'npm run bench -- crowd',
  },
  {
    what: 'resident memory through mixed commands, 24 in flight',
    figure:
      '20,000 commands at 79 a second beside other work: 135 MiB at the start, at most 275 MiB, 0.9 MiB more for each 1,000 after the first quarter and none in the second half; none unanswered (the packed program; from the sources it starts with 160 MiB)',
    target: '≤ 300 MiB through 20,000, slope about 0',
    how: 'npm run bench -- memory',
  },
  {
    what: 'event loop beside the largest inputs: 20,000 models, 2,000 loaded, 512 layers that all differ, a vocabulary of 262,144 words, a log of 1 MiB',
    figure:
      'at most 44 ms of work between two turns (a name among 20,000 like ones); /models 28 ms, /ps 37 ms, /explain 41 ms',
    target: '≤ 50 ms',
    how: 'npm run bench -- hostile',
  },
  {
    what: 'the first acknowledgement after a start',
    figure: '44 to 80 ms over six starts, the next ones 2 to 11 ms',
    target: 'not 0.8 s or more',
    how: 'npm run bench -- crowd',
  },
  {
    what: 'wrong inputs to parsers, metadata and configuration',
    figure:
      '1,000,000 in 210 s (seed 1065479760): none fails; the longest takes 121 ms; 473 MiB at most. With Discord’s payloads among them 200,000 (seed 20261127) beside other work: none fails, the longest takes 149 ms, 440 MiB',
    target: '1,000,000, bounded each',
    how: 'npm run fuzz',
  },
];
