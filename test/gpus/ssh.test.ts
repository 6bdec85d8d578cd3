// contrib/gpu-report is run for real, with a scripted nvidia-smi on its PATH and a scripted ssh in front of it.
import { execFile } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseGpuReport } from '../../src/gpus/gpu-report.ts';
import { createSshSource, parseSshTarget, sshArguments } from '../../src/gpus/ssh.ts';
import { files, GIB, MIB, onEnd, plainTools, script, temporaryDirectory, UUID_A } from './tools.ts';

const REPORT = resolve('contrib/gpu-report');
const ROW = `0, ${UUID_A}, NVIDIA GeForce RTX 3090, 24576, 19318, 4807, 452, 97, 71, 338.20, 350.00, 580.65.06, 8.6, 00000000:0C:00.0, [N/A]`;
/** Figures of the three kinds that count, in pages of 16 KiB. */
const VM_STAT = [
  'Mach Virtual Memory Statistics: (page size of 16384 bytes)',
  'Pages free:                              120000.',
  'Pages active:                            300000.',
  'Pages inactive:                          200000.',
  'Pages speculative:                        10000.',
  'Pages wired down:                        150000.',
  'Pages purgeable:                          20000.',
  'File-backed pages:                       240000.',
  'Pages occupied by compressor:             50000.',
  '',
].join('\n');
const AT = { host: 'bot@gpu', takenAtMs: 5 };

/** A source whose ssh is a script; it sees the arguments in args.txt. */
function source(body: string, timeoutMs = 10_000) {
  const directory = temporaryDirectory();
  const ssh = script(directory, 'ssh', `printf '%s\\n' "$@" > '${directory}/args.txt'\n${body}`);
  const made = createSshSource({ user: 'bot', host: 'gpu', port: 2222 }, { file: ssh, timeoutMs, clock: () => 5 });
  onEnd(() => made.close());
  return { ...made, directory };
}

/** Runs the shipped script where these tools are all that read GPUs: name to shell text. */
async function reportOf(tools: Readonly<Record<string, string>>, drm = '/nonexistent'): Promise<string> {
  const bin = plainTools();
  for (const [name, body] of Object.entries(tools)) {
    rmSync(join(bin, name), { force: true });
    script(bin, name, body);
  }
  const { stdout } = await promisify(execFile)('/bin/sh', [REPORT], {
    env: { PATH: bin, GPU_REPORT_PATH: bin, GPU_REPORT_DRM: drm },
  });
  return stdout;
}

const report = (nvidiaSmi: string | null, drm?: string): Promise<string> =>
  reportOf(nvidiaSmi === null ? {} : { 'nvidia-smi': nvidiaSmi }, drm);

