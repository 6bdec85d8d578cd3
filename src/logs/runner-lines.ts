/** What llama.cpp prints, under Ollama's runners and by itself: the model, where its layers and buffers go, its context. */

import { MIB } from '../base/bytes.ts';
import { type LoadBuilder, STAGE, tellableName } from './load-builder.ts';
import { currentLoad, loadAt, type Scene } from './scene.ts';
import { boundedBytes, count, MOST_CTX, MOST_LAYERS, MOST_PARALLEL, sizeBytes } from './sizes.ts';
import { readTrouble } from './troubles.ts';
import type { LogEngine } from './types.ts';
import { isHost } from './verdict.ts';

type Read = (scene: Scene, match: RegExpExecArray) => void;

const mib = (text: string): number | null => boundedBytes(Number(text) * MIB);

function buffer(kind: 'weightsBytes' | 'cacheBytes' | 'computeBytes'): Read {
  return (scene, match) => {
    const load = currentLoad(scene);
    const bytes = mib(match[2]!);
    if (kind === 'cacheBytes') {
      // Ollama's own summary said it already, rounded; windowed models print two caches.
      load.add(match[1]!, kind, bytes);
      return;
    }
    load.use(match[1]!, kind, bytes);
    load.computeSeen ||= kind === 'computeBytes';
  };
}

function header(scene: Scene): void {
  const last = scene.loads.at(-1);
  // Ollama reads the vocabulary before it starts a runner, which reads the file again.
  const again = last !== undefined && !last.closed && last.stage >= STAGE.placed;
  const load = again ? loadAt(scene, STAGE.planning) : currentLoad(scene);
  load.experts = 0;
}

function setArchitecture(load: LoadBuilder, text: string): void {
  load.architecture = tellableName(text) ?? load.architecture;
}

const READERS: readonly (readonly [RegExp, Read])[] = [
  [/^llama_model_loader: loaded meta data with/, header],
  [
    /^llama_model_loader: - kv +\d+: +general\.architecture +str += (\S{1,64})/,
    (scene, match) => setArchitecture(currentLoad(scene), match[1]!),
  ],
  [
    /^llama_model_loader: - kv +\d+: +general\.name +str += (.{1,200})/,
    (scene, match) => {
      currentLoad(scene).ownName = tellableName(match[1]!);
    },
  ],
  [
    /^llama_model_loader: - kv +\d+: +[\w-]{1,64}\.expert_count +u32 += (\d{1,5})/,
    (scene, match) => {
      currentLoad(scene).experts = Number(match[1]);
    },
  ],
  [
    /^(?:print_info|llm_load_print_meta): arch += (\S{1,64})/,
    (scene, match) => setArchitecture(currentLoad(scene), match[1]!),
  ],
  [
    /^(?:print_info|llm_load_print_meta): general\.name += (.{1,200})/,
    (scene, match) => {
      currentLoad(scene).ownName ??= tellableName(match[1]!);
    },
  ],
  [
    /^(?:print_info|llm_load_print_meta): n_ctx_train += (\d{1,9})/,
    (scene, match) => {
      currentLoad(scene).trainedCtx = count(match[1], MOST_CTX);
    },
  ],
  [
    /^(?:print_info|llm_load_print_meta): (?:file size|model size) += ([\d.]{1,12} [KMG]iB)/,
    (scene, match) => {
      currentLoad(scene).fileBytes = sizeBytes(match[1]!);
    },
  ],
  [
    /^(?:load_tensors|llm_load_tensors|llama_model_load_internal): offloaded (\d{1,4})\/(\d{1,4}) layers to GPU/,
    (scene, match) => {
      const load = currentLoad(scene);
      const [placed, of] = [count(match[1], MOST_LAYERS), count(match[2], MOST_LAYERS)];
      if (placed !== null && of !== null && placed <= of) {
        load.offloaded = [placed, of];
        load.failed = false;
        load.stage = Math.max(load.stage, STAGE.placed);
      }
    },
  ],
  [
    /^(?:load_tensors|llm_load_tensors): +(\w{1,24}) (?:model )?buffer size = +([\d.]{1,12}) MiB/,
    buffer('weightsBytes'),
  ],
  [
    /^load_tensors: layer +(\d{1,4}) assigned to device (\w{1,24})/,
    (scene, match) => {
      if (Number(match[1]) < MOST_LAYERS) {
        currentLoad(scene).assigned.set(Number(match[1]), !isHost(match[2]!));
      }
    },
  ],
  // What llama.cpp said in 2023: one figure for all GPUs.
  [/^llm_load_tensors: (VRAM) used *[:=] +([\d.]{1,12}) Mi?B/, buffer('weightsBytes')],
  [/^llama_kv_cache_init: (VRAM) kv self = +([\d.]{1,12}) Mi?B/, buffer('cacheBytes')],
  [
    /^(?:llama_kv_cache\w*|llama_kv_cache_init|init|llama_memory_recurrent): +(\w{1,24}) (?:KV|RS) buffer size = +([\d.]{1,12}) MiB/,
    buffer('cacheBytes'),
  ],
  [
    /^(?:llama_context|sched_reserve|llama_new_context_with_model|llama_init_from_model|graph_reserve): +(\w{1,24}) compute buffer size = +([\d.]{1,12}) MiB/,
    buffer('computeBytes'),
  ],
  [
    /^(?:llama_context|llama_new_context_with_model|llama_init_from_model|llama_model_load_internal): n_ctx +(?:\(.{0,20}\) )?= (\d{1,9})/,
    (scene, match) => {
      const load = currentLoad(scene);
      load.ctxTotal = count(match[1], MOST_CTX);
      load.contextSeen = true;
    },
  ],
  [
    /^(?:llama_context|llama_new_context_with_model|llama_init_from_model): n_ctx_(?:per_)?seq +(?:\(.{0,20}\) )?= (\d{1,9})/,
    (scene, match) => {
      currentLoad(scene).ctxPerSlot = count(match[1], MOST_CTX);
    },
  ],
  [
    /^(?:llama_context|llama_new_context_with_model|llama_init_from_model): n_seq_max += (\d{1,5})/,
    (scene, match) => {
      const load = currentLoad(scene);
      load.numParallel = count(match[1], MOST_PARALLEL) ?? load.numParallel;
    },
  ],
  [
    /^(?:llama_context|llama_new_context_with_model|llama_init_from_model): flash_attn += (\w{1,10})/,
    (scene, match) => {
      const load = currentLoad(scene);
      load.flashAttention = /^(?:enabled|1)$/.test(match[1]!)
        ? true
        : /^(?:disabled|0)$/.test(match[1]!)
          ? false
          : load.flashAttention;
    },
  ],
  [
    /^srv +load_model: initializing, n_slots = (\d{1,5}), n_ctx_slot = (\d{1,9})/,
    (scene, match) => {
      const load = currentLoad(scene);
      load.numParallel = count(match[1], MOST_PARALLEL);
      load.ctxPerSlot = count(match[2], MOST_CTX);
      load.computeSeen = true;
      load.stage = STAGE.loaded;
      scene.sawLlamaServer = true;
    },
  ],
  [
    /^common_params_fit_impl: +- .{1,80}: *\d{1,4} layers \((\d{1,4}) overflowing\)/,
    (scene, match) => {
      const load = currentLoad(scene);
      load.overflowing += Number(match[1]);
      scene.sawLlamaServer = true;
    },
  ],
  [
    /^common_params_fit_impl: projected to use (\d{1,9}) MiB of device memory vs\. (\d{1,9}) MiB of free/,
    (scene, match) => {
      const load = fitLoad(scene);
      load.overflowing = 0;
      load.requiredBytes = mib(match[1]!);
      load.availableBytes = [mib(match[2]!) ?? 0];
    },
  ],
  [
    /^(?:cmn +common_param:|common_params_\w+:|llama_params_fit\w*:) +- ([A-Za-z]{2,12})(\d{1,3}) +: (.{1,80}) \((\d{1,9}) MiB, (\d{1,9}) MiB free\)/,
    (scene, match) => {
      fitLoad(scene);
      const [, library, index, name, total, free] = match;
      scene.gpus.tellIndex(Number(index), {
        name: tellableName(name),
        library: tellableName(library),
        totalBytes: mib(total!),
        freeBytes: mib(free!),
      });
    },
  ],
  [
    /^ {0,2}Device (\d{1,3}): (.{1,80}?), compute capability (\d{1,2}\.\d{1,2})(?:.{0,40}, ID: (GPU-[\w-]{1,60}))?/,
    (scene, match) => {
      const told = { name: tellableName(match[2]), computeCapability: Number(match[3]) };
      scene.gpus.tellIndex(Number(match[1]), told, match[4]);
    },
  ],
  [
    /^llama_\w{5,40}: using device ([A-Za-z]{2,12})(\d{1,3}) \((.{1,80}?)\).* - (\d{1,9}) MiB free/,
    (scene, match) => {
      const told = { name: tellableName(match[3]), library: tellableName(match[1]), freeBytes: mib(match[4]!) };
      scene.gpus.tellIndex(Number(match[2]), told);
    },
  ],
  [
    /^ggml_backend_cuda_device_get_memory device (GPU-[\w-]{1,60}) utilizing NVML memory reporting free: (\d{1,15}) total: (\d{1,15})/,
    (scene, match) => scene.gpus.tell(match[1]!, { totalBytes: boundedBytes(Number(match[3])) }),
  ],
];

