// Page shapes: NVIDIA/dcgm-exporter etc/default-counters.csv and README, utkuozdemir/nvidia_gpu_exporter,
// lablup/all-smi src/api/metrics, ROCm/device-metrics-exporter docs. Numbers and UUIDs are made up.
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { createPrometheusSource, parsePrometheusUrl } from '../../../src/gpus/exporters/prometheus.ts';
import { GIB, httpServer, MIB, UUID_A, UUID_B } from '../tools.ts';

const NOW = 1_795_437_000_000;

async function read(body: string, more: { status?: number; type?: string } = {}) {
  const base = await httpServer((_request, response) => {
    response.writeHead(more.status ?? 200, { 'content-type': more.type ?? 'text/plain; version=0.0.4' });
    response.end(body);
  });
  return readUrl(`prometheus+${base}/metrics`);
}

async function readUrl(text: string, timeoutMs = 5_000) {
  const source = createPrometheusSource(parsePrometheusUrl(text)!, { clock: () => NOW, timeoutMs });
  try {
    return await source.read();
  } finally {
    await source.close();
  }
}

const dcgm = (uuid: string, more = '', host = 'Hostname') =>
  `gpu="0",UUID="${uuid}",pci_bus_id="00000000:83:00.0",device="nvidia0",modelName="NVIDIA H200",${host}="gpu-07",DCGM_FI_DRIVER_VERSION="590.48.01"${more}`;

describe('dcgm-exporter', () => {
  it('reads MiB, takes the sum for the total, and Hostname in either case', async () => {
    for (const host of ['Hostname', 'hostname']) {
      const snapshot = await read(
        `# TYPE DCGM_FI_DEV_FB_FREE gauge\nDCGM_FI_DEV_FB_FREE{${dcgm(UUID_A, '', host)}} 120000\nDCGM_FI_DEV_FB_USED{${dcgm(UUID_A, '', host)}} 23157\nDCGM_FI_DEV_FB_RESERVED{${dcgm(UUID_A, '', host)}} 614\nDCGM_FI_DEV_GPU_UTIL{${dcgm(UUID_A, '', host)}} 12\n`,
      );
      expect(snapshot).toMatchObject({
        status: 'ok',
        source: 'dcgm-exporter',
        driverVersion: '590.48.01',
        takenAtMs: NOW,
        processes: null,
      });
      expect(snapshot.gpus).toMatchObject([
        {
          uuid: UUID_A,
          pci: '0000:83:00.0',
          totalBytes: 143_771 * MIB,
          freeBytes: 120_000 * MIB,
          reservedBytes: 614 * MIB,
          utilPct: 12,
          notes: [],
        },
      ]);
    }
  });

  it('says that the total falls short without the reserved part', async () => {
    const snapshot = await read(`DCGM_FI_DEV_FB_FREE{${dcgm(UUID_A)}} 100\nDCGM_FI_DEV_FB_USED{${dcgm(UUID_A)}} 50\n`);
    expect(snapshot.gpus[0]).toMatchObject({
      totalBytes: 150 * MIB,
      reservedBytes: null,
      notes: [{ code: 'total-computed' }],
    });
  });

  it('takes the blank value and NaN for unknown', async () => {
    const snapshot = await read(
      `DCGM_FI_DEV_FB_FREE{${dcgm(UUID_A)}} 9223372036854775794\nDCGM_FI_DEV_FB_USED{${dcgm(UUID_A)}} NaN\nDCGM_FI_DEV_GPU_TEMP{${dcgm(UUID_A)}} 9223372036854775794\nDCGM_FI_DEV_FB_FREE{${dcgm(UUID_B)}} 100\nDCGM_FI_DEV_FB_USED{${dcgm(UUID_B)}} 50\n`,
    );
    expect(snapshot).toMatchObject({ status: 'partial', errors: [{ code: 'gpu-unreadable' }] });
    expect(snapshot.gpus).toMatchObject([
      { uuid: UUID_A, state: 'unreadable', freeBytes: null, tempC: null },
      { uuid: UUID_B, state: 'ok' },
    ]);
  });

  it('counts a GPU shared by several pods once', async () => {
    const pods = ['ollama-0', 'jupyter-3'].flatMap((pod) =>
      [`FREE`, `USED`].map((part, i) => `DCGM_FI_DEV_FB_${part}{${dcgm(UUID_A, `,pod="${pod}"`)}} ${[800, 200][i]}`),
    );
    const snapshot = await read(`${pods.join('\n')}\n`);
    expect(snapshot.gpus).toMatchObject([{ freeBytes: 800 * MIB, usedBytes: 200 * MIB }]);
  });

  it('adds MIG instances up and says that they are slices', async () => {
    const slice = (id: number) => `,GPU_I_PROFILE="3g.40gb",GPU_I_ID="${id}"`;
    const snapshot = await read(
      [1, 2]
        .map(
          (id) =>
            `DCGM_FI_DEV_FB_FREE{${dcgm(UUID_A, slice(id))}} 20000\nDCGM_FI_DEV_FB_USED{${dcgm(UUID_A, slice(id))}} 20480\n`,
        )
        .join(''),
    );
    expect(snapshot.gpus).toMatchObject([{ state: 'mig', usedBytes: 40_960 * MIB, freeBytes: 40_000 * MIB }]);
  });
});

