/**
 * CUDA's rules, cut out of a package's own sources: the host functions that say what runs on a device and what a tensor
 * takes there. They need no CUDA compiler, since kernels are left behind.
 */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What is cut, by file and in the order in which it is compiled: the beginning of each definition's first line. */
const WANTED: readonly (readonly [file: string, beginnings: readonly string[]])[] = [
  [
    'fattn-common.cuh',
    ['struct ggml_cuda_flash_attn_ext_f16_extra_data', 'static inline ggml_cuda_flash_attn_ext_f16_extra_data'],
  ],
  [
    'fattn.cu',
    [
      'enum best_fattn_kernel',
      'static bool ggml_cuda_fattn_kv_type_supported',
      'static best_fattn_kernel ggml_cuda_get_best_fattn_kernel',
      'size_t ggml_cuda_flash_attn_ext_get_alloc_size',
      'bool ggml_cuda_flash_attn_ext_supported',
    ],
  ],
  ['lightning-indexer.cu', ['bool ggml_cuda_lightning_indexer_supported']],
  [
    'ggml-cuda.cu',
    [
      'static bool ggml_backend_cuda_device_supports_op',
      'static int64_t get_op_batch_size',
      'static size_t ggml_backend_cuda_buffer_type_get_alloc_size',
    ],
  ],
];

/** The text of `taken-rules.inc`, or undefined where the package has no CUDA sources. Throws where one is not found. */
export function takenRules(tree: string): string | undefined {
  const folder = join(tree, 'ggml', 'src', 'ggml-cuda');
  if (!existsSync(join(folder, 'ggml-cuda.cu'))) {
    return undefined;
  }
  const pieces: string[] = [];
  for (const [file, beginnings] of WANTED) {
    const text = readFileSync(join(folder, file), 'utf8');
    for (const beginning of beginnings) {
      pieces.push(definition(text, beginning, file));
    }
  }
  return `${pieces.join('\n\n')}\n`;
}

/** A definition from the line that begins so to its closing brace in the first column. */
function definition(text: string, beginning: string, file: string): string {
  const lines = text.split('\n');
  const start = lines.findIndex((line) => line.startsWith(beginning) && !line.trimEnd().endsWith(';'));
  const end = start < 0 ? -1 : lines.findIndex((line, index) => index > start && /^\};?$/.test(line));
  if (end < 0) {
    throw new Error(`${file} has no "${beginning}" any more: look what became of it, and change taken-rules.ts`);
  }
  return lines.slice(start, end + 1).join('\n');
}
