import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { parseGgufShardFilename } from '@huggingface/gguf';
import type { ModelSpec, ProjectorSpec } from '../estimator/types.ts';
import { GgufError } from './errors.ts';
import { fileSource } from './file-source.ts';
import { type GgufHeader, readHeader } from './header.ts';
import { joinTensors, projectorFromHeader } from './parts.ts';
import { buildSpec, tableBytes } from './spec.ts';

/** A spec from a file, with remarks: `gguf-data-incomplete` when the file ends before its last tensor does. */
export interface FileSpec {
  readonly spec: ModelSpec;
  readonly warnings: readonly 'gguf-data-incomplete'[];
}

const MAX_SHARDS = 999;
const MAX_PROJECTOR_CANDIDATES = 8;

/**
 * Reads the model spec of a `.gguf` file on this machine. Any part of a split model (`…-00001-of-00003.gguf`) stands for all
 * its parts. A projector file (`*mmproj*.gguf`) beside it is taken along when it fits the model's width. Only headers are
 * read. For the command-line tool only: a chat's text never becomes a path.
 *
 * @throws GgufError see `readHeader` and `buildSpec`; `gguf-not-found`, `gguf-unreadable`, `gguf-shard-missing`
 */
export async function specFromGgufFile(path: string): Promise<FileSpec> {
  const shard = parseGgufShardFilename(basename(path));
  const paths = shard === null ? [path] : shardPaths(dirname(path), shard.prefix, Number(shard.total), shard.total);
  const headers: GgufHeader[] = [];
  let onDisk = 0;
  let declared = 0;
  for (const [i, part] of paths.entries()) {
    const { header, totalBytes } = await readOne(part, i, paths.length);
    headers.push(header);
    onDisk += totalBytes;
    declared += header.dataOffset + tableBytes(header.tensors);
  }
  const tensors = joinTensors(headers);
  const complete = onDisk >= declared;
  const spec = buildSpec({
    name: (shard?.prefix ?? basename(path)).replace(/\.gguf$/i, ''),
    metadata: headers[0]!.metadata,
    tensors,
    fileBytes: complete ? onDisk : declared,
  });
  const projector = spec.projector ?? (await projectorBeside(path, spec));
  return {
    spec: projector === undefined ? spec : { ...spec, projector },
    warnings: complete ? [] : ['gguf-data-incomplete'],
  };
}

function shardPaths(directory: string, prefix: string, total: number, digits: string): string[] {
  if (total < 1 || total > MAX_SHARDS) {
    throw new GgufError('gguf-limit-exceeded', { what: 'parts', limit: MAX_SHARDS });
  }
  return Array.from({ length: total }, (_, i) =>
    join(directory, `${prefix}-${String(i + 1).padStart(5, '0')}-of-${digits}.gguf`),
  );
}

async function readOne(path: string, i: number, total: number): Promise<{ header: GgufHeader; totalBytes: number }> {
  try {
    const source = await fileSource(path);
    try {
      return { header: await readHeader(source), totalBytes: source.totalBytes ?? 0 };
    } finally {
      await source.close();
    }
  } catch (error) {
    if (total > 1 && error instanceof GgufError && error.code === 'gguf-not-found') {
      throw new GgufError('gguf-shard-missing', { part: i + 1, total, path });
    }
    throw error;
  }
}

/** The projector file in the model's directory: its output must be as wide as the model. F16 is preferred, as Ollama's are. */
async function projectorBeside(path: string, spec: ModelSpec): Promise<ProjectorSpec | undefined> {
  const directory = dirname(path);
  const names = (await readdir(directory))
    .filter((name) => /mmproj/i.test(name) && /\.gguf$/i.test(name) && name !== basename(path))
    .sort((a, b) => Number(/f16/i.test(b)) - Number(/f16/i.test(a)) || (a < b ? -1 : 1))
    .slice(0, MAX_PROJECTOR_CANDIDATES);
  const width = spec.metadata[`${spec.architecture}.embedding_length`];
  for (const name of names) {
    const projector = await readProjector(join(directory, name));
    if (projector === undefined) {
      continue;
    }
    const projected = projector.metadata['clip.vision.projection_dim'] ?? projector.metadata['clip.projection_dim'];
    if (projected === undefined || width === undefined || projected === width) {
      return projector;
    }
  }
  return undefined;
}

/** A damaged neighbour is no fault of the model asked for: it is passed over. */
async function readProjector(path: string): Promise<ProjectorSpec | undefined> {
  try {
    const { header } = await readOne(path, 0, 1);
    return projectorFromHeader(header);
  } catch (error) {
    if (error instanceof GgufError) {
      return undefined;
    }
    throw error;
  }
}
