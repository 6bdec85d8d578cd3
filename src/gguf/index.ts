/** `headroom/gguf`: model specs from files, from bytes, and from what Ollama says of a model. */

import type { ModelSpec } from '../estimator/types.ts';
import { specFromGgufFile } from './from-file.ts';

export * from './browser.ts';

/**
 * The model spec of a `.gguf` file on this machine. Only its header is read. Any part of a split model
 * (`…-00001-of-00003.gguf`) stands for all its parts; a projector file (`*mmproj*.gguf`) beside it is taken along.
 *
 * @param options.onWarning called with `gguf-data-incomplete` when the file ends before its last tensor does
 * @throws GgufError `gguf-not-found`, `gguf-unreadable`, `gguf-shard-missing`, and what reading a header throws
 */
export async function specFromFile(
  path: string,
  options: { readonly onWarning?: (warning: 'gguf-data-incomplete') => void } = {},
): Promise<ModelSpec> {
  const { spec, warnings } = await specFromGgufFile(path);
  for (const warning of warnings) {
    options.onWarning?.(warning);
  }
  return spec;
}
