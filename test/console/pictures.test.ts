import { PassThrough, Writable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { loadImage } from '@napi-rs/canvas';
import fc from 'fast-check';
import { decode } from 'sixel';
import { describe, expect, it } from 'vitest';
import { drawPicture } from '../../src/chat/pictures/draw.ts';
import type { BarsSpec, LinesSpec, PictureSpec } from '../../src/chat/pictures/spec.ts';
import type { Reply } from '../../src/chat/reply.ts';
import { displayWidth } from '../../src/chat/table.ts';
import { createPaint } from '../../src/console/paint.ts';
import { blockPicture } from '../../src/console/pictures/blocks.ts';
import { detectPictures, graphicsByEnvironment } from '../../src/console/pictures/detect.ts';
import { encodePicture } from '../../src/console/pictures/graphics.ts';
import { showPictures } from '../../src/console/pictures/show.ts';
import { renderReply } from '../../src/console/render.ts';

const GIB = 1024 ** 3;
const plain = createPaint(false);

const bars: BarsSpec = {
  kind: 'bars',
  title: 'gemma3:12b',
  series: [
    { label: 'weights', colour: 'blue' },
    { label: 'KV cache', colour: 'orange' },
    { label: 'unused', colour: 'sky' },
    { label: 'free', colour: 'empty' },
  ],
  bars: [
    {
      label: 'GPU 0',
      capacityBytes: 8 * GIB,
      note: '6.0 / 8.0 GiB',
      segments: [
        { series: 0, bytes: 4 * GIB },
        { series: 1, bytes: 2 * GIB },
        { series: 3, bytes: 2 * GIB },
      ],
    },
    {
      label: '内存',
      capacityBytes: 8 * GIB,
      note: '12.0 GiB，不够',
      segments: [{ series: 0, bytes: 12 * GIB }],
      apart: 'short',
    },
  ],
};
const lines: LinesSpec = {
  kind: 'lines',
  title: 'Used memory',
  fromMs: 0,
  toMs: 3_600_000,
  timeZone: 'UTC',
  locale: 'en',
  maxBytes: 8 * GIB,
  lines: [
    {
      label: 'GPU 0',
      colour: 'blue',
      points: [
        [0, 0],
        [1_800_000, null],
        [3_599_000, 8 * GIB],
      ],
    },
  ],
};

/** A terminal that answers each question as told. */
function terminal(answer: string, typed = '') {
  const asked: string[] = [];
  const raw: boolean[] = [];
  const input = Object.assign(new PassThrough(), { isTTY: true, setRawMode: (on: boolean) => raw.push(on) });
  const output = new Writable({
    write: (chunk, _encoding, done) => {
      asked.push(String(chunk));
      if (answer !== '') {
        input.write(typed + answer);
      }
      done();
    },
  });
  return { input, output, asked, raw };
}

it('gives a terminal nothing to obey, whatever names a server has', () => {
  const name = 'a\u001b_Gi=1;AAAA\u001b\\\u001b]52;c;AAAA\u0007\u009b31m\u202e\nb';
  const hostile: PictureSpec = {
    charts: [
      {
        ...bars,
        title: name,
        caption: name,
        warning: name,
        series: bars.series.map((one) => ({ ...one, label: name })),
        bars: bars.bars.map((bar) => ({ ...bar, label: name, note: name })),
      },
      { ...lines, title: name, lines: lines.lines.map((line) => ({ ...line, label: name })) },
    ],
  } as PictureSpec;
  for (const columns of [40, 80, 160]) {
    const drawn = blockPicture(hostile, columns, plain);
    expect(drawn.join('')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  }
});

describe('how a terminal can show a picture', () => {
  it.each([
    [{ TERM: 'xterm-kitty' }, 'kitty'],
    [{ KITTY_WINDOW_ID: '1' }, 'kitty'],
    [{ TERM_PROGRAM: 'ghostty' }, 'kitty'],
    [{ TERM_PROGRAM: 'iTerm.app' }, 'iterm'],
    [{ TERM_PROGRAM: 'WezTerm' }, 'iterm'],
    [{ LC_TERMINAL: 'iTerm2' }, 'iterm'],
    [{ TERM: 'dumb' }, 'blocks'],
    [{ TERM: 'linux' }, 'blocks'],
    [{ TERM: 'xterm-kitty', TMUX: '/tmp/x' }, null],
    [{ TERM: 'screen-256color', LC_TERMINAL: 'iTerm2' }, null],
    [{ TERM: 'xterm-256color' }, null],
  ] as const)('%j', (environment, graphics) => {
    expect(graphicsByEnvironment(environment)).toBe(graphics);
  });

  it.each([
    ['kitty', '\u001b_Gi=31;OK\u001b\\\u001b[6;18;9t\u001b[?62c', 'kitty', 9],
    ['kitty that refuses, with sixel', '\u001b_Gi=31;ENOTSUP\u001b\\\u001b[?62;4;22c', 'sixel', null],
    ['xterm with sixel', '\u001b[6;20;10t\u001b[?65;1;4;9c', 'sixel', 10],
    ['a plain terminal', '\u001b[?1;2c', 'blocks', null],
    ['VT240, whose class is 4', '\u001b[?4;1c', 'blocks', null],
    ['a terminal with a cell of no size', '\u001b[6;0;0t\u001b[?62;4c', 'sixel', null],
  ])('%s tells by its answer', async (_name, answer, how, cellWidth) => {
    const { raw, ...asked } = terminal(answer);
    expect(await detectPictures(asked, { TERM: 'xterm' }, 5_000)).toEqual({ how, cellWidth });
    expect(raw).toEqual([true, false]);
  });

  it('is not waited for where nobody answers, and what is typed meanwhile is kept', async () => {
    const { input, output } = terminal('');
    input.write('/fit');
    expect(await detectPictures({ input, output }, {}, 20)).toEqual({ how: 'blocks', cellWidth: null });
    expect(String(input.read())).toBe('/fit');
    const quick = terminal('\u001b[?62c', '/ps\r');
    await detectPictures(quick, {}, 5_000);
    expect(String(quick.input.read())).toBe('/ps\r');
  });

  it('asks nothing where the person has said it, or where nobody types', async () => {
    const told = terminal('');
    expect(await detectPictures(told, { HEADROOM_PICTURES: 'off', TERM: 'xterm-kitty' })).toMatchObject({ how: 'off' });
    const pipe = { input: new PassThrough(), output: told.output };
    expect(await detectPictures(pipe, { TERM: 'xterm' })).toMatchObject({ how: 'blocks' });
    expect(told.asked).toEqual([]);
  });
});

describe('a picture in a terminal', () => {
  const png = drawPicture({ charts: [bars] });
  const place = { columns: 80, cellWidth: 8 };

  it("goes whole through kitty's protocol, in pieces that it takes", async () => {
    const text = await encodePicture(png, 'kitty', place);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the protocol's own
    const pieces = [...text.matchAll(/\u001b_G([^;]*);([^\u001b]*)\u001b\\/g)];
    expect(pieces.map(([piece]) => piece).join('')).toBe(text);
    expect(pieces[0]![1]).toBe('a=T,f=100,q=2,c=72,m=1');
    expect(pieces.slice(1).map(([, keys]) => keys)).toEqual(
      pieces.slice(1).map((_, i, all) => `m=${i + 1 < all.length ? 1 : 0}`),
    );
    expect(Math.max(...pieces.map(([, , data]) => data!.length))).toBeLessThanOrEqual(4_096);
    expect(Buffer.from(pieces.map(([, , data]) => data).join(''), 'base64').equals(Buffer.from(png))).toBe(true);
  });

  it("goes whole through iTerm2's", async () => {
    const text = await encodePicture(png, 'iterm', { columns: 40, cellWidth: null });
    const head = `\u001b]1337;File=inline=1;size=${png.length};width=38;preserveAspectRatio=1:`;
    expect(text.startsWith(head) && text.endsWith('\u0007')).toBe(true);
    expect(Buffer.from(text.slice(head.length, -1), 'base64').equals(Buffer.from(png))).toBe(true);
  });

  it('is what it was as sixel, as wide as the cells', async () => {
    const text = await encodePicture(png, 'sixel', place);
    const { width, height, data32 } = decode(Buffer.from(text.slice(text.indexOf('q') + 1, -2)));
    const image = await loadImage(Buffer.from(png));
    expect(width).toBe(72 * 8);
    expect(Math.abs(height - (image.height * width) / image.width)).toBeLessThanOrEqual(6);
    expect(new Set(data32).size).toBeGreaterThan(8);
  });

  it('is made of characters where it cannot be drawn', async () => {
    const spec: PictureSpec = { charts: [bars] };
    const picture = { name: 'a.png', alt: 'a', spec, png: () => Promise.reject(new Error('no memory')) };
    const reply: Reply = { tone: 'good', title: 'fits', blocks: [{ kind: 'picture', picture }] };
    const pictures = await showPictures(reply, { how: 'kitty', cellWidth: null }, { columns: 80, colour: false });
    expect(renderReply(reply, { locale: 'en', colour: false, nowMs: 0, columns: 80, pictures })).toContain('█');
    const off = await showPictures(reply, { how: 'off', cellWidth: null }, { columns: 80, colour: false });
    expect(off.size).toBe(0);
  });
});

describe('bars of characters', () => {
  it('show each part in its share, what is free, and what lies beyond the end', () => {
    const drawn = blockPicture({ charts: [bars] }, 80, plain);
    const [gpu, host] = [drawn.find((line) => line.includes('GPU 0'))!, drawn.find((line) => line.includes('内存'))!];
    const count = (line: string, sign: string) => line.split(sign).length - 1;
    expect(Math.abs(count(gpu, '█') - 2 * count(gpu, '▓'))).toBeLessThanOrEqual(1);
    expect(Math.abs(count(gpu, '·') - count(gpu, '▓'))).toBeLessThanOrEqual(1);
    expect(gpu).not.toContain('×');
    expect(Math.abs(count(host, '×') * 2 - count(host, '█'))).toBeLessThanOrEqual(1);
    expect(host).toContain('█┃×');
    expect(drawn.at(-1)).toBe('  █ weights  ▓ KV cache  · free');
  });

  it('show a history with its gaps', () => {
    const drawn = blockPicture({ charts: [lines] }, 80, plain);
    const row = drawn.find((line) => line.includes('GPU 0'))!;
    expect(row).toMatch(/▁ +█ {2}8\.0 GiB$/);
    expect(drawn.at(-1)).toMatch(/12:00 AM +1:00 AM$/);
  });

  it('never are wider than the terminal, whatever they show', () => {
    const segment = fc.record({ series: fc.nat(3), bytes: fc.double({ min: 0, max: 2 ** 45, noNaN: true }) });
    const bar = fc.record({
      label: fc.string({ maxLength: 40 }),
      capacityBytes: fc.double({ min: 0, max: 2 ** 45, noNaN: true }),
      note: fc.string({ maxLength: 30 }),
      segments: fc.array(segment, { maxLength: 8 }),
    });
    fc.assert(
      fc.property(fc.array(bar, { maxLength: 9 }), fc.integer({ min: 30, max: 200 }), (some, columns) => {
        const clean = some.map((one) => ({ ...one, label: 'GPU', note: '9 / 9 GiB' }));
        for (const colour of [true, false]) {
          for (const line of blockPicture(
            { charts: [{ ...bars, bars: clean }, lines] },
            columns,
            createPaint(colour),
          )) {
            expect(displayWidth(stripVTControlCharacters(line))).toBeLessThanOrEqual(columns);
          }
        }
      }),
      { numRuns: 200 },
    );
  });
});
