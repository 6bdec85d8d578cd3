import { z } from 'zod';
import { orAborted, within } from '../base/wait.ts';
import type { ModelSpec } from '../estimator/types.ts';
import { GgufError } from '../gguf/errors.ts';
import { specFromGgufFile } from '../gguf/from-file.ts';
import { specFromJsonFile } from '../gguf/from-json.ts';
import { type ShowGap, type ShowSpec, specFromShow } from '../gguf/from-show.ts';
import { asLlamaCppSees } from '../gguf/llama-cpp-view.ts';
import { builtinCatalogue } from './builtin.ts';
import type { BuiltinNote } from './builtin-names.ts';
import { CatalogueError } from './errors.ts';
import { type HubAddress, hubAddress } from './hub/name.ts';
import type { HubModel, HubName, HubWarning } from './hub/types.ts';
import { Lru } from './lru.ts';
import { DEFAULT_HOST, displayShortest, isCloudName, type ModelName, nameKey, parseModelName } from './names.ts';
import { nearestNames } from './nearest.ts';
import { otherKind } from './not-language.ts';
import type { RegistryModel } from './registry.ts';
import { pastedAddress, plainText, spelledName } from './spelling.ts';

/** What the catalogue asks of a server: the typed Ollama client fits, and so does anything with Ollama's own answers. */
export interface SpecServer {
  /** `0.33.0`, or an object with `text`. */
  version(options?: { readonly signal?: AbortSignal }): Promise<unknown>;
  /** The models that the server has: a list, or `/api/tags`' object around it. */
  tags(options?: { readonly signal?: AbortSignal }): Promise<unknown>;
  /** `/api/show`. */
  show(model: string, options?: { readonly verbose?: boolean; readonly signal?: AbortSignal }): Promise<unknown>;
}

/** What the catalogue asks of a registry client. */
export interface SpecRegistry {
  find(name: ModelName, options: { readonly signal: AbortSignal }): Promise<RegistryModel>;
}

/** What the catalogue asks of a client of hubs. */
export interface SpecHub {
  /** Asked in place of the registry that the hub has itself: the owner named a mirror. */
  readonly mirrored: boolean;
  find(name: HubName, options: { readonly signal: AbortSignal }): Promise<HubModel>;
}

export type SpecSource = 'server' | 'registry' | 'file' | 'builtin';

/** What a person should know about where a spec comes from. */
export type CatalogueWarning =
  | ShowGap
  | BuiltinNote
  | HubWarning
  | RegistryModel['warnings'][number]
  | 'server-unreachable'
  | 'server-timeout'
  | 'server-refused'
  | 'server-answer-invalid'
  | 'model-not-on-server'
  | 'registry-unavailable'
  | 'gguf-data-incomplete';

/** A model spec with its source. */
export interface Found {
  readonly spec: ModelSpec;
  readonly source: SpecSource;
  readonly warnings: readonly CatalogueWarning[];
  /** Digest of the manifest (server) or of the model layer (registry), hexadecimal. */
  readonly digest?: string;
  /** Bytes to download, when the model came from a registry. */
  readonly downloadBytes?: number;
  /** The model's own num_ctx default (its parameters), when known from a registry. */
  readonly numCtx?: number;
}

export interface CatalogueOptions {
  /** Absent: registries are not asked. */
  readonly registry?: SpecRegistry;
  /** Absent: hubs are not asked. */
  readonly hub?: SpecHub;
  /** How long a server may take before the list answers in its stead, ms. Default 2000. */
  readonly serverTimeoutMs?: number;
  /** How long a verbose answer of many MB may take, ms. Default 10,000. */
  readonly verboseTimeoutMs?: number;
  /** How long a registry may take: when the built-in list has the very model too, and when not, ms. Default 1500 and 10,000. */
  readonly registryTimeoutMs?: { readonly known: number; readonly unknown: number };
  /** The same for a hub. Default 5000 and 20,000. */
  readonly hubTimeoutMs?: { readonly known: number; readonly unknown: number };
}

export interface FindOptions {
  /** The server whose models are meant. Absent: only registry and built-in list. */
  readonly server?: SpecServer;
  /**
   * Ollama's version for which the answer is meant, when no server tells it. From 0.30 on (and without a version) models in
   * Ollama's own form are given as llama.cpp sees them.
   */
  readonly ollama?: string;
  /** Whether the asker may see what the owner's own token opens. */
  readonly restricted?: boolean;
  readonly signal?: AbortSignal;
}

