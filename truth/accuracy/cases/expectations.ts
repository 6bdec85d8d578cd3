/**
 * The right value of each public case (../shared/cases, where it is): what somebody's server, log or telemetry page
 * showed, as checks on what the project's own doors answer. A figure is right within 2 % of itself, or, with `of:
 * 'gpu'`, within 2 % of all that the GPU takes (the log came from another build, or from a file of another mix).
 */

/** One thing that an answer must show. Paths are those of the answer's JSON. */
export type Check =
  | { readonly at: string; readonly mib: number; readonly of?: 'gpu' }
  | { readonly at: string; readonly gib: number; readonly of?: 'gpu' }
  | { readonly at: string; readonly equals: string | number }
  | { readonly at: string; readonly oneOf: readonly string[] }
  | { readonly at: string; readonly atLeastGib: number }
  /** The JSON, or the words for a person. */
  | { readonly says: RegExp };

/** How a case is asked. */
export type Asking =
  /** The line for `headroom estimate` in the case's own file, with changes. */
  | { readonly estimate: Readonly<Record<string, unknown>> }
  /** A line of our own where the case is told in words only. */
  | { readonly line: Readonly<Record<string, unknown>> }
  /** Arguments of `headroom fit`. */
  | { readonly fit: readonly string[]; readonly env?: Readonly<Record<string, string>> }
  /** A telemetry file and the parser that reads it. */
  | { readonly telemetry: string; readonly parser: 'nvidia-smi' | 'exporter' | 'rocm-smi' | 'amd-smi' | 'amd-sysfs' }
  /** A value of GPU_SOURCE, read. */
  | { readonly gpuSource: string };

export interface CaseExpectation {
  readonly id: string;
  readonly asking: Asking;
  readonly checks: readonly Check[];
}

const own = { estimate: {} };

/** Compute, cache and weights of one GPU, MiB. */
function parts(gpu: number, mib: Readonly<Record<string, number>>, of?: 'gpu'): Check[] {
  return Object.entries(mib).map(([part, value]) => ({
    at: `gpus.${gpu}.${part}`,
    mib: value,
    ...(of === undefined ? {} : { of }),
  }));
}

const hostCompute = (mib: number): Check => ({ at: 'host.compute', mib });

/** Experts of layers 0 to 53 on the CPU. */
const GLM_EXPERTS = [String.raw`blk\.(?:[0-9]|[1-4][0-9]|5[0-3])\.ffn_(up|down|gate)_exps`];
const GLM_GPUS = Array.from({ length: 4 }, () => ({ name: 'NVIDIA RTX PRO 6000', totalBytes: 102_000_000_000 }));
const GLM = { cpuTensors: GLM_EXPERTS, gpus: GLM_GPUS };

const GIB = 2 ** 30;
const fitted = (...args: string[]): Asking => ({ fit: args });

