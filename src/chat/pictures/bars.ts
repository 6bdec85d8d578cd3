import { createCanvas, type SKRSContext2D } from '@napi-rs/canvas';
import { breakLines, cutToUnits, SCALE, setFont, TEXT, WIDTH } from './paper.ts';
import { type Bar, type BarsSpec, COLOURS, PAPER } from './spec.ts';

const MARGIN = 16;
const INNER = WIDTH - 2 * MARGIN;
/** Heights of a bar with its line of text above, units; where there are many they stand closer. */
const ROOMY = { row: 56, bar: 20 } as const;
const CLOSE = { row: 42, bar: 10 } as const;
const MANY_BARS = 8;
const LEGEND_BOX = 13;
const MAX_TITLE_LINES = 2;
/** Share of a bar below which nobody finds a colour: it has no entry in the legend. */
const SEEN_SHARE = 0.005;

interface Line {
  readonly text: string;
  readonly size: number;
  readonly colour: string;
}

interface LegendEntry {
  readonly label: string;
  readonly colour: string;
  readonly x: number;
  readonly row: number;
}

/** Where everything goes, worked out before anything is drawn: the height follows from it. */
export interface BarsLayout {
  readonly height: number;
  readonly lines: readonly Line[];
  readonly legend: readonly LegendEntry[];
  readonly legendRows: number;
  readonly sizes: typeof ROOMY | typeof CLOSE;
}

