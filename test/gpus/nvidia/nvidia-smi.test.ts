// A scripted nvidia-smi as a real child process. Texts and exits: utkuozdemir/nvidia_gpu_exporter#63, #354,
// mozilla/translations#1167, NVIDIA/nvidia-container-toolkit#48.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createNvidiaSmiSource, type NvidiaSmiOptions } from '../../../src/gpus/nvidia/nvidia-smi.ts';
import type { GpuSource } from '../../../src/gpus/types.ts';
import { MIB, onEnd, script, temporaryDirectory, UUID_A, UUID_B } from '../tools.ts';

const ROW_A = `0, ${UUID_A}, NVIDIA GeForce RTX 3090, 24576, 800, 23325, 452, 3, 41, 25.10, 350.00, 580.65.06, 8.6, 00000000:01:00.0, [N/A]`;
const ROW_B = `1, ${UUID_B}, NVIDIA GeForce RTX 3090, 24576, 11, 24114, 452, 0, 38, 20.00, 350.00, 580.65.06, 8.6, 00000000:02:00.0, [N/A]`;
const APPS = `case "$1" in --query-compute-apps=*) echo "${UUID_A}, 4242, 780, /usr/local/lib/ollama/llama-server"; exit 0;; esac`;

function source(body: string, options: NvidiaSmiOptions = {}): GpuSource & { readonly directory: string } {
  const directory = temporaryDirectory();
  const made = createNvidiaSmiSource({
    file: script(directory, 'nvidia-smi', `cd '${directory}'\n${body}`),
    readMemory: () => Promise.resolve(null),
    timeoutMs: 10_000,
    ...options,
  });
  onEnd(() => made.close());
  return { ...made, directory };
}

