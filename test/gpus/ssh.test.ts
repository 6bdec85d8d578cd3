// contrib/gpu-report is run for real, with a scripted nvidia-smi on its PATH and a scripted ssh in front of it.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseGpuReport } from '../../src/gpus/gpu-report.ts';
import { createSshSource, parseSshTarget, sshArguments } from '../../src/gpus/ssh.ts';
import { files, GIB, MIB, onEnd, script, temporaryDirectory, UUID_A } from './tools.ts';

const REPORT = resolve('contrib/gpu-report');
const ROW = `0, ${UUID_A}, NVIDIA GeForce RTX 3090, 24576, 19318, 4807, 452, 97, 71, 338.20, 350.00, 580.65.06, 8.6, 00000000:0C:00.0, [N/A]`;
const AT = { host: 'bot@gpu', takenAtMs: 5 };

/** A source whose ssh is a script; it sees the arguments in args.txt. */
function source(body: string, timeoutMs = 10_000) {
  const directory = temporaryDirectory();
  const ssh = script(directory, 'ssh', `printf '%s\\n' "$@" > '${directory}/args.txt'\n${body}`);
  const made = createSshSource({ user: 'bot', host: 'gpu', port: 2222 }, { file: ssh, timeoutMs, clock: () => 5 });
  onEnd(() => made.close());
  return { ...made, directory };
}

/** Runs the shipped script with a nvidia-smi of our own before all others. */
async function report(nvidiaSmi: string | null, drm = '/nonexistent'): Promise<string> {
  const bin = temporaryDirectory();
  if (nvidiaSmi !== null) {
    script(bin, 'nvidia-smi', nvidiaSmi);
  }
  const { stdout } = await promisify(execFile)('/bin/sh', [REPORT], {
    env: { PATH: `${bin}:/usr/bin:/bin`, GPU_REPORT_DRM: drm },
  });
  return stdout;
}

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

  it('says when there is nothing to read', async () => {
    expect(parseGpuReport(await report(null), AT)).toMatchObject({
      status: 'failed',
      errors: [{ code: 'not-installed' }],
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
      expect.arrayContaining(['-i', '/keys/id']),
    );
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
