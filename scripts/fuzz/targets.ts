import { readFileSync } from 'node:fs';
import { commands } from '../../commands/index.ts';
import { parseModelName } from '../../src/catalogue/names.ts';
import { parseLine } from '../../src/console/line.ts';
import { parseGpuList } from '../../src/estimator/gpu-list.ts';
import { decide } from '../../src/estimator/plan/decide.ts';
import type { ModelSpec, Plan } from '../../src/estimator/types.ts';
import { bufferSource } from '../../src/gguf/byte-source.ts';
import { specFromJson } from '../../src/gguf/from-json.ts';
import { specFromShow } from '../../src/gguf/from-show.ts';
import { readHeader } from '../../src/gguf/header.ts';
import { parseExposition } from '../../src/gpus/exporters/exposition.ts';
import { parseGpuReport } from '../../src/gpus/gpu-report.ts';
import { FULL_FIELDS, parseAppRows, parseGpuRows } from '../../src/gpus/nvidia/csv.ts';
import { parseGpuSource } from '../../src/gpus/parse-source.ts';
import { readLog } from '../../src/logs/read-log.ts';
import { parseOllamaHost } from '../../src/ollama/host.ts';
import { parseKeepAlive } from '../../src/ollama/keep-alive.ts';
import { parseOllamaVersion } from '../../src/ollama/version.ts';
import { readCron, shortestPauseMs } from '../../src/schedule/posts/cron.ts';
import { readConfig } from '../../src/settings/config.ts';
import { interactions } from './interactions.ts';
import { wrongPaste } from './logs.ts';
import { mutate, mutateJson, type Random } from './random.ts';
import type { Target } from './target.ts';

const MODELS = new URL('../../test/fixtures/models/', import.meta.url);
const models = ['llama3.1-8b', 'qwen3-30b-a3b'].map(
  (name) => JSON.parse(readFileSync(new URL(`${name}.json`, MODELS), 'utf8')) as ModelSpec,
);
const GIB = 2 ** 30;
const NOW = Date.UTC(2026, 10, 26);

/** Texts for one parser, mutated; `check` throws where an accepted value is out of its range. */
function texts<T>(
  name: string,
  weight: number,
  samples: readonly string[],
  run: (text: string) => T,
  check: (value: T) => void = () => undefined,
): Target {
  return {
    name,
    weight,
    make: (random) => {
      const input = mutate(random, random.pick(samples), random.pick(samples));
      return { input, run: () => check(run(input)) };
    },
  };
}

function demand(holds: boolean, what: string): void {
  if (!holds) {
    throw new RangeError(`out of range: ${what}`);
  }
}

const bytes = (value: number | null | undefined, what: string) =>
  demand(
    value === null || value === undefined || (Number.isFinite(value) && value >= 0 && value <= 2 ** 53),
    `${what} ${value}`,
  );

const CSV =
  '0, GPU-1e6f, NVIDIA GeForce RTX 3090, 24576, 1024, 23552, 45, 60, 120.50, 350.00, Default, Disabled, 8.6\n1, GPU-2, NVIDIA A100-SXM4-80GB, 81920, 0, 81920, 0, 30, [N/A], 400.00, Default, Enabled, 8.0\n';
const METRICS =
  '# HELP DCGM_FI_DEV_FB_USED used\n# TYPE DCGM_FI_DEV_FB_USED gauge\nDCGM_FI_DEV_FB_USED{gpu="0",UUID="GPU-1",modelName="NVIDIA A100",Hostname="a"} 1024 1700000000000\nDCGM_FI_DEV_FB_FREE{gpu="0",UUID="GPU-1"} 80000\nnvidia_smi_memory_used_bytes{uuid="1"} 1.5e9\n';
const LOG =
  'time=2026-01-01T00:00:00Z level=INFO source=sched.go:1 msg="new model will fit in available VRAM" model=/root/.ollama/models/blobs/sha256-aa gpu=GPU-1 parallel=4 available=24000000000 required="9.2 GiB"\nllama_model_loader: loaded meta data with 29 key-value pairs and 291 tensors from /x (version GGUF V3 (latest))\nload_tensors: offloaded 33/33 layers to GPU\nload_tensors:        CUDA0 model buffer size =  4155.99 MiB\nNAME ID SIZE PROCESSOR CONTEXT UNTIL\ngemma3:12b f4031aab637d 11 GB 48%/52% CPU/GPU 8192 4 minutes from now\n';