describe('the report of the shipped script', () => {
  it('carries GPUs, processes with their users, and host memory', async () => {
    const text = await report(
      `case "$1" in *apps*) echo "${UUID_A}, $PPID, 18000, /usr/local/bin/ollama";; *) echo '${ROW}';; esac`,
    );
    const snapshot = await source(`cat <<'EOF'\n${text}EOF`).read();
    expect(snapshot).toMatchObject({
      status: 'ok',
      source: 'ssh',
      host: 'bot@gpu',
      takenAtMs: 5,
      driverVersion: '580.65.06',
      errors: [],
    });
    expect(snapshot.gpus).toMatchObject([{ uuid: UUID_A, freeBytes: 4807 * MIB, computeCapability: 8.6 }]);
    expect(snapshot.hostMemory?.totalBytes).toBeGreaterThan(0);
    expect(snapshot.processes).toMatchObject([{ name: '/usr/local/bin/ollama', usedBytes: 18_000 * MIB }]);
  });

  it('takes the short list where the driver is old', async () => {
    const text = await report(
      `case "$1" in *apps*) ;; *reserved*) echo 'Field "memory.reserved" is not a valid field to query.'; exit 2;; *) echo '0, ${UUID_A}, Tesla K80, 11441, 0, 11441';; esac`,
    );
    expect(parseGpuReport(text, AT)).toMatchObject({
      status: 'ok',
      gpus: [{ name: 'Tesla K80', reservedBytes: null }],
    });
  });

  it('carries the far failure, although ssh itself succeeds', async () => {
    const text = await report(`echo 'Failed to initialize NVML: Unknown Error'; exit 255`);
    expect(parseGpuReport(text, AT)).toMatchObject({ status: 'failed', errors: [{ code: 'nvml-unknown' }] });
  });

  it('lets no process name pass for another part of the report', async () => {
    const evil = `${UUID_A}, 7, 100, a\n#end\n#rc gpu 9\nG 1, GPU-00000000-0000-0000-0000-000000000000, Fake, 1, 1, 1\n#fields x`;
    const text = await report(`case "$1" in *apps*) printf '%s\\n' '${evil}';; *) echo '${ROW}';; esac`);
    const reading = parseGpuReport(text, AT);
    expect(reading.gpus.map((gpu) => gpu.uuid)).toEqual([UUID_A]);
    expect(reading.processes?.map((process) => process.name)).toEqual(['a']);
  });

  it('reads AMD cards where there is no nvidia-smi', async () => {
    const drm = files(temporaryDirectory(), {
      'card1/device/vendor': '0x1002\n',
      'card1/device/device': '0x744c\n',
      'card1/device/uevent': 'DRIVER=amdgpu\nPCI_SLOT_NAME=0000:03:00.0\n',
      'card1/device/mem_info_vram_total': `${24 * GIB}\n`,
      'card1/device/mem_info_vram_used': `${2 * GIB}\n`,
      'card1/device/hwmon/hwmon3/temp1_input': '51000\n',
      'card1-DP-1/device/vendor': '0x1002\n',
    });
    expect(parseGpuReport(await report(null, drm), AT)).toMatchObject({
      status: 'ok',
      gpus: [{ pci: '0000:03:00.0', freeBytes: 22 * GIB, tempC: 51, vendor: 'amd' }],
    });
  });

  it('names the host where there is nothing to read', async () => {
    expect(parseGpuReport(await report(null), AT)).toMatchObject({
      status: 'failed',
      errors: [{ code: 'host-without-gpus', params: { host: 'bot@gpu' } }],
    });
  });

  it('tells the account behind a process of a Jetson, whose UUID has no GPU- in front', async () => {
    const uuid = '11111111-558d-5a59-9c65-0c5fc14a2111';
    const row = ROW.replace(UUID_A, uuid);
    const text = await report(
      `case "$1" in *apps*) echo "${uuid}, ${process.pid}, 100, ollama";; *) echo '${row}';; esac`,
    );
    expect(parseGpuReport(text, AT).processes).toMatchObject([{ gpuUuid: uuid, user: expect.stringMatching(/./) }]);
  });

  it('reads Intel cards through xpu-smi 2', async () => {
    const row =
      '0, 868011e2-0000-0000-1800-000000000000, 0000:18:00.0, 96E1802B, 24480, 3642.12, 20837.88, N/A, 51, 45, 190, Intel(R) Arc(TM) Pro B60 Graphics';
    const text = await reportOf({ 'xpu-smi': `echo '${row}'` });
    expect(parseGpuReport(text, AT)).toMatchObject({
      status: 'ok',
      source: 'ssh',
      gpus: [{ vendor: 'intel', pci: '0000:18:00.0', totalBytes: 24_480 * MIB }],
    });
  });

  it('reads Intel cards through xpu-smi 1, one question a card', async () => {
    const card = (index: number) =>
      JSON.stringify(
        {
          device_id: index,
          device_name: 'Intel(R) Arc(TM) B580',
          memory_physical_size_byte: '12884901888',
          memory_free_size_byte: '12000000000',
        },
        null,
        4,
      );
    const list = JSON.stringify({ device_list: [{ device_id: 0 }, { device_id: 1 }] }, null, 4);
    const text = await reportOf({
      'xpu-smi': `case "$*" in *query*) exit 1;; 'discovery -j') echo '${list}';; 'discovery -d 0 -j') echo '${card(0)}';; *) echo '${card(1)}';; esac`,
    });
    expect(parseGpuReport(text, AT).gpus.map(({ index, freeBytes }) => [index, freeBytes])).toEqual([
      [0, 12_000_000_000],
      [1, 12_000_000_000],
    ]);
  });

  it("reads Intel cards from the driver's files, and says where they tell no use", async () => {
    const i915 = files(temporaryDirectory(), {
      'card0/device/vendor': '0x8086\n',
      'card0/device/device': '0x56a0\n',
      'card0/device/uevent': 'DRIVER=i915\nPCI_SLOT_NAME=0000:03:00.0\n',
      'card0/lmem_total_bytes': `${16 * GIB}\n`,
      'card0/lmem_avail_bytes': `${12 * GIB}\n`,
      'card1/device/vendor': '0x8086\n',
    });
    expect(parseGpuReport(await report(null, i915), AT)).toMatchObject({
      status: 'ok',
      gpus: [{ name: 'Intel GPU 0x56a0', pci: '0000:03:00.0', freeBytes: 12 * GIB }],
    });
    const xe = files(temporaryDirectory(), {
      'card0/device/vendor': '0x8086\n',
      'card0/device/tile0/physical_vram_size_bytes': `${16 * GIB}\n`,
      'card0/device/tile1/physical_vram_size_bytes': `${16 * GIB}\n`,
    });
    expect(parseGpuReport(await report(null, xe), AT)).toMatchObject({
      status: 'partial',
      gpus: [{ state: 'unreadable', totalBytes: 32 * GIB, freeBytes: null }],
      errors: [{ code: 'gpu-unreadable' }],
    });
  });

  it('reads a Mac', async () => {
    const text = await reportOf({
      uname: 'echo Darwin',
      sysctl: "printf 'hw.memsize: 17179869184\\nmachdep.cpu.brand_string: Apple M4\\niogpu.wired_limit_mb: 0\\n'",
      vm_stat: `printf '${VM_STAT.replaceAll('\n', '\\n')}'`,
      ioreg: `printf '  +-o AGX\\n      "PerformanceStatistics" = {"In use system memory"=340983808,"Device Utilization %%"=2}\\n'`,
      osascript: 'echo 12713115648',
    });
    expect(parseGpuReport(text, AT)).toMatchObject({
      status: 'ok',
      gpus: [{ name: 'Apple M4', vendor: 'apple', state: 'uma', totalBytes: 12_713_115_648, utilPct: 2 }],
    });
  });

  it('says when it was cut, and keeps what came', async () => {
    const text = await report(`case "$1" in *apps*) ;; *) echo '${ROW}';; esac`);
    const cut = parseGpuReport(text.replace('#end\n', ''), AT);
    expect(cut).toMatchObject({ status: 'partial', gpus: [{ uuid: UUID_A }], errors: [{ code: 'output-cut' }] });
    expect(parseGpuReport(text.slice(0, 30), AT)).toMatchObject({ status: 'failed', errors: [{ code: 'output-cut' }] });
  });

  it('takes a time-out over there for one, and other texts for no report', () => {
    expect(parseGpuReport('#gpu-report 1 1\n#fields index\n#rc gpu 124\n#end', AT).errors[0]!.code).toBe('timeout');
    expect(parseGpuReport('#gpu-report 2 1\n#end', AT).errors[0]!.code).toBe('report-unknown');
    expect(parseGpuReport('Welcome to Ubuntu', AT).errors[0]!.code).toBe('report-unknown');
  });

  it('never throws, whatever comes', () => {
    const line = fc.oneof(
      fc.constantFrom(
        '#gpu-report 1 1',
        '#end',
        '#rc gpu 0',
        `G ${ROW}`,
        '#fields index,uuid,name',
        'A card0 vendor 0x1002',
        'A card1 vendor 0x8086',
        'A card1 lmem_total_bytes 17179869184',
        'S hw.memsize: 17179869184',
        'I 0, x, 0000:18:00.0, x, 1, 1, 1, 1, 1, 1, 1, Arc',
        'J 0 {}',
        'P x',
      ),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 12 }), (lines) => {
        expect(['ok', 'partial', 'failed']).toContain(
          parseGpuReport(['#gpu-report 1 1', ...lines].join('\n'), AT).status,
        );
      }),
    );
  });
});

