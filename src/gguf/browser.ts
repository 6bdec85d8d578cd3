/**
 * `headroom/gguf` for a browser: model specs from bytes and from what Ollama says of a model. Nothing here touches a file.
 */

import type { ModelSpec } from '../estimator/types.ts';
import { type ByteSource, bufferSource } from './byte-source.ts';
import { GgufError } from './errors.ts';
import { specFromShow as readShow, type ShowGap } from './from-show.ts';
import { readHeader } from './header.ts';
import { asLlamaCppSees } from './llama-cpp-view.ts';
import { joinTensors, projectorFromHeader } from './parts.ts';
import { buildSpec } from './spec.ts';

export type * from '../estimator/types.ts';
export type { ByteSource } from './byte-source.ts';
export type { GgufErrorCode } from './errors.ts';
export type { ShowGap } from './from-show.ts';
export { type SafetensorsRepository, specFromSafetensors } from './safetensors/convert.ts';
export { readSafetensorsHeader } from './safetensors/header.ts';
export type { SourceTensor } from './safetensors/types.ts';
export { GgufError };

/**
 * The model spec of a `.gguf` file's first bytes: its whole header (5 to 30 MB), or the whole file. One file is one
 * model: parts of a split model are read with `specFromFile`.
 *
 * @param options.name what to call the model; default: what its metadata call it
 * @param options.fileBytes size of the whole file, bytes, where `bytes` are its beginning alone
 * @throws GgufError `gguf-truncated` when the header goes on behind the last byte; see `code`
 */
export async function specFromBytes(
  bytes: Uint8Array | ArrayBuffer,
  options: { readonly name?: string; readonly fileBytes?: number } = {},
): Promise<ModelSpec> {
  const whole = bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes);
  const header = await readHeader(bufferSource(whole, options.fileBytes));
  const named = header.metadata['general.name'];
  return buildSpec({
    name: options.name ?? (typeof named === 'string' && named !== '' ? named : 'model'),
    metadata: header.metadata,
    tensors: header.tensors,
    fileBytes: options.fileBytes,
  });
}

/**
 * The model spec of a `.gguf` file, or of all parts of a split one in their order, read as far as the headers go: a
 * dropped file, a file on another machine. The sources are closed.
 *
 * @param options.projector the file of the tower beside it; another kind of file is passed over
 * @throws GgufError see `code`; what a source throws
 */
export async function specFromSources(
  parts: readonly ByteSource[],
  options: { readonly name?: string; readonly fileBytes?: number; readonly projector?: ByteSource } = {},
): Promise<ModelSpec> {
  const headers = await Promise.all(parts.map(headerOf));
  const [first] = headers;
  if (first === undefined) {
    throw new GgufError('gguf-truncated');
  }
  const projector =
    options.projector === undefined ? undefined : projectorFromHeader(await headerOf(options.projector));
  const named = first.metadata['general.name'];
  const sizes = parts.map(({ totalBytes }) => totalBytes);
  const known = sizes.every((size) => size !== undefined) ? sizes.reduce((sum, size) => sum + size, 0) : undefined;
  return buildSpec({
    name: options.name ?? (typeof named === 'string' && named !== '' ? named : 'model'),
    metadata: first.metadata,
    tensors: joinTensors(headers),
    fileBytes: options.fileBytes ?? known,
    ...(projector === undefined ? {} : { projector }),
  });
}

async function headerOf(source: ByteSource) {
  try {
    return await readHeader(source);
  } finally {
    await source.close();
  }
}

/**
 * The model spec of an answer of Ollama's `POST /api/show` (with `"verbose": true` from 0.6.7 on, or per-layer arrays are
 * missing).
 *
 * @param options.name what to call the model
 * @param options.ollama version of the server that answered (`0.33.0`); default: a current one. From 0.30 on the model
 *   is given as llama.cpp sees it
 * @param options.sizeBytes the model's `size` in `/api/tags`, from which a projector's size follows
 * @param options.onGap called for each thing that the answer leaves open
 * @throws GgufError `show-invalid` when it is no such answer, `show-incomplete` when it does not suffice
 */
export function specFromShow(
  answer: unknown,
  options: {
    readonly name?: string;
    readonly ollama?: string;
    readonly sizeBytes?: number;
    readonly onGap?: (gap: ShowGap) => void;
  } = {},
): ModelSpec {
  const version = versionNumbers(options.ollama);
  const { spec, gaps } = readShow(answer, { name: options.name ?? 'model', version, sizeBytes: options.sizeBytes });
  for (const gap of gaps) {
    options.onGap?.(gap);
  }
  if (spec === null) {
    throw new GgufError('show-incomplete', { gaps: gaps.join(', ') });
  }
  const ownEngine = version !== null && version[0] === 0 && version[1] < 30;
  return ownEngine ? spec : asLlamaCppSees(spec);
}

function versionNumbers(text: string | undefined): readonly [number, number, number] | null {
  const match = /^v?(\d{1,5})\.(\d{1,5})\.(\d{1,5})/.exec(text ?? '');
  return match === null ? null : [Number(match[1]), Number(match[2]), Number(match[3])];
}
