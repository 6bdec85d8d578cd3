import { type Canvas, createCanvas, GlobalFonts, type SKRSContext2D } from '@napi-rs/canvas';
import {
  BarController,
  BarElement,
  CategoryScale,
  Chart,
  type ChartConfiguration,
  type ChartItem,
  Legend,
  LinearScale,
  LineController,
  LineElement,
  type Plugin,
  PointElement,
  Title,
} from 'chart.js';
import { GIB } from '../../base/bytes.ts';
import { type BarsSpec, type ChartSpec, COLOURS, type LinesSpec, type PictureSpec } from './spec.ts';

Chart.register(
  BarController,
  BarElement,
  CategoryScale,
  Legend,
  LinearScale,
  LineController,
  LineElement,
  PointElement,
  Title,
);

const FONT = 'Headroom Sans';
const WIDTH = 960;
/** Pixels per unit: sharp on phones, whose screens show a picture at twice its size or more. */
const SCALE = 1.5;
const INK = '#e8eaee';
const FAINT = '#a9aeb8';
const GRID = '#43464e';
/** A dark ground of its own: readable on Discord's dark and on its light theme. */
const GROUND = '#24262b';
const DASHES: readonly (readonly number[])[] = [[], [8, 4], [2, 3], [10, 3, 2, 3]];

let fontsReady = false;

/** Registers the font that ships with the project; the machine need not have any. */
function prepareFonts(): void {
  if (fontsReady) {
    return;
  }
  const file = new URL('../../../assets/fonts/NotoSansSC-Regular.subset.woff2', import.meta.url).pathname;
  GlobalFonts.registerFromPath(file, FONT);
  Chart.defaults.font.family = `"${FONT}", sans-serif`;
  Chart.defaults.font.size = 14;
  Chart.defaults.color = INK;
  fontsReady = true;
}

/** Height of a chart in units. */
function heightOf(chart: ChartSpec): number {
  return chart.kind === 'bars' ? 110 + chart.bars.length * (chart.bars.length > 8 ? 34 : 44) : 300;
}

/** A round step for the axis, GiB. */
function niceStep(maxGib: number): number {
  const raw = maxGib / 8;
  const power = 10 ** Math.floor(Math.log10(Math.max(raw, 0.001)));
  return power * ([1, 2, 2.5, 5, 10].find((factor) => factor * power >= raw) ?? 10);
}

/** Writes the text at the end of each bar and marks each card's capacity. */
function barMarks(spec: BarsSpec): Plugin<'bar'> {
  return {
    id: 'bar-marks',
    afterDatasetsDraw(chart) {
      const context = chart.ctx;
      const x = chart.scales.x!;
      const y = chart.scales.y!;
      const half = Math.min(16, ((chart.chartArea.bottom - chart.chartArea.top) / spec.bars.length) * 0.36);
      context.save();
      context.font = `13px "${FONT}"`;
      context.textBaseline = 'middle';
      for (const [index, bar] of spec.bars.entries()) {
        const middle = y.getPixelForValue(index);
        const end = x.getPixelForValue(bar.capacityBytes / GIB);
        context.strokeStyle = INK;
        context.lineWidth = 1.5;
        context.beginPath();
        context.moveTo(end, middle - half - 3);
        context.lineTo(end, middle + half + 3);
        context.stroke();
        context.fillStyle = INK;
        context.textAlign = 'left';
        context.fillText(bar.note, chart.chartArea.right + 10, middle);
      }
      context.restore();
    },
  };
}

/** Cuts a label to a width in pixels, so that it cannot run over what stands beside it. */
function cutLabel(context: SKRSContext2D, text: string, width: number): string {
  context.font = `14px "${FONT}"`;
  if (context.measureText(text).width <= width) {
    return text;
  }
  let cut = text;
  while (cut.length > 1 && context.measureText(`${cut}…`).width > width) {
    cut = cut.slice(0, -1);
  }
  return `${cut}…`;
}

