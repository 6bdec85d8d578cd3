import { describe, expect, it } from 'vitest';
import { beyondReserve, keepsOff, notBooked, type Room } from '../../../src/schedule/watches/need.ts';

const GIB = 2 ** 30;
const gpu = { name: 'GPU', totalBytes: 24 * GIB, freeBytes: 20 * GIB };
const room: Room = {
  estimate: { ollama: '0.33.0', gpus: [gpu, gpu], reservedBytes: [0, 8 * GIB] },
  uuids: ['GPU-a', 'GPU-b'],
  shape: '',
};

describe('what people wait for', () => {
  it('is not found on GPUs that others booked', () => {
    expect(notBooked(room, [5, 6], new Set(['GPU-b']))).toEqual([5, 0]);
    const fits = { fits: true, takes: [0, 4] };
    expect(keepsOff(room, fits, new Set(['GPU-b']))).toMatchObject({ fits: false });
    expect(keepsOff(room, fits, new Set(['GPU-a']))).toBe(fits);
    expect(keepsOff(room, fits, new Set())).toBe(fits);
  });

  it('is not made of memory that is kept for other programs', () => {
    expect(beyondReserve(room, [20 * GIB, 20 * GIB])).toEqual([20 * GIB, 12 * GIB]);
    expect(beyondReserve(room, [GIB, GIB])).toEqual([GIB, 0]);
  });
});
