import { MIB } from '../../base/bytes.ts';
import { quantize } from '../../estimator/model/quantize/quantize.ts';
import { readTarget } from '../../estimator/model/quantize/targets.ts';
import type { ModelSpec, TensorInfo } from '../../estimator/types.ts';
import { GgufError } from '../../gguf/errors.ts';
import { type GgufHeader, readHeader } from '../../gguf/header.ts';
import { projectorFromHeader } from '../../gguf/parts.ts';
import { sizeByParameters } from '../../gguf/safetensors/by-parameters.ts';
import { specFromSafetensors } from '../../gguf/safetensors/convert.ts';
import { elementBits } from '../../gguf/safetensors/header.ts';
import { buildSpec } from '../../gguf/spec.ts';
import { CatalogueError } from '../errors.ts';
import { Lru } from '../lru.ts';
import { bodySource, checkRange } from '../ranged.ts';
import { cutOff, RegistryHttp } from '../registry-http.ts';
import { type ChosenGguf, chooseGguf, offeredQuantizations } from './gguf-files.ts';
import { listRepository } from './listing.ts';
import { importWarnings } from './ollama-import.ts';
import { readShards } from './shards.ts';
import { type HubEndpoint, HubTransport } from './transport.ts';
import { type HubFile, type HubKind, type HubListing, type HubModel, type HubName, OTHER_TASKS } from './types.ts';

export interface HubOptions {
  /** Address of Hugging Face or of a mirror. Default https://huggingface.co. */
  readonly endpoint?: string | undefined;
  /** Opens gated repositories. Sent to Hugging Face's own origin alone, or to the mirror where `tokenForMirror` says so. */
  readonly token?: string | undefined;
  readonly tokenForMirror?: boolean | undefined;
  /** Address of ModelScope. Default https://modelscope.cn. */
  readonly modelScope?: string | undefined;
  /** For one `find`, ms. Default 20,000. */
  readonly timeoutMs?: number;
}

/** How long an answer is taken for true, ms. */
const KEPT_MS = 10 * 60_000;

const HUGGING_FACE = 'https://huggingface.co';
const MODEL_SCOPE = 'https://modelscope.cn';
/** Requests for one repository. */
const MAX_REQUESTS = 30;
const MAX_HEADER_BYTES = 64 * MIB;

type Unrestricted = Omit<HubModel, 'restricted'>;

/** Where files of the hubs may be redirected to. */
const STORAGE = ['.hf.co', '.huggingface.co', '.modelscope.cn', '.aliyuncs.com'];

/** Reads models from repositories of Hugging Face (or a mirror) and ModelScope: headers alone, never weights. */
export class HubClient {
  readonly #http: RegistryHttp;
  readonly #endpoints: Readonly<Record<HubKind, HubEndpoint>>;
  readonly #timeoutMs: number;
  readonly #kept = new Lru<{ readonly model: HubModel; readonly untilMs: number }>(64);
  /** Whether Hugging Face is asked through a mirror. */
  readonly mirrored: boolean;