describe('nvidia_gpu_exporter', () => {
  const id = UUID_A.slice('GPU-'.length);
  const page = (success: number, at: number) => `
nvidia_smi_memory_free_bytes{uuid="${id}"} 2.1e+10
nvidia_smi_memory_used_bytes{uuid="${id}"} 4.3e+09
nvidia_smi_memory_total_bytes{uuid="${id}"} 2.5769803776e+10
nvidia_smi_memory_reserved_bytes{uuid="${id}"} 4.6e+08
nvidia_smi_utilization_gpu_ratio{uuid="${id}"} 0.42
nvidia_smi_temperature_gpu{uuid="${id}"} 52
nvidia_smi_gpu_info{uuid="${id}",name="NVIDIA GeForce RTX 3090",driver_version="580.65.06",pci_bus_id="00000000:01:00.0",index="0",compute_cap="8.6"} 1
nvidia_smi_command_exit_code ${success === 1 ? 0 : 18}
nvidia_smi_last_collect_success ${success}
nvidia_smi_last_collect_success_timestamp_seconds ${at}
nvidia_smi_compute_app_used_memory_bytes{uuid="${id}",process_name="nobody"} 1e+09
nvidia_smi_compute_app_used_memory_bytes{uuid="${id}",pid="771",process_name="python, \\"x\\""} 4.2e+09
`;

  it('reads scientific notation, puts the prefix back, and takes the age from its time stamp', async () => {
    const snapshot = await read(page(1, NOW / 1000 - 20));
    expect(snapshot).toMatchObject({
      status: 'ok',
      source: 'nvidia-gpu-exporter',
      takenAtMs: NOW - 20_000,
      driverVersion: '580.65.06',
    });
    expect(snapshot.gpus).toMatchObject([
      {
        uuid: UUID_A,
        name: 'NVIDIA GeForce RTX 3090',
        freeBytes: 21e9,
        utilPct: 42,
        tempC: 52,
        computeCapability: 8.6,
      },
    ]);
    expect(snapshot.processes).toEqual([
      { gpuUuid: UUID_A, pid: 771, usedBytes: 4.2e9, name: 'python, "x"', user: null },
    ]);
  });

  it('does not serve its cache when the collection failed', async () => {
    const snapshot = await read(page(0, NOW / 1000 - 900));
    expect(snapshot).toMatchObject({
      status: 'failed',
      gpus: [],
      errors: [{ code: 'exporter-failed', params: { exit: 18 } }],
    });
  });

  it('says that old numbers are old', async () => {
    const snapshot = await read(page(1, NOW / 1000 - 600));
    expect(snapshot).toMatchObject({
      status: 'partial',
      takenAtMs: NOW - 600_000,
      errors: [{ code: 'exporter-stale', params: { seconds: 600 } }],
    });
  });
});

