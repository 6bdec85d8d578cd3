import type { ChartConfiguration } from 'chart.js';
import { GIB } from '../../base/bytes.ts';
import { SCALE, TEXT } from './paper.ts';
import { COLOURS, type LinesSpec, PAPER } from './spec.ts';

/** Height of a chart of lines, units. */
export const LINES_HEIGHT = 250;
const DASHES: readonly (readonly number[])[] = [[], [8, 4], [2, 3], [10, 3, 2, 3]];

/** Ticks at whole hours or days in the reader's time zone, at most six. */
function timeTicks(spec: LinesSpec): { value: number; label: string }[] {
  const span = spec.toMs - spec.fromMs;
  const byDay = span > 36 * 3_600_000;
  const format = new Intl.DateTimeFormat(spec.locale, {
    timeZone: spec.timeZone,
    ...(byDay ? { month: 'short', day: 'numeric' } : { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }),
  });
  const steps = [300_000, 600_000, 900_000, 1_800_000, 3_600_000, 10_800_000, 21_600_000, 43_200_000, 86_400_000];
  const step = steps.find((size) => span / size <= 5) ?? Math.ceil(span / 5 / 86_400_000) * 86_400_000;
  const offset = zoneOffset(spec.fromMs, spec.timeZone);
  const ticks: { value: number; label: string }[] = [];
  for (
    let at = Math.ceil((spec.fromMs + offset) / step) * step - offset;
    at <= spec.toMs && ticks.length < 7;
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

/** How a chart of lines is set up for Chart.js. */
export function linesConfiguration(spec: LinesSpec): ChartConfiguration<'line'> {
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
      layout: { padding: { left: 10, right: 24, top: 6, bottom: 8 } },
      plugins: {
        title: {
          display: true,
          text: spec.title,
          align: 'start',
          font: { size: TEXT.label, weight: 'normal' },
          // Without a legend in between, the topmost number of the axis would run into the title.
          padding: { bottom: spec.lines.length > 1 ? 4 : 16 },
        },
        legend: {
          display: spec.lines.length > 1,
          position: 'top',
          align: 'start',
          labels: {
            usePointStyle: true,
            pointStyle: 'line',
            pointStyleWidth: 24,
            padding: 8,
            font: { size: TEXT.small },
          },
        },
      },
      scales: {
        x: {
          type: 'linear',
          min: spec.fromMs,
          max: spec.toMs,
          grid: { color: PAPER.line },
          ticks: {
            color: PAPER.faint,
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
          grid: { color: PAPER.line },
          ticks: { color: PAPER.faint, callback: (value) => `${Number(value)} GiB`, maxTicksLimit: 5 },
        },
      },
    },
  };
}
