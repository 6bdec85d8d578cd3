import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AlertDetector, type AlertEvent, HOT_C } from '../../../src/schedule/alerts/detector.ts';
import { GIB } from '../../gpus/tools.ts';
import { gpuUuid, type Moment, moment, UP } from '../watches/world.ts';

const START = Date.UTC(2026, 10, 23, 12);
const PACE = 10_000;
const DOWN = { state: 'down', error: { code: 'unreachable', params: {} }, lastVersion: null } as const;

/** A server watched at the fast pace. */
function watched(open: ConstructorParameters<typeof AlertDetector>[1] = []) {
  const detector = new AlertDetector('main', open);
  let now = START;
  const seen: AlertEvent[] = [];
  return {
    seen,
    now: () => now,
    /** The same moment for a number of readings. */
    look(about: Omit<Moment, 'atMs'>, readings = 1) {
      const fresh: AlertEvent[] = [];
      for (let i = 0; i < readings; i++) {
        now += PACE;
        fresh.push(...detector.observe(moment({ ...about, atMs: now })));
      }
      seen.push(...fresh);
      return fresh.map(({ type, kind, subject }) => `${type} ${kind} ${subject}`.trim());
    },
  };
}

const gemma = { name: 'gemma3:12b', vramGib: 10 };

describe('a healthy server', () => {
  it('gives no alert, however full its GPUs are', () => {
    const { look } = watched();
    expect(look({ usedGib: [0.5, 0.5] }, 10)).toEqual([]);
    expect(look({ usedGib: [23.4, 23.4], models: [{ name: 'big', vramGib: 45 }] }, 50)).toEqual([]);
  });

  it('gives none while models come and go with their own overhead', () => {
    const { look } = watched();
    const states: Omit<Moment, 'atMs'>[] = [
      { usedGib: [0.5] },
      { usedGib: [11], models: [gemma] },
      { usedGib: [17.5], models: [gemma, { name: 'b', vramGib: 6 }] },
      { usedGib: [7], models: [{ name: 'b', vramGib: 6 }] },
      { usedGib: [0.5] },
    ];
    for (let round = 0; round < 10; round++) {
      for (const state of states) {
        expect(look(state, 1 + (round % 7)), `round ${round}`).toEqual([]);
      }
    }
  });
});

describe('Ollama', () => {
  it('is told down and up, not for one reading', () => {
    const { look, seen } = watched();
    look({});
    expect(look({ ollama: DOWN })).toEqual([]);
    expect(look({}, 3)).toEqual([]);
    expect(look({ ollama: DOWN }, 6)).toEqual(['begin ollama-down']);
    expect(seen[0]).toMatchObject({ params: { state: 'down' } });
    expect(look({})).toEqual([]);
    expect(look({ ollama: DOWN }, 2)).toEqual([]);
    expect(look({}, 4)).toEqual(['end ollama-down']);
  });

  it('that comes and goes is told less and less often', () => {
    const { look } = watched();
    let begun = 0;
    for (let i = 0; i < 60; i++) {
      begun += look({ ollama: DOWN }, 4).filter((event) => event.startsWith('begin')).length;
      look({}, 3);
    }
    expect(begun).toBeLessThanOrEqual(2);
  });
});

describe('a model in system memory', () => {
  it('is told with its share, and over when it is gone or whole', () => {
    const { look, seen } = watched();
    const spilled = { name: 'gemma3:12b', vramGib: 7.5, sizeGib: 10 };
    expect(look({ usedGib: [8], models: [spilled] })).toEqual([]);
    expect(look({ usedGib: [8], models: [spilled] }, 5)).toEqual(['begin model-spilled gemma3:12b']);
    expect(seen[0]).toMatchObject({ params: { share: 0.75, hostBytes: 2.5 * GIB } });
    expect(look({ usedGib: [8], models: [spilled], ollama: DOWN }, 2)).toEqual([]);
    expect(look({ usedGib: [11], models: [gemma] }, 5)).toEqual(['end model-spilled gemma3:12b']);
  });

  it('is nothing to tell on a server without GPUs', () => {
    const { look } = watched();
    expect(look({ usedGib: [], models: [{ name: 'm', vramGib: 0, sizeGib: 4 }] }, 10)).toEqual([]);
  });
});