/** What came of asking elsewhere than the server. */
interface LookedUp {
  readonly found?: Found;
  /** Asked in vain: nobody knows whether the model is there. */
  readonly unanswered: boolean;
  readonly failure?: Error;
}

const MAX_CACHED = 64;

/**
 * Finds model specs for typed names: from the server, else from a registry (when one is given), else from the built-in list.
 * Never reads a path: that is `specFromPath`, for the command-line tool.
 */
export class Catalogue {
  readonly #registry: SpecRegistry | undefined;
  readonly #hub: SpecHub | undefined;
  readonly #serverTimeoutMs: number;
  readonly #verboseTimeoutMs: number;
  readonly #registryTimeoutMs: { readonly known: number; readonly unknown: number };
  readonly #hubTimeoutMs: { readonly known: number; readonly unknown: number };
  readonly #byDigest = new Lru<Found>(MAX_CACHED);

  constructor(options: CatalogueOptions = {}) {
    this.#registry = options.registry;
    this.#hub = options.hub;
    this.#serverTimeoutMs = options.serverTimeoutMs ?? 2000;
    this.#verboseTimeoutMs = options.verboseTimeoutMs ?? 10_000;
    this.#registryTimeoutMs = options.registryTimeoutMs ?? { known: 1500, unknown: 10_000 };
    this.#hubTimeoutMs = options.hubTimeoutMs ?? { known: 5000, unknown: 20_000 };
  }

  /**
   * @throws CatalogueError `model-name-invalid` (params.reason: a code of names.ts), `model-cloud`, `model-mlx`,
   *   `model-unknown` with the nearest names; `registry-*` when a name of another host could not be looked up there
   * @throws GgufError `gguf-not-a-language-model` and the like when the model was found and cannot be read
   */
  async find(text: string, options: FindOptions = {}): Promise<Found> {
    const typed = asTyped(text);
    const parsed = parseModelName(typed);
    if (!parsed.ok) {
      return this.#bySpelling(typed, parsed.code, options);
    }
    const name = parsed.name;
    const shown = displayShortest(name);
    if (isCloudName(name)) {
      throw new CatalogueError('model-cloud', { model: shown });
    }
    options.signal?.throwIfAborted();

    const asked = await this.#fromServer(name, options);
    if (asked.found !== undefined && !asked.found.warnings.includes('show-arrays-missing')) {
      return asked.found;
    }
    const warnings = asked.warnings;
    const builtin = builtinCatalogue().lookUp(shown);
    const looked = await this.#lookUp(name, typed, builtin, options);
    if (looked.found !== undefined) {
      const spec = seenBy(asked.version ?? readVersion(options.ollama), looked.found.spec);
      return { ...looked.found, spec, warnings: [...warnings, ...looked.found.warnings] };
    }
    if (looked.unanswered) {
      warnings.push('registry-unavailable');
    }
    if (builtin !== null) {
      return { spec: builtin.spec, source: 'builtin', warnings: [...warnings, ...builtin.notes] };
    }
    if (asked.found !== undefined) {
      return asked.found;
    }
    throw notFound(shown, name, looked, asked.names);
  }

