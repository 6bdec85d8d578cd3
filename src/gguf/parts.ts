/** A model that lies in several files: parts of one table, and a tower of its own. */

import type { ProjectorSpec, TensorInfo } from '../estimator/types.ts';
import { GgufError } from './errors.ts';
import type { GgufHeader } from './header.ts';
import { tableBytes, towerMetadata } from './spec.ts';

/**
 * The tensors of all parts, in the parts' order.
 * @throws GgufError `gguf-duplicate-key`
 */
export function joinTensors(headers: readonly GgufHeader[]): readonly TensorInfo[] {
  if (headers.length === 1) {
    return headers[0]!.tensors;
  }
  const all = headers.flatMap(({ tensors }) => tensors);
  const seen = new Set<string>();
  for (const { name } of all) {
    if (seen.has(name)) {
      throw new GgufError('gguf-duplicate-key', { key: name });
    }
    seen.add(name);
  }
  return all;
}

/** The projector that a projector file's header describes; undefined when the file is something else. */
export function projectorFromHeader(header: GgufHeader): ProjectorSpec | undefined {
  const { metadata, tensors } = header;
  if (metadata['general.architecture'] !== 'clip') {
    return undefined;
  }
  return { source: 'file', weightsBytes: tableBytes(tensors), metadata: towerMetadata(metadata), tensors };
}
