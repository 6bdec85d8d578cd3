// What xpu-smi prints is put together here as it was posted: the JSON of 1.x as in intel/xpumanager#127 (Arc Pro B60) and
// 2maz/slurm-monitor's tests (Data Center GPU Max 1100). Of 2.x no whole row of the fields asked for is public: its rows
// follow the documentation (docs/sphinx/xpu-smi/overview.rst) with the figures of intel/xpumanager#145 (Arc A770).
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createIntelSource } from '../../../src/gpus/intel/intel.ts';
import { parseCard, parseList, parseQueryRows } from '../../../src/gpus/intel/xpu-smi.ts';
import { files, GIB, MIB, onEnd, script, temporaryDirectory } from '../tools.ts';

const A770 =
  '0, 868056a0-0800-0000-0300-000000000000, 0000:03:00.0, 96E1802BAF7F7118043A89B, 16288, 3642, 12646, N/A, N/A, 45, 190, Intel(R) Arc(TM) A770 Graphics';
const MAX_1100 = {
  device_name: 'Intel(R) Data Center GPU Max 1100',
  driver_version: 'I915_23.10.72_PSB_231129.76',
  memory_free_size_byte: '51493543936',
  memory_physical_size_byte: '51522830336',
  uuid: '00000000-0000-0029-0000-002f0bda8086',
};
const LIST = { device_list: [{ device_id: 0, pci_bdf_address: '0000:29:00.0' }] };

function intel(tool: string | null, root = '/nonexistent') {
  const directory = temporaryDirectory();
  const file = tool === null ? `${directory}/none` : script(directory, 'xpu-smi', tool);
  const source = createIntelSource({ root, file, clock: () => 7, readMemory: () => Promise.resolve(null) });
  onEnd(() => source.close());
  return source;
}

describe('GPU_SOURCE=intel', () => {
  it('asks xpu-smi 2 once', async () => {
    const snapshot = await intel(`case "$1" in --query-gpu=*) echo '${A770}';; *) exit 1;; esac`).read();
    expect(snapshot).toMatchObject({ status: 'ok', source: 'xpu-smi', driverVersion: '96E1802BAF7F7118043A89B' });
    expect(snapshot.gpus).toMatchObject([
      {
        uuid: 'INTEL-868056a0-0800-0000-0300-000000000000',
        pci: '0000:03:00.0',
        name: 'Intel(R) Arc(TM) A770 Graphics',
        vendor: 'intel',
        state: 'ok',
        totalBytes: 16_288 * MIB,
        usedBytes: 3_642 * MIB,
        freeBytes: 12_646 * MIB,
        utilPct: null,
        powerW: 45,
      },
    ]);
  });

  it('asks xpu-smi 1 for its list and then for each card', async () => {
    const tool = `case "$*" in 'discovery -j') echo '${JSON.stringify(LIST)}';; 'discovery -d 0 -j') echo '${JSON.stringify(MAX_1100)}';; *) echo 'The following argument was not expected' >&2; exit 109;; esac`;
    expect((await intel(tool).read()).gpus).toMatchObject([
      { name: MAX_1100.device_name, totalBytes: 51_522_830_336, freeBytes: 51_493_543_936, state: 'ok' },
    ]);
  });

  it("takes the size from the driver's files where the tool does not know it", async () => {
    const root = files(temporaryDirectory(), {
      'card0/device/vendor': '0x8086\n',
      'card0/device/uevent': 'DRIVER=xe\nPCI_SLOT_NAME=0000:03:00.0\n',
      'card0/device/tile0/physical_vram_size_bytes': `${16 * GIB}\n`,
    });
    const row = A770.replace(' 16288, 3642, 12646,', ' N/A, 1024, N/A,');
    expect((await intel(`echo '${row}'`, root).read()).gpus).toMatchObject([
      { totalBytes: 16 * GIB, usedBytes: GIB, freeBytes: 15 * GIB },
    ]);
  });

  it("reads the driver's files where there is no tool", async () => {
    const root = files(temporaryDirectory(), {
      'card1/device/vendor': '0x8086\n',
      'card1/lmem_total_bytes': `${16 * GIB}\n`,
      'card1/lmem_avail_bytes': `${15 * GIB}\n`,
    });
    expect(await intel(null, root).read()).toMatchObject({
      status: 'ok',
      source: 'intel-sysfs',
      gpus: [{ usedBytes: GIB, freeBytes: 15 * GIB }],
    });
  });

  it('does not believe that a card has all of its memory free: the driver says so to whoever may not know', async () => {
    const root = files(temporaryDirectory(), {
      'card1/device/vendor': '0x8086\n',
      'card1/lmem_total_bytes': `${16 * GIB}\n`,
      'card1/lmem_avail_bytes': `${16 * GIB}\n`,
    });
    expect(await intel(null, root).read()).toMatchObject({
      status: 'partial',
      gpus: [{ state: 'unreadable', freeBytes: null, notes: [{ code: 'no-permission' }] }],
    });
  });

  it('leaves out graphics without memory of their own', async () => {
    const root = files(temporaryDirectory(), { 'card0/device/vendor': '0x8086\n' });
    expect(await intel(null, root).read()).toMatchObject({
      status: 'failed',
      errors: [{ code: 'not-installed', params: { command: expect.stringContaining('none') } }],
    });
  });

  it.each([
    ['echo "Level Zero Initialization Error" >&2; exit 1', 'command-failed'],
    [`case "$*" in *query*) exit 1;; *) echo '{"device_list": []}';; esac`, 'no-devices'],
    ['sleep 20', 'timeout'],
  ])('names what went wrong: %s', async (tool, code) => {
    const directory = temporaryDirectory();
    const file = script(directory, 'xpu-smi', tool);
    const source = createIntelSource({ root: '/nonexistent', file, timeoutMs: 500, clock: () => 7 });
    onEnd(() => source.close());
    expect((await source.read()).errors[0]!.code).toBe(code);
  });

  it('reads any text without throwing, and no size that is none', () => {
    const rows = fc.array(
      fc.oneof(fc.string(), fc.constantFrom(A770, A770.replace('3642', '-1'), JSON.stringify(LIST))),
    );
    fc.assert(
      fc.property(rows, (lines) => {
        const text = lines.join('\n');
        parseList(text);
        parseCard(text);
        for (const card of parseQueryRows(text) ?? []) {
          expect(card.usedBytes ?? 0).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });
});
