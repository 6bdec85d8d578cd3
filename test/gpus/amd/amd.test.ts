// Shapes: docs.kernel.org/gpu/amdgpu/driver-misc.html, ROCm/amdsmi (JSON of `metric --mem-usage`), ROCm/ROCm#4374,
// rocm-smi `--showmeminfo vram --json`. Numbers are made up.
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createAmdSource } from '../../../src/gpus/amd/amd.ts';
import { amdSmiReading, jsonAfterBanner, rocmSmiReading } from '../../../src/gpus/amd/tools.ts';
import { files, GIB, MIB, onEnd, script, temporaryDirectory } from '../tools.ts';

const AT = { host: 'local', takenAtMs: 9, hostMemory: null };
const card = (name: string, facts: Record<string, string | number>) =>
  Object.fromEntries(
    Object.entries({ vendor: '0x1002', device: '0x744c', ...facts }).map(([file, value]) => [
      `${name}/device/${file}`,
      `${value}\n`,
    ]),
  );

function source(tree: Record<string, string>, tools: { amdSmi?: string; rocmSmi?: string } = {}) {
  const directory = temporaryDirectory();
  const none = join(directory, 'none');
  const made = createAmdSource({
    root: files(join(directory, 'drm'), tree),
    amdSmiFile: tools.amdSmi === undefined ? none : script(directory, 'amd-smi', tools.amdSmi),
    rocmSmiFile: tools.rocmSmi === undefined ? none : script(directory, 'rocm-smi', tools.rocmSmi),
    readMemory: () => Promise.resolve({ totalBytes: 64 * GIB, availableBytes: 20 * GIB, swapFreeBytes: 0 }),
    clock: () => 9,
  });
  onEnd(() => made.close());
  return made;
}

describe('AMD by the driver’s files', () => {
  const discrete = card('card1', {
    uevent: 'DRIVER=amdgpu\nPCI_SLOT_NAME=0000:03:00.0',
    unique_id: '9c1f00aa77e2b3d4',
    product_name: 'Radeon RX 7900 XTX',
    gpu_busy_percent: 7,
    mem_info_vram_total: 25_753_026_560,
    mem_info_vram_used: 119_271_424,
    mem_info_gtt_total: 33_000_000_000,
    mem_info_gtt_used: 20_000_000,
    'hwmon/hwmon4/temp1_input': 43_000,
    'hwmon/hwmon4/power1_average': 21_000_000,
    'hwmon/hwmon4/power1_cap': 339_000_000,
  });
  const integrated = card('card0', {
    device: '0x164e',
    uevent: 'PCI_SLOT_NAME=0000:7a:00.0',
    mem_info_vram_total: 512 * MIB,
    mem_info_vram_used: 26 * MIB,
    mem_info_gtt_total: 31 * GIB,
    mem_info_gtt_used: GIB,
  });

  it('reads a discrete card and leaves connectors and the integrated GPU beside it out', async () => {
    const snapshot = await source({
      ...discrete,
      ...integrated,
      'card1-DP-2/status': 'connected',
      version: '1',
    }).read();
    expect(snapshot).toMatchObject({ status: 'ok', source: 'amd-sysfs', processes: null });
    expect(snapshot.gpus).toMatchObject([
      {
        uuid: 'AMD-9c1f00aa77e2b3d4',
        pci: '0000:03:00.0',
        name: 'Radeon RX 7900 XTX',
        totalBytes: 25_753_026_560,
        freeBytes: 25_753_026_560 - 119_271_424,
        utilPct: 7,
        tempC: 43,
        powerW: 21,
        powerLimitW: 339,
        state: 'ok',
      },
    ]);
  });

  it('takes an integrated GPU alone for unified memory, bounded by what the system has', async () => {
    const snapshot = await source(integrated).read();
    expect(snapshot.gpus).toMatchObject([
      { state: 'uma', totalBytes: 31 * GIB + 512 * MIB, freeBytes: 20 * GIB, uuid: 'pci:0000:7a:00.0' },
    ]);
  });

  it('skips other vendors and names a card without figures', async () => {
    const snapshot = await source({
      ...card('card0', { vendor: '0x8086' }),
      ...card('card2', { mem_info_vram_total: 'garbage' }),
      ...discrete,
    }).read();
    expect(snapshot.gpus.map((gpu) => gpu.state)).toEqual(['ok', 'unreadable']);
    expect(snapshot).toMatchObject({ status: 'partial', errors: [{ code: 'gpu-unreadable' }] });
  });

  it('misses a card that is gone', async () => {
    const directory = temporaryDirectory();
    const root = files(join(directory, 'drm'), {
      ...discrete,
      ...card('card2', { unique_id: 'aaaabbbbccccdddd', mem_info_vram_total: GIB * 8, mem_info_vram_used: GIB }),
    });
    const made = createAmdSource({ root, clock: () => 9 });
    expect((await made.read()).gpus).toHaveLength(2);
    files(root, { 'card2/device/vendor': '0x0000\n' });
    expect(await made.read()).toMatchObject({ status: 'partial', missing: ['AMD-aaaabbbbccccdddd'] });
  });
});

