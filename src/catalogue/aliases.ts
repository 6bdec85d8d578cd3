import { GENERATED } from './generated-names.ts';

/**
 * Ollama's names for the models of the built-in list. `exact` names mean this very quantization; `near` names have another
 * quantization mix by default in Ollama's library (or none is published), so that weights differ by some percent: answers
 * about them carry the code `builtin-other-quantization`. A key is the list's own name of a language model.
 * Written by hand after Ollama's library pages; `latest` stands for the library's default size.
 */
export interface Aliases {
  readonly exact: readonly string[];
  readonly near?: readonly string[];
  /** Size of the vision tower when its figures are known; `unknown` when the model has one without figures here. */
  readonly tower?: 'gemma3' | 'unknown';
  /** Names among these that have a tower without figures here, though the list's own name has none. */
  readonly seeing?: readonly string[];
  /** Names whose default quantization is worked out from a published configuration. */
  readonly computed?: readonly string[];
  /** Repositories of the hubs with these weights, `owner/name`. */
  readonly hub?: readonly string[];
  /** The quantization of the list's table, in llama-quantize's spelling. Default `Q4_K_M`. */
  readonly quantization?: string;
}

const RECORDED: Readonly<Record<string, Aliases>> = {
  'bge-m3': { exact: ['bge-m3', 'bge-m3:567m', 'bge-m3:567m-fp16'], hub: ['BAAI/bge-m3'], quantization: 'F16' },
  'command-r7b': { exact: ['command-r7b', 'command-r7b:7b', 'command-r7b:7b-12-2024-q4_K_M'] },
  'deepseek-v2-lite-16b-old': {
    exact: ['deepseek-v2:16b-lite-chat-q4_K_M'],
    near: [
      'deepseek-v2',
      'deepseek-v2:16b',
      'deepseek-v2:lite',
      'deepseek-coder-v2',
      'deepseek-coder-v2:16b',
      'deepseek-coder-v2:lite',
    ],
  },
  'deepseek-v2-lite-16b': { exact: [] },
  'ernie4.5-21b-a3b': { exact: ['ernie4.5:21b-a3b', 'ernie4.5:21b'] },
  'falcon-h1-0.5b': { exact: ['falcon-h1:0.5b'] },
  'gemma2-9b': { exact: ['gemma2:9b-instruct-q4_K_M'], near: ['gemma2', 'gemma2:9b'] },
  'gemma3-12b': { exact: ['gemma3:12b', 'gemma3:12b-it-q4_K_M'], tower: 'gemma3', hub: ['google/gemma-3-12b-it'] },
  'gemma3-1b': { exact: ['gemma3:1b', 'gemma3:1b-it-q4_K_M'], hub: ['google/gemma-3-1b-it'] },
  'gemma3-4b': {
    exact: ['gemma3', 'gemma3:4b', 'gemma3:4b-it-q4_K_M'],
    tower: 'gemma3',
    hub: ['google/gemma-3-4b-it'],
  },
  'gemma3n-e4b': { exact: [], near: ['gemma3n', 'gemma3n:e4b', 'gemma3n:e4b-it-q4_K_M'] },
  'gemma4-26b-a4b': { exact: ['gemma4:26b', 'gemma4:26b-a4b-it-q4_K_M'], tower: 'unknown' },
  'gemma4-31b': { exact: ['gemma4:31b', 'gemma4:31b-it-q4_K_M'], tower: 'unknown' },
  'gemma4-e4b': { exact: [], near: ['gemma4', 'gemma4:e4b', 'gemma4:e4b-it-q4_K_M'], tower: 'unknown' },
  'glm-4.5-air': { exact: ['glm-4.5-air:106b', 'hf.co/unsloth/GLM-4.5-Air-GGUF:Q4_K_M'], hub: ['zai-org/GLM-4.5-Air'] },
  'glm-4.7-flash': { exact: ['glm-4.7-flash', 'glm-4.7-flash:q4_K_M'], hub: ['zai-org/GLM-4.7-Flash'] },
  'glm4-9b': { exact: ['glm-4-9b-0414', 'hf.co/unsloth/GLM-4-9B-0414-GGUF:Q4_K_M'] },
  'gpt-oss-120b': {
    exact: ['hf.co/ggml-org/gpt-oss-120b-GGUF'],
    near: ['gpt-oss:120b'],
    hub: ['openai/gpt-oss-120b'],
    quantization: 'MXFP4_MOE',
  },
  'gpt-oss-20b-ollama': { exact: ['gpt-oss', 'gpt-oss:20b'], hub: ['openai/gpt-oss-20b'], quantization: 'MXFP4_MOE' },
  'gpt-oss-20b': { exact: ['hf.co/ggml-org/gpt-oss-20b-GGUF'], quantization: 'MXFP4_MOE' },
  'granite3.3-8b': { exact: ['granite3.3', 'granite3.3:8b'] },
  'granite4-h-small': { exact: ['granite4:small-h', 'granite4:32b-a9b-h'] },
  'kimi-k2-thinking': {
    exact: ['kimi-k2-thinking:1t', 'hf.co/unsloth/Kimi-K2-Thinking-GGUF:Q4_K_M'],
    hub: ['moonshotai/Kimi-K2-Thinking', 'moonshotai/Kimi-K2-Instruct'],
  },
  'lfm2-1.2b': { exact: ['lfm2:1.2b', 'hf.co/LiquidAI/LFM2-1.2B-GGUF:Q4_K_M'] },
  'llama3.1-8b-f16': { exact: ['llama3.1:8b-instruct-fp16', 'llama3.1:8b-text-fp16'], quantization: 'F16' },
  'llama3.1-8b-q8_0': { exact: ['llama3.1:8b-instruct-q8_0', 'llama3.1:8b-text-q8_0'], quantization: 'Q8_0' },
  'llama3.1-8b': {
    exact: [
      'llama3.1',
      'llama3.1:8b',
      'llama3.1:8b-instruct-q4_K_M',
      'llama3.1:8b-text-q4_K_M',
      'deepseek-r1:8b-llama-distill-q4_K_M',
    ],
    hub: ['meta-llama/Llama-3.1-8B-Instruct', 'meta-llama/Meta-Llama-3.1-8B-Instruct'],
  },
  'llama3.2-1b-q8_0': {
    exact: ['llama3.2:1b', 'llama3.2:1b-instruct-q8_0', 'llama3.2:1b-text-q8_0'],
    quantization: 'Q8_0',
  },
  'llama3.2-1b': { exact: ['llama3.2:1b-instruct-q4_K_M', 'llama3.2:1b-text-q4_K_M'] },
  'llama4-scout': {
    exact: ['llama4', 'llama4:scout', 'llama4:16x17b', 'llama4:17b-scout-16e-instruct-q4_K_M'],
    tower: 'unknown',
  },
  'mamba2-2.7b': { exact: ['mamba2:2.7b'] },
  'minicpm-v-4.5-text': {
    exact: ['minicpm-v4.5', 'minicpm-v4.5:8b', 'openbmb/minicpm-v4.5', 'openbmb/minicpm-v4.5:8b'],
    tower: 'unknown',
    hub: ['openbmb/MiniCPM-V-4_5'],
  },
  'minimax-m2': {
    exact: ['minimax-m2', 'minimax-m2:230b', 'hf.co/unsloth/MiniMax-M2-GGUF:Q4_K_M'],
    hub: ['MiniMaxAI/MiniMax-M2', 'MiniMaxAI/MiniMax-M2.5'],
  },
  'mistral-7b-v0.3': {
    exact: ['mistral', 'mistral:7b', 'mistral:v0.3', 'mistral:7b-instruct-v0.3-q4_K_M'],
    near: ['llava', 'llava:7b'],
    seeing: ['llava', 'llava:7b'],
    hub: ['mistralai/Mistral-7B-Instruct-v0.3'],
  },
  'mistral-small-24b': {
    exact: ['mistral-small', 'mistral-small:24b', 'mistral-small:24b-instruct-2501-q4_K_M'],
    near: [
      'mistral-small3.1:24b',
      'mistral-small3.1',
      'mistral-small3.2',
      'mistral-small3.2:24b',
      'magistral',
      'magistral:24b',
    ],
    seeing: [
      'mistral-small3.1:24b',
      'mistral-small3.1',
      'mistral-small3.2',
      'mistral-small3.2:24b',
      'magistral',
      'magistral:24b',
    ],
    hub: ['mistralai/Mistral-Small-24B-Instruct-2501', 'mistralai/Magistral-Small-2506'],
  },
  'mixtral-8x7b': { exact: ['mixtral:8x7b-instruct-v0.1-q4_K_M'], near: ['mixtral', 'mixtral:8x7b'] },
  'nemotron-3-nano-30b': { exact: ['nemotron-3-nano', 'nemotron-3-nano:30b', 'nemotron-3-nano:30b-a3b-q4_K_M'] },
  'nomic-embed-text': {
    exact: ['nomic-embed-text', 'nomic-embed-text:v1.5', 'nomic-embed-text:137m-v1.5-fp16'],
    hub: ['nomic-ai/nomic-embed-text-v1.5'],
    quantization: 'F16',
  },
  'olmo2-7b': { exact: ['olmo2', 'olmo2:7b', 'olmo2:7b-1124-instruct-q4_K_M'] },
  'phi3-mini-128k': {
    exact: ['phi3:3.8b-mini-128k-instruct-q4_K_M'],
    near: ['phi3', 'phi3:mini', 'phi3:3.8b', 'phi3:mini-128k'],
  },
  'phi4-14b': { exact: ['phi4', 'phi4:14b', 'phi4:14b-q4_K_M'], hub: ['microsoft/phi-4'] },
  'qwen2.5-0.5b': { exact: ['qwen2.5:0.5b', 'qwen2.5:0.5b-instruct-q4_K_M', 'qwen2.5-coder:0.5b'] },
  'qwen2.5-72b': { exact: ['qwen2.5:72b', 'qwen2.5:72b-instruct-q4_K_M'] },
  'qwen2.5-7b': {
    exact: [
      'qwen2.5',
      'qwen2.5:7b',
      'qwen2.5:7b-instruct-q4_K_M',
      'qwen2.5-coder',
      'qwen2.5-coder:7b',
      'qwen2.5-coder:7b-instruct-q4_K_M',
    ],
    near: ['deepseek-r1:7b', 'minicpm-v:8b', 'minicpm-v', 'spark-formalizer-x1:7b'],
    seeing: ['minicpm-v:8b', 'minicpm-v'],
    hub: [
      'Qwen/Qwen2.5-7B-Instruct',
      'Qwen/Qwen2.5-Coder-7B-Instruct',
      'deepseek-ai/DeepSeek-R1-Distill-Qwen-7B',
      'iflytek/Spark-Formalizer-X1-7B',
    ],
  },
  'qwen3-0.6b': { exact: [], near: ['qwen3:0.6b', 'qwen3:0.6b-q4_K_M'], hub: ['Qwen/Qwen3-0.6B'] },
  'qwen3-30b-a3b': {
    exact: [
      'qwen3:30b',
      'qwen3:30b-a3b',
      'qwen3:30b-a3b-q4_K_M',
      'qwen3:30b-a3b-instruct-2507-q4_K_M',
      'qwen3:30b-a3b-thinking-2507-q4_K_M',
      'qwen3-coder',
      'qwen3-coder:30b',
      'qwen3-coder:30b-a3b-q4_K_M',
    ],
    hub: [
      'Qwen/Qwen3-30B-A3B',
      'Qwen/Qwen3-30B-A3B-Instruct-2507',
      'Qwen/Qwen3-30B-A3B-Thinking-2507',
      'Qwen/Qwen3-Coder-30B-A3B-Instruct',
    ],
  },
  'qwen3-32b': { exact: [], near: ['qwen3:32b', 'qwen3:32b-q4_K_M'], hub: ['Qwen/Qwen3-32B'] },
  'qwen3-4b': {
    exact: ['qwen3:4b', 'qwen3:4b-q4_K_M', 'qwen3:4b-instruct-2507-q4_K_M', 'qwen3:4b-thinking-2507-q4_K_M'],
    hub: ['Qwen/Qwen3-4B', 'Qwen/Qwen3-4B-Instruct-2507'],
  },
  'qwen3-8b': {
    exact: ['hf.co/Qwen/Qwen3-8B-GGUF:Q4_K_M'],
    near: ['qwen3', 'qwen3:8b', 'qwen3:8b-q4_K_M', 'deepseek-r1', 'deepseek-r1:8b'],
    hub: ['Qwen/Qwen3-8B', 'deepseek-ai/DeepSeek-R1-0528-Qwen3-8B'],
  },
  'qwen3-coder-480b': { exact: ['qwen3-coder:480b', 'qwen3-coder:480b-a35b-q4_K_M'] },
  'qwen3-next-80b': {
    exact: ['qwen3-next', 'qwen3-next:80b', 'qwen3-next:80b-a3b-instruct-q4_K_M', 'qwen3-next:80b-a3b-thinking-q4_K_M'],
  },
  'qwen3.5-0.8b-q8_0': { exact: ['qwen3.5:0.8b', 'qwen3.5:0.8b-q8_0'], tower: 'unknown', quantization: 'Q8_0' },
  'qwen3.5-35b-a3b': { exact: ['qwen3.5:35b', 'qwen3.5:35b-a3b', 'qwen3.5:35b-a3b-q4_K_M'], tower: 'unknown' },
  'qwen3.5-397b-a17b': { exact: ['qwen3.5:397b', 'qwen3.5:397b-a17b', 'qwen3.5:397b-a17b-q4_K_M'], tower: 'unknown' },
  'qwen3.5-4b': { exact: ['qwen3.5:4b', 'qwen3.5:4b-q4_K_M'], tower: 'unknown' },
  'qwen3.5-9b': { exact: ['qwen3.5', 'qwen3.5:9b', 'qwen3.5:9b-q4_K_M'], tower: 'unknown' },
  'seed-oss-36b': {
    exact: ['seed-oss:36b', 'hf.co/unsloth/Seed-OSS-36B-Instruct-GGUF:Q4_K_M'],
    hub: ['ByteDance-Seed/Seed-OSS-36B-Instruct'],
  },
  'smollm2-135m': { exact: ['smollm2:135m-instruct-q4_K_M'], near: ['smollm2:135m'] },
  'smollm3-3b': { exact: ['smollm3:3b', 'hf.co/ggml-org/SmolLM3-3B-GGUF:Q4_K_M'] },
  'deepseek-r1-671b': {
    exact: ['deepseek-r1:671b', 'deepseek-v3', 'deepseek-v3:671b', 'deepseek-v3.1:671b'],
    hub: [
      'deepseek-ai/DeepSeek-R1',
      'deepseek-ai/DeepSeek-V3',
      'deepseek-ai/DeepSeek-V3.1',
      'deepseek-ai/DeepSeek-R1-0528',
    ],
  },
  'devstral-small-2-24b': {
    exact: ['devstral-small-2', 'devstral-small-2:24b'],
    hub: ['mistralai/Devstral-Small-2-24B-Instruct-2512'],
    tower: 'unknown',
  },
  'falcon-h1-7b': { exact: ['falcon-h1:7b'], hub: ['tiiuae/Falcon-H1-7B-Instruct'] },
  'gemma3-27b': { exact: ['gemma3:27b', 'gemma3:27b-it-q4_K_M'], hub: ['google/gemma-3-27b-it'], tower: 'gemma3' },
  'gemma4-12b': { exact: ['gemma4:12b', 'gemma4:12b-it-q4_K_M'], hub: ['google/gemma-4-12B-it'], tower: 'unknown' },
  'glm4-32b': { exact: ['glm-4-32b-0414'], hub: ['zai-org/GLM-4-32B-0414'] },
  'llama3.2-3b': {
    exact: ['llama3.2', 'llama3.2:3b', 'llama3.2:3b-instruct-q4_K_M'],
    hub: ['meta-llama/Llama-3.2-3B-Instruct'],
  },
  'llama3.3-70b': {
    exact: ['llama3.3', 'llama3.3:70b', 'llama3.3:70b-instruct-q4_K_M', 'llama3.1:70b', 'deepseek-r1:70b'],
    hub: [
      'meta-llama/Llama-3.3-70B-Instruct',
      'meta-llama/Llama-3.1-70B-Instruct',
      'deepseek-ai/DeepSeek-R1-Distill-Llama-70B',
    ],
  },
  'mistral-nemo-12b': {
    exact: ['mistral-nemo:12b-instruct-2407-q4_K_M'],
    near: ['mistral-nemo', 'mistral-nemo:12b'],
    hub: ['mistralai/Mistral-Nemo-Instruct-2407'],
  },
  'phi4-mini': { exact: ['phi4-mini', 'phi4-mini:3.8b'], hub: ['microsoft/Phi-4-mini-instruct'] },
  'qwen2.5-32b': {
    exact: ['qwen2.5:32b', 'qwen2.5-coder:32b', 'qwq', 'qwq:32b', 'deepseek-r1:32b'],
    near: ['qwen2.5vl:32b'],
    seeing: ['qwen2.5vl:32b'],
    hub: [
      'Qwen/Qwen2.5-32B-Instruct',
      'Qwen/Qwen2.5-Coder-32B-Instruct',
      'Qwen/QwQ-32B',
      'deepseek-ai/DeepSeek-R1-Distill-Qwen-32B',
    ],
  },
  'qwen3-14b': { exact: ['qwen3:14b'], hub: ['Qwen/Qwen3-14B'] },
  'qwen3-235b-a22b': {
    exact: ['qwen3:235b', 'qwen3:235b-a22b'],
    hub: ['Qwen/Qwen3-235B-A22B', 'Qwen/Qwen3-235B-A22B-Instruct-2507', 'Qwen/Qwen3-235B-A22B-Thinking-2507'],
  },
  'qwen3.5-122b-a10b': {
    exact: ['qwen3.5:122b', 'qwen3.5:122b-a10b'],
    hub: ['Qwen/Qwen3.5-122B-A10B'],
    tower: 'unknown',
  },
  'qwen3.5-27b': { exact: ['qwen3.5:27b'], hub: ['Qwen/Qwen3.5-27B'], tower: 'unknown' },
};

/** Every model of the list: those whose files were recorded, and those made from published configurations. */
export const ALIASES: Readonly<Record<string, Aliases>> = { ...RECORDED, ...GENERATED };
