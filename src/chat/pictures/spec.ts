/**
 * What a picture shows, as plain data that can be sent to the drawing thread. Every word in it has been translated
 * already. Sizes are bytes, times milliseconds since the epoch.
 */

/** Ink, quiet ink, lines and warnings on the ground; the ground is dark on Discord's dark and on its light theme. */
export const PAPER = {
  ground: '#24262b',
  ink: '#e8eaee',
  faint: '#b4b9c2',
  line: '#43464e',
  warning: '#ffb454',
} as const;

/**
 * Okabe and Ito's palette: told apart by people with any colour vision; its blue is a shade lighter, for the dark ground.
 * `grey` is what Ollama does not own, `empty` is free memory.
 */
export const COLOURS = {
  blue: '#1a80c0',
  orange: '#e69f00',
  green: '#009e73',
  sky: '#56b4e9',
  vermilion: '#d55e00',
  purple: '#cc79a7',
  yellow: '#f0e442',
  grey: '#8b8f98',
  empty: '#3a3d44',
} as const;

export type ColourName = keyof typeof COLOURS;

export interface BarSegment {
  /** Index into `series`. */
  readonly series: number;
  readonly bytes: number;
}

/** One horizontal bar: a GPU, or the system memory. */
export interface Bar {
  readonly label: string;
  readonly capacityBytes: number;
  /** What lies beyond the capacity is hatched: it does not fit there. */
  readonly segments: readonly BarSegment[];
  /** Text at the bar's right: `5.1 / 8.0 GiB`. */
  readonly note: string;
  /**
   * Not a GPU but system memory, with a scale of its own where it is longer than the GPUs' bars. `slow`: hatched all over,
   * so that nobody takes it for room on a GPU; `short`: there is less of it than is needed.
   */
  readonly apart?: 'slow' | 'short';
}

/** Stacked bars, one per GPU. */
export interface BarsSpec {
  readonly kind: 'bars';
  readonly title: string;
  /** What all bars have in common, such as the card's name. */
  readonly caption?: string;
  /** What must not be overlooked, in a colour of its own: that only a part fits. */
  readonly warning?: string;
  /** Those of which no bar has anything are left out of the legend. */
  readonly series: readonly { readonly label: string; readonly colour: ColourName }[];
  readonly bars: readonly Bar[];
}

/** Memory over time, one line per GPU; `null` = not known then, a gap. */
export interface LinesSpec {
  readonly kind: 'lines';
  readonly title: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly timeZone: string;
  readonly locale: string;
  readonly maxBytes: number;
  readonly lines: readonly {
    readonly label: string;
    readonly colour: ColourName;
    readonly points: readonly (readonly [ms: number, bytes: number | null])[];
  }[];
}

export type ChartSpec = BarsSpec | LinesSpec;

/** A picture: one chart, or several under each other. */
export interface PictureSpec {
  readonly charts: readonly ChartSpec[];
}
