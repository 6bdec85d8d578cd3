import { type Canvas, createCanvas } from '@napi-rs/canvas';
import {
  Chart,
  type ChartConfiguration,
  type ChartItem,
  Legend,
  LinearScale,
  LineController,
  LineElement,
  PointElement,
  Title,
} from 'chart.js';
import { type BarsLayout, drawBars, inUnits, layOutBars, measuringContext } from './bars.ts';
import { LINES_HEIGHT, linesConfiguration } from './lines.ts';
import { FONT, prepareFonts, SCALE, TEXT, WIDTH } from './paper.ts';
import { type BarsSpec, type LinesSpec, PAPER, type PictureSpec } from './spec.ts';

Chart.register(Legend, LinearScale, LineController, LineElement, PointElement, Title);
Chart.defaults.font.family = `"${FONT}", sans-serif`;
Chart.defaults.font.size = TEXT.small;
Chart.defaults.color = PAPER.ink;

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

type LaidOut = { readonly height: number } & (
  | { readonly bars: BarsSpec; readonly layout: BarsLayout }
  | { readonly lines: LinesSpec }
);

/** Draws a picture. Synchronous and heavy (tens of milliseconds): call it in the drawing thread. */
export function drawPicture(spec: PictureSpec): Uint8Array {
  prepareFonts();
  surfaces ??= { whole: createCanvas(1, 1), part: createCanvas(1, 1) };
  const charts = spec.charts.map((chart): LaidOut => {
    if (chart.kind === 'lines') {
      return { height: LINES_HEIGHT, lines: chart };
    }
    const layout = layOutBars(chart, measuringContext());
    return { height: layout.height, bars: chart, layout };
  });
  const height = charts.reduce((sum, chart) => sum + chart.height, 0);
  const canvas = cleared(surfaces.whole, Math.round(WIDTH * SCALE), Math.round(height * SCALE));
  const context = canvas.getContext('2d');
  context.fillStyle = PAPER.ground;
  context.fillRect(0, 0, canvas.width, canvas.height);
  let top = 0;
  for (const chart of charts) {
    if ('bars' in chart) {
      inUnits(context, top);
      drawBars(chart.bars, chart.layout, context);
      context.resetTransform();
    } else {
      // Chart.js multiplies the canvas by devicePixelRatio itself.
      const part = cleared(surfaces.part, WIDTH, chart.height);
      const configuration = linesConfiguration(chart.lines) as ChartConfiguration;
      const drawn = new Chart(part as unknown as ChartItem, configuration);
      context.drawImage(part, 0, top * SCALE);
      drawn.destroy();
    }
    top += chart.height;
  }
  return canvas.toBuffer('image/png');
}
