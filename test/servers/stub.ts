import { createHash } from 'node:crypto';
import { createSource, type Reading } from '../../src/gpus/source.ts';
import type { Gpu, GpuProcess, GpuSource } from '../../src/gpus/types.ts';
import type { ServerConfig } from '../../src/settings/config.ts';
import { GIB, httpServer } from '../gpus/tools.ts';

/** A row of /api/ps as Ollama writes it. */
export interface PsRow {
  readonly name: string;
  readonly sizeVram: number;
  readonly size?: number;
  readonly expiresAt?: string;
  readonly context?: number;
}

export interface OllamaStub {
  readonly url: string;
  version: string;
  models: readonly PsRow[];
  /** `hang`: never answers. A number: answers with that status. */
  fault: 'hang' | number | null;
  calls: number;
}

/** Ollama's /api/version and /api/ps over real HTTP. */
export async function ollamaStub(models: readonly PsRow[] = []): Promise<OllamaStub> {
  const stub: OllamaStub = {
    version: '0.33.0',
    models,
    fault: null,
    calls: 0,
    url: await httpServer((request, response) => {
      stub.calls += 1;
      if (stub.fault === 'hang') {
        return;
      }
      response.setHeader('content-type', 'application/json');
      if (stub.fault !== null) {
        response.writeHead(stub.fault).end('{"error":"no"}');
      } else if (request.url === '/api/version') {
        response.end(JSON.stringify({ version: stub.version }));
      } else {
        response.end(JSON.stringify({ models: stub.models.map(toRow) }));
      }
    }),
  };
  return stub;
}

function toRow(row: PsRow): unknown {
  return {
    name: row.name,
    model: row.name,
    size: row.size ?? row.sizeVram,
    digest: createHash('sha256').update(row.name).digest('hex'),
    details: {
      parent_model: '',
      format: 'gguf',
      family: 'gemma3',
      families: ['gemma3'],
      parameter_size: '12.2B',
      quantization_level: 'Q4_K_M',
    },
    expires_at: row.expiresAt ?? '2126-01-01T00:00:00Z',
    size_vram: row.sizeVram,
    ...(row.context === undefined ? {} : { context_length: row.context }),
  };
}

export function gpu(more: Partial<Gpu> = {}): Gpu {
  return {
    uuid: 'GPU-00000000-0000-4000-8000-000000000001',
    pci: '0000:01:00.0',
    index: 0,
    name: 'NVIDIA GeForce RTX 3090',
    totalBytes: 24 * GIB,
    usedBytes: 4 * GIB,
    freeBytes: 19.5 * GIB,
    reservedBytes: 0.5 * GIB,
    utilPct: 3,
    tempC: 40,
    powerW: 30,
    powerLimitW: 350,
    computeCapability: 8.6,
    vendor: 'nvidia',
    state: 'ok',
    notes: [],
    ...more,
  };
}

export function reading(gpus: readonly Gpu[], atMs: number, processes: readonly GpuProcess[] | null = null): Reading {
  return {
    source: 'nvidia-smi',
    host: 'local',
    takenAtMs: atMs,
    status: 'ok',
    basis: 'measured',
    gpus,
    processes,
    errors: [],
    driverVersion: '580.65.06',
    hostMemory: { totalBytes: 64 * GIB, availableBytes: 50 * GIB, swapFreeBytes: GIB },
  };
}

/** A source whose reading is a function of ours. */
export function gpuSource(reader: () => Promise<Reading>, clock: () => number = Date.now): GpuSource {
  return createSource({
    kind: 'nvidia-smi',
    snapshotKind: 'nvidia-smi',
    host: 'local',
    description: 'test',
    clock,
    timeoutMs: 60_000,
    reader,
  });
}

export function serverConfig(name: string, ollamaHost: string, gpuSource = 'none'): ServerConfig {
  return {
    name,
    ollamaHost,
    apiKey: null,
    headers: {},
    gpuSource,
    sshKeyFile: null,
    env: {
      numParallel: null,
      flashAttention: null,
      kvCacheType: null,
      gpuOverheadBytes: 0,
      schedSpread: false,
      contextLength: null,
      maxLoadedModels: null,
      visibleDevices: null,
      reservedBytes: [],
    },
  };
}