describe('other exporters', () => {
  it('reads all-smi with old and new labels, free computed', async () => {
    for (const [uuid, index] of [
      ['gpu_uuid', 'gpu_index'],
      ['uuid', 'index'],
    ]) {
      const labels = `gpu="NVIDIA H200",instance="gpu-01",${uuid}="${UUID_A}",${index}="3"`;
      const snapshot = await read(
        `all_smi_gpu_memory_used_bytes{${labels}} 8589934592\nall_smi_gpu_memory_total_bytes{${labels}} 150754820096\n`,
      );
      expect(snapshot).toMatchObject({ source: 'all-smi', status: 'ok' });
      expect(snapshot.gpus).toMatchObject([
        { index: 3, freeBytes: 150_754_820_096 - 8 * GIB, notes: [{ code: 'free-computed' }], vendor: 'nvidia' },
      ]);
    }
  });

  it('takes Apple silicon for unified memory', async () => {
    const labels = 'gpu="Apple M3 Max",gpu_uuid="apple-0",gpu_index="0"';
    const snapshot = await read(
      `all_smi_gpu_memory_used_bytes{${labels}} 1073741824\nall_smi_gpu_memory_total_bytes{${labels}} 68719476736\n`,
    );
    expect(snapshot.gpus).toMatchObject([
      { state: 'uma', vendor: 'apple', freeBytes: 63 * GIB, notes: [{ code: 'shared-with-system' }] },
    ]);
  });

  it.each(['', 'amd_'])('reads AMD with prefix "%s", MB meaning MiB', async (prefix) => {
    const labels = 'gpu_id="0",serial_number="69A4",card_model="Instinct MI300X",hostname="h",gpu_partition_id="0"';
    const snapshot = await read(
      `${prefix}gpu_total_vram{${labels}} 196592\n${prefix}gpu_used_vram{${labels}} 285\n${prefix}gpu_free_vram{${labels}} 196307\n`,
    );
    expect(snapshot).toMatchObject({
      source: 'amd-metrics-exporter',
      gpus: [{ uuid: 'AMD-69A4', totalBytes: 196_592 * MIB, freeBytes: 196_307 * MIB }],
    });
  });

  it('reads node_exporter with host memory', async () => {
    const snapshot = await read(
      'node_drm_memory_vram_size_bytes{card="card0"} 1.7163091968e+10\nnode_drm_memory_vram_used_bytes{card="card0"} 1e+09\nnode_memory_MemTotal_bytes 6.7e+10\nnode_memory_MemAvailable_bytes 5e+10\n',
    );
    expect(snapshot).toMatchObject({
      source: 'node-exporter',
      hostMemory: { totalBytes: 6.7e10, availableBytes: 5e10, swapFreeBytes: null },
    });
    expect(snapshot.gpus).toMatchObject([{ freeBytes: 16_163_091_968 }]);
  });
});

describe('pages that are none', () => {
  it('does not take an HTML page for a machine without GPUs', async () => {
    expect(await read('<html><body>502 Bad Gateway</body></html>', { status: 502, type: 'text/html' })).toMatchObject({
      status: 'failed',
      errors: [{ code: 'http-status', params: { status: 502 } }],
    });
    expect((await read('<html><body>login</body></html>', { type: 'text/html' })).errors[0]!.code).toBe('not-metrics');
    expect((await read('  <!doctype html>')).errors[0]!.code).toBe('not-metrics');
  });

  it('names a proper page without our metrics, and text that is no metrics', async () => {
    expect((await read('go_goroutines 12\n')).errors[0]!.code).toBe('no-known-metrics');
    expect((await read('')).errors[0]!.code).toBe('no-known-metrics');
    expect((await read('hello there\nnothing here\n')).errors[0]!.code).toBe('not-metrics');
  });

  it('counts malformed lines between good ones', async () => {
    const snapshot = await read(
      `DCGM_FI_DEV_FB_FREE{${dcgm(UUID_A)}} 100\nDCGM_FI_DEV_FB_USED{${dcgm(UUID_A)}} 50\nDCGM_FI_DEV_FB_USED{bad} 50\n`,
    );
    expect(snapshot).toMatchObject({ status: 'partial', errors: [{ code: 'bad-rows', params: { rows: 1 } }] });
  });

  it.each([401, 403])('says that %i is a matter of credentials', async (status) => {
    expect((await read('', { status })).errors).toMatchObject([{ code: 'http-unauthorized', params: { status } }]);
  });

  it('follows no redirect', async () => {
    let followed = false;
    const base = await httpServer((request, response) => {
      followed ||= request.url === '/elsewhere';
      response.writeHead(302, { location: '/elsewhere' }).end();
    });
    expect((await readUrl(`prometheus+${base}/metrics`)).errors).toMatchObject([
      { code: 'http-status', params: { status: 302 } },
    ]);
    expect(followed).toBe(false);
  });

  it('stops at the cap, also when it is compressed', async () => {
    const base = await httpServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/plain', 'content-encoding': 'gzip' });
      response.end(gzipSync(Buffer.alloc(8_000_000, 'a 1\n')));
    });
    expect((await readUrl(`prometheus+${base}/metrics`)).errors[0]!.code).toBe('output-too-large');
  });

  it('gives up on a server that never answers, and names one that is not there', async () => {
    const base = await httpServer(() => undefined);
    expect((await readUrl(`prometheus+${base}/metrics`, 200)).errors[0]!.code).toBe('timeout');
    expect((await readUrl('prometheus+http://127.0.0.1:1/metrics')).errors[0]).toMatchObject({
      code: 'http-unreachable',
    });
  });

  it('sends user and password as a header and shows them nowhere', async () => {
    let seen: string | undefined;
    const base = await httpServer((request, response) => {
      seen = request.headers.authorization;
      response.end('x 1\n');
    });
    const source = createPrometheusSource(
      parsePrometheusUrl(`prometheus+${base.replace('//', '//bot:s%40cret@')}/metrics`)!,
    );
    const snapshot = await source.read();
    expect(seen).toBe(`Basic ${Buffer.from('bot:s@cret').toString('base64')}`);
    expect(JSON.stringify(snapshot) + source.description).not.toMatch(/cret|bot/);
  });
});

