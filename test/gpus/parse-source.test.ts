import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createAutoSource } from '../../src/gpus/auto.ts';
import { createGpuSource, GPU_SOURCE_EXAMPLES, GpuSourceError, parseGpuSource } from '../../src/gpus/parse-source.ts';
import { files, GIB, onEnd, script, temporaryDirectory, UUID_A } from './tools.ts';

describe('GPU_SOURCE', () => {
  it('reads every promised value', () => {
    const read = (text: string) => {
      const { kind, readsThisMachine, create } = parseGpuSource(text);
      return [kind, readsThisMachine, create({ clock: Date.now }).description];
    };
    expect(read(' Auto ')).toEqual(['auto', true, 'auto']);
    expect(read('')).toEqual(['auto', true, 'auto']);
    expect(read('nvidia-smi')).toEqual(['nvidia-smi', true, 'nvidia-smi']);
    expect(read('amd')).toEqual(['amd', true, 'AMD']);
    expect(read('intel')).toEqual(['intel', true, 'Intel']);
    expect(read('apple')).toEqual(['apple', true, 'Apple']);
    expect(read('none')).toEqual(['none', false, 'none']);
    expect(read('4x8GiB')).toEqual(['declared', false, '4 GPU']);
    expect(read('ssh://bot@gpu:2222')).toEqual(['ssh', false, 'ssh bot@gpu:2222']);
    expect(read('prometheus+http://gpu:9400')).toEqual(['prometheus', false, 'http://gpu:9400/metrics']);
    expect(read('prometheus+https://prom/api/v1/query?instance=a')).toEqual([
      'prometheus',
      false,
      'https://prom/api/v1/query',
    ]);
  });

  it('says what it takes, each example of which it reads', () => {
    for (const example of GPU_SOURCE_EXAMPLES) {
      expect(() => parseGpuSource(example.replace(/^GPUs such as /, ''))).not.toThrow();
    }
  });

  it.each([
    ['nvidia', 'gpu-source-unknown'],
    ['http://gpu:9400/metrics', 'gpu-source-unknown'],
    ['ssh://gpu', 'gpu-source-ssh'],
    ['prometheus+ftp://gpu', 'gpu-source-prometheus'],
    ['prometheus://gpu', 'gpu-source-prometheus'],
    ['8GiB:9GiB', 'gpus-free-above-total'],
    ['4x8Gi B', 'gpus-entry'],
  ])('refuses %j as %s, without repeating it', (text, code) => {
    const error = (() => {
      try {
        return parseGpuSource(text);
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(error).toBeInstanceOf(GpuSourceError);
    expect(error).toMatchObject({ code });
    expect((error as Error).message).not.toContain(text);
  });

  it('makes a source of each kind', async () => {
    for (const text of [
      'auto',
      'nvidia-smi',
      'amd',
      'intel',
      'apple',
      'none',
      '8GiB',
      'ssh://a@b',
      'prometheus+http://u:secret@h:1',
    ]) {
      const source = createGpuSource(text);
      expect(source.kind).toBe(parseGpuSource(text).kind);
      expect(source.description).not.toContain('secret');
      await source.close();
    }
  });

  it('knows nothing with none', async () => {
    expect(await createGpuSource('none').read()).toMatchObject({ source: 'none', basis: 'none', gpus: [], errors: [] });
  });
});

describe('auto', () => {
  const row = `0, ${UUID_A}, NVIDIA GeForce RTX 3090, 24576, 11, 24114, 452, 0, 38, 20.00, 350.00, 580.65.06, 8.6, 00000000:02:00.0, [N/A]`;
  const amdTree = {
    'card0/device/vendor': '0x1002\n',
    'card0/device/mem_info_vram_total': `${16 * GIB}\n`,
    'card0/device/mem_info_vram_used': '1\n',
  };

  function auto(nvidia: string | null, tree: Record<string, string>, isLocal = true, mac: string | null = null) {
    const directory = temporaryDirectory();
    let now = 0;
    const none = join(directory, 'none');
    const source = createAutoSource({
      clock: () => now,
      isLocal,
      platform: mac === null ? 'linux' : 'darwin',
      apple: { folder: mac ?? directory },
      intel: { root: join(directory, 'drm'), file: none, readMemory: () => Promise.resolve(null) },
      nvidia: {
        file: nvidia === null ? none : script(directory, 'nvidia-smi', nvidia),
        readMemory: () => Promise.resolve(null),
      },
      amd: {
        root: files(join(directory, 'drm'), tree),
        amdSmiFile: none,
        rocmSmiFile: none,
        readMemory: () => Promise.resolve(null),
      },
    });
    onEnd(() => source.close());
    return {
      source,
      directory,
      pass: (ms: number) => {
        now += ms;
      },
    };
  }

  it('takes nvidia-smi where it works', async () => {
    expect(await auto(`case "$1" in *apps*) ;; *) echo '${row}';; esac`, amdTree).source.read()).toMatchObject({
      source: 'nvidia-smi',
      status: 'ok',
    });
  });

  it('takes AMD where there is no nvidia-smi, or one without devices', async () => {
    expect(await auto(null, amdTree).source.read()).toMatchObject({ source: 'amd-sysfs', status: 'ok' });
    expect(await auto("echo 'No devices were found'; exit 6", amdTree).source.read()).toMatchObject({
      source: 'amd-sysfs',
      status: 'ok',
    });
  });

  it("takes Intel's cards with memory of their own, and a Mac's GPU", async () => {
    const intel = {
      'card0/device/vendor': '0x8086\n',
      'card0/lmem_total_bytes': `${16 * GIB}\n`,
      'card0/lmem_avail_bytes': `${8 * GIB}\n`,
    };
    expect(await auto(null, intel).source.read()).toMatchObject({ source: 'intel-sysfs', status: 'ok' });
    expect(await auto(null, { 'card0/device/vendor': '0x8086\n' }).source.read()).toMatchObject({
      errors: [{ code: 'no-source' }],
    });
    const mac = temporaryDirectory();
    script(mac, 'sysctl', `printf 'hw.memsize: ${16 * GIB}\\nmachdep.cpu.brand_string: Apple M4\\n'`);
    expect(await auto(null, {}, true, mac).source.read()).toMatchObject({
      source: 'apple',
      gpus: [{ name: 'Apple M4' }],
    });
  });

  it('tells the failure of an installed nvidia-smi instead of looking elsewhere', async () => {
    expect(
      await auto("echo 'Failed to initialize NVML: Driver/library version mismatch'; exit 18", {}).source.read(),
    ).toMatchObject({ status: 'failed', errors: [{ code: 'driver-mismatch' }] });
  });

  it('finds nothing, says so, and looks again later', async () => {
    const { source, directory, pass } = auto(null, {});
    expect(await source.read()).toMatchObject({
      basis: 'none',
      errors: [{ code: 'no-source' }],
    });
    files(join(directory, 'drm'), amdTree);
    expect((await source.read()).source).toBe('none');
    pass(300_000);
    expect((await source.read()).source).toBe('amd-sysfs');
  });

  it('does not take this machine’s GPUs for those of another one', async () => {
    expect(await auto(`echo '${row}'`, amdTree, false).source.read()).toMatchObject({
      gpus: [],
      errors: [{ code: 'source-elsewhere' }],
    });
  });
});