function barsConfiguration(spec: BarsSpec, context: SKRSContext2D): ChartConfiguration<'bar'> {
  const capacity = Math.max(...spec.bars.map((bar) => bar.capacityBytes), 1) / GIB;
  const used = Math.max(
    ...spec.bars.map((bar) => bar.segments.reduce((sum, segment) => sum + segment.bytes, 0) / GIB),
    0,
  );
  const max = Math.max(capacity, used) * 1.01;
  context.font = `13px "${FONT}"`;
  const noteWidth = Math.max(...spec.bars.map((bar) => context.measureText(bar.note).width), 0);
  return {
    type: 'bar',
    data: {
      labels: spec.bars.map((bar) => cutLabel(context, bar.label, 190)),
      datasets: spec.series.map((series, index) => ({
        label: series.label,
        backgroundColor: COLOURS[series.colour],
        borderColor: GROUND,
        borderWidth: { left: 0, right: 1, top: 0, bottom: 0 },
        borderSkipped: false,
        barPercentage: 0.72,
        categoryPercentage: 1,
        data: spec.bars.map((bar) =>
          bar.segments.reduce((sum, segment) => sum + (segment.series === index ? segment.bytes / GIB : 0), 0),
        ),
      })),
    },
    options: {
      indexAxis: 'y',
      responsive: false,
      animation: false,
      devicePixelRatio: SCALE,
      layout: { padding: { left: 12, right: noteWidth + 24, top: 10, bottom: 8 } },
      plugins: {
        title: { display: true, text: spec.title, align: 'start', font: { size: 17 }, padding: { bottom: 6 } },
        legend: { position: 'top', align: 'start', labels: { boxWidth: 14, boxHeight: 14, padding: 12 } },
      },
      scales: {
        x: {
          stacked: true,
          min: 0,
          max,
          grid: { color: GRID },
          ticks: {
            color: FAINT,
            stepSize: niceStep(max),
            includeBounds: false,
            callback: (value) => `${Number(value)} GiB`,
            maxRotation: 0,
          },
          afterBuildTicks: (axis) => {
            axis.ticks = axis.ticks.filter((tick) => tick.value <= capacity * 1.001);
          },
        },
        y: { stacked: true, grid: { display: false }, ticks: { autoSkip: false } },
      },
    },
    plugins: [barMarks(spec)],
  };
}

/** Ticks at whole hours or days in the reader's time zone, at most nine. */
function timeTicks(spec: LinesSpec): { value: number; label: string }[] {
  const span = spec.toMs - spec.fromMs;
  const byDay = span > 36 * 3_600_000;
  const format = new Intl.DateTimeFormat(spec.locale, {
    timeZone: spec.timeZone,
    ...(byDay ? { month: 'short', day: 'numeric' } : { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }),
  });
  const steps = [300_000, 600_000, 900_000, 1_800_000, 3_600_000, 10_800_000, 21_600_000, 43_200_000, 86_400_000];
  const step = steps.find((size) => span / size <= 8) ?? Math.ceil(span / 8 / 86_400_000) * 86_400_000;
  const offset = zoneOffset(spec.fromMs, spec.timeZone);
  const ticks: { value: number; label: string }[] = [];
  for (
    let at = Math.ceil((spec.fromMs + offset) / step) * step - offset;
    at <= spec.toMs && ticks.length < 10;
    at += step
  ) {
    ticks.push({ value: at, label: format.format(at) });
  }
  return ticks;
}

/** Milliseconds that local time is ahead of UTC. */
function zoneOffset(ms: number, timeZone: string): number {
  const parts = new Intl.DateTimeFormat('en', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
  }).formatToParts(ms);
  const part = (type: string) => Number(parts.find((candidate) => candidate.type === type)?.value ?? 0);
  const local = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'));
  return local - Math.floor(ms / 60_000) * 60_000;
}