  /** @throws CatalogueError `hub-address-invalid` */
  constructor(options: HubOptions = {}) {
    const endpoint = readAddress(options.endpoint ?? HUGGING_FACE);
    const modelScope = readAddress(options.modelScope ?? MODEL_SCOPE);
    const isMirror = endpoint.host !== 'huggingface.co' && endpoint.host !== 'hf.co';
    const withToken =
      options.token !== undefined && options.token !== '' && (!isMirror || options.tokenForMirror === true);
    this.mirrored = isMirror;
    const own = [endpoint, modelScope];
    this.#http = new RegistryHttp({
      manifestHosts: own.map(({ host }) => host),
      storageHosts: STORAGE,
      // Addresses that the owner wrote down may lie in the owner's own network.
      privateHosts: own.filter(({ secure }) => !secure).map(({ host }) => host),
      privateSecureHosts: own.filter(({ secure, host }) => secure && !isPublicHub(host)).map(({ host }) => host),
    });
    this.#endpoints = {
      huggingface: {
        kind: 'huggingface',
        host: endpoint.host,
        prefix: endpoint.prefix,
        token: withToken ? options.token : undefined,
      },
      modelscope: { kind: 'modelscope', host: modelScope.host, prefix: modelScope.prefix, token: undefined },
    };
    this.#timeoutMs = options.timeoutMs ?? 20_000;
  }

  /** Ends all connections. */
  close(): Promise<void> {
    return this.#http.close();
  }

  /**
   * @throws CatalogueError `registry-*`; `model-not-language` (params.kind); `hub-quantization-missing` with those there
   *   are; `hub-no-model` for a repository without weights that are known here; `hub-gated`
   * @throws GgufError for headers that cannot be read, `safetensors-*`
   */
  async find(name: HubName, options: { readonly signal?: AbortSignal } = {}): Promise<HubModel> {
    const key = JSON.stringify([name.kind, name.owner, name.name, name.quantization]);
    const kept = this.#kept.get(key);
    if (kept !== undefined && kept.untilMs > performance.now()) {
      return kept.model;
    }
    const limits = [AbortSignal.timeout(this.#timeoutMs), ...(options.signal === undefined ? [] : [options.signal])];
    const transport = new HubTransport(this.#http, this.#endpoints[name.kind], AbortSignal.any(limits), MAX_REQUESTS);
    const listing = await listRepository(transport, name);
    const gated = listing.restricted && transport.endpoint.token === undefined;
    const model = await this.#read(transport, name, listing).catch((error: unknown) => {
      const refused = error instanceof CatalogueError && error.code === 'registry-unauthorized';
      throw gated && refused ? new CatalogueError('hub-gated', { model: `${name.owner}/${name.name}` }) : error;
    });
    const result = { ...model, restricted: listing.restricted && !gated };
    this.#kept.set(key, { model: result, untilMs: performance.now() + KEPT_MS });
    return result;
  }

  async #read(transport: HubTransport, name: HubName, { files, ...rest }: HubListing): Promise<Unrestricted> {
    const chosen = chooseGguf(files, name.quantization);
    if (chosen !== undefined) {
      return this.#fromGguf(transport, name, chosen);
    }
    const offered = offeredQuantizations(files);
    if (offered.length > 0) {
      throw new CatalogueError('hub-quantization-missing', {
        model: `${name.owner}/${name.name}`,
        quantization: name.quantization ?? '',
        offered: offered.slice(0, 30).join(', '),
      });
    }
    return fromSafetensors(transport, name, { files, ...rest });
  }

  async #fromGguf(transport: HubTransport, name: HubName, chosen: ChosenGguf): Promise<Unrestricted> {
    const headers = await Promise.all(chosen.parts.map((file) => ggufHeader(transport, name, file)));
    const projector =
      chosen.projector === undefined
        ? undefined
        : projectorFromHeader(await ggufHeader(transport, name, chosen.projector));
    const tensors: readonly TensorInfo[] = headers.flatMap((header) => header.tensors);
    const fileBytes = chosen.parts.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    const spec = buildSpec({
      name: shownName(name, chosen.quantization),
      metadata: headers[0]!.metadata,
      tensors,
      fileBytes,
      projector: projector ?? undefined,
    });
    return { spec, warnings: [], downloadBytes: fileBytes + (chosen.projector?.sizeBytes ?? 0) };
  }
}

function isPublicHub(host: string): boolean {
  return /(?:^|\.)(?:huggingface\.co|hf\.co|hf-mirror\.com|modelscope\.cn|modelscope\.ai)$/.test(host);
}

function shownName({ kind, owner, name }: HubName, quantization: string | undefined): string {
  const host = kind === 'huggingface' ? 'hf.co' : 'modelscope.cn';
  return `${host}/${owner}/${name}${quantization === undefined ? '' : `:${quantization}`}`;
}

