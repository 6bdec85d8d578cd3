import { z } from 'zod';
import { MIB } from '../base/bytes.ts';
import type { ModelSpec, ProjectorSpec } from '../estimator/types.ts';
import { isAdapter, withAdapters } from '../gguf/adapter.ts';
import { type GgufHeader, MAX_HEADER_BYTES, readHeader } from '../gguf/header.ts';
import { projectorFromHeader } from '../gguf/parts.ts';
import { buildSpec } from '../gguf/spec.ts';
import { CatalogueError } from './errors.ts';
import { HeaderCache } from './header-cache.ts';
import { displayShortest, type ModelName } from './names.ts';
import { bodySource, checkRange } from './ranged.ts';
import {
  cutOff,
  DEFAULT_HOSTS,
  parseJson,
  type RegistryHosts,
  RegistryHttp,
  type RegistryResponse,
  readAll,
} from './registry-http.ts';

export type RegistryWarning =
  | 'registry-projector-size-estimated'
  /** LoRA adapters come with the model and are counted. */
  | 'registry-adapter-counted'
  /** They come with it, and could not be read. */
  | 'registry-adapter-not-counted';

/** A model that lies in a registry, read without downloading it. */
export interface RegistryModel {
  readonly spec: ModelSpec;
  /** Digest of the model layer: `sha256:…`. */
  readonly digest: string;
  /** All layers together, bytes: what a pull would download. */
  readonly downloadBytes: number;
  /** `num_ctx` of the model's own parameters. */
  readonly numCtx?: number;
  readonly warnings: readonly RegistryWarning[];
}

export interface RegistryOptions {
  readonly hosts?: Partial<RegistryHosts>;
  /** Where headers are kept by digest; absent: nowhere. */
  readonly cacheDirectory?: string;
  readonly cacheBytes?: number;
  /** For one `find`, ms. Default 20,000. */
  readonly timeoutMs?: number;
  /** Most bytes of a header that are read. Default 64 MiB. */
  readonly maxHeaderBytes?: number;
}

/** Ollama takes one adapter a model; a crafted manifest shall not cost more. */
const MAX_ADAPTERS = 4;
const MAX_MANIFEST_BYTES = MIB;
const MAX_TEXT_LAYER_BYTES = 64 * 1024;
const MANIFEST_TYPE = 'application/vnd.docker.distribution.manifest.v2+json';
const IMAGE = 'application/vnd.ollama.image.';

const layer = z.object({
  mediaType: z.string().max(200),
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  size: z.number().int().min(0),
});
type Layer = z.infer<typeof layer>;
const manifest = z.object({
  schemaVersion: z.literal(2),
  config: layer.optional(),
  layers: z.array(layer).max(10_000).nullable(),
});
const config = z.object({ remote_host: z.string().nullish(), remote_model: z.string().nullish() });
const parameters = z.object({
  num_ctx: z
    .number()
    .int()
    .min(1)
    .max(2 ** 31)
    .optional(),
});

/**
 * Reads model specs from Ollama's registry and from Hugging Face, which speaks the same protocol (`hf.co/org/repo:QUANT`):
 * manifest, then the header of the model's blob by one ranged request, which ends as soon as the header is read.
 * The bytes of a partial read cannot be checked against the digest; they are as trustworthy as the https connection.
 */
export class RegistryClient {
  readonly #http: RegistryHttp;
  readonly #cache: HeaderCache | undefined;
  readonly #timeoutMs: number;
  readonly #maxHeaderBytes: number;

  constructor(options: RegistryOptions = {}) {
    this.#http = new RegistryHttp({ ...DEFAULT_HOSTS, ...options.hosts });
    const { cacheDirectory } = options;
    this.#cache = cacheDirectory === undefined ? undefined : new HeaderCache(cacheDirectory, options.cacheBytes);
    this.#timeoutMs = options.timeoutMs ?? 20_000;
    this.#maxHeaderBytes = options.maxHeaderBytes ?? MAX_HEADER_BYTES;
  }

  /** Ends all connections. */
  close(): Promise<void> {
    return this.#http.close();
  }

