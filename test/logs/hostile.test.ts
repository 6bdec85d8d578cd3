import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_PASTE } from '../../src/logs/paste.ts';
import { readLog } from '../../src/logs/read-log.ts';
import type { LogReading } from '../../src/logs/types.ts';
import { recordedLogs } from './recorded.ts';

/** Every figure of a reading is one that a machine can have; no text is longer than a name. */
function expectBounded(reading: LogReading): void {
  const walk = (value: unknown): void => {
    if (typeof value === 'number') {
      expect(Number.isFinite(value) && value >= 0 && value <= 2 ** 50).toBe(true);
    } else if (typeof value === 'string') {
      expect(value.length).toBeLessThanOrEqual(200);
      expect(value.includes('\u001b')).toBe(false);
    } else if (value instanceof Map) {
      for (const [key, entry] of value) {
        walk(key);
        walk(entry);
      }
    } else if (value !== null && typeof value === 'object') {
      for (const entry of Object.values(value)) {
        walk(entry);
      }
    }
  };
  walk(reading);
}

const log = fc.constantFrom(...recordedLogs.map(({ text }) => text.slice(0, 12_000)));
const edit = fc.record({
  at: fc.nat(11_999),
  length: fc.nat(200),
  text: fc.oneof(
    fc.string({ maxLength: 40 }),
    fc.constantFrom('99999999999999', '-1', '1e309', 'NaN', '"', '\\', '\n', '\u0000', '= ', 'GPULayers:[', '9999/1'),
  ),
});

describe('pastes are hostile until bounded', () => {
  test('mutated logs never throw, and every figure stays one that a machine can have', () => {
    fc.assert(
      fc.property(log, fc.array(edit, { minLength: 1, maxLength: 12 }), (text, edits) => {
        let mutated = text;
        for (const { at, length, text: put } of edits) {
          mutated = mutated.slice(0, at) + put + mutated.slice(at + length);
        }
        expectBounded(readLog(mutated));
      }),
      { numRuns: 300 },
    );
  });

  test('any text never throws', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 4_000, unit: 'binary' }), (text) => {
        expectBounded(readLog(text));
      }),
      { numRuns: 500 },
    );
  });

  test.each([
    ['one endless line', 'time=x level=INFO msg="'.padEnd(MAX_PASTE * 2, 'a\\"')],
    ['endless short lines', 'a\n'.repeat(MAX_PASTE)],
    ['quotes that never close', '"='.repeat(MAX_PASTE / 2)],
    ['lines that all seem wrapped', 'x'.repeat(79).concat('\n').repeat(13_000)],
    ['records without end', 'time=1 level=INFO source=sched.go:1 msg=load request="{GPULayers:1[" \n'.repeat(14_000)],
    [
      'loads without end',
      'llama_model_loader: loaded meta data with 1\nload_tensors: offloaded 1/2 layers to GPU\n'.repeat(9_000),
    ],
    ['spaces', ' '.repeat(MAX_PASTE)],
    ['escapes', '\u001b['.repeat(MAX_PASTE / 2)],
  ])('%s is read up to the bound', (_name, text) => {
    const reading = readLog(text);
    expect(reading.loads.length).toBeLessThanOrEqual(200);
    expectBounded({ ...reading, loads: reading.loads.slice(0, 3) });
  });

  test('nothing of the environment but what matters to memory is kept', () => {
    const { settings } = readLog(
      'time=2026-01-01T00:00:00.000Z level=INFO source=routes.go:1 msg="server config" env="map[HTTPS_PROXY:http://me:secret@proxy OLLAMA_HOST:http://10.0.0.1 OLLAMA_NUM_PARALLEL:4 OLLAMA_MODELS:/home/me/.ollama]"',
    );
    expect(settings).toEqual({ OLLAMA_NUM_PARALLEL: '4' });
  });
});