describe('nvidia-smi', () => {
  it('reads GPUs and processes', async () => {
    const snapshot = await source(`${APPS}\necho '${ROW_A}'\necho '${ROW_B}'`).read();
    expect(snapshot).toMatchObject({
      status: 'ok',
      source: 'nvidia-smi',
      driverVersion: '580.65.06',
      errors: [],
      missing: [],
    });
    expect(snapshot.gpus.map((gpu) => gpu.freeBytes)).toEqual([23_325 * MIB, 24_114 * MIB]);
    expect(snapshot.processes).toMatchObject([{ pid: 4242, gpuUuid: UUID_A, usedBytes: 780 * MIB }]);
  });

  it('gives the child nothing but PATH and a plain locale, and constant arguments', async () => {
    const made = source(`env > env.txt; echo "$@" >> args.txt; ${APPS}\necho '${ROW_A}'`);
    await made.read();
    const names = readFileSync(join(made.directory, 'env.txt'), 'utf8').match(/^[A-Z_]+(?==)/gm);
    expect(new Set(names)).toEqual(
      new Set([...(names ?? []).filter((name) => ['PWD', 'OLDPWD', 'SHLVL', '_'].includes(name)), 'PATH', 'LC_ALL']),
    );
    expect(readFileSync(join(made.directory, 'args.txt'), 'utf8')).toMatch(
      /^--query-gpu=index,uuid,name,memory\.total.* --format=csv,noheader,nounits\n/,
    );
  });

  it.each([
    [
      18,
      'Failed to initialize NVML: Driver/library version mismatch\nNVML library version: 570.124',
      'driver-mismatch',
    ],
    [
      9,
      "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure that the latest NVIDIA driver is installed and running.",
      'driver-not-loaded',
    ],
    [6, 'No devices were found', 'no-devices'],
    [
      15,
      'Unable to determine the device handle for GPU 0000:02:00.0: GPU is lost.  Reboot the system to recover this GPU',
      'gpu-lost',
    ],
    [1, 'Unable to determine the device handle for GPU0000:17:00.0: Unknown Error', 'gpu-handle'],
    [255, 'Failed to initialize NVML: Unknown Error', 'nvml-unknown'],
    [4, 'Insufficient Permissions', 'no-permission'],
    [12, '', 'nvml-library-missing'],
    [18, '', 'driver-mismatch'],
    [9, '', 'driver-not-loaded'],
    [6, '', 'no-devices'],
    [15, '', 'gpu-lost'],
    [77, 'something new', 'command-failed'],
  ])('names exit %i "%s" as a code', async (exit, text, code) => {
    const snapshot = await source(`cat <<'EOF'\n${text}\nEOF\nexit ${exit}`).read();
    expect(snapshot).toMatchObject({ status: 'failed', gpus: [], processes: null });
    expect(snapshot.errors.map((error) => error.code)).toEqual([code]);
  });

  it('tells the library version of a mismatch and the address of a lost card', async () => {
    const mismatch = await source(
      `echo 'Failed to initialize NVML: Driver/library version mismatch'; echo 'NVML library version: 570.124'; exit 18`,
    ).read();
    expect(mismatch.errors[0]!.params).toEqual({ libraryVersion: '570.124' });
    const lost = await source(
      `echo 'Unable to determine the device handle for GPU 00000000:02:00.0: GPU is lost.  Reboot'; exit 15`,
    ).read();
    expect(lost.errors[0]!.params).toEqual({ pci: '0000:02:00.0' });
  });

  it('keeps the rows when a warning and a non-zero exit come with them', async () => {
    const snapshot = await source(
      `echo 'WARNING: infoROM is corrupted at gpu 0000:02:00.0'; echo '${ROW_A}'; exit 14`,
    ).read();
    expect(snapshot).toMatchObject({ status: 'partial', gpus: [{ uuid: UUID_A, state: 'ok' }] });
    expect(snapshot.errors.map((error) => error.code)).toEqual(['inforom-corrupted']);
  });

  it('tries the short list once when the driver is old, and stays with it', async () => {
    const made = source(`
      echo "$1" >> calls.txt
      ${APPS}
      case "$1" in *reserved*) echo 'Field "memory.reserved" is not a valid field to query.'; exit 2;; esac
      echo '0, ${UUID_A}, Tesla K80, 11441, 0, 11441'`);
    const first = await made.read();
    const second = await made.read();
    expect(first).toMatchObject({
      status: 'ok',
      gpus: [{ name: 'Tesla K80', reservedBytes: null, freeBytes: 11_441 * MIB, tempC: null }],
    });
    expect(second.gpus).toEqual(first.gpus);
    const calls = readFileSync(join(made.directory, 'calls.txt'), 'utf8').trim().split('\n');
    expect(calls.filter((call) => call.includes('reserved'))).toHaveLength(1);
  });

  it('calls a driver too old when it does not know the short list either', async () => {
    const made = source(`echo x >> calls.txt; echo 'Field "uuid" is not a valid field to query.'; exit 2`);
    expect((await made.read()).errors.map((error) => error.code)).toEqual(['driver-too-old']);
    expect(readFileSync(join(made.directory, 'calls.txt'), 'utf8')).toBe('x\nx\n');
  });

  it('misses a GPU that was there before, by its UUID', async () => {
    const made = source(`${APPS}\necho '${ROW_A}'; [ -e gone ] || echo '${ROW_B}'`);
    expect(await made.read()).toMatchObject({ status: 'ok', missing: [] });
    script(made.directory, 'gone', '');
    const shorter = await made.read();
    expect(shorter).toMatchObject({ status: 'partial', missing: [UUID_B], gpus: [{ uuid: UUID_A }] });
    expect(shorter.errors).toMatchObject([{ code: 'gpu-missing', params: { count: 1 } }]);
  });

  it('recognises a lost card that does not tell its UUID any more', async () => {
    const lost = ROW_B.replace(UUID_B, '[GPU is lost]').replace(
      '24576, 11, 24114',
      '[GPU is lost], [GPU is lost], [GPU is lost]',
    );
    const made = source(`${APPS}\necho '${ROW_A}'; if [ -e gone ]; then echo '${lost}'; else echo '${ROW_B}'; fi`);
    await made.read();
    script(made.directory, 'gone', '');
    expect(await made.read()).toMatchObject({
      status: 'partial',
      missing: [],
      gpus: [{ state: 'ok' }, { uuid: UUID_B, state: 'lost' }],
    });
  });

  it('says that it is not installed', async () => {
    const made = createNvidiaSmiSource({
      file: join(temporaryDirectory(), 'no-such-tool'),
      readMemory: () => Promise.resolve(null),
    });
    expect((await made.read()).errors.map((error) => error.code)).toEqual(['not-installed']);
  });

  it('ends a child that ignores SIGTERM, asks it less often, and says so meanwhile', async () => {
    let now = 1_000_000;
    const made = source(`echo x >> calls.txt; trap '' TERM; while :; do sleep 1; done`, {
      timeoutMs: 300,
      clock: () => now,
    });
    const [first, same] = await Promise.all([made.read(), made.read()]);
    expect(first.errors.map((error) => error.code)).toEqual(['timeout']);
    expect(same).toBe(first);
    // Within the back-off the answer is the same, with its age, and no child is started.
    now += 9_000;
    expect(await made.read()).toBe(first);
    expect(readFileSync(join(made.directory, 'calls.txt'), 'utf8')).toBe('x\n');
    // Then it is tried again, once the killed child is really gone.
    for (let i = 0; i < 100 && readFileSync(join(made.directory, 'calls.txt'), 'utf8') !== 'x\nx\n'; i++) {
      now += 600_000;
      const again = await made.read();
      expect(['timeout', 'still-hanging']).toContain(again.errors[0]?.code);
      await sleep(20);
    }
    expect(readFileSync(join(made.directory, 'calls.txt'), 'utf8')).toBe('x\nx\n');
  });

  it('does not wait for a grandchild that keeps the pipe open', async () => {
    const made = source(`${APPS}\necho '${ROW_A}'; sleep 30 & echo $! > grandchild.txt; exit 0`);
    const snapshot = await made.read();
    expect(snapshot).toMatchObject({ status: 'ok', gpus: [{ uuid: UUID_A }] });
    process.kill(Number(readFileSync(join(made.directory, 'grandchild.txt'), 'utf8')));
  });

  it('stops a flood at its cap', async () => {
    const made = source(`head -c 10000000 /dev/zero | tr '\\0' 'x'; touch finished`);
    const snapshot = await made.read();
    expect(snapshot).toMatchObject({
      status: 'failed',
      errors: [{ code: 'output-too-large', params: { limitBytes: 1024 * 1024 } }],
    });
    expect(existsSync(join(made.directory, 'finished'))).toBe(false);
  });

  it('takes noise for bad rows, not for GPUs', async () => {
    const snapshot = await source(`${APPS}\necho '${ROW_A}'; echo 'lorem ipsum'; echo '${ROW_B}' | cut -c1-60`).read();
    expect(snapshot).toMatchObject({
      status: 'partial',
      gpus: [{ uuid: UUID_A }],
      errors: [{ code: 'bad-rows', params: { rows: 2 } }],
    });
  });

  it('knows nothing of processes when that query fails', async () => {
    const snapshot = await source(`case "$1" in *apps*) exit 9;; esac\necho '${ROW_A}'`).read();
    expect(snapshot).toMatchObject({ status: 'ok', processes: null });
  });

  it('stops waiting for a caller who gives up', async () => {
    const made = source('sleep 30', { timeoutMs: 5_000 });
    const snapshot = await made.read({ signal: AbortSignal.timeout(50) });
    expect(snapshot).toMatchObject({ status: 'failed', errors: [{ code: 'timeout' }] });
  });
});