async function ggufHeader(transport: HubTransport, name: HubName, file: HubFile): Promise<GgufHeader> {
  const { host } = transport.endpoint;
  const wanted = Math.min(file.sizeBytes || MAX_HEADER_BYTES, MAX_HEADER_BYTES);
  const response = await transport.get(transport.filePath(name, file.path), { range: `bytes=0-${wanted - 1}` });
  try {
    if (file.sizeBytes > 0) {
      checkRange(response, file.sizeBytes, host);
    }
  } catch (error) {
    cutOff(response);
    throw error;
  }
  const source = bodySource(response, file.sizeBytes || Number.MAX_SAFE_INTEGER, host, transport.signal);
  try {
    return await readHeader(source, MAX_HEADER_BYTES);
  } finally {
    await source.close();
  }
}

async function fromSafetensors(transport: HubTransport, name: HubName, listing: HubListing): Promise<Unrestricted> {
  const model = `${name.owner}/${name.name}`;
  const has = (path: string): boolean => listing.files.some((file) => file.path === path);
  const kind = listing.task === undefined ? undefined : OTHER_TASKS[listing.task];
  if (has('model_index.json') || (kind !== undefined && !has('config.json'))) {
    throw new CatalogueError('model-not-language', { model, kind: kind ?? 'diffusion' });
  }
  if (!has('config.json') || !listing.files.some(({ path }) => path.endsWith('.safetensors'))) {
    throw new CatalogueError('hub-no-model', { model });
  }
  const config = await transport.json(transport.filePath(name, 'config.json'), 4 * MIB);
  if (typeof config !== 'object' || config === null || Array.isArray(config)) {
    throw new CatalogueError('registry-answer-invalid', { host: transport.endpoint.host, what: 'config.json' });
  }
  const { tensors, exact } = await readShards(transport, name, listing.files);
  const target = readTarget(name.quantization ?? 'Q4_K_M').name;
  const downloadBytes = listing.files
    .filter(({ path }) => path.endsWith('.safetensors'))
    .reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  let spec: ModelSpec;
  try {
    spec = specFromSafetensors({
      name: shownName(name, target),
      config: config as Readonly<Record<string, unknown>>,
      tensors,
    });
  } catch (error) {
    if (kind !== undefined) {
      throw new CatalogueError('model-not-language', { model, kind });
    }
    throw withRange(error, tensors, target);
  }
  return {
    spec: quantize(spec, target).spec,
    warnings: [
      'hub-computed',
      ...(exact ? [] : (['hub-size-mismatch'] as const)),
      ...importWarnings(config as Readonly<Record<string, unknown>>),
    ],
    downloadBytes,
  };
}

/** A class without rules: what its parameters say, as a range that is never too low. */
function withRange(
  error: unknown,
  tensors: readonly { dtype: string; shape: readonly number[] }[],
  target: string,
): unknown {
  if (!(error instanceof GgufError) || error.code !== 'safetensors-class-unknown') {
    return error;
  }
  const parameters = tensors.reduce(
    (sum, { dtype, shape }) =>
      sum + shape.reduce((product, n) => product * n, 1) * (elementBits(dtype) === 8 && dtype === 'U8' ? 2 : 1),
    0,
  );
  const range = sizeByParameters(parameters, target);
  return range === undefined
    ? error
    : new CatalogueError('safetensors-class-range', { class: String(error.params.class), target, ...range });
}

/** @throws CatalogueError `hub-address-invalid` */
function readAddress(text: string): { readonly host: string; readonly prefix: string; readonly secure: boolean } {
  const url = URL.parse(text);
  if (
    url === null ||
    !/^https?:$/.test(url.protocol) ||
    url.username !== '' ||
    url.password !== '' ||
    url.search !== ''
  ) {
    throw new CatalogueError('hub-address-invalid', { address: text.slice(0, 200) });
  }
  return { host: url.host.toLowerCase(), prefix: url.pathname.replace(/\/+$/, ''), secure: url.protocol === 'https:' };
}
