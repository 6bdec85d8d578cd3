import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseExposition, parseExpositionInSteps } from '../../../src/gpus/exporters/exposition.ts';

describe('the exposition format', () => {
  it('reads names, labels with escapes, values in every notation, time stamps and exemplars', () => {
    const page = [
      '# HELP a_metric Something.',
      '# TYPE a_metric gauge',
      'a_metric 1',
      'b:metric{x="1",y="a \\"quoted\\" \\\\ \\n text",} 1.16178026496e+11 1795426767000',
      'c_metric{ x = "}" , y="," } -0.5 # {trace="1"} 0.3',
      'd_metric\t+4.',
    ].join('\n');
    const { samples, badLines } = parseExposition(page);
    expect(badLines).toBe(0);
    expect(samples.map((sample) => [sample.name, { ...sample.labels }, sample.value])).toEqual([
      ['a_metric', {}, 1],
      ['b:metric', { x: '1', y: 'a "quoted" \\ \n text' }, 116_178_026_496],
      ['c_metric', { x: '}', y: ',' }, -0.5],
      ['d_metric', {}, 4],
    ]);
  });

  it('leaves out what is not finite, like a series that is not there', () => {
    expect(parseExposition('a NaN\nb +Inf\nc -Inf\nd 1e999\n')).toEqual({ samples: [], badLines: 0 });
  });

  it.each([
    'a',
    'a ',
    '1a 1',
    'a{x="1} 1',
    'a{x=1} 1',
    'a{x="1"',
    'a{="1"} 1',
    'a{x="1",x="2"} 1',
    'a 1x',
    'a 0x10',
    'a 1 2 3',
    '<html>',
    'a{x="1" y="2"} 1',
  ])('counts %j as bad', (line) => {
    expect(parseExposition(line)).toEqual({ samples: [], badLines: 1 });
  });

  it('takes labels such as __proto__ for labels', () => {
    const { samples } = parseExposition('a{__proto__="x",constructor="y"} 1');
    expect(Object.entries(samples[0]!.labels)).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ]);
    expect(Object.getPrototypeOf(samples[0]!.labels)).toBeNull();
  });

  it('reads the same in steps, and lets others have their turn', async () => {
    const page = Array.from({ length: 3_000 }, (_, i) => `metric_${i}{x="${i}"} ${i}\n`).join('');
    let turns = 0;
    const timer = setInterval(() => {
      turns += 1;
    }, 0);
    const steps = await parseExpositionInSteps(`${page}bad\n`);
    clearInterval(timer);
    expect({ samples: steps.samples, badLines: steps.badLines }).toEqual({
      samples: parseExposition(page).samples,
      badLines: 1,
    });
    expect(turns).toBeGreaterThan(0);
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        for (const sample of parseExposition(text).samples) {
          expect(Number.isFinite(sample.value)).toBe(true);
        }
      }),
    );
  });

  it('reads back every sample written as the format says', () => {
    const label = fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_]{0,8}$/);
    const value = fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }));
    fc.assert(
      fc.property(
        fc.stringMatching(/^[a-z_:][a-z0-9_:]{0,12}$/),
        fc.dictionary(label, fc.string(), { maxKeys: 5 }),
        value,
        (name, labels, number) => {
          const escaped = Object.entries(labels).map(
            ([key, text]) => `${key}="${text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"')}"`,
          );
          const { samples, badLines } = parseExposition(`${name}{${escaped.join(',')}} ${number}\n`);
          expect(badLines).toBe(0);
          expect(samples).toHaveLength(1);
          expect(samples[0]!.value).toBe(Number(String(number)));
          expect({ ...samples[0]!.labels }).toEqual({ ...labels });
        },
      ),
    );
  });
});