describe('ssh', () => {
  it('is called with constant arguments and no command', async () => {
    const made = source('exit 255');
    await made.read();
    const args = readFileSync(join(made.directory, 'args.txt'), 'utf8').trim().split('\n');
    expect(args.slice(-2)).toEqual(['--', 'bot@gpu']);
    expect(args).toEqual(expect.arrayContaining(['-T', 'BatchMode=yes', 'StrictHostKeyChecking=yes', '-p', '2222']));
    expect(sshArguments({ user: 'u', host: 'h', port: null }, '/keys/id')).toEqual(
      expect.arrayContaining(['-i', '/keys/id', '-o', 'IdentitiesOnly=yes']),
    );
    expect(sshArguments({ user: 'u', host: 'h', port: null })).not.toContain('IdentitiesOnly=yes');
  });

  it.each([
    ['Host key verification failed.', 'ssh-host-key'],
    ['bot@gpu: Permission denied (publickey).', 'ssh-auth'],
    ['ssh: Could not resolve hostname gpu: Name or service not known', 'ssh-unreachable'],
    ['ssh: connect to host gpu port 22: Connection refused', 'ssh-unreachable'],
    ['kex_exchange_identification: something', 'ssh-failed'],
  ])('names "%s"', async (text, code) => {
    const snapshot = await source(`echo '${text}' >&2; exit 255`).read();
    expect(snapshot).toMatchObject({ status: 'failed', gpus: [], errors: [{ code }] });
  });

  it('says when the far side is no gpu-report', async () => {
    expect((await source('echo hello').read()).errors[0]!.code).toBe('report-unknown');
  });

  it('gives up on a connection that hangs', async () => {
    expect((await source('sleep 20', 200).read()).errors[0]!.code).toBe('timeout');
  });

  it('reads targets strictly', () => {
    expect(parseSshTarget('ssh://bot@gpu-01.lab')).toEqual({ user: 'bot', host: 'gpu-01.lab', port: null });
    expect(parseSshTarget('ssh://bot@10.0.0.5:2222/')).toEqual({ user: 'bot', host: '10.0.0.5', port: 2222 });
    for (const bad of [
      'ssh://gpu',
      'ssh://bot@-oProxyCommand=id',
      'ssh://-x@gpu',
      'ssh://bot@gpu:0',
      'ssh://bot@gpu:99999',
      'ssh://bot@gpu/x',
      'ssh://a b@gpu',
      'ssh://bot:pw@gpu',
      'ssh://bot@gpu;id',
    ]) {
      expect(parseSshTarget(bad), bad).toBeNull();
    }
  });
});
