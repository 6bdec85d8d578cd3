import { MIB } from '../base/bytes.ts';
import { singleLine } from '../base/text.ts';
import { parseGpuSource } from '../gpus/parse-source.ts';
import type { Gpu } from '../gpus/types.ts';
import type { ServerConfig } from '../settings/config.ts';
import { isThisMachine } from './locality.ts';
import type { Remark, Server, ServerSnapshot } from './types.ts';

/** One thing that was looked at: how it is, as a code with words under `doctor.<code>`. */
export interface Finding {
  readonly level: 'ok' | 'warning' | 'fault';
  readonly remark: Remark;
}

const READ_TIMEOUT_MS = 8_000;

function finding(level: Finding['level'], code: string, params: Remark['params'] = {}): Finding {
  return { level, remark: { code, params } };
}

/** Looks at one server: Ollama, its version, the GPUs, and what no API tells. Never rejects. */
export async function examineServer(server: Server): Promise<readonly Finding[]> {
  const name = server.name;
  const snapshot = await server.snapshot({ maxAgeMs: 0, timeoutMs: READ_TIMEOUT_MS });
  const findings: Finding[] = [];
  if (snapshot.ollama.state === 'up') {
    findings.push(finding('ok', 'ollama-up', { server: name, version: snapshot.ollama.version.text }));
    const { versionWarning } = snapshot.ollama;
    if (versionWarning !== null) {
      findings.push(finding('warning', versionWarning.code, { server: name, ...versionWarning.params }));
    }
  } else {
    findings.push(finding('fault', `ollama-${snapshot.ollama.state}`, { server: name }));
  }
  const { gpus } = snapshot;
  for (const problem of snapshot.gpuProblems) {
    findings.push({
      level: 'fault',
      remark: { code: `gpu-error.${problem.code}`, params: { ...problem.params, server: name } },
    });
  }
  if (gpus === null || gpus.source === 'none' || gpus.gpus.length === 0) {
    if (snapshot.gpuProblems.length === 0) {
      findings.push(finding('warning', 'gpus-none', { server: name }));
    }
  } else {
    const count = gpus.gpus.length;
    const total = gpus.gpus.reduce((sum, gpu) => sum + (gpu.totalBytes ?? 0), 0);
    findings.push(
      gpus.basis === 'declared'
        ? finding('warning', 'gpus-declared', { server: name, count, total })
        : finding('ok', gpus.host === 'local' ? 'gpus-read' : 'gpus-read-at', {
            server: name,
            count,
            source: gpus.source,
            host: singleLine(gpus.host, 80),
            cards: cardsOf(gpus.gpus),
            total,
          }),
    );
    const untouched = untouchedBy(snapshot);
    if (untouched !== null) {
      findings.push(finding('fault', 'gpus-untouched', { server: name, ...untouched }));
    }
    if (snapshot.gpuStale) {
      findings.push(finding('fault', 'gpus-stale', { server: name, age: snapshot.gpuAgeMs ?? 0 }));
    }
  }
  const settings = examineSettings(server.config);
  // The source itself has said so already.
  const said = snapshot.gpuProblems.some(({ code }) => code === 'source-elsewhere');
  return [...findings, ...settings.filter(({ remark }) => !said || remark.code !== 'gpus-local-ollama-remote')];
}

/** The cards by name, equal ones counted: `2 × NVIDIA GeForce RTX 3090, Tesla P40`. */
function cardsOf(gpus: readonly Gpu[]): string {
  const counts = new Map<string, number>();
  for (const gpu of gpus.slice(0, 64)) {
    const name = singleLine(gpu.name, 60);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].map(([name, count]) => (count === 1 ? name : `${count} × ${name}`)).join(', ');
}

/** Less than this on GPUs proves nothing. */
const TELLING_BYTES = 512 * MIB;

/**
 * What Ollama says it holds on GPUs and what is in use on those that are read, where that is less than half of it: then these
 * are not the GPUs that Ollama uses. `null` where they may well be.
 */
function untouchedBy(snapshot: ServerSnapshot): { readonly vram: number; readonly used: number } | null {
  const { gpus, models } = snapshot;
  if (
    gpus?.basis !== 'measured' ||
    gpus.status !== 'ok' ||
    snapshot.gpuStale ||
    models === null ||
    snapshot.modelsStale
  ) {
    return null;
  }
  const vram = models.reduce((sum, model) => sum + (model.stopping ? 0 : model.sizeVramBytes), 0);
  let used = 0;
  for (const gpu of gpus.gpus) {
    if (gpu.usedBytes === null) {
      return null;
    }
    used += gpu.usedBytes;
  }
  return vram >= TELLING_BYTES && used < vram / 2 ? { vram, used } : null;
}

/** What the administrator should know of the settings themselves. */
function examineSettings(config: ServerConfig): Finding[] {
  const findings: Finding[] = [];
  const quantized = config.env.kvCacheType !== null && config.env.kvCacheType !== 'f16';
  if (quantized && config.env.flashAttention === false) {
    findings.push(finding('fault', 'kv-without-flash', { server: config.name }));
  }
  if (config.env.numParallel === null) {
    findings.push(finding('ok', 'parallel-default', { server: config.name }));
  }
  if (!isThisMachine(config.ollamaHost) && parseGpuSource(config.gpuSource).readsThisMachine) {
    findings.push(finding('warning', 'gpus-local-ollama-remote', { server: config.name }));
  }
  return findings;
}