describe('AMD by its tools', () => {
  const usage = {
    total_vram: { value: 196_592, unit: 'MB' },
    used_vram: { value: 285, unit: 'MB' },
    free_vram: { value: 196_307, unit: 'MB' },
  };

  it('reads amd-smi old and new, with a banner before the JSON', () => {
    for (const json of [[{ gpu: 0, mem_usage: usage }], { gpu_data: [{ gpu: 0, mem_usage: usage }] }]) {
      const text = `WARNING: User is not in render group [render]\n${JSON.stringify(json, null, 2)}`;
      const list = JSON.stringify([{ gpu: 0, bdf: '0000:c1:00.0', uuid: '5dff74a1-0000-1000-80f3-2b6e11d0c9aa' }]);
      expect(amdSmiReading(text, list, AT)).toMatchObject({
        status: 'ok',
        gpus: [
          {
            uuid: 'AMD-5dff74a1-0000-1000-80f3-2b6e11d0c9aa',
            pci: '0000:c1:00.0',
            totalBytes: 196_592 * MIB,
            freeBytes: 196_307 * MIB,
          },
        ],
      });
    }
  });

  it('takes "N/A" for unknown and bare numbers for MiB', () => {
    const rows = [
      { gpu: 0, mem_usage: { total_vram: 'N/A', used_vram: { value: 'N/A', unit: 'MB' } } },
      { gpu: 1, mem_usage: { total_vram: 8192, used_vram: '100' } },
    ];
    expect(amdSmiReading(JSON.stringify(rows), null, AT)).toMatchObject({
      status: 'partial',
      gpus: [
        { state: 'unreadable', totalBytes: null, freeBytes: null },
        { state: 'ok', freeBytes: 8092 * MIB },
      ],
    });
  });

  it('reads rocm-smi with a system key', () => {
    const json = {
      card0: {
        'VRAM Total Memory (B)': '21458059264',
        'VRAM Total Used Memory (B)': '27856896',
        'GPU use (%)': '0',
        'Card Series': 'Radeon Pro W6800',
        'PCI Bus': '0000:41:00.0',
        'Unique ID': '0x71b2c3d4e5f60718',
      },
      system: { 'Driver version': '6.8' },
    };
    expect(rocmSmiReading(JSON.stringify(json), AT)).toMatchObject({
      status: 'ok',
      gpus: [
        {
          uuid: 'AMD-71b2c3d4e5f60718',
          name: 'Radeon Pro W6800',
          freeBytes: 21_458_059_264 - 27_856_896,
          pci: '0000:41:00.0',
          utilPct: 0,
        },
      ],
    });
  });

  it('says what is no JSON', () => {
    expect(rocmSmiReading('WARNING: No JSON data to report', AT)).toMatchObject({
      status: 'failed',
      errors: [{ code: 'not-json' }],
    });
    expect(amdSmiReading('[ broken', null, AT)).toMatchObject({ status: 'failed', errors: [{ code: 'not-json' }] });
    expect(jsonAfterBanner('x [1] y\n{"a":1}')).toEqual({ a: 1 });
  });

  it('goes from files to amd-smi to rocm-smi, and tells the failure that says something', async () => {
    const json = JSON.stringify({
      card0: { 'VRAM Total Memory (B)': '1073741824', 'VRAM Total Used Memory (B)': '0' },
    });
    expect(await source({}, { amdSmi: 'echo broken; exit 1', rocmSmi: `echo '${json}'` }).read()).toMatchObject({
      source: 'rocm-smi',
      status: 'ok',
    });
    expect(
      await source({}, { amdSmi: `echo '${JSON.stringify([{ gpu: 0, mem_usage: usage }])}'` }).read(),
    ).toMatchObject({ source: 'amd-smi', status: 'ok' });
    expect(await source({}, { amdSmi: 'echo broken; exit 1' }).read()).toMatchObject({
      status: 'failed',
      errors: [{ code: 'not-json' }],
    });
    expect(await source({}).read()).toMatchObject({ status: 'failed', errors: [{ code: 'no-devices' }] });
  });
});
