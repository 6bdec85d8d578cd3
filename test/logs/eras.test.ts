import { describe, expect, test } from 'vitest';
import { readLog } from '../../src/logs/read-log.ts';

/** How each era of Ollama and llama.cpp writes a load: forms of its sources, with figures of our own. */
interface Era {
  readonly name: string;
  readonly lines: readonly string[];
  readonly version: string | null;
  readonly engine: string | null;
  readonly facts: Readonly<Record<string, unknown>>;
}

const MODEL =
  '/usr/share/ollama/.ollama/models/blobs/sha256-6a0746a1ec1aef3e7ec53868f220ff6e389f6f8ef87a01d77c96807de94ca2aa';
const AT = 'time=2024-07-01T10:00:00.000Z';

const ERAS: readonly Era[] = [
  {
    name: 'Ollama 0.1.20: dates of Go, no levels, memory of all GPUs in one figure',
    lines: [
      '2024/01/12 10:00:00 routes.go:930: Listening on 127.0.0.1:11434 (version 0.1.20)',
      '2024/01/12 10:00:00 gpu.go:94: Nvidia GPU detected',
      '2024/01/12 10:00:05 ext_server_common.go:136: Initializing internal llama server',
      'llama_model_loader: - kv   0:                       general.architecture str              = llama',
      'llm_load_print_meta: arch             = llama',
      'llm_load_print_meta: n_ctx_train      = 4096',
      'llm_load_print_meta: model size       = 3.56 GiB (4.54 BPW) ',
      'llm_load_print_meta: general.name     = LLaMA v2',
      'llm_load_tensors: offloaded 33/33 layers to GPU',
      'llm_load_tensors: VRAM used           = 3577.55 MiB',
      'llama_new_context_with_model: n_ctx      = 2048',
      'llama_kv_cache_init: VRAM kv self = 1024.00 MB',
    ],
    version: '0.1.20',
    engine: 'formula',
    facts: {
      architecture: 'llama',
      model: 'LLaMA v2',
      verdict: 'fits',
      offloaded: [33, 33],
      numCtx: 2_048,
      trainedCtx: 4_096,
    },
  },
  {
    name: 'Ollama 0.1.29: dates of Go with levels',
    lines: [
      '2024/03/10 10:00:00 routes.go:1019: INFO Listening on [::]:11434 (version 0.1.29)',
      '2024/03/10 10:00:03 dyn_ext_server.go:147: INFO Initializing llama server',
      'llm_load_print_meta: arch             = mistral',
      'llm_load_tensors: offloaded 20/33 layers to GPU',
      'llm_load_tensors:        CPU buffer size =  3917.87 MiB',
      'llm_load_tensors:      CUDA0 buffer size =  2450.00 MiB',
      'llama_new_context_with_model: n_ctx      = 4096',
    ],
    version: '0.1.29',
    engine: 'formula',
    facts: { architecture: 'mistral', verdict: 'partial', offloaded: [20, 33], numCtx: 4_096 },
  },
  {
    name: 'Ollama 0.1.33: the first that says what it reckons',
    lines: [
      `${AT} level=INFO source=routes.go:1044 msg="Listening on [::]:11434 (version 0.1.33)"`,
      `${AT} level=INFO source=memory.go:152 msg="offload to gpu" layers.real="17" layers.estimate="17" memory.available="5.6 GiB" memory.required.full="9.7 GiB" memory.required.partial="5.4 GiB"`,
      `${AT} level=INFO source=server.go:290 msg="starting llama server" cmd="/tmp/ollama/runners/cuda_v11/ollama_llama_server --model ${MODEL} --ctx-size 8192 --batch-size 512 --embedding --n-gpu-layers 17 --parallel 1 --port 40001"`,
      'llm_load_print_meta: arch             = llama',
      'llm_load_tensors: offloaded 17/33 layers to GPU',
      'llama_new_context_with_model: n_ctx      = 8192',
    ],
    version: '0.1.33',
    engine: 'formula',
    facts: { architecture: 'llama', verdict: 'partial', offloaded: [17, 33], numCtx: 8_192, numParallel: 1 },
  },
  {
    name: 'Ollama 0.3.14: several slots, contexts of all of them together',
    lines: [
      `${AT} level=INFO source=routes.go:1217 msg="Listening on 127.0.0.1:11434 (version 0.3.14)"`,
      `${AT} level=INFO source=types.go:123 msg="inference compute" id=GPU-aaaaaaaa-0000-0000-0000-000000000001 library=cuda variant=v12 compute=8.6 driver=12.4 name="NVIDIA GeForce RTX 3090" total="23.7 GiB" available="23.2 GiB"`,
      `${AT} level=INFO source=memory.go:326 msg="offload to cuda" layers.requested=-1 layers.model=33 layers.offload=33 layers.split="" memory.available="[23.2 GiB]" memory.gpu_overhead="0 B" memory.required.full="9.9 GiB" memory.required.partial="9.9 GiB" memory.required.kv="4.0 GiB" memory.required.allocations="[9.9 GiB]" memory.weights.total="8.0 GiB"`,
      `${AT} level=INFO source=server.go:388 msg="starting llama server" cmd="/tmp/ollama_llama_server --model ${MODEL} --ctx-size 32768 --batch-size 512 --embedding --n-gpu-layers 33 --threads 8 --parallel 4 --port 40001"`,
      'llama_model_loader: - kv   0:                       general.architecture str              = llama',
      'llm_load_tensors: offloaded 33/33 layers to GPU',
      'llama_new_context_with_model: n_ctx      = 32768',
      'llama_new_context_with_model: flash_attn = 0',
      'llama_kv_cache_init:      CUDA0 KV buffer size =  4096.00 MiB',
      'llama_new_context_with_model:      CUDA0 compute buffer size =  2144.00 MiB',
    ],
    version: '0.3.14',
    engine: 'formula',
    facts: { verdict: 'fits', offloaded: [33, 33], numCtx: 8_192, numParallel: 4, flashAttention: false },
  },
  {
    name: 'Ollama 0.5.4: refused for want of memory, told twice',
    lines: [
      `${AT} level=INFO source=routes.go:1310 msg="Listening on 127.0.0.1:11434 (version 0.5.4)"`,
      `${AT} level=WARN source=server.go:136 msg="model request too large for system" requested="39.5 GiB" available=33554432000 total="31.2 GiB" free="29.0 GiB" swap="2.2 GiB"`,
      `${AT} level=INFO source=sched.go:428 msg="NewLlamaServer failed" model=${MODEL} error="model requires more system memory (39.5 GiB) than is available (31.3 GiB)"`,
    ],
    version: '0.5.4',
    engine: 'formula',
    facts: { verdict: 'refused', systemRequiredBytes: Math.round(39.5 * 2 ** 30) },
  },
  {
    name: "Ollama 0.9.6: its own engine's records",
    lines: [
      `${AT} level=INFO source=routes.go:1288 msg="Listening on 127.0.0.1:11434 (version 0.9.6)"`,
      `${AT} level=INFO source=server.go:175 msg=offload library=cuda layers.requested=-1 layers.model=49 layers.offload=31 layers.split="" memory.available="[7.6 GiB]" memory.required.full="11.4 GiB" memory.required.partial="7.5 GiB"`,
      `${AT} level=INFO source=server.go:438 msg="starting llama server" cmd="/usr/bin/ollama runner --ollama-engine --model ${MODEL} --ctx-size 8192 --batch-size 512 --n-gpu-layers 31 --threads 8 --parallel 2 --port 40001"`,
      `${AT} level=INFO source=ggml.go:92 msg="" architecture=gemma3 file_type=Q4_K_M name="" description="" num_tensors=1065 num_key_values=37`,
      `${AT} level=INFO source=ggml.go:375 msg="offloaded 31/49 layers to GPU"`,
      `${AT} level=INFO source=ggml.go:377 msg="model weights" buffer=CUDA0 size="4.3 GiB"`,
      `${AT} level=INFO source=ggml.go:377 msg="model weights" buffer=CPU size="3.3 GiB"`,
      `${AT} level=INFO source=ggml.go:666 msg="compute graph" backend=CUDA0 buffer_type=CUDA0 size="1.1 GiB"`,
    ],
    version: '0.9.6',
    engine: 'formula',
    facts: { architecture: 'gemma3', verdict: 'partial', offloaded: [31, 49], numCtx: 4_096, numParallel: 2 },
  },
  {
    name: 'llama.cpp in summer 2023',
    lines: ['llama_model_load_internal: n_ctx      = 2048', 'llama_model_load_internal: offloaded 20/35 layers to GPU'],
    version: null,
    engine: null,
    facts: { verdict: 'partial', offloaded: [20, 35], numCtx: 2_048 },
  },
  {
    name: 'llama.cpp at the end of 2024',
    lines: [
      'build: 4300 (abcdef01) with cc (Debian) for x86_64-linux-gnu',
      'llama_load_model_from_file: using device CUDA0 (NVIDIA GeForce RTX 3090) - 23306 MiB free',
      'llm_load_print_meta: arch             = qwen2',
      'llm_load_tensors: offloaded 29/29 layers to GPU',
      'llm_load_tensors:        CUDA0 model buffer size =  4460.45 MiB',
      'llama_new_context_with_model: n_seq_max     = 1',
      'llama_new_context_with_model: n_ctx         = 16384',
      'llama_new_context_with_model: n_ctx_per_seq = 16384',
      'llama_kv_cache_init:      CUDA0 KV buffer size =   896.00 MiB',
      'llama_new_context_with_model:      CUDA0 compute buffer size =   956.00 MiB',
    ],
    version: null,
    engine: null,
    facts: { architecture: 'qwen2', verdict: 'fits', offloaded: [29, 29], numCtx: 16_384 },
  },
];

