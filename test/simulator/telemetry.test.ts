/** The simulated cards in the shapes that real tools print. */

import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GPU_QUERY_FIELDS, runNvidiaSmi } from '../../src/simulator/nvidia-smi.ts';
import { GIB, MIB, startMachine, type TestMachine } from './machine.ts';

let machine: TestMachine;

beforeEach(async () => {
  machine = await startMachine();
  machine.simulator.setForeign('/opt/my tools/train, v2', 1, 2 * GIB);
});
afterEach(() => machine.simulator.close());

const run = (...args: string[]) => runNvidiaSmi(args, machine.simulator.gpus(), machine.simulator.processes());

describe('nvidia-smi', () => {
  it('prints one row per card, MiB without a unit', () => {
    const { stdout, exitCode } = run(`--query-gpu=${GPU_QUERY_FIELDS.join(',')}`, '--format=csv,noheader,nounits');
    expect(exitCode).toBe(0);
    const rows = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split(', '));
    expect(rows).toHaveLength(2);
    const [gpu] = machine.simulator.gpus();
    expect(rows[0]).toEqual([
      '0',
      gpu!.uuid,
      'NVIDIA GeForce RTX 3060',
      '8192',
      '4',
      '7932',
      '256',
      '0',
      '34',
      expect.stringMatching(/^\d+\.\d\d$/),
      '170.00',
      gpu!.driverVersion,
      '8.6',
      '00000000:01:00.0',
      '[N/A]',
    ]);
  });

  it('lists processes, names unquoted as they are', () => {
    const { stdout } = run(
      '--query-compute-apps=gpu_uuid,pid,used_memory,process_name',
      '--format=csv,noheader,nounits',
    );
    const { uuid } = machine.simulator.gpus()[1]!;
    expect(stdout).toMatch(new RegExp(`^${uuid}, \\d+, 2048, /opt/my tools/train, v2\n$`));
  });

  it('prints nothing when nobody uses a card, and fails on unknown fields', () => {
    machine.simulator.setForeign('/opt/my tools/train, v2', 1, 0);
    expect(run('--query-compute-apps=pid')).toEqual({ stdout: '', exitCode: 0 });
    expect(run('--query-gpu=index,memory.imaginary')).toEqual({
      stdout: 'Field "memory.imaginary" is not a valid field to query.\n\n',
      exitCode: 2,
    });
    expect(run('-q').exitCode).not.toBe(0);
  });

  it('runs as a program that asks a running simulator', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'simulated-smi-'));
    try {
      const program = join(folder, 'nvidia-smi');
      const script = new URL('../../src/simulator/nvidia-smi-command.ts', import.meta.url).pathname;
      await writeFile(program, `#!/bin/sh\nexec "${process.execPath}" "${script}" "${machine.simulator.url}" "$@"\n`);
      await chmod(program, 0o755);
      const { stdout } = await promisify(execFile)(program, [
        '--query-gpu=index,memory.total',
        '--format=csv,noheader,nounits',
      ]);
      expect(stdout).toBe('0, 8192\n1, 8192\n');
      await expect(promisify(execFile)(program, ['--query-gpu=nonsense'])).rejects.toMatchObject({ code: 2 });
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('/metrics', () => {
  it('is the page of nvidia_gpu_exporter', async () => {
    const response = await fetch(`${machine.simulator.url}/metrics`);
    expect(response.headers.get('content-type')).toContain('text/plain; version=0.0.4');
    const lines = (await response.text()).trimEnd().split('\n');
    for (const line of lines) {
      expect(line).toMatch(/^(# (HELP|TYPE) nvidia_smi_\w+ .+|nvidia_smi_\w+(\{.*\})? -?[\d.]+(e\+\d\d)?)$/);
    }
    const bare = machine.simulator.gpus()[1]!.uuid.replace('GPU-', '');
    const value = (name: string) => {
      const line = lines.find((one) => one.startsWith(`nvidia_smi_${name}{uuid="${bare}"`));
      return Number(line?.split(' ').at(-1));
    };
    expect(value('memory_total_bytes')).toBe(8 * GIB);
    expect(value('memory_used_bytes')).toBe(2 * GIB + 4 * MIB);
    expect(value('memory_free_bytes')).toBe(6 * GIB - 260 * MIB);
    expect(value('memory_reserved_bytes')).toBe(256 * MIB);
    expect(lines).toContain('nvidia_smi_last_collect_success 1');
    expect(lines.join('\n')).toContain('process_name="/opt/my tools/train, v2"');
  });
});