function linesConfiguration(spec: LinesSpec): ChartConfiguration<'line'> {
  const ticks = timeTicks(spec);
  return {
    type: 'line',
    data: {
      datasets: spec.lines.map((line, index) => ({
        label: line.label,
        borderColor: COLOURS[line.colour],
        borderDash: [...DASHES[Math.floor(index / 7) % DASHES.length]!],
        borderWidth: 2,
        pointRadius: 0,
        spanGaps: false,
        data: line.points.map(([x, bytes]) => ({ x, y: bytes === null ? Number.NaN : bytes / GIB })),
      })),
    },
    options: {
      responsive: false,
      animation: false,
      devicePixelRatio: SCALE,
      parsing: false,
      layout: { padding: { left: 12, right: 28, top: 6, bottom: 8 } },
      plugins: {
        title: {
          display: true,
          text: spec.title,
          align: 'start',
          font: { size: 15 },
          // Without a legend in between, the topmost number of the axis would run into the title.
          padding: { bottom: spec.lines.length > 1 ? 4 : 16 },
        },
        legend: {
          display: spec.lines.length > 1,
          position: 'top',
          align: 'start',
          labels: { usePointStyle: true, pointStyle: 'line', pointStyleWidth: 26, padding: 10, font: { size: 12 } },
        },
      },
      scales: {
        x: {
          type: 'linear',
          min: spec.fromMs,
          max: spec.toMs,
          grid: { color: GRID },
          ticks: {
            color: FAINT,
            maxRotation: 0,
            autoSkip: false,
            callback: (value) => ticks.find((tick) => tick.value === Number(value))?.label ?? '',
          },
          afterBuildTicks: (axis) => {
            axis.ticks = ticks.map((tick) => ({ value: tick.value }));
          },
        },
        y: {
          min: 0,
          max: Math.max(spec.maxBytes / GIB, 1),
          grid: { color: GRID },
          ticks: { color: FAINT, callback: (value) => `${Number(value)} GiB`, maxTicksLimit: 6 },
        },
      },
    },
  };
}

/**
 * The whole picture, and one of its charts. They are made once and drawn over: a canvas' memory lies outside of the
 * heap, some megabytes each, and is given back only when the collector has run and the event loop has turned.
 */
let surfaces: { readonly whole: Canvas; readonly part: Canvas } | null = null;

/** A cleared canvas of the size that is asked for. */
function cleared(canvas: Canvas, width: number, height: number): Canvas {
  // Setting a size clears the canvas and everything that its context was set to.
  canvas.width = width;
  canvas.height = height;
  return canvas;
}

/** Draws a picture. Synchronous and heavy (tens of milliseconds): call it in the drawing thread. */
export function drawPicture(spec: PictureSpec): Uint8Array {
  prepareFonts();
  surfaces ??= { whole: createCanvas(1, 1), part: createCanvas(1, 1) };
  const heights = spec.charts.map(heightOf);
  const height = heights.reduce((sum, one) => sum + one, 0);
  const canvas = cleared(surfaces.whole, WIDTH * SCALE, height * SCALE);
  const context = canvas.getContext('2d');
  context.fillStyle = GROUND;
  context.fillRect(0, 0, canvas.width, canvas.height);
  let top = 0;
  for (const [index, chart] of spec.charts.entries()) {
    const height = heights[index]!;
    // Chart.js multiplies the canvas by devicePixelRatio itself.
    const part = cleared(surfaces.part, WIDTH, height);
    const configuration =
      chart.kind === 'bars' ? barsConfiguration(chart, part.getContext('2d')) : linesConfiguration(chart);
    const drawn = new Chart(part as unknown as ChartItem, configuration as ChartConfiguration);
    context.drawImage(part, 0, top * SCALE);
    drawn.destroy();
    top += height;
  }
  return canvas.toBuffer('image/png');
}