const SHOW = {
  model_info: { ...models[0]!.metadata, 'general.architecture': 'llama' },
  details: { family: 'llama', parameter_size: '8.0B', quantization_level: 'Q4_K_M' },
  capabilities: ['completion'],
  tensors: models[0]!.tensors.slice(0, 60).map(({ name, shape, type }) => ({ name, type, shape })),
};
const ENVIRONMENT: Readonly<Record<string, string>> = {
  DISCORD_TOKEN: 'a.b.c',
  DISCORD_GUILD_IDS: '123456789012345678,223456789012345678',
  OLLAMA_HOST: 'http://127.0.0.1:11434',
  OLLAMA_HEADERS: '{"X-Team":"vision"}',
  GPU_SOURCE: 'prometheus+http://host:9400/metrics',
  OLLAMA_NUM_PARALLEL: '4',
  OLLAMA_GPU_OVERHEAD: '1048576',
  HTTP_PORT: '9464',
  HTTP_HOST: '0.0.0.0',
  HTTP_TOKEN: 'a-token-of-some-length',
  TZ: 'Europe/Berlin',
  OPERATOR_ROLES: '123456789012345678',
  MAX_CTX: '131072',
  MAX_KEEP_ALIVE: '24h',
  PULL_HOSTS: 'registry.ollama.ai',
  LOG_LEVEL: 'info',
  DATABASE_URL: 'postgres://h:p@127.0.0.1:5432/h',
  PAGE: 'off',
  BOT_LANGUAGE: 'en',
};

/** Every figure of a reading is one that a machine can have, every text no longer than a name. */
function boundedReading(value: unknown): void {
  if (typeof value === 'number') {
    bytes(value, 'a figure');
  } else if (typeof value === 'string') {
    demand(value.length <= 200, `a text of ${value.length} characters`);
  } else if (value instanceof Map) {
    for (const entry of value) {
      boundedReading(entry);
    }
  } else if (value !== null && typeof value === 'object') {
    for (const entry of Object.values(value)) {
      boundedReading(entry);
    }
  }
}

export const TARGETS: readonly Target[] = [
  {
    name: 'a log that is pasted',
    weight: 1,
    make: (random) => {
      const input = wrongPaste(random);
      return { input, run: () => boundedReading(readLog(input)) };
    },
  },
  texts(
    'nvidia-smi cards',
    3,
    [CSV, CSV.replaceAll(', ', ',')],
    (text) => parseGpuRows(text, FULL_FIELDS, null),
    ({ gpus }) => {
      for (const gpu of gpus) {
        bytes(gpu.totalBytes, 'total');
        bytes(gpu.usedBytes, 'used');
        bytes(gpu.freeBytes, 'free');
      }
    },
  ),
  texts('nvidia-smi processes', 2, ['GPU-1e6f, 4242, 1024, /usr/bin/ollama\n', CSV], (text) => parseAppRows(text)),
  texts('an exporter', 3, [METRICS], parseExposition),
  texts('gpu-report', 2, [`headroom-gpu-report 1\n${CSV}`, CSV], (text) =>
    parseGpuReport(text, { host: 'h', takenAtMs: NOW }),
  ),
  texts(
    'GPUs as people type them',
    3,
    ['4x8GiB', '2x4090,RTX 3090', '24GiB:22.1GiB,8GiB', '1xA100 80GB', 'none'],
    parseGpuList,
    (gpus) => {
      demand(gpus.length <= 1_024, `${gpus.length} GPUs`);
      for (const gpu of gpus) {
        bytes(gpu.totalBytes, 'total');
        demand(gpu.freeBytes <= gpu.totalBytes, 'more free than there is');
      }
    },
  ),
  texts(
    'a GPU source',
    2,
    ['ssh://user@host:22', 'prometheus+http://host:9400/metrics', 'nvidia-smi', 'amd', '4x8GiB', 'auto'],
    parseGpuSource,
  ),
  texts(
    'an address of Ollama',
    3,
    ['http://127.0.0.1:11434', 'https://user:pass@host/ollama', ':8080', '[::1]:11434', 'ollama.com'],
    parseOllamaHost,
  ),
  texts('a version of Ollama', 2, ['0.33.0', '0.12.11-rc2', 'v0.6.5', '0.0.0'], parseOllamaVersion),
  texts('a keep-alive', 2, ['5m', '-1', '24h30m', '300', '1.5h', '500ms'], parseKeepAlive, (value) => {
    demand(value === null || value.kind === 'forever' || (value.ms >= 0 && value.ms <= 9.3e12), JSON.stringify(value));
  }),
  texts(
    'a model name',
    3,
    ['gemma3:12b', 'hf.co/org/repo:Q4_K_M', 'registry.ollama.ai/library/llama3.1:8b', 'host:5000/ns/m:t'],
    parseModelName,
  ),
  texts('a pasted log', 3, [LOG, LOG.replaceAll('\n', '\r\n')], readLog),
  texts(
    'a line of the terminal',
    3,
    ['/fit gemma3:12b ctx:32768 gpus:"4x8GiB"', '/status schedule cron:"0 9 * * 1-5"', '/notify when-free gib:10'],
    (line) => parseLine(line, commands),
  ),
  texts('a cron line', 1, ['0 9 * * 1-5', '*/5 * * * *', '30 8 1 jan mon', '@daily'], (line) => {
    shortestPauseMs(readCron(line, 'Europe/Berlin', NOW), NOW);
  }),
  {
    name: 'the configuration',
    weight: 2,
    make: (random) => {
      const input = Object.fromEntries(
        Object.entries(ENVIRONMENT).map(([key, value]) => [
          key,
          random.chance(0.2) ? mutate(random, value, random.pick(Object.values(ENVIRONMENT))) : value,
        ]),
      );
      return {
        input,
        run: () => {
          const config = readConfig(input);
          demand(config.httpPort === null || (config.httpPort >= 0 && config.httpPort <= 65_535), 'port');
        },
      };
    },
  },
  interactions,
  {
    name: "Ollama's /api/show",
    weight: 3,
    make: (random) => {
      const input = mutateJson(random, SHOW);
      return { input, run: () => specFromShow(input, { name: 'm' } as Parameters<typeof specFromShow>[1]) };
    },
  },
  {
    name: 'a GGUF header',
    weight: 4,
    make: (random) => {
      const input = ggufBytes(random);
      return { input: Buffer.from(input).toString('base64'), run: () => readHeader(bufferSource(input)) };
    },
  },
  {
    name: 'metadata through the estimator',
    weight: 2,
    make: (random) => {
      const base = random.pick(models);
      const metadata = mutateJson(random, base.metadata);
      const spec = { ...base, metadata, tensors: random.chance(0.1) ? mutateJson(random, base.tensors) : base.tensors };
      const ollama = random.pick(['0.33.0', '0.20.0', '0.12.11', '0.6.5', 'llama.cpp']);
      const gpu = { name: 'GPU', totalBytes: 24 * GIB, freeBytes: random.pick([1, 8, 24]) * GIB };
      const server = { ollama, gpus: Array.from({ length: 1 + random.below(4) }, () => gpu) };
      return {
        input: { metadata, ollama },
        run: () => checkPlan(decide(specFromJson(spec), server, { numCtx: random.pick([1, 4_096, 131_072]) })),
      };
    },
  },
];

