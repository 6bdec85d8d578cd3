/**
 * What a picture shows, as plain data that can be sent to the drawing thread. Every word in it has been translated
 * already. Sizes are bytes, times milliseconds since the epoch.
 */

/**
 * Okabe and Ito's palette: told apart by people with any colour vision. `grey` is what Ollama does not own, `empty`
 * is free memory.
 */
export const COLOURS = {
  blue: '#0072b2',
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

/** One horizontal bar: a GPU. */
export interface Bar {
  readonly label: string;
  readonly capacityBytes: number;
  readonly segments: readonly BarSegment[];
  /** Text at the bar's end: `5.1 / 8.0 GiB`. */
  readonly note: string;
}

/** Stacked bars, one per GPU. Segments that go beyond the capacity are drawn beyond its mark. */
export interface BarsSpec {
  readonly kind: 'bars';
  readonly title: string;
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