/** Lines of `--fit`, which runs before the model is loaded: after a load has been placed they begin another one. */
function fitLoad(scene: Scene): LoadBuilder {
  scene.sawLlamaServer = true;
  const last = scene.loads.at(-1);
  return last !== undefined && !last.closed && last.stage >= STAGE.placed
    ? loadAt(scene, STAGE.planning)
    : currentLoad(scene);
}

const TROUBLE =
  /error|failed|out of memory|insufficient memory|requires more system memory|unable to|terminated|killed|not supported|requires a newer|corrupted|invalid magic|timed out|busy|exit status/i;

/**
 * What only one generation's llama.cpp writes: the names of 2024 and early 2025 (`llama_init_from_model`, Ollama up to
 * 0.6), and those of autumn 2025 (`llama_kv_cache:`, Ollama 0.12.4 to 0.24), which llama-server's logs have beside its own.
 */
const ERAS: readonly (readonly [RegExp, LogEngine])[] = [
  [/^(?:llm_load_\w+|llama_new_context_with_model|llama_init_from_model|llama_kv_cache_init): /, 'formula'],
  [/^llama_kv_cache: /, 'layout'],
];

/** Takes over what one line that is no record of Ollama says. */
export function readRunnerLine(scene: Scene, line: string): void {
  // llama.cpp's own prefixes: `0.00.123.456 I `.
  const text = line.slice(0, 4_000).replace(/^\d{1,4}\.\d{2}\.\d{3}\.\d{3} [A-Z] /, '');
  scene.runnerEra ??= ERAS.find(([pattern]) => pattern.test(text))?.[1] ?? null;
  for (const [pattern, read] of READERS) {
    const match = pattern.exec(text);
    if (match !== null) {
      scene.sawLog = true;
      read(scene, match);
      return;
    }
  }
  scene.sawLlamaServer ||= /^(?:srv|slot|cmn) {2,}\w/.test(text);
  if (TROUBLE.test(text)) {
    readTrouble(scene, text, null);
  }
}
