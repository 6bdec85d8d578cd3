/** The lines that start what was asked: Ollama's settings and request, or llama-server's flags. */

import {
  type EstimateRequest,
  type EstimateServer,
  type GpuDevice,
  launchLine,
  type ModelSpec,
} from '../../src/estimator/index.ts';
import { LLAMA_CPP } from '../question/question.ts';
import { plan } from './ask.ts';

export interface Launch {
  /** Tokens that the lines are for. */
  readonly ctx: number;
  /** What to type in a shell, one line each. */
  readonly lines: readonly string[];
  /** llama.cpp, planned with these flags, places the model alike; null = nothing was said outright. */
  readonly verified: boolean | null;
}

/** The variable that leaves llama.cpp only some of the GPUs, by library; Metal has one GPU. */
const VISIBLE: Readonly<Record<NonNullable<GpuDevice['library']>, string | null>> = {
  CUDA: 'CUDA_VISIBLE_DEVICES',
  ROCm: 'ROCR_VISIBLE_DEVICES',
  Vulkan: 'GGML_VK_VISIBLE_DEVICES',
  Metal: null,
};

/** A word of a shell, quoted where it needs it. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/**
 * What to type in a shell to run a model as planned.
 * @throws EstimateError as `plan`
 */
export function launchOf(
  spec: ModelSpec,
  quant: string | null,
  server: EstimateServer,
  request: EstimateRequest,
): Launch {
  // What was worked out has no name that anybody published.
  const named = quant === null ? spec : { ...spec, name: 'MODEL' };
  return server.ollama === LLAMA_CPP ? withLlamaServer(named, server, request) : withOllama(named, request);
}

function withLlamaServer(spec: ModelSpec, server: EstimateServer, request: EstimateRequest): Launch {
  const line = launchLine(spec, server, request, plan(spec, { server, request }));
  if (line === null) {
    return { ctx: request.numCtx, lines: [], verified: null };
  }
  const repository = /^hf\.co\/([\w.-]+\/[\w.-]+(?::[\w.-]+)?)$/i.exec(spec.name)?.[1];
  const model = repository === undefined ? ['-m', 'MODEL.gguf'] : ['-hf', repository];
  const tower = spec.projector?.source === 'file' && repository === undefined ? ['--mmproj', 'PROJECTOR.gguf'] : [];
  const visible = VISIBLE[server.gpus[0]?.library ?? 'CUDA'];
  const some = line.gpus.length > 0 && line.gpus.length < server.gpus.length && visible !== null;
  const command = ['llama-server', ...model, ...tower, ...line.flags].map(quoted).join(' ');
  return {
    ctx: request.numCtx,
    lines: [`${some ? `${visible}=${line.gpus.join(',')} ` : ''}${command}`],
    verified: line.verified,
  };
}

function withOllama(
  spec: ModelSpec,
  { numCtx, numParallel, flashAttention, kvCacheType = 'f16' }: EstimateRequest,
): Launch {
  const settings = [
    ...(numParallel === undefined ? [] : [`OLLAMA_NUM_PARALLEL=${numParallel}`]),
    ...(typeof flashAttention === 'boolean' ? [`OLLAMA_FLASH_ATTENTION=${flashAttention ? 1 : 0}`] : []),
    ...(kvCacheType === 'f16' ? [] : [`OLLAMA_KV_CACHE_TYPE=${kvCacheType}`]),
  ];
  const body = JSON.stringify({ model: spec.name, options: { num_ctx: numCtx } });
  return {
    ctx: numCtx,
    lines: [
      ...(settings.length === 0 ? [] : [`${settings.join(' ')} ollama serve`]),
      `curl http://127.0.0.1:11434/api/generate -d ${quoted(body)}`,
    ],
    verified: null,
  };
}