describe('memory taken by another program', () => {
  it('is told when a model is loaded, with the amount, and over when it is given back', () => {
    const { look, seen } = watched();
    look({ usedGib: [0.5] }, 3);
    look({ usedGib: [11], models: [gemma] }, 5);
    expect(look({ usedGib: [11.4], models: [gemma] }, 10)).toEqual([]);
    expect(look({ usedGib: [14], models: [gemma] }, 5)).toEqual(['begin foreign-memory']);
    expect(seen[0]).toMatchObject({ params: { grownBytes: 3 * GIB } });
    expect(look({ usedGib: [11.4], models: [gemma] }, 2)).toEqual([]);
    expect(look({ usedGib: [11.1], models: [gemma] }, 5)).toEqual(['end foreign-memory']);
  });

  it('is nobody’s business while no model is loaded', () => {
    const { look } = watched();
    look({ usedGib: [0.5] }, 3);
    expect(look({ usedGib: [20] }, 10)).toEqual([]);
  });

  it('stays told while other models come and go', () => {
    const { look } = watched();
    look({ usedGib: [11], models: [gemma] }, 5);
    expect(look({ usedGib: [14], models: [gemma] }, 5)).toEqual(['begin foreign-memory']);
    const b = { name: 'b', vramGib: 4 };
    expect(look({ usedGib: [18.4], models: [gemma, b] }, 6)).toEqual([]);
    expect(look({ usedGib: [14], models: [gemma] }, 6)).toEqual([]);
    expect(look({ usedGib: [11], models: [gemma] }, 5)).toEqual(['end foreign-memory']);
  });

  it('is named where the processes are seen', () => {
    const { look, seen } = watched();
    const process = (pid: number, name: string, gib: number, user: string | null = null) => ({
      gpuUuid: gpuUuid(0),
      pid,
      usedBytes: gib * GIB,
      name,
      user,
    });
    const runner = process(1, '/usr/lib/ollama/llama-server', 10.4);
    look({ usedGib: [11], models: [gemma], processes: [runner] }, 5);
    const python = process(2, '/usr/bin/python3', 3, 'eve');
    look({ usedGib: [14], models: [gemma], processes: [runner, python] }, 5);
    expect(seen).toMatchObject([
      { type: 'begin', kind: 'foreign-memory', params: { process: '/usr/bin/python3', pid: 2, user: 'eve' } },
    ]);
  });

  it('is followed over a restart', () => {
    const before = watched();
    before.look({ usedGib: [11], models: [gemma] }, 5);
    before.look({ usedGib: [14], models: [gemma] }, 5);
    const begun = before.seen[0]!;
    const after = watched([{ ...begun, params: begun.type === 'begin' ? begun.params : {} }]);
    expect(after.look({ usedGib: [14], models: [gemma] }, 10)).toEqual([]);
    expect(after.look({ usedGib: [11], models: [gemma] }, 5)).toEqual(['end foreign-memory']);
  });
});

describe('memory not given back', () => {
  it('is told after an unload that freed too little, and over when it is back', () => {
    const { look, seen } = watched();
    look({ usedGib: [11], models: [gemma] }, 5);
    expect(look({ usedGib: [9] }, 8)).toEqual(['begin vram-not-returned gemma3:12b']);
    expect(seen[0]).toMatchObject({ params: { missingBytes: 8 * GIB, vramBytes: 10 * GIB } });
    expect(look({ usedGib: [0.5] }, 5)).toEqual(['end vram-not-returned gemma3:12b']);
  });

  it('takes its time: memory that comes back some seconds later is no alert', () => {
    const { look } = watched();
    look({ usedGib: [11], models: [gemma] }, 5);
    expect(look({ usedGib: [11] })).toEqual([]);
    expect(look({ usedGib: [0.5] }, 10)).toEqual([]);
  });

  it('is no matter of the model that came in its place', () => {
    const { look } = watched();
    look({ usedGib: [11], models: [gemma] }, 5);
    expect(look({ usedGib: [13], models: [{ name: 'b', vramGib: 12 }] }, 10)).toEqual([]);
  });
});