function sumOf(bar: Bar): number {
  return bar.segments.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** How far a bar reaches, bytes. */
function extent(bar: Bar): number {
  return Math.max(bar.capacityBytes, sumOf(bar));
}

function layOutLegend(spec: BarsSpec, context: SKRSContext2D): { entries: LegendEntry[]; rows: number } {
  setFont(context, TEXT.small);
  const entries: LegendEntry[] = [];
  let x = 0;
  let row = 0;
  for (const [series, { label, colour }] of spec.series.entries()) {
    const there = spec.bars.some((bar) =>
      bar.segments.some((one) => one.series === series && one.bytes > SEEN_SHARE * bar.capacityBytes),
    );
    if (!there) {
      continue;
    }
    const text = cutToUnits(context, label, INNER - LEGEND_BOX - 6);
    const width = LEGEND_BOX + 6 + context.measureText(text).width;
    if (x > 0 && x + width > INNER) {
      x = 0;
      row += 1;
    }
    entries.push({ label: text, colour: COLOURS[colour], x, row });
    x += width + 16;
  }
  return { entries, rows: entries.length === 0 ? 0 : row + 1 };
}

/** Lays bars out on a picture's width. */
export function layOutBars(spec: BarsSpec, context: SKRSContext2D): BarsLayout {
  const lines: Line[] = [];
  const add = (text: string | undefined, size: number, colour: string, maxLines: number) => {
    if (text !== undefined && text !== '') {
      setFont(context, size);
      lines.push(...breakLines(context, text, INNER, maxLines).map((line) => ({ text: line, size, colour })));
    }
  };
  add(spec.title, TEXT.title, PAPER.ink, MAX_TITLE_LINES);
  add(spec.caption, TEXT.small, PAPER.faint, 1);
  add(spec.warning, TEXT.label, PAPER.warning, MAX_TITLE_LINES);
  const { entries, rows } = layOutLegend(spec, context);
  const sizes = spec.bars.length > MANY_BARS ? CLOSE : ROOMY;
  const head = lines.reduce((sum, { size }) => sum + lineHeight(size), MARGIN);
  const height = head + 8 + spec.bars.length * sizes.row + 4 + rows * lineHeight(TEXT.small) + MARGIN;
  return { height: Math.ceil(height), lines, legend: entries, legendRows: rows, sizes };
}

function lineHeight(size: number): number {
  return Math.round(size * 1.4);
}

/** Slanted lines over a rectangle: what is there does not fit, or is slow. */
function hatch(context: SKRSContext2D, x: number, y: number, width: number, height: number): void {
  context.save();
  context.beginPath();
  context.rect(x, y, width, height);
  context.clip();
  context.strokeStyle = PAPER.ground;
  context.lineWidth = 2;
  context.beginPath();
  for (let at = x - height; at < x + width; at += 7) {
    context.moveTo(at, y + height);
    context.lineTo(at + height, y);
  }
  context.stroke();
  context.restore();
}

function drawBar(context: SKRSContext2D, spec: BarsSpec, bar: Bar, top: number, height: number, perByte: number): void {
  const end = MARGIN + bar.capacityBytes * perByte;
  let x = MARGIN;
  for (const { series, bytes } of bar.segments) {
    const width = bytes * perByte;
    if (width <= 0) {
      continue;
    }
    context.fillStyle = COLOURS[spec.series[series]!.colour];
    // A thread of the ground parts what lies beside each other; what is there at all is seen.
    context.fillRect(x, top, Math.max(1, width - 1), height);
    x += width;
  }
  if (bar.apart === 'slow') {
    hatch(context, MARGIN, top, x - MARGIN, height);
  } else if (x > end + 1) {
    hatch(context, end, top, x - end, height);
  }
  context.lineWidth = 1.5;
  if (x > end + 1) {
    context.strokeStyle = PAPER.warning;
    context.strokeRect(end, top - 2, x - end, height + 4);
  } else if (bar.capacityBytes > 0) {
    context.strokeStyle = PAPER.faint;
    context.strokeRect(MARGIN - 0.75, top - 0.75, end - MARGIN + 1.5, height + 1.5);
  }
}

/** Draws bars at the context's origin, in units. */
export function drawBars(spec: BarsSpec, layout: BarsLayout, context: SKRSContext2D): void {
  let y = MARGIN;
  context.textBaseline = 'middle';
  context.textAlign = 'left';
  for (const { text, size, colour } of layout.lines) {
    setFont(context, size);
    context.fillStyle = colour;
    context.fillText(text, MARGIN, y + lineHeight(size) / 2);
    y += lineHeight(size);
  }
  y += 8;
  const longest = Math.max(...spec.bars.filter(({ apart }) => apart === undefined).map(extent), 1);
  const { row, bar: thickness } = layout.sizes;
  for (const bar of spec.bars) {
    const over = sumOf(bar) > bar.capacityBytes * 1.001;
    const middle = y + (row - thickness - 8) / 2;
    setFont(context, TEXT.label);
    context.textAlign = 'right';
    context.fillStyle = over || bar.apart === 'slow' ? PAPER.warning : PAPER.ink;
    const note = cutToUnits(context, bar.note, INNER * 0.7);
    context.fillText(note, WIDTH - MARGIN, middle);
    context.textAlign = 'left';
    context.fillStyle = PAPER.ink;
    context.fillText(cutToUnits(context, bar.label, INNER - context.measureText(note).width - 12), MARGIN, middle);
    const perByte = INNER / Math.max(longest, extent(bar));
    drawBar(context, spec, bar, y + row - thickness - 8, thickness, perByte);
    y += row;
  }
  y += 4;
  setFont(context, TEXT.small);
  for (const { label, colour, x, row: line } of layout.legend) {
    const middle = y + (line + 0.5) * lineHeight(TEXT.small);
    context.fillStyle = colour;
    context.fillRect(MARGIN + x, middle - LEGEND_BOX / 2, LEGEND_BOX, LEGEND_BOX);
    if (colour === COLOURS.empty) {
      context.strokeStyle = PAPER.faint;
      context.lineWidth = 1;
      context.strokeRect(MARGIN + x + 0.5, middle - LEGEND_BOX / 2 + 0.5, LEGEND_BOX - 1, LEGEND_BOX - 1);
    }
    context.fillStyle = PAPER.faint;
    context.fillText(label, MARGIN + x + LEGEND_BOX + 6, middle);
  }
}

let ruler: SKRSContext2D | null = null;

/** A context to measure text with before there is a canvas. */
export function measuringContext(): SKRSContext2D {
  ruler ??= createCanvas(1, 1).getContext('2d');
  return ruler;
}

/** Sets a context up so that units are drawn as pixels, from a height on. */
export function inUnits(context: SKRSContext2D, topUnits: number): void {
  context.setTransform(SCALE, 0, 0, SCALE, 0, topUnits * SCALE);
}