describe('a Prometheus server', () => {
  const vector = (rows: readonly { metric: Record<string, string>; value: [number, string] }[]) =>
    JSON.stringify({ status: 'success', data: { resultType: 'vector', result: rows } });
  const row = (name: string, value: string) => ({
    metric: { __name__: name, UUID: UUID_A, gpu: '0', modelName: 'NVIDIA L40S', instance: 'gpu-01:9400' },
    value: [NOW / 1000, value] as [number, string],
  });

  async function ask(answer: (query: string) => { status?: number; body: string }) {
    const queries: string[] = [];
    const base = await httpServer((request, response) => {
      const query = new URL(request.url ?? '', 'http://x').searchParams.get('query') ?? '';
      queries.push(query);
      const { status, body } = answer(query);
      response.writeHead(status ?? 200, { 'content-type': 'application/json' }).end(body);
    });
    return { snapshot: await readUrl(`prometheus+${base}/api/v1/query?instance=gpu-01:9400`), queries };
  }

  it('asks for one machine, and for the age of its samples', async () => {
    const { snapshot, queries } = await ask((query) => ({
      body: query.startsWith('max(')
        ? vector([{ metric: {}, value: [NOW / 1000, '24.5'] }])
        : vector([
            row('DCGM_FI_DEV_FB_FREE', '45460'),
            row('DCGM_FI_DEV_FB_USED', '0'),
            row('DCGM_FI_DEV_FB_RESERVED', '609'),
            row('DCGM_FI_DEV_GPU_UTIL', 'NaN'),
          ]),
    }));
    expect(queries).toHaveLength(2);
    // What every exporter tells is asked for, its processes too.
    for (const metric of [
      'dcgm_fb_free',
      'nvidia_smi_compute_app_used_memory_bytes',
      'amd_gpu_used_gtt',
      'HostGPUMemoryUsage',
    ]) {
      expect(queries.join()).toContain(metric);
    }
    for (const query of queries) {
      expect(query).toContain('instance="gpu-01:9400"');
    }
    // The time in the answer is that of the evaluation: the sample is older.
    expect(snapshot).toMatchObject({
      status: 'ok',
      takenAtMs: NOW - 25_000,
      gpus: [{ uuid: UUID_A, freeBytes: 45_460 * MIB, utilPct: null }],
    });
  });

  it('sees that the exporter behind it is dead', async () => {
    const { snapshot } = await ask((query) => ({
      body: query.startsWith('max(')
        ? vector([{ metric: {}, value: [0, '280'] }])
        : vector([row('DCGM_FI_DEV_FB_FREE', '1'), row('DCGM_FI_DEV_FB_USED', '1')]),
    }));
    expect(snapshot).toMatchObject({
      status: 'partial',
      takenAtMs: NOW - 280_000,
      errors: [{ code: 'exporter-stale' }],
    });
  });

  it('names an empty answer and a refused query', async () => {
    expect((await ask(() => ({ body: vector([]) }))).snapshot.errors[0]!.code).toBe('no-known-metrics');
    const refused = JSON.stringify({ status: 'error', errorType: 'bad_data', error: 'invalid parameter' });
    expect((await ask(() => ({ status: 422, body: refused }))).snapshot.errors).toMatchObject([
      { code: 'query-failed', params: { type: 'bad_data' }, text: 'invalid parameter' },
    ]);
    expect((await ask(() => ({ body: 'no json' }))).snapshot.errors[0]!.code).toBe('not-json');
  });
});
