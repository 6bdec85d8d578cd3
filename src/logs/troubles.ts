/** Why loads are refused or die: the sentences of Ollama, llama.cpp, CUDA and the kernel, as codes. */

import type { LogCode } from './codes.ts';
import { LoadBuilder } from './load-builder.ts';
import { currentLoad, MOST_LOADS, type Scene } from './scene.ts';
import { sizeBytes } from './sizes.ts';

interface Trouble {
  readonly pattern: RegExp;
  readonly code: LogCode;
  /** The load does not survive it. */
  readonly ends: 'refused' | 'failed' | null;
}

const TROUBLES: readonly Trouble[] = [
  {
    pattern: /requires more system memory|model is too large for system memory/i,
    code: 'system-memory-short',
    ends: 'refused',
  },
  {
    pattern: /unable to load model|unknown (?:model )?architecture|unsupported (?:model )?architecture/i,
    code: 'architecture-unsupported',
    ends: 'failed',
  },
  {
    pattern: /not supported by your version|requires a newer version of Ollama|pull.{1,40}newer version/i,
    code: 'version-too-old',
    ends: 'refused',
  },
  { pattern: /invalid ggml type|unknown (?:tensor|ggml) type/i, code: 'tensor-type-unsupported', ends: 'failed' },
  {
    pattern: /corrupted or incomplete|invalid magic|failed to read magic|tensor .{1,200} out of bounds|unexpected EOF/i,
    code: 'file-damaged',
    ends: 'failed',
  },
  {
    pattern:
      /cudaMalloc failed|CUDA error: out of memory|hipMalloc|out of memory|ErrorOutOfDeviceMemory|failed to allocate (?:CUDA|ROCm|Vulkan|Metal|compute)/i,
    code: 'gpu-memory-short',
    ends: 'failed',
  },
  {
    pattern:
      /insufficient memory|failed to allocate CPU|unable to allocate CPU|cannot allocate memory|failed to allocate buffer/i,
    code: 'host-memory-short',
    ends: 'failed',
  },
  {
    pattern: /unable to allocate \w+ buffer|error loading model|failed to load model|error loading llama server/i,
    code: 'load-failed',
    ends: 'failed',
  },
  { pattern: /signal: killed/i, code: 'killed', ends: 'failed' },
  {
    pattern:
      /(?:llama runner|llama-server) process (?:has terminated|no longer running)|llama-server terminated|exit status \d/i,
    code: 'runner-died',
    ends: 'failed',
  },
  { pattern: /timed out waiting for llama (?:runner|server)/i, code: 'load-timeout', ends: 'failed' },
  { pattern: /server busy|maximum pending requests/i, code: 'server-busy', ends: 'refused' },
];

/** Sizes in "model requires more system memory (55.2 GiB) than is available (32.0 GiB)". */
function readSystemMemory(load: LoadBuilder, text: string): void {
  const match = /system memory \(([\d.]{1,12} \w{1,3})\) than is available \(([\d.]{1,12} \w{1,3})\)/.exec(text);
  if (match !== null) {
    load.systemRequiredBytes = sizeBytes(match[1]!);
    load.systemAvailableBytes = sizeBytes(match[2]!);
  }
}

/** The load that a trouble is about: the one of the model that it names, else the one that is being told. */
function loadOf(scene: Scene, digest: string | null): LoadBuilder {
  const named = digest === null ? undefined : scene.loads.findLast((load) => load.digest === digest);
  const last = scene.loads.at(-1);
  if (digest === null || named !== undefined || last?.digest == null || scene.loads.length >= MOST_LOADS) {
    const load = named ?? currentLoad(scene);
    load.digest ??= digest;
    return load;
  }
  // Another model's: its beginning is not in the paste, and the load that is being told goes on behind it.
  const other = new LoadBuilder();
  other.digest = digest;
  scene.loads.splice(-1, 0, other);
  return other;
}

/** Takes over a sentence of an error; `digest` = the model that it names. */
export function readTrouble(scene: Scene, sentence: string, digest: string | null): void {
  const text = sentence.slice(0, 2_000);
  const found = TROUBLES.filter(({ pattern }) => pattern.test(text));
  if (found.length === 0) {
    return;
  }
  const load = loadOf(scene, digest);
  load.closed ||= digest !== null;
  for (const { code, ends } of found) {
    load.trouble(code);
    load.failed ||= ends === 'failed';
    load.refused ||= ends === 'refused';
  }
  readSystemMemory(load, text);
}