  /**
   * @throws CatalogueError `registry-*`, `model-mlx` for safetensors models, `model-cloud` for models that run elsewhere
   * @throws GgufError when the blob's header cannot be read
   */
  async find(name: ModelName, options: { readonly signal?: AbortSignal } = {}): Promise<RegistryModel> {
    const ended = new AbortController();
    const limits = [AbortSignal.timeout(this.#timeoutMs), ended.signal];
    if (options.signal !== undefined) {
      limits.push(options.signal);
    }
    try {
      return await this.#read(name, AbortSignal.any(limits));
    } finally {
      // When one of the parts failed, the others need not go on.
      ended.abort();
    }
  }

  async #read(name: ModelName, signal: AbortSignal): Promise<RegistryModel> {
    const { layers, config: configLayer } = await this.#manifest(name, signal);
    const model = layers.find(({ mediaType }) => mediaType === `${IMAGE}model`);
    if (model === undefined) {
      throw await this.#notGguf(name, layers, configLayer, signal);
    }
    const projectorLayer = layers.find(({ mediaType }) => mediaType === `${IMAGE}projector`);
    const paramsLayer = layers.find(({ mediaType }) => mediaType === `${IMAGE}params`);
    const adapterLayers = layers.filter(({ mediaType }) => mediaType === `${IMAGE}adapter`).slice(0, MAX_ADAPTERS);
    const [header, projector, numCtx, adapters] = await Promise.all([
      this.#header(name, model, signal),
      projectorLayer === undefined ? undefined : this.#projector(name, projectorLayer, signal),
      paramsLayer === undefined ? undefined : this.#numCtx(name, paramsLayer, signal),
      Promise.all(adapterLayers.map((adapter) => this.#header(name, adapter, signal).catch(() => undefined))),
    ]);
    const read = adapters.filter((adapter) => adapter !== undefined && isAdapter(adapter)) as GgufHeader[];
    const alone = buildSpec({
      name: displayShortest(name),
      metadata: header.metadata,
      tensors: header.tensors,
      fileBytes: model.size,
      projector,
    });
    const spec = withAdapters(alone, read);
    const warnings: RegistryWarning[] = [];
    if (projector !== undefined && projector.tensors.length === 0) {
      warnings.push('registry-projector-size-estimated');
    }
    if (adapterLayers.length > 0) {
      warnings.push(read.length === adapterLayers.length ? 'registry-adapter-counted' : 'registry-adapter-not-counted');
    }
    return {
      spec: numCtx === undefined ? spec : { ...spec, ownNumCtx: numCtx },
      digest: model.digest,
      downloadBytes: layers.reduce((sum, { size }) => sum + size, configLayer?.size ?? 0),
      ...(numCtx === undefined ? {} : { numCtx }),
      warnings,
    };
  }

  async #manifest(
    name: ModelName,
    signal: AbortSignal,
  ): Promise<{ layers: readonly Layer[]; config: Layer | undefined }> {
    const response = await this.#http.get({
      host: name.host,
      path: `/v2/${name.namespace}/${name.model}/manifests/${name.tag}`,
      headers: { accept: MANIFEST_TYPE },
      storage: false,
      signal,
    });
    const parsed = manifest.safeParse(parseJson(await readAll(response, MAX_MANIFEST_BYTES, name.host, signal)));
    if (!parsed.success) {
      throw new CatalogueError('registry-answer-invalid', { host: name.host, what: 'manifest' });
    }
    return { layers: parsed.data.layers ?? [], config: parsed.data.config };
  }

  /** Why a manifest has no GGUF: safetensors for MLX, a model that runs in a cloud, or nothing known. */
  async #notGguf(
    name: ModelName,
    layers: readonly Layer[],
    configLayer: Layer | undefined,
    signal: AbortSignal,
  ): Promise<CatalogueError> {
    const model = displayShortest(name);
    if (layers.some(({ mediaType }) => mediaType === `${IMAGE}tensor`)) {
      return new CatalogueError('model-mlx', { model });
    }
    if (configLayer !== undefined && configLayer.size <= MAX_TEXT_LAYER_BYTES) {
      const parsed = config.safeParse(await this.#json(name, configLayer, signal));
      if (parsed.success && (parsed.data.remote_host || parsed.data.remote_model)) {
        return new CatalogueError('model-cloud', { model });
      }
    }
    return new CatalogueError('registry-answer-invalid', { host: name.host, what: 'model layer' });
  }

  async #json(name: ModelName, { digest }: Layer, signal: AbortSignal): Promise<unknown> {
    const response = await this.#blob(name, digest, {}, signal);
    return parseJson(await readAll(response, MAX_TEXT_LAYER_BYTES, name.host, signal));
  }

  #blob(
    name: ModelName,
    digest: string,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<RegistryResponse> {
    const path = `/v2/${name.namespace}/${name.model}/blobs/${digest}`;
    return this.#http.get({ host: name.host, path, headers, storage: true, signal });
  }

  /** The model's own num_ctx. Parameters that cannot be read do not spoil the answer about the model. */
  async #numCtx(name: ModelName, paramsLayer: Layer, signal: AbortSignal): Promise<number | undefined> {
    if (paramsLayer.size > MAX_TEXT_LAYER_BYTES) {
      return undefined;
    }
    try {
      const parsed = parameters.safeParse(await this.#json(name, paramsLayer, signal));
      return parsed.success ? parsed.data.num_ctx : undefined;
    } catch {
      return undefined;
    }
  }

  /** The projector from its own header; when that fails, its size alone. */
  async #projector(name: ModelName, projectorLayer: Layer, signal: AbortSignal): Promise<ProjectorSpec> {
    const bySize: ProjectorSpec = { source: 'file', weightsBytes: projectorLayer.size, metadata: {}, tensors: [] };
    try {
      return projectorFromHeader(await this.#header(name, projectorLayer, signal)) ?? bySize;
    } catch {
      return bySize;
    }
  }

  async #header(name: ModelName, { digest, size }: Layer, signal: AbortSignal): Promise<GgufHeader> {
    const cached = await this.#cache?.read(digest);
    if (cached) {
      return cached;
    }
    const wanted = Math.min(size, this.#maxHeaderBytes);
    const response = await this.#blob(name, digest, { range: `bytes=0-${Math.max(0, wanted - 1)}` }, signal);
    try {
      checkRange(response, size, name.host);
    } catch (error) {
      cutOff(response);
      throw error;
    }
    const source = bodySource(response, size, name.host, signal);
    try {
      const header = await readHeader(source, this.#maxHeaderBytes);
      await this.#cache?.write(digest, header);
      return header;
    } finally {
      await source.close();
    }
  }
}
