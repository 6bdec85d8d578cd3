import { createHash } from 'node:crypto';
import { pino } from 'pino';
import type { Gpu, GpuProcess } from '../../../src/gpus/types.ts';
import type { RunningModel } from '../../../src/ollama/types.ts';
import { parseOllamaVersion } from '../../../src/ollama/version.ts';
import { createServerRegistry } from '../../../src/servers/registry.ts';
import { buildSnapshot } from '../../../src/servers/snapshot.ts';
import type { OllamaStatus, ServerRegistry, ServerSnapshot } from '../../../src/servers/types.ts';
import { GIB, onEnd } from '../../gpus/tools.ts';
import { gpu, reading, serverConfig } from '../../servers/stub.ts';

export const quiet = pino({ level: 'silent' });

export const UP: OllamaStatus = { state: 'up', version: parseOllamaVersion('0.33.0'), versionWarning: null };

/** A loaded model in a few words. */
export interface Loaded {
  readonly name: string;
  readonly vramGib: number;
  readonly sizeGib?: number;
}

/** A moment of a server in a few words; everything else is a healthy machine. */
export interface Moment {
  readonly server?: string;
  readonly atMs: number;
  /** Used memory per GPU of 24 GiB, GiB. */
  readonly usedGib?: readonly number[];
  readonly models?: readonly Loaded[];
  readonly ollama?: OllamaStatus;
  /** Changes to each GPU, by position. */
  readonly gpus?: readonly Partial<Gpu>[];
  readonly processes?: readonly GpuProcess[] | null;
  readonly missing?: readonly string[];
  /** The reading failed with this code. */
  readonly failure?: 'timeout' | 'driver-mismatch' | 'no-source';
  /** When the GPUs were read; default now. */
  readonly readAtMs?: number;
}

export function gpuUuid(index: number): string {
  return `GPU-00000000-0000-4000-8000-00000000000${index}`;
}

/** A snapshot as the server would build it. */
export function moment(about: Moment): ServerSnapshot {
  const { atMs, models = [] } = about;
  const used = about.usedGib ?? [4];
  const gpus = used.map((gib, index) =>
    gpu({
      uuid: gpuUuid(index),
      pci: `0000:0${index + 1}:00.0`,
      index,
      usedBytes: gib * GIB,
      freeBytes: (23.5 - gib) * GIB,
      ...about.gpus?.[index],
    }),
  );
  const good = { ...reading(gpus, about.readAtMs ?? atMs, about.processes ?? null), missing: about.missing ?? [] };
  const failed =
    about.failure === undefined
      ? null
      : {
          ...good,
          status: 'failed' as const,
          gpus: [],
          errors: [{ code: about.failure, params: { seconds: 5 }, text: '' }],
        };
  const list = models.map(
    (model): RunningModel => ({
      name: model.name,
      digest: createHash('sha256').update(model.name).digest('hex'),
      sizeBytes: (model.sizeGib ?? model.vramGib) * GIB,
      sizeVramBytes: model.vramGib * GIB,
      expiresAtMs: atMs + 300_000,
      pinned: false,
      contextLength: 8192,
      details: {
        format: 'gguf',
        family: 'gemma3',
        families: ['gemma3'],
        parameterSize: '12B',
        quantization: 'Q4_K_M',
        parentModel: '',
      },
      isCloud: false,
      isMlx: false,
    }),
  );
  const ollama = about.ollama ?? UP;
  return buildSnapshot({
    name: about.server ?? 'main',
    env: { gpuOverheadBytes: 0 },
    nowMs: atMs,
    ollama,
    models: { list, atMs },
    modelsCurrent: ollama.state === 'up',
    gpus: failed ?? good,
    goodGpus: good,
    incomplete: false,
  });
}

/** Servers that are known by name; nothing is contacted. */
export function registryOf(...names: readonly string[]): ServerRegistry {
  const registry = createServerRegistry(names.map((name) => serverConfig(name, 'http://127.0.0.1:2')));
  onEnd(() => registry.close());
  return registry;
}

/** A sampler's outside: who listens, and which servers somebody watches. */
export function samplerOutside() {
  const listeners = new Set<(snapshot: ServerSnapshot, before: ServerSnapshot | null) => void>();
  const watched: string[] = [];
  return {
    watched,
    emit: (snapshot: ServerSnapshot) => {
      for (const listener of listeners) {
        listener(snapshot, null);
      }
    },
    onSnapshot: (listener: (snapshot: ServerSnapshot, before: ServerSnapshot | null) => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    watch: (server?: string) => {
      const name = server ?? '*';
      watched.push(name);
      return () => void watched.splice(watched.indexOf(name), 1);
    },
  };
}
