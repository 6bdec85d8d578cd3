/**
 * Since which release Ollama loads an architecture and a tensor type. Read from the tagged sources: model/models and
 * KV.OllamaEngineRequired (fs/ggml/ggml.go) for Ollama's own engine, llama/llama.cpp/src/llama-arch.cpp for the llama.cpp
 * that it carried, v0.3.13 to v0.24.0. From 0.30 on llama-server runs what its build knows.
 */

import { ollamaArchitecture } from './model/ollama-architecture.ts';
import type { ModelSpec } from './types.ts';
import { atLeast, compareVersions, ENGINE_SINCE, parseVersion, usesOllamaEngine, type Version } from './versions.ts';

type Since = readonly (readonly [since: string, names: readonly string[]])[];

/** The llama.cpp runner. Whatever stands under 0.0.1 was known in the earliest release that was looked at. */
const RUNNER_SINCE: Since = [
  [
    '0.0.1',
    [
      ...['arctic', 'baichuan', 'bert', 'bitnet', 'bloom', 'chatglm', 'codeshell', 'command-r', 'dbrx', 'deepseek2'],
      ...[
        'exaone',
        'falcon',
        'gemma',
        'gemma2',
        'gpt2',
        'gptj',
        'gptneox',
        'grok',
        'internlm2',
        'jais',
        'jina-bert-v2',
      ],
      ...['llama', 'mamba', 'minicpm', 'mpt', 'nemotron', 'nomic-bert', 'olmo', 'openelm', 'orion', 'phi2', 'phi3'],
      ...['plamo', 'qwen', 'qwen2', 'qwen2moe', 'refact', 'rwkv6', 'solar', 'stablelm', 'starcoder', 'starcoder2'],
      ...['t5', 't5encoder', 'xverse'],
    ],
  ],
  ['0.3.14', ['chameleon', 'granite', 'granitemoe', 'minicpm3', 'olmoe']],
  ['0.4.0', ['mllama']],
  ['0.5.2', ['olmo2']],
  ['0.5.3', ['qwen2vl']],
  ['0.5.5', ['cohere2', 'deci', 'deepseek', 'wavtokenizer-dec']],
  ['0.5.13', ['phimoe', 'rwkv6qwen2']],
  ['0.6.2', ['gemma3']],
  ['0.6.5', ['mistral3']],
  ['0.6.6', ['arwkv7', 'bailingmoe', 'glm4', 'llama4', 'plm', 'qwen3', 'qwen3moe', 'rwkv7']],
  ['0.6.8', ['nomic-bert-moe']],
  [
    '0.11.5',
    [
      ...['arcee', 'dots1', 'dream', 'ernie4_5', 'ernie4_5-moe', 'exaone4', 'falcon-h1', 'gemma3n', 'glm4moe'],
      ...['gpt-oss', 'granitehybrid', 'hunyuan-dense', 'hunyuan-moe', 'jamba', 'lfm2', 'llada', 'mamba2', 'neo-bert'],
      ...['plamo2', 'smallthinker', 'smollm3'],
    ],
  ],
  ['0.12.4', ['gemma-embedding', 'grovemoe', 'jina-bert-v3', 'llada-moe', 'nemotron_h', 'seed_oss']],
  ['0.12.6', ['apertus', 'lfm2moe']],
  ['0.12.11', ['bailingmoe2']],
  ['0.13.2', ['afmoe', 'cogvlm', 'minimax-m2', 'pangu-embedded', 'qwen3next', 'qwen3vl', 'qwen3vlmoe', 'rnd1']],
  ['0.13.4', ['nemotron_h_moe']],
];

/** Releases that carried llama.cpp no more but ran llama-server. */
const LLAMA_SERVER_SINCE = '0.30.0';

/** Tensor types that older releases do not read; MXFP4 in Ollama's own first files had a number of its own. */
const TYPE_SINCE: Since = [
  ['0.11.5', ['MXFP4']],
  [LLAMA_SERVER_SINCE, ['NVFP4', 'Q1_0']],
];

/** What keeps a release from loading a model, and the first that can. */
export interface TooOld {
  readonly needs: string;
  /** The architecture or tensor type that is not known. */
  readonly what: string;
}

/** Undefined when this release loads the model, as far as architecture and tensor types decide. */
export function tooOld(version: Version, spec: ModelSpec): TooOld | undefined {
  const architecture = ollamaArchitecture(spec);
  if (!loadsArchitecture(version, spec, architecture)) {
    const needs = releases().find((release) => loadsArchitecture(parseVersion(release).version, spec, architecture));
    return needs === undefined ? undefined : { needs, what: architecture };
  }
  for (const [since, types] of TYPE_SINCE) {
    const unknown = atLeast(version, since) ? undefined : spec.tensors.find((tensor) => types.includes(tensor.type));
    if (unknown !== undefined && architecture !== 'gptoss') {
      return { needs: since, what: unknown.type };
    }
  }
  return undefined;
}

function loadsArchitecture(version: Version, spec: ModelSpec, architecture: string): boolean {
  if (atLeast(version, '0.25.0') || !isListed(architecture)) {
    // An architecture that nobody listed came after llama.cpp had left Ollama, or is none of them.
    return atLeast(version, '0.25.0');
  }
  if (usesOllamaEngine(version, spec)) {
    return true;
  }
  const since = sinceOf(RUNNER_SINCE, architecture);
  return since !== undefined && atLeast(version, since);
}

function sinceOf(table: Since, name: string): string | undefined {
  return table.find(([, names]) => names.includes(name))?.[0];
}

function isListed(architecture: string): boolean {
  return sinceOf(RUNNER_SINCE, architecture) !== undefined || sinceOf(ENGINE_SINCE, architecture) !== undefined;
}

/** Every release at which some table says that something began, in order. */
function releases(): readonly string[] {
  const all = [...RUNNER_SINCE, ...ENGINE_SINCE].map(([since]) => since).filter((since) => since !== '0.0.1');
  return [...new Set([...all, LLAMA_SERVER_SINCE])].sort((a, b) =>
    compareVersions(parseVersion(a).version, parseVersion(b).version),
  );
}