describe('each era of logs', () => {
  test.each(ERAS.map((era) => [era.name, era] as const))('%s', (_name, { lines, version, engine, facts }) => {
    const reading = readLog(lines.join('\n'));
    expect(reading.load).toMatchObject(facts);
    if (version !== null) {
      expect(reading.version).toBe(version);
    }
    expect(reading.engine).toBe(engine);
  });

  test('figures per device of the older names', () => {
    const found = readLog(ERAS.find(({ version }) => version === '0.9.6')!.lines.join('\n')).load!.devices;
    expect(found.get('CUDA0')).toMatchObject({ weightsBytes: Math.round(4.3 * 2 ** 30) });
    const old = readLog(ERAS[0]!.lines.join('\n')).load!.devices.get('VRAM');
    expect(old).toMatchObject({ weightsBytes: Math.round(3577.55 * 2 ** 20), cacheBytes: 1_024 * 2 ** 20 });
  });

  test("cards of llama.cpp's device lines", () => {
    const { gpus } = readLog(ERAS.at(-1)!.lines.join('\n'));
    expect(gpus).toMatchObject([{ name: 'NVIDIA GeForce RTX 3090', freeBytes: 23_306 * 2 ** 20 }]);
  });
});

describe('what else people paste', () => {
  test('the answer of /api/ps', () => {
    const reading = readLog(
      JSON.stringify({
        models: [
          { name: 'gemma3:12b', size: 10e9, size_vram: 6e9, context_length: 8_192 },
          { name: 'nomic-embed-text:latest', size: 6e8, size_vram: 6e8, context_length: 2_048 },
        ],
      }),
    );
    expect(reading.kind).toBe('ps');
    expect(reading.loads.map(({ model, verdict, numCtx, hostBytes }) => [model, verdict, numCtx, hostBytes])).toEqual([
      ['gemma3:12b', 'partial', 8_192, 4e9],
      ['nomic-embed-text:latest', 'fits', 2_048, 0],
    ]);
  });

  test("nvidia-smi's CSV", () => {
    const reading = readLog(
      [
        'index, name, memory.total [MiB], memory.used [MiB], compute_cap',
        '0, NVIDIA GeForce RTX 3090, 24576 MiB, 1203 MiB, 8.6',
        '1, NVIDIA GeForce RTX 3090, 24576 MiB, 4 MiB, 8.6',
      ].join('\n'),
    );
    expect(reading.kind).toBe('nvidia-smi');
    expect(reading.gpus.map(({ name, freeBytes }) => [name, freeBytes])).toEqual([
      ['NVIDIA GeForce RTX 3090', (24_576 - 1_203) * 2 ** 20],
      ['NVIDIA GeForce RTX 3090', (24_576 - 4) * 2 ** 20],
    ]);
  });

  test.each(['{"models":[{"size_vram":"x"}]}', '{"models":null,"size_vram":1}', '{"size_vram"'])(
    'no fault of %s',
    (text) => {
      expect(readLog(text).load).toBeNull();
    },
  );
});
