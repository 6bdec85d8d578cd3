/** What Ollama's own records say of a load: settings, GPUs, placement, why it ended. */

import { digestIn, type LoadBuilder, STAGE, tellableName } from './load-builder.ts';
import type { LogRecord } from './record.ts';
import { currentLoad, loadAt, type Scene } from './scene.ts';
import { count, MOST_CTX, MOST_LAYERS, MOST_PARALLEL, sizeBytes, sizeList } from './sizes.ts';
import { readTrouble } from './troubles.ts';

/** Settings that matter to memory; nothing else of the environment is kept (it has proxies with passwords). */
const SETTINGS =
  /\b(OLLAMA_(?:CONTEXT_LENGTH|FLASH_ATTENTION|GPU_OVERHEAD|KV_CACHE_TYPE|MAX_LOADED_MODELS|NUM_PARALLEL|SCHED_SPREAD|NEW_ENGINE)|CUDA_VISIBLE_DEVICES|ROCR_VISIBLE_DEVICES|HIP_VISIBLE_DEVICES|GGML_VK_VISIBLE_DEVICES):([\w.,-]{1,64})/g;

type Read = (scene: Scene, record: LogRecord) => void;

function addGpu(scene: Scene, id: string, fields: ReadonlyMap<string, string>): void {
  const capability = /^\d{1,2}\.\d{1,2}$/.exec(fields.get('compute') ?? '');
  scene.gpus.tell(id, {
    name: tellableName(fields.get('description') ?? fields.get('name')),
    library: tellableName(fields.get('library')),
    computeCapability: capability === null ? null : Number(capability[0]),
    totalBytes: sizeBytes(fields.get('total') ?? ''),
    freeBytes: sizeBytes(fields.get('free') ?? fields.get('available') ?? ''),
  });
}

