import { GIB } from '../../base/bytes.ts';
import { formatDecimal } from '../../base/format.ts';
import { withoutInvisible } from '../../base/text.ts';
import type { Bar, BarsSpec, ChartSpec, ColourName, LinesSpec, PictureSpec } from '../../chat/pictures/spec.ts';
import { cutToWidth, displayWidth, padToWidth } from '../../chat/table.ts';
import type { Paint } from '../paint.ts';
import { wrapText } from '../wrap.ts';

/** The terminal's colours nearest to those of the pictures. */
const COLOUR = {
  blue: 'blue',
  orange: 'yellow',
  green: 'green',
  sky: 'cyan',
  vermilion: 'red',
  purple: 'magenta',
  yellow: 'yellowBright',
  grey: 'gray',
  empty: 'dim',
} as const satisfies Readonly<Record<ColourName, string>>;
/** Told apart without colours too. */
const FILL: Readonly<Record<ColourName, string>> = {
  blue: '█',
  orange: '▓',
  green: '▒',
  sky: '▚',
  vermilion: '#',
  purple: '▞',
  yellow: '%',
  grey: '░',
  empty: '·',
};
const BEYOND = '×';
const CAPACITY = '┃';
/** Stands for a space at which no line is broken, while lines are broken. */
const HELD = '\ue000';
const LEVELS = ' ▁▂▃▄▅▆▇█';
const MAX_LABEL = 20;
const LEAST_BAR = 12;
const MOST_BAR = 60;

/** A picture made of characters, as wide as `columns` at most; no line ends in a line break. */
export function blockPicture(spec: PictureSpec, columns: number, paint: Paint): string[] {
  return spec.charts.flatMap((chart) => ['', ...drawChart(harmless(chart), columns, paint)]);
}

/** The chart with every word in it on one line, without what a terminal would obey: names come from servers. */
function harmless<T>(part: T): T {
  if (typeof part === 'string') {
    return withoutInvisible(part).replaceAll('\n', ' ') as T;
  }
  if (Array.isArray(part)) {
    return part.map(harmless) as T;
  }
  return typeof part === 'object' && part !== null
    ? (Object.fromEntries(Object.entries(part).map(([key, value]) => [key, harmless(value)])) as T)
    : part;
}

function drawChart(chart: ChartSpec, columns: number, paint: Paint): string[] {
  return chart.kind === 'bars' ? drawBars(chart, columns, paint) : drawLines(chart, columns, paint);
}

/** Whole numbers that add up as the parts do: cells are given to the largest remainders. */
function cellsOf(parts: readonly number[], perCell: number): number[] {
  const exact = parts.map((part) => part / perCell);
  const cells = exact.map(Math.floor);
  const order = exact.map((value, index) => ({ index, rest: value - cells[index]! })).sort((a, b) => b.rest - a.rest);
  let missing = Math.round(exact.reduce((sum, value) => sum + value, 0)) - cells.reduce((sum, value) => sum + value, 0);
  for (const { index, rest } of order) {
    if (missing > 0 && rest > 0) {
      cells[index] = cells[index]! + 1;
      missing -= 1;
    }
  }
  return cells;
}

const filled = ({ segments }: Bar) => segments.reduce((sum, { bytes }) => sum + Math.max(0, bytes), 0);

/** One bar: what fits, the mark where the memory ends, and what lies beyond it. */
function drawBar(bar: Bar, { series }: BarsSpec, perCell: number, paint: Paint): { cells: number; text: string } {
  const capacity = Math.round(bar.capacityBytes / perCell);
  const cells = cellsOf(
    bar.segments.map(({ bytes }) => Math.max(0, bytes)),
    perCell,
  );
  let text = '';
  let drawn = 0;
  let marked = false;
  for (const [index, count] of cells.entries()) {
    const colour = series[bar.segments[index]!.series]?.colour ?? 'grey';
    const inside = Math.max(0, Math.min(count, capacity - drawn));
    text += inside === 0 ? '' : paint(COLOUR[colour], FILL[colour].repeat(inside));
    if (count > inside) {
      text += (marked ? '' : CAPACITY) + paint('red', BEYOND.repeat(count - inside));
      marked = true;
    }
    drawn += count;
  }
  return { cells: drawn + (marked ? 1 : 0), text };
}