function checkPlan(plan: Plan): void {
  for (const gpu of plan.gpus) {
    for (const part of [
      'weightsBytes',
      'cacheBytes',
      'computeBytes',
      'projectorBytes',
      'overheadBytes',
      'totalBytes',
    ] as const) {
      bytes(gpu[part], part);
    }
  }
  for (const part of ['weightsBytes', 'cacheBytes', 'computeBytes', 'totalBytes'] as const) {
    bytes(plan.host[part], `host ${part}`);
  }
  demand(plan.placement.gpuLayers <= plan.placement.totalLayers, 'more layers than there are');
}

/** A small GGUF file of version 3 with keys and tensors, some of its bytes changed. */
function ggufBytes(random: Random): Uint8Array {
  const parts: Buffer[] = [];
  const u32 = (value: number) => parts.push(Buffer.from(new Uint32Array([value]).buffer));
  const u64 = (value: number) => parts.push(Buffer.from(new BigUint64Array([BigInt(value)]).buffer));
  const text = (value: string) => {
    u64(Buffer.byteLength(value));
    parts.push(Buffer.from(value));
  };
  const keys = random.below(8);
  const tensors = random.below(6);
  parts.push(Buffer.from('GGUF'));
  u32(3);
  u64(tensors);
  u64(keys);
  for (let i = 0; i < keys; i++) {
    text(random.pick(['general.architecture', 'llama.block_count', 'tokenizer.ggml.tokens', 'general.name', `k${i}`]));
    const type = random.pick([4, 6, 8, 9]);
    u32(type);
    if (type === 4) {
      u32(random.pick([0, 1, 32, 2 ** 31 - 1, 2 ** 32 - 1]));
    } else if (type === 6) {
      parts.push(Buffer.from(new Float32Array([random.next()]).buffer));
    } else if (type === 8) {
      text(random.pick(['llama', '', 'x'.repeat(50)]));
    } else {
      u32(4);
      u64(3);
      u32(1);
      u32(2);
      u32(3);
    }
  }
  for (let i = 0; i < tensors; i++) {
    text(`blk.${i}.attn_q.weight`);
    u32(2);
    u64(64);
    u64(random.pick([1, 64, 2 ** 40]));
    u32(random.below(45));
    u64(i * 4096);
  }
  const whole = Buffer.concat(parts);
  for (let turn = random.below(5); turn > 0; turn--) {
    whole[random.below(whole.length)] = random.below(256);
  }
  return whole.subarray(0, random.chance(0.3) ? random.below(whole.length + 1) : whole.length);
}