  /** In the registry, and in the hub that the name may mean. */
  async #lookUp(
    name: ModelName,
    typed: string,
    builtin: { readonly notes: readonly unknown[] } | null,
    options: FindOptions,
  ): Promise<LookedUp> {
    const hub = this.#hub;
    const address = hub === undefined ? undefined : hubAddress(typed);
    const past = address?.explicit === true && (hub?.mirrored === true || address.kind === 'modelscope');
    const registry: LookedUp = past
      ? { unanswered: false }
      : await this.#fromRegistry(name, builtin?.notes.length === 0, options.signal);
    // A registry that the hub has itself and that cannot be reached: neither can the hub.
    const elsewhere = address?.explicit !== true || !registry.unanswered || !isOutOfReach(registry.failure);
    if (registry.found !== undefined || hub === undefined || address === undefined || !elsewhere) {
      return registry;
    }
    const found = await this.#fromHub(hub, address, builtin !== null, options);
    return found.found === undefined && found.failure === undefined ? registry : found;
  }

  /** A text that is no name for Ollama may still spell one: `gemma 3 12b`, full-width letters. */
  async #bySpelling(text: string, fault: string, { server, signal }: FindOptions): Promise<Found> {
    // What looks like a path or an address is refused before anybody is asked.
    const { key } = /[/\\]|:\/\//.test(text) ? { key: '' } : spelledName(text);
    const listed = key === '' ? null : builtinCatalogue().lookUp(text);
    if (server !== undefined && key !== '') {
      const names = await bounded(this.#serverTimeoutMs, signal, (bound) => server.tags({ signal: bound })).then(
        (answer) => readTags(answer).map((model) => model.name),
        () => [],
      );
      signal?.throwIfAborted();
      const same = names.find((name) => sameSpelling(name, text));
      if (same !== undefined) {
        return this.find(same, { server, ...(signal === undefined ? {} : { signal }) });
      }
    }
    if (listed !== null) {
      return { spec: listed.spec, source: 'builtin', warnings: listed.notes };
    }
    const kind = otherKind(text);
    if (kind !== undefined) {
      throw new CatalogueError('model-not-language', { model: text.slice(0, 200), kind });
    }
    throw new CatalogueError('model-name-invalid', { reason: fault });
  }

  async #fromServer(
    name: ModelName,
    { server, signal }: FindOptions,
  ): Promise<{ found?: Found; version?: Version | null; warnings: CatalogueWarning[]; names: readonly string[] }> {
    if (server === undefined) {
      return { warnings: [], names: [] };
    }
    const started = performance.now();
    try {
      const [version, listed] = await bounded(this.#serverTimeoutMs, signal, (bound) =>
        Promise.all([server.version({ signal: bound }), server.tags({ signal: bound })]),
      );
      const models = readTags(listed);
      const names = models.map((model) => model.name);
      const entry =
        models.find((model) => {
          const other = parseModelName(model.name);
          return other.ok && nameKey(other.name) === nameKey(name);
        }) ?? models.find((model) => sameSpelling(model.name, displayShortest(name)));
      const number = readVersion(version);
      if (entry === undefined) {
        return { version: number, warnings: ['model-not-on-server'], names };
      }
      const leftMs = this.#serverTimeoutMs - (performance.now() - started);
      const { found, gaps } = await this.#show(server, entry, number, { signal, leftMs });
      return found === undefined ? { version: number, warnings: [...gaps], names } : { found, warnings: [], names };
    } catch (error) {
      if (error instanceof CatalogueError) {
        throw error;
      }
      if (error instanceof GgufError && error.code !== 'show-invalid') {
        throw error;
      }
      signal?.throwIfAborted();
      const warning = error instanceof TimeoutError ? 'server-timeout' : serverWarning(error);
      return { warnings: [warning], names: [] };
    }
  }

  async #show(
    server: SpecServer,
    entry: ServerModel,
    version: Version | null,
    { signal, leftMs }: { signal: AbortSignal | undefined; leftMs: number },
  ): Promise<ShowSpec & { found?: Found }> {
    const key = entry.digest === undefined ? undefined : `${entry.digest}@${version?.join('.') ?? '?'}`;
    const cached = key === undefined ? undefined : this.#underName(key, entry.name);
    if (cached !== undefined) {
      return { spec: cached.spec, gaps: [], needsVerbose: false, found: cached };
    }
    const context = { name: entry.name, version, sizeBytes: entry.sizeBytes };
    let read = await bounded(leftMs, signal, async (bound) =>
      specFromShow(await server.show(entry.name, { signal: bound }), context),
    );
    if (read.gaps.includes('show-cloud-model')) {
      throw new CatalogueError('model-cloud', { model: entry.name });
    }
    if (read.gaps.includes('show-mlx-model')) {
      throw new CatalogueError('model-mlx', { model: entry.name });
    }
    if (read.needsVerbose) {
      try {
        read = await bounded(this.#verboseTimeoutMs, signal, async (bound) =>
          specFromShow(await server.show(entry.name, { verbose: true, signal: bound }), context),
        );
      } catch {
        // The short answer stands, with `show-arrays-missing` among its gaps.
        signal?.throwIfAborted();
      }
    }
    if (read.spec === null) {
      return read;
    }
    const found: Found = {
      spec: seenBy(version, read.spec),
      source: 'server',
      warnings: read.gaps,
      ...(entry.digest === undefined ? {} : { digest: entry.digest }),
    };
    if (key !== undefined && !read.needsVerbose) {
      this.#byDigest.set(key, found);
    }
    return { ...read, found };
  }

  /** What is known by its digest. The same name gives the same object, by which the estimator knows what it has compiled. */
  #underName(key: string, name: string): Found | undefined {
    const cached = this.#byDigest.get(key);
    if (cached === undefined || cached.spec.name === name) {
      return cached;
    }
    const known = this.#byDigest.get(`${key} ${name}`);
    if (known !== undefined) {
      return known;
    }
    const found = { ...cached, spec: { ...cached.spec, name } };
    this.#byDigest.set(`${key} ${name}`, found);
    return found;
  }

  async #fromRegistry(name: ModelName, listed: boolean, signal: AbortSignal | undefined): Promise<LookedUp> {
    const registry = this.#registry;
    if (registry === undefined) {
      return { unanswered: false };
    }
    const limitMs = listed ? this.#registryTimeoutMs.known : this.#registryTimeoutMs.unknown;
    try {
      const model = await bounded(limitMs, signal, (bound) => registry.find(name, { signal: bound }));
      const { spec, digest, downloadBytes, numCtx, warnings } = model;
      const found: Found = { spec, source: 'registry', warnings, digest, downloadBytes, ...(numCtx && { numCtx }) };
      return { found, unanswered: false };
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof GgufError && error.code === 'gguf-not-a-language-model') {
        throw error;
      }
      if (error instanceof CatalogueError) {
        if (error.code === 'model-mlx' || error.code === 'model-cloud') {
          throw error;
        }
        // The registry answered: it does not have the model, or may not be asked for it.
        if (error.code === 'registry-not-found') {
          return { unanswered: false };
        }
        if (error.code === 'registry-host-refused') {
          return { unanswered: false, failure: error };
        }
      }
      return { unanswered: true, failure: asFailure(error, name.host) };
    }
  }

  async #fromHub(hub: SpecHub, address: HubAddress, listed: boolean, options: FindOptions): Promise<LookedUp> {
    const { signal } = options;
    const limitMs = listed ? this.#hubTimeoutMs.known : this.#hubTimeoutMs.unknown;
    try {
      const model = await bounded(limitMs, signal, (bound) => hub.find(address, { signal: bound }));
      if (model.restricted && options.restricted !== true) {
        return { unanswered: false, failure: new CatalogueError('model-restricted', { model: address.name }) };
      }
      const { spec, warnings, downloadBytes } = model;
      return { found: { spec, source: 'registry', warnings, downloadBytes }, unanswered: false };
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof GgufError && error.code === 'gguf-not-a-language-model') {
        throw error;
      }
      if (error instanceof CatalogueError && error.code === 'registry-not-found') {
        return { unanswered: false };
      }
      const failure = asFailure(error, address.kind);
      return { unanswered: isOutOfReach(failure), failure };
    }
  }
}