function drawBars(spec: BarsSpec, columns: number, paint: Paint): string[] {
  const { bars, series } = spec;
  const labels = Math.min(MAX_LABEL, Math.max(0, ...bars.map(({ label }) => displayWidth(label))));
  const notes = Math.max(0, ...bars.map(({ note }) => displayWidth(note)));
  const beside = columns - labels - notes - 7;
  // Where the words leave no room beside them, the bar has its own line.
  const width = Math.max(LEAST_BAR, Math.min(MOST_BAR, beside >= LEAST_BAR ? beside : columns - 5));
  const scale = (some: readonly Bar[]) => Math.max(1, ...some.map((bar) => Math.max(bar.capacityBytes, filled(bar))));
  const gpuScale = scale(bars.filter(({ apart }) => apart === undefined));
  const lines = [spec.caption, spec.warning]
    .filter((text) => text !== undefined)
    .flatMap((text) =>
      wrapText(`  ${text}`, columns, 2).map((line) => (text === spec.warning ? paint('yellow', line) : line)),
    );
  for (const bar of bars) {
    const whole = bar.apart === undefined ? gpuScale : Math.max(gpuScale, scale([bar]));
    const { cells, text } = drawBar(bar, spec, whole / width, paint);
    const drawn = text + ' '.repeat(Math.max(0, width + 1 - cells));
    const label = padToWidth(cutToWidth(bar.label, labels), labels, 'left');
    if (beside >= LEAST_BAR) {
      lines.push(`  ${label}  ${drawn}  ${bar.note}`);
    } else {
      lines.push(...wrapText(`  ${bar.label}  ${bar.note}`, columns, 2), `  ${drawn}`.trimEnd());
    }
  }
  const used = series.filter((_one, index) =>
    bars.some(({ segments }) => segments.some((segment) => segment.series === index && segment.bytes > 0)),
  );
  const legend = used.map(
    ({ label, colour }) => `${paint(COLOUR[colour], FILL[colour])}${HELD}${label.replaceAll(' ', HELD)}`,
  );
  const lastLine = wrapText(`  ${legend.join('  ')}`, columns, 2).map((line) => line.replaceAll(HELD, ' '));
  return [...lines, ...lastLine];
}

function drawLines(spec: LinesSpec, columns: number, paint: Paint): string[] {
  const labels = Math.min(MAX_LABEL, Math.max(0, ...spec.lines.map(({ label }) => displayWidth(label))));
  const width = Math.max(LEAST_BAR, Math.min(MOST_BAR, columns - labels - 18));
  const span = Math.max(1, spec.toMs - spec.fromMs);
  const clock = new Intl.DateTimeFormat(spec.locale, {
    timeZone: spec.timeZone,
    dateStyle: span > 24 * 3_600_000 ? 'short' : undefined,
    timeStyle: 'short',
  } as Intl.DateTimeFormatOptions);
  const rows = spec.lines.map(({ label, colour, points }) => {
    const highest: (number | null)[] = Array.from({ length: width }, () => null);
    for (const [ms, bytes] of points) {
      const at = Math.min(width - 1, Math.max(0, Math.floor(((ms - spec.fromMs) / span) * width)));
      if (bytes !== null) {
        highest[at] = Math.max(highest[at] ?? 0, bytes);
      }
    }
    const drawn = highest
      .map((bytes) => {
        const share = bytes === null ? 0 : Math.min(1, bytes / Math.max(1, spec.maxBytes));
        return bytes === null ? ' ' : LEVELS[Math.max(1, Math.round(share * (LEVELS.length - 1)))]!;
      })
      .join('');
    const last = points.findLast(([, bytes]) => bytes !== null)?.[1];
    const now = last === undefined || last === null ? '' : `  ${formatDecimal(last / GIB, 1)} GiB`;
    return `  ${padToWidth(cutToWidth(label, labels), labels, 'left')}  ${paint(COLOUR[colour], drawn)}${now}`;
  });
  const [from, to] = [clock.format(spec.fromMs), clock.format(spec.toMs)];
  const gap = ' '.repeat(Math.max(1, width - displayWidth(from) - displayWidth(to)));
  return [
    ...wrapText(`  ${spec.title}`, columns, 2),
    ...rows,
    `  ${' '.repeat(labels)}  ${paint('dim', from + gap + to)}`,
  ];
}
