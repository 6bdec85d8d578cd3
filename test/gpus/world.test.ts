import { describe, expect, test } from 'vitest';
import { amdReading } from '../../src/gpus/amd/sysfs.ts';
import { amdSmiReading, rocmSmiReading } from '../../src/gpus/amd/tools.ts';
import { exporterReading } from '../../src/gpus/exporters/reading.ts';
import { parseExposition } from '../../src/gpus/exporters/exposition.ts';
import { FULL_FIELDS, parseAppRows, parseGpuRows } from '../../src/gpus/nvidia/csv.ts';
import { parsePrometheusUrl } from '../../src/gpus/exporters/prometheus.ts';

const MIB = 2 ** 20;
const GIB = 2 ** 30;
const hostMemory = { totalBytes: 64 * GIB, availableBytes: 50 * GIB, swapFreeBytes: 0 };
const page = (text: string, node?: string) =>
  exporterReading(parseExposition(text), { host: 'gpu-box:9400', nowMs: 0, ...(node === undefined ? {} : { node }) });

describe('cards as real machines tell them', () => {
  test('a Jetson prints its UUID without "GPU-": one GPU that shares the memory, and its processes', () => {
    const row =
      '0, 11111111-558d-5a59-9c65-0c5fc14a2111, Orin (nvgpu), [N/A], [N/A], [N/A], [N/A], [N/A], [N/A], [N/A], [N/A], 540.4.0, 8.7, [N/A], [N/A]';
    const { gpus, badRows } = parseGpuRows(row, FULL_FIELDS, hostMemory);
    expect(badRows).toBe(0);
    expect(gpus).toMatchObject([{ state: 'uma', totalBytes: 64 * GIB, freeBytes: 50 * GIB, computeCapability: 8.7 }]);
    const apps = parseAppRows('11111111-558d-5a59-9c65-0c5fc14a2111, 4711, 5120, /usr/bin/ollama');
    expect(apps.processes).toMatchObject([{ pid: 4711, usedBytes: 5_120 * MIB }]);
  });

  test('DCGM without UUIDs tells cards apart by their number', () => {
    const text = [0, 1].map((gpu) => `DCGM_FI_DEV_FB_USED{gpu="${gpu}"} 6000\nDCGM_FI_DEV_FB_FREE{gpu="${gpu}"} 2000`);
    expect(page(`${text.join('\n')}\n`).gpus.map((gpu) => [gpu.uuid, gpu.usedBytes, gpu.freeBytes])).toEqual([
      ['index:0', 6_000 * MIB, 2_000 * MIB],
      ['index:1', 6_000 * MIB, 2_000 * MIB],
    ]);
  });

  test('DCGM of its shell days (dcgm_fb_free)', () => {
    const reading = page(
      'dcgm_fb_used{gpu="0",uuid="GPU-1111aaaa"} 6000\ndcgm_fb_free{gpu="0",uuid="GPU-1111aaaa"} 2000\n',
    );
    expect(reading).toMatchObject({ source: 'dcgm-exporter', gpus: [{ state: 'ok', freeBytes: 2_000 * MIB }] });
  });

  test('a share by HAMi is as large as its limit', () => {
    const labels = 'deviceuuid="GPU-1111aaaa"';
    const reading = page(
      `HostGPUMemoryUsage{deviceidx="0",${labels}} 2.0e9\nvGPU_device_memory_limit_in_bytes{vdeviceid="0",${labels}} 8388608000\n`,
    );
    expect(reading).toMatchObject({ source: 'hami', gpus: [{ totalBytes: 8_388_608_000, usedBytes: 2_000_000_000 }] });
  });

  test.each([
    ['all-smi', 'all_smi_gpu_memory_total_bytes', 'all_smi_gpu_memory_used_bytes', 'instance', 'gpu_uuid', GIB],
    ['DCGM', 'DCGM_FI_DEV_FB_FREE', 'DCGM_FI_DEV_FB_USED', 'Hostname', 'UUID', 1_024],
  ])('a page with two machines (%s) is refused until one is named', (_name, first, second, key, id, size) => {
    const rows = ['node-a', 'node-b'].flatMap((node, index) => [
      `${first}{${key}="${node}",${id}="GPU-${index}0000000"} ${24 * size}`,
      `${second}{${key}="${node}",${id}="GPU-${index}0000000"} ${size}`,
    ]);
    const text = `${rows.join('\n')}\n`;
    expect(page(text)).toMatchObject({
      status: 'failed',
      errors: [{ code: 'several-hosts', params: { hosts: 'node-a, node-b' } }],
    });
    expect(page(text, 'node-b').gpus.map((gpu) => gpu.uuid)).toEqual(['GPU-10000000']);
    expect(page(text, 'node-c').errors).toMatchObject([{ code: 'host-not-on-page' }]);
  });

  test('the machine of a page stands behind # in the address', () => {
    expect(parsePrometheusUrl('prometheus+http://metrics:9400/metrics#node-a')?.hash).toBe('#node-a');
  });

  test.each([
    [
      'amd-smi',
      () => amdSmiReading(JSON.stringify([{ gpu: 0, mem_usage: pool('MB', 512, 148, 98_304, 18) }]), null, at),
    ],
    [
      'rocm-smi',
      () =>
        rocmSmiReading(
          JSON.stringify({
            card0: {
              'VRAM Total Memory (B)': String(512 * MIB),
              'VRAM Total Used Memory (B)': String(148 * MIB),
              'GTT Total Memory (B)': String(98_304 * MIB),
              'GTT Total Used Memory (B)': String(18 * MIB),
            },
          }),
          at,
        ),
    ],
    [
      "AMD's exporter",
      () =>
        page(
          ['total_vram', 512, 'used_vram', 148, 'free_vram', 364, 'total_gtt', 98_304, 'used_gtt', 18]
            .map(String)
            .reduce(
              (text, part, index, parts) =>
                index % 2 === 0
                  ? `${text}gpu_${part}{card_model="Radeon 8060S",gpu_id="0"} ${parts[index + 1]}\n`
                  : text,
              '',
            ),
        ),
    ],
  ])('an APU is its carve-out and its share of the system together (%s)', (_name, read) => {
    expect(read().gpus).toMatchObject([
      {
        state: 'uma',
        totalBytes: (512 + 98_304) * MIB,
        usedBytes: (148 + 18) * MIB,
        notes: [{ code: 'shared-with-system' }],
      },
    ]);
  });

  test('an APU whose share is not told is not taken for a card of 512 MiB', () => {
    const reading = page(
      ['total_vram 512', 'used_vram 148', 'free_vram 364']
        .map((row) => row.replace(' ', '{card_model="Radeon 8060S",gpu_id="0"} '))
        .map((row) => `gpu_${row}\n`)
        .join(''),
    );
    expect(reading).toMatchObject({
      gpus: [{ state: 'unreadable', freeBytes: null }],
      errors: [{ code: 'pool-unknown' }],
    });
  });

  test("the Steam Deck's power limit does not make a card of it; a card's makes it one", () => {
    const facts: Readonly<Record<string, string>> = {
      mem_info_vram_total: String(GIB),
      mem_info_vram_used: String(GIB / 4),
      mem_info_gtt_total: String(8 * GIB),
      mem_info_gtt_used: '0',
    };
    const read = (watts: number) => {
      const files = { ...facts, power1_cap: String(watts * 1e6) } as Readonly<Record<string, string>>;
      return amdReading([{ read: (file) => files[file] ?? null }], { ...at, source: 'amd-sysfs' }).gpus;
    };
    expect(read(15)).toMatchObject([{ state: 'uma', totalBytes: 9 * GIB }]);
    expect(read(50)).toMatchObject([{ state: 'ok', totalBytes: GIB }]);
  });

  test('a GPU cut by MIG says so, so that its owner can declare a slice', () => {
    const row =
      '0, GPU-aaaaaaaa-2222, NVIDIA A100-SXM4-80GB, 81920, 24, 81250, 645, [N/A], 33, 62.40, 400.00, 535.54.03, 8.0, 00000000:01:00.0, Enabled';
    expect(parseGpuRows(row, FULL_FIELDS, null).gpus).toMatchObject([{ state: 'mig' }]);
    const metric = (name: string, instance: number) => `${name}{gpu="0",UUID="GPU-c0000000",GPU_I_ID="${instance}"}`;
    const text = [1, 2].map(
      (slice) => `${metric('DCGM_FI_DEV_FB_FREE', slice)} 9900\n${metric('DCGM_FI_DEV_FB_USED', slice)} 12\n`,
    );
    expect(page(text.join('')).errors).toMatchObject([{ code: 'gpu-mig' }]);
  });

  test.each(['+Inf', '-Inf', 'NaN', '-1e308', '1e308', '-5'])('%s is no amount of memory', (value) => {
    const reading = page(
      `DCGM_FI_DEV_FB_USED{gpu="0",UUID="GPU-1111aaaa"} ${value}\nDCGM_FI_DEV_FB_FREE{gpu="0",UUID="GPU-1111aaaa"} 2000\n`,
    );
    expect(reading.gpus.every((gpu) => gpu.state === 'unreadable' && gpu.usedBytes === null)).toBe(true);
  });
});

const at = { host: 'local', takenAtMs: 0, hostMemory: null };

function pool(unit: string, total: number, used: number, gtt: number, gttUsed: number) {
  const amount = (value: number) => ({ value, unit });
  return {
    total_vram: amount(total),
    used_vram: amount(used),
    free_vram: amount(total - used),
    total_gtt: amount(gtt),
    used_gtt: amount(gttUsed),
    free_gtt: amount(gtt - gttUsed),
  };
}
