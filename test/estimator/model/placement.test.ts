import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { placeLayers } from '../../../src/estimator/model/placement.ts';
import { gpu } from '../fixture-models.ts';

describe('placeLayers', () => {
  it('offloads the output first, then the last layers', () => {
    expect([...placeLayers(4, [gpu(8)], 0, undefined).deviceOf]).toEqual([1, 1, 1, 1, 1]);
    expect([...placeLayers(4, [gpu(8)], 1, undefined).deviceOf]).toEqual([1, 1, 1, 1, 0]);
    expect([...placeLayers(4, [gpu(8)], 3, undefined).deviceOf]).toEqual([1, 1, 0, 0, 0]);
    expect([...placeLayers(4, [gpu(8)], -1, undefined).deviceOf]).toEqual([0, 0, 0, 0, 0]);
  });

  it('splits by free memory, or as told', () => {
    expect([...placeLayers(3, [gpu(24), gpu(8)], -1, undefined).deviceOf]).toEqual([0, 0, 0, 1]);
    expect([...placeLayers(3, [gpu(24), gpu(8)], -1, [1, 1]).deviceOf]).toEqual([0, 0, 1, 1]);
    expect([...placeLayers(3, [gpu(24), gpu(8)], -1, [0, 0]).deviceOf]).toEqual([0, 0, 0, 1]);
    expect([...placeLayers(3, [gpu(24), gpu(8)], -1, [0, 1]).deviceOf]).toEqual([1, 1, 1, 1]);
  });

  it('places in order of devices, every layer once', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 120 }),
        fc.array(fc.integer({ min: 1, max: 96 }), { minLength: 1, maxLength: 8 }),
        fc.integer({ min: -1, max: 130 }),
        (layers, sizes, numGpu) => {
          const { deviceOf, host, gpuLayers } = placeLayers(
            layers,
            sizes.map((gib) => gpu(gib)),
            numGpu,
            undefined,
          );
          expect(deviceOf.length).toBe(layers + 1);
          const onGpu = [...deviceOf].filter((device) => device !== host);
          expect(onGpu.length).toBe(Math.min(gpuLayers, layers + 1));
          expect(onGpu).toEqual([...onGpu].sort((a, b) => a - b));
          expect([...deviceOf].slice(0, layers + 1 - onGpu.length).every((device) => device === host)).toBe(true);
        },
      ),
    );
  });
});
