// Shapes of nvidia-smi rows as published in https://github.com/utkuozdemir/nvidia_gpu_exporter/tree/main/internal/captures;
// the numbers and UUIDs here are made up.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { APP_FIELDS, FULL_FIELDS, parseAppRows, parseGpuRows, SHORT_FIELDS } from '../../../src/gpus/nvidia/csv.ts';
import { nvidiaReading } from '../../../src/gpus/nvidia/reading.ts';
import { GIB, MIB, UUID_A, UUID_B } from '../tools.ts';

const IDLE = `0, ${UUID_A}, NVIDIA GeForce GTX 1070 Ti, 8192, 11, 8098, 84, 0, 37, 9.81, 180.00, 580.65.06, 6.1, 00000000:01:00.0, [N/A]`;
const BUSY = `1, ${UUID_B}, NVIDIA GeForce RTX 3090, 24576, 19318, 4807, 452, 97, 71, 338.20, 350.00, 580.65.06, 8.6, 00000000:0C:00.0, [N/A]`;
const memory = { totalBytes: 120 * GIB, availableBytes: 97 * GIB, swapFreeBytes: null };

const parse = (text: string) => parseGpuRows(text, FULL_FIELDS, memory);

describe('rows of nvidia-smi', () => {
  it('reads two discrete GPUs, and takes free as it is told, not total minus used', () => {
    const { gpus, errors, badRows, driverVersion } = parse(`${IDLE}\n${BUSY}\n`);
    expect({ errors, badRows, driverVersion }).toEqual({ errors: [], badRows: 0, driverVersion: '580.65.06' });
    expect(gpus.map((gpu) => gpu.state)).toEqual(['ok', 'ok']);
    expect(gpus[0]).toMatchObject({
      uuid: UUID_A,
      pci: '0000:01:00.0',
      name: 'NVIDIA GeForce GTX 1070 Ti',
      totalBytes: 8192 * MIB,
      usedBytes: 11 * MIB,
      freeBytes: 8098 * MIB,
      reservedBytes: 84 * MIB,
      computeCapability: 6.1,
      powerLimitW: 180,
    });
    for (const gpu of gpus) {
      expect(gpu.totalBytes! - gpu.usedBytes!).not.toBe(gpu.freeBytes);
    }
    // used + free + reserved is a MiB or two more than the total: rounding, no remark.
    expect(gpus.flatMap((gpu) => gpu.notes)).toEqual([]);
  });

  it('keeps a card whose sum is off, with a remark', () => {
    const { gpus } = parse(IDLE.replace('8098', '7000'));
    expect(gpus[0]).toMatchObject({ state: 'ok', freeBytes: 7000 * MIB });
    expect(gpus[0]!.notes.map((note) => note.code)).toEqual(['memory-sum-off']);
  });

  it('does not believe more free than there is', () => {
    const { gpus } = parse(IDLE.replace('8098', '81920'));
    expect(gpus[0]).toMatchObject({ state: 'unreadable', freeBytes: null, usedBytes: null });
  });

  it('tells MIG apart: disabled is ok, enabled is a state of its own without utilisation', () => {
    const off = `0, ${UUID_A}, NVIDIA H200, 143771, 0, 143158, 614, 0, 28, 77.71, 700.00, 590.48.01, 9.0, 00000000:83:00.0, Disabled`;
    const on = `0, ${UUID_A}, NVIDIA H200, 143771, 16000, 127158, 614, [N/A], 36, 295.01, 700.00, 590.48.01, 9.0, 00000000:83:00.0, Enabled`;
    expect(parse(off).gpus[0]).toMatchObject({ state: 'ok', utilPct: 0 });
    expect(parse(on).gpus[0]).toMatchObject({ state: 'mig', utilPct: null, totalBytes: 143771 * MIB });
  });

  it('reads unified memory from the host for names that are known to have it', () => {
    const spark = `0, ${UUID_A}, NVIDIA GB10, [N/A], [N/A], [N/A], [N/A], 0, 35, 11.17, [N/A], 580.95.05, 12.1, 0000000F:01:00.0, [N/A]`;
    expect(parse(spark).gpus[0]).toMatchObject({
      state: 'uma',
      totalBytes: 120 * GIB,
      freeBytes: 97 * GIB,
      usedBytes: 23 * GIB,
      reservedBytes: null,
      pci: '000f:01:00.0',
    });
    const orin = parseGpuRows(`0, ${UUID_A}, Orin (nvgpu), [N/A], [N/A], [N/A]`, SHORT_FIELDS, memory);
    expect(orin.gpus[0]).toMatchObject({ state: 'uma', name: 'Orin (nvgpu)' });
  });

  it('calls the same row of an unknown name unreadable, and never 0', () => {
    const row = `0, ${UUID_A}, NVIDIA RTX PRO 6000 Blackwell, [N/A], [N/A], [N/A], [N/A], [N/A], [N/A], [N/A], [N/A], 580.95.05, 12.0, 00000000:01:00.0, [N/A]`;
    const gpu = parse(row).gpus[0]!;
    expect(gpu).toMatchObject({ state: 'unreadable', totalBytes: null, usedBytes: null, freeBytes: null, tempC: null });
    const withoutMemory = parseGpuRows(`0, ${UUID_A}, NVIDIA GB10, [N/A], [N/A], [N/A]`, SHORT_FIELDS, null);
    expect(withoutMemory.gpus[0]!.state).toBe('unreadable');
  });

  it('names a lost card and a card with unknown errors among good ones', () => {
    const lost = `2, [GPU is lost], NVIDIA GeForce RTX 3090, [GPU is lost], [GPU is lost], [GPU is lost], [GPU is lost], [GPU is lost], [GPU is lost], [GPU is lost], [GPU is lost], 580.65.06, [N/A], 00000000:17:00.0, [N/A]`;
    const sick = BUSY.replace('24576, 19318, 4807', '[Unknown Error], [Unknown Error], [Unknown Error]');
    const { gpus } = parse([IDLE, sick, lost].join('\n'));
    expect(gpus.map((gpu) => gpu.state)).toEqual(['ok', 'unreadable', 'lost']);
    expect(gpus[2]).toMatchObject({ uuid: 'pci:0000:17:00.0', freeBytes: null });
    expect(gpus[1]!.notes.map((note) => note.code)).toContain('field-unreadable');
  });

  it('accepts CRLF and blank lines, rejects too few and too many columns, empty and repeated rows', () => {
    expect(parse(`${IDLE}\r\n${BUSY}\r\n\r\n`)).toMatchObject({
      badRows: 0,
      gpus: [{ uuid: UUID_A }, { uuid: UUID_B }],
    });
    expect(parse(IDLE.slice(0, -7))).toMatchObject({ gpus: [], badRows: 1 });
    expect(parse(`${IDLE}, extra`)).toMatchObject({ gpus: [], badRows: 1 });
    expect(parse(`${IDLE}\n${IDLE}`)).toMatchObject({ badRows: 1, gpus: [{ uuid: UUID_A }] });
    expect(parse(`0, , , , , , , , , , , , , , `)).toMatchObject({ gpus: [], badRows: 1 });
  });

  it('says when the driver hides fields from this account', () => {
    const { gpus } = parse(IDLE.replace(', 0, 37,', ', [Insufficient Permissions], 37,'));
    expect(gpus[0]).toMatchObject({
      utilPct: null,
      notes: [{ code: 'no-permission', params: { field: 'utilization.gpu' } }],
    });
  });

  it('survives floods made to be slow to read', () => {
    // Each took minutes or seconds with a careless pattern; the test's own time-out is the measure.
    for (const noise of ['nvml ', 'x, ', 'xyz\n', 'libnvidia-ml', '[GPU is lost], ']) {
      expect(parse(noise.repeat(1_000_000 / noise.length)).gpus).toEqual([]);
    }
    expect(parse(`unable to determine the device handle for GPU ${'0'.repeat(1_000_000)}`).gpus).toEqual([]);
  });

  it('finds error lines between rows', () => {
    const text = `${IDLE}\nUnable to determine the device handle for GPU0000:17:00.0: Unknown Error\n`;
    expect(parse(text)).toMatchObject({
      badRows: 0,
      errors: [{ code: 'gpu-handle', params: { pci: '0000:17:00.0' } }],
    });
  });

  it('never throws and never makes up numbers, whatever the text', () => {
    const cell = fc.oneof(
      fc.constantFrom('[N/A]', '8192', '-1', '', 'ERR!', UUID_A, '1e9', 'NaN', '99999999999999'),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(fc.array(cell, { minLength: 13, maxLength: 17 }), { maxLength: 4 }), (rows) => {
        const { gpus } = parse(rows.map((cells) => cells.join(', ')).join('\n'));
        for (const gpu of gpus) {
          expect(gpu.name).not.toBe('');
          for (const bytes of [gpu.totalBytes, gpu.usedBytes, gpu.freeBytes, gpu.reservedBytes]) {
            expect(bytes === null || (Number.isInteger(bytes) && bytes >= 0)).toBe(true);
          }
          if (gpu.state === 'ok') {
            expect(gpu.freeBytes).not.toBeNull();
          }
        }
      }),
    );
  });

  it('reads back every row it could have printed', () => {
    const row = fc.record({
      total: fc.integer({ min: 1024, max: 200_000 }),
      used: fc.integer({ min: 0, max: 1_000_000 }),
      reserved: fc.integer({ min: 0, max: 700 }),
    });
    fc.assert(
      fc.property(row, ({ total, used: seed, reserved }) => {
        const used = seed % (total - reserved);
        const free = total - reserved - used;
        const text = `0, ${UUID_A}, NVIDIA X, ${total}, ${used}, ${free}, ${reserved}, 0, 30, 1.00, 2.00, 580.1, 8.6, 00000000:01:00.0, [N/A]`;
        expect(parse(text).gpus[0]).toMatchObject({
          totalBytes: total * MIB,
          usedBytes: used * MIB,
          freeBytes: free * MIB,
          state: 'ok',
        });
      }),
    );
  });
});

