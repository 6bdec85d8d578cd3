/** How long pictures take from their figures to a PNG. */

import { GIB } from '../../src/base/bytes.ts';
import { Painter } from '../../src/chat/pictures/painter.ts';
import { COLOURS, type ColourName, type PictureSpec } from '../../src/chat/pictures/spec.ts';
import { measure, section, shownMs } from './measure.ts';

const NAMES = (Object.keys(COLOURS) as ColourName[]).filter((name) => name !== 'empty');

/** The Markdown section for `npm run bench`. */
export async function benchPictures(): Promise<string> {
  const painter = new Painter();
  const start = performance.now();
  await painter.draw(bars(4));
  const first = performance.now() - start;
  const rows: string[][] = [['the first, with the start of the thread', shownMs(first), '', '', '']];
  const cases: readonly [string, PictureSpec][] = [
    ['bars, 4 GPUs', bars(4)],
    ['bars, 8 GPUs', bars(8)],
    ['lines, 4 GPUs over 24 hours', lines(4)],
    ['lines, 8 GPUs over 7 days', lines(8)],
    ['bars and lines', { charts: [...bars(4).charts, ...lines(4).charts] }],
  ];
  for (const [name, spec] of cases) {
    const times = await measure(20, () => painter.draw(spec));
    rows.push([name, shownMs(times.median), shownMs(times.p95), '≤ 100 ms', `${shownMs(times.blocked)} (≤ 50 ms)`]);
  }
  await painter.close();
  return section('Pictures', ['picture', 'median', 'p95', 'target', 'event loop blocked'], rows);
}

function bars(count: number): PictureSpec {
  const series = NAMES.slice(0, 4).map((colour, index) => ({ label: `model-${index}:8b`, colour }));
  const one = (index: number) => ({
    label: `GPU ${index}`,
    capacityBytes: 24 * GIB,
    segments: series.map((_, which) => ({ series: which, bytes: (which + 1 + index / 8) * GIB })),
    note: `${10 + index}.0 / 24.0 GiB`,
  });
  return { charts: [{ kind: 'bars', title: 'Memory', series, bars: Array.from({ length: count }, (_, i) => one(i)) }] };
}

function lines(count: number): PictureSpec {
  const fromMs = Date.UTC(2026, 0, 1);
  const points = (index: number) =>
    Array.from({ length: 300 }, (_, i): [number, number] => [
      fromMs + i * 288_000,
      (6 + index + 4 * Math.sin(i / 20)) * GIB,
    ]);
  return {
    charts: [
      {
        kind: 'lines',
        title: 'Memory over time',
        fromMs,
        toMs: fromMs + 86_400_000,
        timeZone: 'UTC',
        locale: 'en',
        maxBytes: 24 * GIB,
        lines: Array.from({ length: count }, (_, index) => ({
          label: `GPU ${index}`,
          colour: NAMES[index % NAMES.length]!,
          points: points(index),
        })),
      },
    ],
  };
}
