/**
 * How Ollama's library publishes models that others publish otherwise: gpt-oss with its attention, embedding and output as
 * they were trained (the file says `gptoss`), and towers of these architectures inside the model file (convert/*.go).
 */

import type { ProjectorSpec, TensorInfo } from '../estimator/types.ts';

const TOWER_INSIDE: ReadonlySet<string> = new Set([
  'gemma3',
  'gemma4',
  'glmocr',
  'llama4',
  'mistral3',
  'qwen2vl',
  'qwen3vl',
  'qwen3vlmoe',
  'qwen35',
  'qwen35moe',
]);

/** Whether a name is one of Ollama's own library: hubs and other people's names have a path. */
export function isLibraryName(name: string): boolean {
  return !name.includes('/');
}

/** The tensors as the library's file of the architecture has them. */
export function libraryTensors(architecture: string, tensors: readonly TensorInfo[]): readonly TensorInfo[] {
  if (architecture !== 'gpt-oss') {
    return tensors;
  }
  // llama.cpp's converter makes these Q8_0; the experts are MXFP4 in both.
  return tensors.map((tensor) => (tensor.type === 'Q8_0' ? { ...tensor, type: 'BF16' } : tensor));
}

/** The tower as the library's file has it. */
export function libraryProjector(architecture: string, projector: ProjectorSpec): ProjectorSpec {
  return TOWER_INSIDE.has(architecture) ? { ...projector, source: 'embedded' } : projector;
}
