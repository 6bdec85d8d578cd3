/**
 * The architecture under which Ollama knows a file. Specs carry llama.cpp's names; Ollama's own files of some models say
 * another (fs/ggml/ggml.go, convert/*.go), which decides what runs them.
 */

import type { ModelSpec } from '../types.ts';

/** Ollama's name of the spec's architecture. */
export function ollamaArchitecture(spec: ModelSpec): string {
  switch (spec.architecture) {
    case 'gpt-oss':
      // Its own files keep the embedding as it was trained.
      return typeOf(spec, 'token_embd.weight') === 'BF16' ? 'gptoss' : 'gpt-oss';
    case 'qwen2vl':
      // Qwen 2.5 VL with its tower in the file is Ollama's; llama.cpp's files have a tower of their own beside them.
      return spec.projector?.source === 'embedded' ? 'qwen25vl' : 'qwen2vl';
    case 'olmo2':
      return spec.metadata['olmo2.attention.sliding_window'] === undefined ? 'olmo2' : 'olmo3';
    case 'deepseek2-ocr':
      return 'deepseekocr';
    default:
      return spec.architecture;
  }
}

function typeOf(spec: ModelSpec, name: string): string | undefined {
  return spec.tensors.find((tensor) => tensor.name === name)?.type;
}