function asFailure(error: unknown, host: string): Error {
  const known = error instanceof CatalogueError || error instanceof GgufError;
  return known ? error : new CatalogueError('registry-timeout', { host });
}

const OUT_OF_REACH = new Set(['registry-unreachable', 'registry-timeout', 'registry-busy', 'registry-failed']);

/** Whether nobody could be asked, as against an answer that says no. */
function isOutOfReach(error: Error | undefined): boolean {
  return error instanceof CatalogueError && OUT_OF_REACH.has(error.code);
}

/** A model that nobody has, or that nobody could be asked for. */
function notFound(shown: string, name: ModelName, looked: LookedUp, names: readonly string[]): Error {
  const { failure } = looked;
  if (failure === undefined || otherKind(shown) !== undefined) {
    return unknownModel(shown, names);
  }
  // Of a model elsewhere than in Ollama's own library the reason itself is told.
  if (isOutOfReach(failure) && name.host === DEFAULT_HOST) {
    const host = String((failure as CatalogueError).params.host ?? name.host);
    const nearest = nearestNames(shown, [...names, ...builtinCatalogue().names()]);
    return new CatalogueError('model-unanswered', { model: shown, host }, nearest);
  }
  return failure;
}

/** The text as a name: full-width letters made plain, an address from a browser reduced to what it leads to. */
function asTyped(text: string): string {
  const pasted = pastedAddress(text);
  if (pasted === undefined) {
    return plainText(text);
  }
  const host = { ollama: '', hub: 'hf.co/', modelscope: 'modelscope.cn/' }[pasted.host];
  return `${host}${pasted.path}`;
}

