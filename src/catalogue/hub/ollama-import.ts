/**
 * What Ollama's own import (`ollama create` on a folder of safetensors) makes of a converter class.
 *
 * Source: ollama convert/convert.go and convert_deepseek2.go, v0.33.0-rc2.
 */

import type { HubWarning } from './types.ts';

const IMPORTED: ReadonlySet<string> = new Set([
  'LlamaForCausalLM',
  'MllamaForConditionalGeneration',
  'Llama4ForConditionalGeneration',
  'Mistral3ForConditionalGeneration',
  'Ministral3ForCausalLM',
  'MixtralForCausalLM',
  'GemmaForCausalLM',
  'Gemma2ForCausalLM',
  'Gemma3ForCausalLM',
  'Gemma3ForConditionalGeneration',
  'Gemma3TextModel',
  'Gemma3nForConditionalGeneration',
  'Gemma4ForCausalLM',
  'Gemma4ForConditionalGeneration',
  'Phi3ForCausalLM',
  'Qwen2ForCausalLM',
  'Qwen2_5_VLForConditionalGeneration',
  'Qwen3VLForConditionalGeneration',
  'Qwen3VLMoeForConditionalGeneration',
  'Olmo3ForCausalLM',
  'BertModel',
  'NomicBertModel',
  'NomicBertMoEModel',
  'CohereForCausalLM',
  'GptOssForCausalLM',
  'DeepseekOCRForCausalLM',
  'DeepseekV3ForCausalLM',
  'Glm4MoeLiteForCausalLM',
  'LagunaForCausalLM',
  'GlmOcrForConditionalGeneration',
  'Lfm2ForCausalLM',
  'Lfm2MoeForCausalLM',
  'Lfm2VlForConditionalGeneration',
  'Qwen3NextForCausalLM',
  'Qwen3_5ForConditionalGeneration',
  'Qwen3_5MoeForConditionalGeneration',
  'NemotronH_Nano_VL_V2',
  'NemotronH_Nano_Omni_Reasoning_V3',
  'NemotronHForCausalLM',
]);

/** Where Ollama's import differs from llama.cpp's converter in what memory depends on. */
export function importWarnings(config: Readonly<Record<string, unknown>>): readonly HubWarning[] {
  const [name] = Array.isArray(config.architectures) ? config.architectures : [];
  if (typeof name !== 'string') {
    return [];
  }
  if (!IMPORTED.has(name)) {
    return ['hub-ollama-import-unsupported'];
  }
  return name === 'DeepseekV3ForCausalLM' ? ['hub-ollama-import-without-mla'] : [];
}
