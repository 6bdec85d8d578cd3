import { parseGpuSource } from '../gpus/parse-source.ts';
import type { ServerConfig } from '../settings/config.ts';
import { isThisMachine } from './locality.ts';
import type { Remark, Server } from './types.ts';

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
        : finding('ok', 'gpus-read', { server: name, count, source: gpus.source, total }),
    );
    if (snapshot.gpuStale) {
      findings.push(finding('fault', 'gpus-stale', { server: name, age: snapshot.gpuAgeMs ?? 0 }));
    }
  }
  const settings = examineSettings(server.config);
  // The source itself has said so already.
  const said = snapshot.gpuProblems.some(({ code }) => code === 'source-elsewhere');
  return [...findings, ...settings.filter(({ remark }) => !said || remark.code !== 'gpus-local-ollama-remote')];
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