describe('GPUs', () => {
  it('that are missing, lost or hot are told by UUID', () => {
    const { look, seen } = watched();
    look({ usedGib: [1, 1] }, 2);
    expect(look({ usedGib: [1], missing: [gpuUuid(1)] }, 5)).toEqual([`begin gpu-missing ${gpuUuid(1)}`]);
    expect(seen[0]).toMatchObject({ params: { name: 'NVIDIA GeForce RTX 3090', index: 1 } });
    expect(look({ usedGib: [1, 1] }, 5)).toEqual([`end gpu-missing ${gpuUuid(1)}`]);
    expect(look({ usedGib: [1, 1], gpus: [{}, { state: 'lost', freeBytes: null, usedBytes: null }] }, 5)).toEqual([
      `begin gpu-lost ${gpuUuid(1)}`,
    ]);
    expect(look({ usedGib: [1, 1] }, 5)).toEqual([`end gpu-lost ${gpuUuid(1)}`]);
    expect(look({ usedGib: [1], gpus: [{ tempC: HOT_C - 1 }] }, 10)).toEqual([]);
    expect(look({ usedGib: [1], gpus: [{ tempC: HOT_C }] }, 8)).toEqual([`begin gpu-hot ${gpuUuid(0)}`]);
    expect(look({ usedGib: [1], gpus: [{ tempC: HOT_C - 2 }] }, 20)).toEqual([]);
    expect(look({ usedGib: [1], gpus: [{ tempC: HOT_C - 10 }] }, 8)).toEqual([`end gpu-hot ${gpuUuid(0)}`]);
  });

  it('whose source fails are told as that, and nothing is concluded about the cards', () => {
    const { look, seen } = watched();
    look({ usedGib: [1], gpus: [{ tempC: HOT_C }] }, 10);
    seen.splice(0);
    expect(look({ failure: 'timeout' }, 3)).toEqual([]);
    expect(look({ failure: 'timeout' }, 6)).toEqual(['begin gpu-source-failing']);
    expect(seen[0]).toMatchObject({ params: { code: 'timeout' } });
    expect(look({ usedGib: [1], gpus: [{ tempC: HOT_C }] }, 5)).toEqual(['end gpu-source-failing']);
  });

  it('with a driver upgraded under them are told as that alone', () => {
    const { look } = watched();
    look({}, 2);
    expect(look({ failure: 'driver-mismatch' }, 12)).toEqual(['begin driver-mismatch']);
    expect(look({}, 5)).toEqual(['end driver-mismatch']);
  });

  it('that never were there are no failure', () => {
    const { look } = watched();
    expect(look({ failure: 'no-source' }, 20)).toEqual([]);
  });
});

describe('whatever is seen', () => {
  it('every alert that ends began before, none begins twice, and all end on a server that is well again', () => {
    const model = fc.record({
      name: fc.constantFrom('a', 'b', 'c'),
      vramGib: fc.integer({ min: 0, max: 20 }),
      sizeGib: fc.integer({ min: 0, max: 30 }),
    });
    const state = fc.record(
      {
        usedGib: fc.array(fc.integer({ min: 0, max: 23 }), { maxLength: 3 }),
        models: fc.uniqueArray(model, { maxLength: 3, selector: ({ name }) => name }),
        ollama: fc.constantFrom(DOWN, UP),
        failure: fc.constantFrom('timeout' as const, 'driver-mismatch' as const),
        missing: fc.subarray([gpuUuid(1), gpuUuid(2)]),
        gpus: fc.array(fc.record({ tempC: fc.constantFrom(null, 40, 87, 95) }), { maxLength: 3 }),
      },
      { requiredKeys: ['usedGib'] },
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(state, fc.integer({ min: 1, max: 12 })), { maxLength: 20 }), (states) => {
        const { look, seen } = watched();
        for (const [about, readings] of states) {
          look(about, readings);
        }
        // Hours of peace: also what came and went has been forgotten.
        look({ usedGib: [1] }, 400);
        const open = new Set<string>();
        for (const event of seen) {
          const key = `${event.kind} ${event.subject}`;
          expect(open.has(key), key).toBe(event.type === 'end');
          if (event.type === 'begin') {
            open.add(key);
          } else {
            open.delete(key);
          }
        }
        // Memory that never came back is still told; all else is over.
        expect([...open].filter((key) => !key.startsWith('vram-not-returned'))).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });
});