describe('compute processes', () => {
  const output = (used: number, apps: string) =>
    nvidiaReading({
      source: 'nvidia-smi',
      host: 'local',
      takenAtMs: 1,
      fields: FULL_FIELDS,
      gpuText: `0, ${UUID_A}, NVIDIA GeForce RTX 3090, 24576, ${used}, ${24576 - 452 - used}, 452, 0, 37, 9.81, 350.00, 580.65.06, 8.6, 00000000:01:00.0, [N/A]`,
      gpuExit: 0,
      appText: apps,
      appExit: 0,
      hostMemory: null,
    });

  it('takes an empty list for nobody while little is used', () => {
    expect(output(214, '')).toMatchObject({ status: 'ok', processes: [] });
  });

  it('takes an empty list for an unknown owner when much is used', () => {
    const reading = output(20_000, '');
    expect(reading.processes).toBeNull();
    expect(reading.gpus[0]!.notes.map((note) => note.code)).toContain('owner-unknown');
  });

  it('reads hostile process names as text', () => {
    const names = ['/opt/my tool/run, fast', 'C:\\Program Files\\x.exe', '🦙 @everyone', '`rm -rf`', 'a\u202eb\u0007c'];
    const rows = names.map((name, i) => `${UUID_A}, ${100 + i}, ${i === 1 ? '[N/A]' : 100 * (i + 1)}, ${name}`);
    const { processes, badRows } = parseAppRows(rows.join('\n'), new Map([[100, 'ada']]));
    expect(badRows).toBe(0);
    expect(processes.map((process) => process.name)).toEqual([...names.slice(0, 4), 'a b c']);
    expect(processes[0]).toMatchObject({ pid: 100, usedBytes: 100 * MIB, user: 'ada' });
    expect(processes[1]).toMatchObject({ usedBytes: null, user: null });
  });

  it('asks for the name last, since it may hold anything', () => {
    expect(APP_FIELDS.at(-1)).toBe('process_name');
    expect(parseAppRows('GPU-x, 12, 5, a\n12, 13').badRows).toBe(2);
  });
});