/** Every case of the table whose right value can be held against an answer. */
export const CASES: readonly CaseExpectation[] = [
  { id: 'A01', asking: own, checks: parts(0, { cache: 6144, compute: 300.75 }) },
  {
    id: 'A03',
    asking: own,
    checks: [
      ...parts(0, { cache: 96, compute: 48.91, total: 480 }),
      ...parts(1, { cache: 84, compute: 48.91, total: 492 }),
      hostCompute(34.3),
    ],
  },
  { id: 'A04', asking: own, checks: parts(0, { cache: 4452.5, compute: 808.02, total: 10_321 }) },
  {
    id: 'A06',
    asking: own,
    checks: parts(0, { weights: 18_423.65, cache: 4096, compute: 2136.01, total: 26_976 }),
  },
  {
    id: 'A07',
    asking: own,
    checks: [...parts(0, { cache: 2325.62 }), ...parts(0, { compute: 410.28 }, 'gpu'), hostCompute(84.28)],
  },
  { id: 'A08', asking: own, checks: [...parts(0, { cache: 457, compute: 392.44 }, 'gpu'), hostCompute(72.07)] },
  { id: 'A09', asking: own, checks: [...parts(0, { cache: 896, compute: 304 }), hostCompute(30.01)] },
  { id: 'A11', asking: own, checks: parts(0, { cache: 14_336, compute: 408.01 }, 'gpu') },
  { id: 'A12', asking: own, checks: parts(0, { weights: 4455.34, cache: 324, compute: 304.75 }) },
  {
    id: 'A14',
    asking: { estimate: GLM },
    checks: [5124, 3252, 3244, 3236].flatMap((compute, gpu) => parts(gpu, { compute }, 'gpu')),
  },
  {
    id: 'A15',
    asking: { estimate: GLM },
    checks: [5374.07, 3752.07, 3744.07, 3736.07].flatMap((compute, gpu) => parts(gpu, { compute }, 'gpu')),
  },
  {
    id: 'A17',
    asking: own,
    checks: [...parts(0, { cache: 384, compute: 1080 }), ...parts(1, { cache: 1152, compute: 1080 })],
  },
  {
    id: 'A30',
    asking: own,
    checks: [
      { at: 'placement.gpuLayers', equals: 49 },
      { at: 'sizeVram', gib: 14.3 },
      { at: 'size', gib: 18.8 },
    ],
  },
  {
    id: 'A31',
    asking: own,
    checks: [
      { at: 'placement.gpuLayers', equals: 35 },
      { at: 'size', gib: 6.2 },
    ],
  },
  { id: 'A32', asking: own, checks: parts(0, { cache: 224, compute: 303.2 }) },
  {
    id: 'A34',
    asking: own,
    checks: [
      { at: 'placement.gpuLayers', equals: 17 },
      { at: 'placement.perGpuLayers.0', equals: 9 },
      { at: 'placement.perGpuLayers.1', equals: 8 },
      { at: 'numCtx', equals: 8192 },
    ],
  },
  { id: 'A38', asking: own, checks: [...parts(0, { cache: 9306, compute: 796 }), hostCompute(281)] },
  {
    id: 'A40',
    asking: own,
    checks: [
      { at: 'placement.gpuLayers', equals: 49 },
      { at: 'size', gib: 10.3 },
      { at: 'gpus.0.cache', mib: 608 },
    ],
  },
  {
    id: 'A43',
    asking: own,
    checks: [{ at: 'gpus.0.cache+gpus.0.compute', mib: 2516 + 1124, of: 'gpu' }, hostCompute(547)],
  },
  { id: 'A45', asking: own, checks: parts(0, { cache: 1024, compute: 560 }) },
  { id: 'A46', asking: own, checks: [{ at: 'size', gib: 1.68 }] },
  {
    id: 'B01',
    asking: fitted('gemma4:e2b', '--ctx', '6000', '--gpus', 'GTX 970', '--ollama', '0.32.14', '--json'),
    checks: [{ at: 'verdict', oneOf: ['fits', 'partial'] }],
  },
  {
    id: 'B02',
    asking: fitted('qwen3-vl:30b', '--ctx', '8192', '--gpus', 'RTX 3090', '--ollama', '0.12.7', '--json'),
    checks: [{ at: 'verdict', oneOf: ['partial'] }],
  },
  {
    id: 'B05',
    asking: fitted('gpt-oss:120b', '--ctx', '8192', '--gpus', '24GiB', '--ollama', '0.11.3', '--json'),
    checks: [
      { at: 'verdict', oneOf: ['partial', 'refused'] },
      { at: 'size', atLeastGib: 59 },
    ],
  },
  {
    id: 'B06',
    asking: fitted(
      'hf.co/ggml-org/gpt-oss-20b-GGUF',
      '--ctx',
      '8192',
      '--gpus',
      '24GiB',
      '--ollama',
      '0.11.3',
      '--json',
    ),
    checks: [{ at: 'verdict', equals: 'refused' }, { says: /refused-version-too-old/ }, { says: /0\.11\.5/ }],
  },
  ...(
    [
      ['gemma4:31b', '0.9.0', /0\.20\.0/],
      ['gemma4:31b', '0.9.3', /0\.20\.0/],
      ['gemma4:31b', '0.19.0', /0\.20\.0/],
      ['qwen3.5:35b', '0.3.0', /0\.1[78]\.\d/],
    ] as const
  ).map(
    ([model, version, needs]): CaseExpectation => ({
      id: 'B08',
      asking: fitted(model, '--ctx', '8192', '--gpus', '24GiB', '--ollama', version, '--json'),
      checks: [{ at: 'verdict', equals: 'refused' }, { says: needs }],
    }),
  ),
  {
    id: 'B09',
    asking: own,
    checks: [{ at: 'verdict', equals: 'refused' }, { says: /system-memory|one-memory/ }],
  },
  { id: 'B10', asking: own, checks: [{ says: /system-memory-short|host-memory-short|refused-system-memory/ }] },
  {
    id: 'B11',
    asking: {
      line: {
        model: 'qwen3:32b',
        ollama: '0.33.0',
        numCtx: 32_768,
        gpus: [0, 1].map(() => ({ name: 'NVIDIA GeForce RTX 3090', totalBytes: 24 * GIB })),
        visibleGpus: [0],
      },
    },
    checks: [
      { at: 'verdict', equals: 'partial' },
      { at: 'placement.perGpuLayers.1', equals: 0 },
    ],
  },
  { id: 'B12', asking: own, checks: [{ says: /mtp|nextn|draft/i }] },
  {
    id: 'B16',
    asking: {
      line: {
        model: 'truth:nomic-embed-text',
        mode: 'plan',
        numCtx: 2048,
        gpus: [{ name: 'AMD Instinct MI300X', totalBytes: 80_120_000_000, library: 'ROCm' }],
      },
    },
    checks: [{ at: 'gpus.0.overhead', mib: 1350, of: 'gpu' }],
  },
  {
    id: 'B18',
    asking: {
      line: {
        model: 'truth:qwen2.5-32b',
        mode: 'decide',
        ollama: 'llama.cpp',
        numCtx: 32_768,
        flashAttention: false,
        gpus: Array.from({ length: 5 }, () => ({ name: 'AMD Instinct MI50', totalBytes: 16 * GIB, library: 'ROCm' })),
      },
    },
    checks: [{ says: /long-prompt|prompt-growth|first-use|"use":/ }],
  },
  {
    id: 'B19',
    asking: fitted('qwen2.5vl:7b', '--gpus', '24GiB', '--ollama', '0.16.3', '--json'),
    checks: [{ at: 'verdict', equals: 'fits' }],
  },
  {
    id: 'C02',
    asking: { telemetry: 'C02-orin-real-uuid.csv', parser: 'nvidia-smi' },
    checks: [{ at: 'gpus.0.state', equals: 'uma' }],
  },
  { id: 'C12', asking: own, checks: [{ at: 'placement.perGpuLayers.1', equals: 0 }] },
  {
    id: 'C21',
    asking: { telemetry: 'C21-dcgm-no-uuid.prom', parser: 'exporter' },
    checks: [
      { at: 'gpus.0.usedBytes', mib: 6000 },
      { at: 'gpus.0.freeBytes', mib: 2000 },
    ],
  },
  {
    id: 'C22',
    asking: { telemetry: 'C22-dcgm-old-namespace.prom', parser: 'exporter' },
    checks: [{ at: 'gpus.0.state', equals: 'ok' }],
  },
  {
    id: 'C25',
    asking: { telemetry: 'C25-allsmi-two-nodes.prom', parser: 'exporter' },
    checks: [{ says: /hosts|machines/ }],
  },
  {
    id: 'C29',
    asking: { telemetry: 'C29-hami.prom', parser: 'exporter' },
    checks: [{ at: 'gpus.0.totalBytes', mib: 8000 }],
  },
  {
    id: 'C30',
    asking: { telemetry: 'C30-amd-exporter-apu.prom', parser: 'exporter' },
    // The page has the carve-out alone: what the GPU may use beside it is not there, and that is said.
    checks: [{ at: 'gpus.0.state', equals: 'unreadable' }, { says: /pool-unknown/ }],
  },
  {
    id: 'C49',
    asking: { telemetry: 'C49-amdsmi-apu.json', parser: 'amd-smi' },
    // The page's own sum: the carve-out and the share of the system's memory.
    checks: [
      { at: 'gpus.0.state', equals: 'uma' },
      { at: 'gpus.0.totalBytes', mib: 512 + 126_976 },
    ],
  },
  {
    id: 'C01',
    asking: { telemetry: 'C01-gb10.csv', parser: 'nvidia-smi' },
    checks: [{ at: 'gpus.0.state', equals: 'uma' }],
  },
  {
    id: 'C04',
    asking: { telemetry: 'C04-mig-a100.csv', parser: 'nvidia-smi' },
    checks: [{ at: 'gpus.0.state', equals: 'mig' }, { says: /gpu-mig/ }],
  },
  {
    id: 'C05',
    asking: { telemetry: 'C05-mig-in-container.csv', parser: 'nvidia-smi' },
    checks: [{ at: 'gpus.0.state', equals: 'unreadable' }, { says: /no-permission/ }],
  },
  {
    id: 'C06',
    asking: { telemetry: 'C06-vgpu-grid.csv', parser: 'nvidia-smi' },
    checks: [
      { at: 'gpus.0.state', equals: 'ok' },
      { at: 'gpus.0.freeBytes', mib: 9323 },
    ],
  },
  {
    id: 'C07',
    asking: { telemetry: 'C07-err-power.csv', parser: 'nvidia-smi' },
    checks: [
      { at: 'gpus.0.state', equals: 'ok' },
      { at: 'gpus.0.freeBytes', mib: 7680 },
    ],
  },
  {
    id: 'C08',
    asking: { telemetry: 'C08-wsl.csv', parser: 'nvidia-smi' },
    checks: [
      { at: 'gpus.0.state', equals: 'ok' },
      { at: 'gpus.0.freeBytes', mib: 22272 },
    ],
  },
  {
    id: 'C09',
    asking: { telemetry: 'C09-gh200.csv', parser: 'nvidia-smi' },
    checks: [
      { at: 'gpus.0.state', equals: 'ok' },
      { at: 'gpus.0.freeBytes', mib: 97280 },
    ],
  },
  {
    id: 'C11',
    asking: { telemetry: 'C11-one-lost-row.csv', parser: 'nvidia-smi' },
    checks: [
      { at: 'gpus.0.freeBytes', mib: 24118 },
      { at: 'gpus.1.state', equals: 'lost' },
    ],
  },
  {
    id: 'C14',
    asking: { telemetry: 'C14-name-comma.csv', parser: 'nvidia-smi' },
    checks: [
      { at: 'gpus.0.name', equals: 'NVIDIA RTX 2000 Ada Generation Laptop GPU' },
      { at: 'gpus.0.freeBytes', mib: 7757 },
    ],
  },
  {
    id: 'C20',
    asking: { telemetry: 'C20-dcgm-vgpu.prom', parser: 'exporter' },
    checks: [
      { at: 'gpus.0.totalBytes', mib: 10239 },
      { at: 'gpus.0.freeBytes', mib: 9323 },
    ],
  },
  {
    id: 'C24',
    asking: { telemetry: 'C24-allsmi.prom', parser: 'exporter' },
    checks: [
      { at: 'gpus.0.totalBytes', mib: 144384 },
      { at: 'gpus.0.usedBytes', mib: 8192 },
    ],
  },
  {
    id: 'C26',
    asking: { telemetry: 'C26-dcgm-two-nodes.prom', parser: 'exporter' },
    checks: [{ says: /several-hosts.*node-0, node-1/ }],
  },
  {
    id: 'C27',
    asking: { telemetry: 'C27-dcgm-mig.prom', parser: 'exporter' },
    checks: [{ at: 'gpus.0.state', equals: 'mig' }, { says: /gpu-mig/ }],
  },
  {
    id: 'C40',
    asking: { telemetry: 'C40-rocm-7900xtx.json', parser: 'rocm-smi' },
    checks: [
      { at: 'gpus.0.name', equals: 'Radeon RX 7900 XTX' },
      { at: 'gpus.0.freeBytes', equals: 13753026560 },
    ],
  },
  {
    id: 'C43',
    asking: { telemetry: 'C43-rocm-banner.json', parser: 'rocm-smi' },
    checks: [{ at: 'gpus.0.freeBytes', equals: 17145634816 }],
  },
  {
    id: 'C44',
    asking: { telemetry: 'C44-rocm-na.json', parser: 'rocm-smi' },
    checks: [{ at: 'gpus.0.state', equals: 'unreadable' }],
  },
  {
    id: 'C45',
    asking: { telemetry: 'C45-amdsmi-mi300x.json', parser: 'amd-smi' },
    checks: [
      { at: 'gpus.0.freeBytes', mib: 179439 },
      { at: 'gpus.0.utilPct', equals: 94 },
    ],
  },
  {
    id: 'C46',
    asking: { telemetry: 'C46-amdsmi-list-banner.json', parser: 'amd-smi' },
    checks: [
      { at: 'gpus.0.index', equals: 1 },
      { at: 'gpus.0.usedBytes', mib: 49148 },
      { at: 'gpus.1.freeBytes', mib: 196592 },
    ],
  },
  {
    id: 'C50',
    asking: { telemetry: 'C50-strix-halo-512m.json', parser: 'amd-sysfs' },
    checks: [
      { at: 'gpus.0.state', equals: 'uma' },
      { at: 'gpus.0.totalBytes', mib: 512 + 126_976 },
    ],
  },
  {
    id: 'C51',
    asking: { telemetry: 'C51-strix-halo-96g.json', parser: 'amd-sysfs' },
    checks: [
      { at: 'gpus.0.state', equals: 'ok' },
      { at: 'gpus.0.totalBytes', mib: 98304 },
    ],
  },
  // The one APU whose driver has a power limit.
  {
    id: 'C52',
    asking: { telemetry: 'C52-steamdeck-power-cap.json', parser: 'amd-sysfs' },
    checks: [
      { at: 'gpus.0.state', equals: 'uma' },
      { at: 'gpus.0.totalBytes', mib: 9216 },
    ],
  },
  { id: 'C60', asking: { gpuSource: 'intel' }, checks: [{ at: 'kind', equals: 'intel' }] },
  // Names: the right answer is one; which figures is for the model's own case.
  ...(
    [
      ['D01', 'ERNIE-4.5-VL-28B-A3B-Thinking'],
      ['D02', 'Kimi-K2-Thinking'],
      ['D03', 'MiniMax-M2'],
      ['D04', 'MiniCPM-V-4.5'],
      ['D05', 'GOT-OCR-2.0-hf'],
      ['D06', 'Spark-Formalizer-X1-7B'],
      ['D08', 'llama3.3:70b'],
      ['D08', 'gemma3:27b'],
      ['D08', 'qwen2.5:14b'],
      ['D08', 'qwen2.5:32b'],
      ['D08', 'qwen3:14b'],
      ['D08', 'deepseek-r1:14b'],
      ['D08', 'deepseek-r1:70b'],
      ['D08', 'qwen3-vl:8b'],
      ['B15', 'embeddinggemma'],
    ] as const
  ).map(
    ([id, model]): CaseExpectation => ({
      id,
      asking: { line: { model, ollama: '0.33.0', numCtx: 4096, gpus: [{ totalBytes: 2 ** 40 }] } },
      checks: [{ at: 'verdict', equals: 'fits' }],
    }),
  ),
  {
    id: 'D07',
    asking: { line: { model: 'HunyuanVideo-1.5', numCtx: 4096, gpus: [{ totalBytes: 2 ** 40 }] } },
    checks: [{ says: /not-a-language-model|video/i }],
  },
  {
    id: 'D12',
    asking: own,
    checks: [{ at: 'gpus.0.weights+host.weights', mib: 1080 }],
  },
  {
    id: 'D09',
    asking: fitted('gpt-oss:120b', '--ctx', '8192', '--gpus', '2x4090', '--json'),
    checks: [{ at: 'verdict', equals: 'partial' }],
  },
  ...[
    'RX 7900 XTX',
    'W7900',
    'MI300X',
    'Arc B580',
    'GB10',
    'H100 80GB',
    'B200',
    'RTX 4090 Laptop',
    'TITAN RTX',
    'RTX 3090 24GB',
    'RTX 3090 x2',
  ].map(
    (gpus): CaseExpectation => ({
      id: 'D10',
      asking: fitted('qwen3:8b', '--ctx', '4096', '--gpus', gpus, '--json'),
      checks: [{ at: 'verdict', equals: 'fits' }],
    }),
  ),
  {
    id: 'D11',
    asking: fitted('qwen3:8b', '--ctx', '4096', '--gpus', '7900 XTX=24GB', '--json'),
    checks: [{ at: 'verdict', equals: 'fits' }],
  },
  ...['32k', '128K', '8,192'].map(
    (ctx): CaseExpectation => ({
      id: 'D18',
      asking: fitted('gemma3:4b', '--ctx', ctx, '--gpus', '24GiB', '--json'),
      checks: [{ at: 'verdict', oneOf: ['fits', 'partial'] }],
    }),
  ),
];
