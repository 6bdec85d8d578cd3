/**
 * The tensors of a safetensors repository from few requests: headers are read until every pattern of names was seen, the
 * rest is inferred from the index, and held against the sizes that the hub and the index tell.
 */

import { z } from 'zod';
import { MIB } from '../../base/bytes.ts';
import { elementBits, headerLength, readSafetensorsHeader } from '../../gguf/safetensors/header.ts';
import type { SourceTensor } from '../../gguf/safetensors/types.ts';
import { CatalogueError } from '../errors.ts';
import type { HubTransport } from './transport.ts';
import type { HubFile, HubName } from './types.ts';

/** First read of a header; most are shorter. */
const FIRST_BYTES = 512 * 1024;
const LENGTH_BYTES = 8;
/** Headers that are read at one time. */
const AT_ONCE = 6;
const MAX_NAMES = 400_000;

const index = z.object({
  metadata: z
    .object({
      total_size: z
        .number()
        .min(0)
        .max(2 ** 50)
        .nullish(),
    })
    .nullish(),
  weight_map: z.record(z.string().min(1).max(1024), z.string().min(1).max(1024)),
});

export interface ShardedTensors {
  readonly tensors: readonly SourceTensor[];
  /** Whether everything that was inferred adds up. */
  readonly exact: boolean;
}

async function readShard(transport: HubTransport, name: HubName, file: string): Promise<SourceTensor[]> {
  const path = transport.filePath(name, file);
  const first = await transport.beginning(path, FIRST_BYTES);
  const length = LENGTH_BYTES + headerLength(first);
  return readSafetensorsHeader(length <= first.length ? first : await transport.beginning(path, length));
}

/** A name with its numbers left out: layers and experts. */
function patternOf(name: string): string {
  return name.replace(/(?<=^|\.)\d+(?=\.|$)/g, '#');
}

function tensorBytes({ dtype, shape }: SourceTensor): number {
  return (shape.reduce((product, n) => product * n, 1) * (elementBits(dtype) ?? 16)) / 8;
}

/**
 * All tensors of a repository's safetensors files.
 * @throws CatalogueError `registry-*`, GgufError `safetensors-invalid`
 */
export async function readShards(
  transport: HubTransport,
  name: HubName,
  files: readonly HubFile[],
): Promise<ShardedTensors> {
  const own = files.filter(({ path }) => /^[^/]+\.safetensors$/.test(path));
  const indexFile = files.find(({ path }) => path === 'model.safetensors.index.json');
  if (indexFile === undefined) {
    const whole = own.filter(({ path }) => !/^(?:adapter|consolidated)/.test(path)).slice(0, transport.left);
    const read = await Promise.all(whole.map(({ path }) => readShard(transport, name, path)));
    return { tensors: read.flat(), exact: true };
  }
  const parsed = index.safeParse(await transport.json(transport.filePath(name, indexFile.path), 64 * MIB));
  if (!parsed.success || Object.keys(parsed.data.weight_map).length > MAX_NAMES) {
    throw new CatalogueError('registry-answer-invalid', { host: transport.endpoint.host, what: indexFile.path });
  }
  const shards = new Map<string, string[]>();
  for (const [tensor, shard] of Object.entries(parsed.data.weight_map)) {
    const names = shards.get(shard) ?? [];
    names.push(tensor);
    shards.set(shard, names);
  }
  const sizes = new Map(own.map(({ path, sizeBytes }) => [path, sizeBytes]));
  return new ShardReader(transport, name, shards, sizes, parsed.data.metadata?.total_size ?? undefined).read();
}

class ShardReader {
  readonly #transport: HubTransport;
  readonly #name: HubName;
  readonly #shards: ReadonlyMap<string, readonly string[]>;
  readonly #sizes: ReadonlyMap<string, number>;
  readonly #totalBytes: number | undefined;
  readonly #read = new Map<string, readonly SourceTensor[]>();
  /** Shapes by pattern, in the order they were seen. */
  readonly #patterns = new Map<string, SourceTensor>();

  constructor(
    transport: HubTransport,
    name: HubName,
    shards: ReadonlyMap<string, readonly string[]>,
    sizes: ReadonlyMap<string, number>,
    totalBytes: number | undefined,
  ) {
    this.#transport = transport;
    this.#name = name;
    this.#shards = shards;
    this.#sizes = sizes;
    this.#totalBytes = totalBytes;
  }

  async read(): Promise<ShardedTensors> {
    await this.#readUntilAllPatterns();
    // Every round reads at least one shard, and there are no more rounds than requests.
    while (this.#transport.left > 0) {
      const odd = this.#oddShards();
      if (odd.length === 0) {
        break;
      }
      await this.#readAll(odd.slice(0, Math.min(AT_ONCE, this.#transport.left)));
    }
    const tensors = [...this.#shards].flatMap(([file, names]) => this.#read.get(file) ?? this.#inferred(names));
    const sum = tensors.reduce((bytes, tensor) => bytes + tensorBytes(tensor), 0);
    const agrees = this.#totalBytes === undefined || Math.abs(sum / this.#totalBytes - 1) < 1e-4;
    return { tensors, exact: agrees && this.#oddShards().length === 0 };
  }

  async #readAll(files: readonly string[]): Promise<void> {
    await Promise.all(
      files.map(async (file) => {
        const tensors = await readShard(this.#transport, this.#name, file);
        this.#read.set(file, tensors);
        for (const tensor of tensors) {
          const pattern = patternOf(tensor.name);
          if (!this.#patterns.has(pattern)) {
            this.#patterns.set(pattern, tensor);
          }
        }
      }),
    );
  }

  /** Reads the shards that show the most unseen patterns, a few at a time. */
  async #readUntilAllPatterns(): Promise<void> {
    const open = new Map([...this.#shards].map(([file, names]) => [file, new Set(names.map(patternOf))]));
    while (open.size > 0 && this.#transport.left > 0) {
      const chosen: string[] = [];
      const soon = new Set<string>();
      for (let n = 0; n < Math.min(AT_ONCE, this.#transport.left); n++) {
        let best: string | undefined;
        let most = 0;
        for (const [file, patterns] of open) {
          const fresh = [...patterns].filter((pattern) => !this.#patterns.has(pattern) && !soon.has(pattern)).length;
          if (fresh > most) {
            best = file;
            most = fresh;
          }
        }
        if (best === undefined) {
          break;
        }
        for (const pattern of open.get(best)!) {
          soon.add(pattern);
        }
        open.delete(best);
        chosen.push(best);
      }
      if (chosen.length === 0) {
        return;
      }
      await this.#readAll(chosen);
    }
  }

  #inferred(names: readonly string[]): SourceTensor[] {
    return names.flatMap((name) => {
      const known = this.#patterns.get(patternOf(name));
      return known === undefined ? [] : [{ ...known, name }];
    });
  }

  /** Unread shards whose inferred tensors do not fill their file: something in them has another shape. */
  #oddShards(): readonly string[] {
    return [...this.#shards]
      .filter(([file]) => !this.#read.has(file))
      .map(([file, names]) => {
        const size = this.#sizes.get(file) ?? 0;
        const bytes = this.#inferred(names).reduce((sum, tensor) => sum + tensorBytes(tensor), 0);
        // A header takes some hundred bytes a tensor.
        const header = 400 * names.length + 4096;
        return { file, off: size === 0 ? 0 : Math.max(bytes - size, size - bytes - header) };
      })
      .filter(({ off }) => off > 0)
      .sort((a, b) => b.off - a.off)
      .map(({ file }) => file);
  }
}