/** `GPULayers:42[ID:… Layers:42(38..79)]` and the rest of a load request. */
function readRequest(load: LoadBuilder, request: string): void {
  const text = request.slice(0, 20_000);
  const layers = /GPULayers:(\d{1,5})\[/.exec(text);
  load.placedLayers = layers === null ? (/GPULayers:\[\]/.test(text) ? 0 : load.placedLayers) : Number(layers[1]);
  load.numParallel = count(/\bParallel:(\d+)/.exec(text)?.[1], MOST_PARALLEL) ?? load.numParallel;
  load.ctxTotal = count(/\bKvSize:(\d+)/.exec(text)?.[1], MOST_CTX) ?? load.ctxTotal;
  const flash = /\bFlashAttention:(\w+)/.exec(text)?.[1];
  load.flashAttention =
    flash === undefined || flash === 'Auto' ? load.flashAttention : /^(?:true|Enabled)$/.test(flash);
  const cache = /\bKvCacheType:([a-z0-9_]{2,8})\b/.exec(text)?.[1];
  load.kvCacheType = cache ?? load.kvCacheType;
}

/** The line in which the formula engine says what it reckoned. */
function readOffload(scene: Scene, record: LogRecord): void {
  const { fields } = record;
  // Several attempts (fewer slots, say) come before the one that is started.
  const load = loadAt(scene, scene.loads.at(-1)?.stage === STAGE.starting ? STAGE.starting : STAGE.planning);
  load.modelLayers = count(fields.get('layers.model'), MOST_LAYERS) ?? load.modelLayers;
  load.placedLayers =
    count(fields.get('layers.offload') ?? fields.get('layers.real'), MOST_LAYERS) ?? load.placedLayers;
  load.requestedLayers = count(fields.get('layers.requested'), MOST_LAYERS);
  load.availableBytes = sizeList(fields.get('memory.available') ?? '');
  load.requiredBytes = sizeBytes(fields.get('memory.required.full') ?? '') ?? load.requiredBytes;
}

function readSummary(kind: 'weightsBytes' | 'cacheBytes' | 'computeBytes'): Read {
  return (scene, { fields }) => {
    // `buffer` and `buffer_type`: the names of 0.6 to 0.11.
    const device = fields.get('device') ?? fields.get('buffer') ?? fields.get('buffer_type');
    if (device !== undefined) {
      currentLoad(scene).use(device, kind, sizeBytes(fields.get('size') ?? ''));
    }
  };
}

function begin(scene: Scene, command: string): void {
  // Ollama starts runners without a model to look for GPUs.
  if (!/ --model /.test(command.slice(0, 4_000))) {
    return;
  }
  const last = scene.loads.at(-1);
  const load = loadAt(scene, STAGE.starting, last?.stage !== STAGE.starting || last.digest === digestIn(command));
  load.command(command);
}

const READERS: Readonly<Record<string, Read>> = {
  'server config': (scene, { fields }) => {
    for (const [, name, value] of (fields.get('env') ?? '').slice(0, 20_000).matchAll(SETTINGS)) {
      scene.settings.set(name!, value!);
    }
  },
  'inference compute': (scene, { fields }) => addGpu(scene, fields.get('id') ?? fields.get('name') ?? '', fields),
  'gpu memory': (scene, { fields }) => addGpu(scene, fields.get('id') ?? '', fields),
  'updating cuda memory data': (scene, { fields }) => {
    const now = new Map(fields);
    now.set('total', fields.get('now.total') ?? '');
    now.set('free', fields.get('now.free') ?? '');
    addGpu(scene, fields.get('gpu') ?? '', now);
  },
  'system memory': (scene, { fields }) => {
    scene.systemTotalBytes = sizeBytes(fields.get('total') ?? '') ?? scene.systemTotalBytes;
    scene.systemFreeBytes = sizeBytes(fields.get('free') ?? '') ?? scene.systemFreeBytes;
  },
  'loading model': (scene, { fields }) => {
    const layers = count(fields.get('model layers'), MOST_LAYERS);
    if (layers !== null) {
      const load = currentLoad(scene);
      load.modelLayers = layers;
      load.requestedLayers = count(fields.get('requested'), MOST_LAYERS);
    }
  },
  'starting runner': (scene, { fields }) => {
    begin(scene, fields.get('cmd') ?? '');
  },
  'starting llama server': (scene, { fields }) => {
    scene.sawRunner = true;
    begin(scene, fields.get('cmd') ?? '');
  },
  'starting llama-server': (scene, { fields }) => {
    scene.sawLlamaServer = true;
    begin(scene, fields.get('cmd') ?? '');
  },
  'starting go runner': (scene) => {
    scene.sawRunner = true;
  },
  load: (scene, { fields }) => {
    const request = fields.get('request');
    if (request !== undefined) {
      scene.sawLoadRequest = true;
      readRequest(currentLoad(scene), request);
    }
  },
  offload: readOffload,
  'offload to cuda': readOffload,
  'offload to gpu': readOffload,
  'offload to rocm': readOffload,
  'offload to metal': readOffload,
  'offload to cpu': readOffload,
  'model weights': readSummary('weightsBytes'),
  'kv cache': readSummary('cacheBytes'),
  'compute graph': readSummary('computeBytes'),
  'total memory': (scene, { fields }) => {
    currentLoad(scene).requiredBytes = sizeBytes(fields.get('size') ?? '');
  },
  'model request too large for system': (scene, { fields }) => {
    const load = currentLoad(scene);
    const available = fields.get('available') ?? '';
    load.systemRequiredBytes = sizeBytes(fields.get('requested') ?? '') ?? load.systemRequiredBytes;
    // Up to 0.9 in bytes.
    load.systemAvailableBytes =
      sizeBytes(/^\d+$/.test(available) ? `${available} B` : available) ?? load.systemAvailableBytes;
    load.refused = true;
    load.trouble('system-memory-short');
  },
  'requested context size too large for model': (scene) => {
    loadAt(scene, STAGE.planning).trouble('context-beyond-training');
  },
  'finished setting up': (scene, { fields }) => {
    const load = scene.loads.at(-1);
    const name = fields.get('runner.name') ?? fields.get('runner.model');
    if (load !== undefined && (load.digest === null || load.digest === digestIn(fields.get('runner.model') ?? ''))) {
      load.stage = STAGE.loaded;
      load.name = tellableName(name?.replace(/^registry\.ollama\.ai\/(?:library\/)?/, '')) ?? load.name;
    }
  },
};

/** A record's architecture and name, where the own engine prints them. */
function readHeader(scene: Scene, fields: ReadonlyMap<string, string>): void {
  const architecture = fields.get('architecture');
  if (architecture !== undefined && fields.has('num_tensors')) {
    const load = currentLoad(scene);
    load.architecture = tellableName(architecture) ?? load.architecture;
    load.ownName = tellableName(fields.get('name')) ?? load.ownName;
  }
}

/** Takes over what one record of Ollama says. */
export function readOllamaRecord(scene: Scene, record: LogRecord): void {
  scene.sawLog = true;
  scene.sawRecord = true;
  const { message, fields } = record;
  (Object.hasOwn(READERS, message) ? READERS[message] : undefined)?.(scene, record);
  readHeader(scene, fields);
  const offloaded = /^offloaded (\d{1,4})\/(\d{1,4}) layers to GPU/.exec(message);
  if (offloaded !== null) {
    const load = currentLoad(scene);
    load.offloaded = [Number(offloaded[1]), Number(offloaded[2])];
    load.stage = Math.max(load.stage, STAGE.placed);
    // A layout that was tried before and did not fit is past.
    load.failed = false;
  }
  if (record.level === 'ERROR' || /failed|error/i.test(message)) {
    readTrouble(scene, `${message} ${fields.get('error') ?? ''}`, digestIn(fields.get('model') ?? ''));
  }
}