/** Whether two names spell the same model in the same quantization. */
function sameSpelling(a: string, b: string): boolean {
  const one = spelledName(a);
  const other = spelledName(b);
  return (
    one.key !== '' && one.key === other.key && one.owner === other.owner && one.quantization === other.quantization
  );
}

function unknownModel(shown: string, names: readonly string[]): CatalogueError {
  const kind = otherKind(shown);
  return kind === undefined
    ? new CatalogueError(
        'model-unknown',
        { model: shown },
        nearestNames(shown, [...names, ...builtinCatalogue().names()]),
      )
    : new CatalogueError('model-not-language', { model: shown.replace(/:latest$/, ''), kind });
}

type Version = readonly [number, number, number];

/** Ollama runs llama.cpp from 0.30 on. */
function seenBy(version: Version | null, spec: ModelSpec): ModelSpec {
  const own = version !== null && version[0] === 0 && version[1] < 30;
  return own ? spec : asLlamaCppSees(spec);
}

class TimeoutError extends Error {}

/** Runs work with a time limit that holds even if the work ignores its signal. */
async function bounded<T>(
  limitMs: number,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = new AbortController();
  const bound = signal === undefined ? limit.signal : AbortSignal.any([signal, limit.signal]);
  try {
    return await within(Math.max(0, limitMs), orAborted(work(bound), signal), () => {
      throw new TimeoutError();
    });
  } finally {
    limit.abort();
  }
}

interface ServerModel {
  readonly name: string;
  readonly digest?: string | undefined;
  readonly sizeBytes?: number | undefined;
}

const MAX_LISTED = 10_000;
const size = z.number().min(0).nullish();
const listedModel = z.object({
  name: z.string().min(1).max(512),
  digest: z.string().max(128).nullish(),
  size,
  sizeBytes: size,
});
const listedModels = z.array(listedModel).max(MAX_LISTED);

function readTags(answer: unknown): ServerModel[] {
  const list = Array.isArray(answer) ? answer : (answer as { models?: unknown } | null)?.models;
  const parsed = listedModels.safeParse(list ?? []);
  if (!parsed.success) {
    throw new GgufError('show-invalid', { key: 'models' });
  }
  return parsed.data.map(({ name, digest, size: onDisk, sizeBytes }) => ({
    name,
    digest: digest || undefined,
    sizeBytes: sizeBytes ?? onDisk ?? undefined,
  }));
}

function readVersion(answer: unknown): Version | null {
  const named = (answer ?? {}) as { text?: unknown; version?: unknown };
  const text = typeof answer === 'string' ? answer : (named.text ?? named.version);
  const match = typeof text === 'string' ? /^v?(\d{1,5})\.(\d{1,5})\.(\d{1,5})/.exec(text) : null;
  if (match === null) {
    return null;
  }
  const numbers = [Number(match[1]), Number(match[2]), Number(match[3])] as const;
  // Builds from source say 0.0.0.
  return numbers.some((n) => n > 0) ? numbers : null;
}

function serverWarning(error: unknown): CatalogueWarning {
  const code = (error as { code?: unknown } | null)?.code;
  if (code === 'show-invalid' || code === 'bad-answer') {
    return 'server-answer-invalid';
  }
  if (code === 'timeout') {
    return 'server-timeout';
  }
  if (code === 'unauthorized' || code === 'forbidden') {
    return 'server-refused';
  }
  return code === 'not-found' ? 'model-not-on-server' : 'server-unreachable';
}

/** Whether a text names a model file for the command-line tool rather than a model: it ends in `.gguf` or `.json`. */
export function looksLikePath(text: string): boolean {
  return /\.(?:gguf|json)$/i.test(text.trim());
}

/**
 * Reads a `.gguf` file or a model JSON. For the command-line tool only: a chat's text never becomes a path.
 *
 * @throws GgufError codes of the two readers
 * @throws CatalogueError `path-kind-unknown`
 */
export async function specFromPath(path: string): Promise<Found> {
  if (/\.gguf$/i.test(path)) {
    const { spec, warnings } = await specFromGgufFile(path);
    return { spec, source: 'file', warnings };
  }
  if (/\.json$/i.test(path)) {
    return { spec: await specFromJsonFile(path), source: 'file', warnings: [] };
  }
  throw new CatalogueError('path-kind-unknown', { path });
}
