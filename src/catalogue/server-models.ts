import { z } from 'zod';
import { mapInTurns, nextTurn } from '../base/turns.ts';
import { elementCount } from '../estimator/model/ggml-types.ts';
import type { ModelSpec } from '../estimator/types.ts';
import { GgufError } from '../gguf/errors.ts';
import { type ShowSpec, specFromShow } from '../gguf/from-show.ts';
import { identityOfShow, type ShownIdentity } from '../gguf/show-identity.ts';
import { bounded, TimeoutError } from './bounded.ts';
import { builtinCatalogue } from './builtin.ts';
import { CatalogueError } from './errors.ts';
import type { CatalogueWarning, Found } from './found.ts';
import { Lru } from './lru.ts';
import { displayShortest, type ModelName, nameKey, parseModelName } from './names.ts';
import { readVersion, seenBy, type Version } from './seen-by.ts';
import { sameSpelling } from './spelling.ts';

/** What the catalogue asks of a server: the typed Ollama client fits, and so does anything with Ollama's own answers. */
export interface SpecServer {
  /** `0.33.0`, or an object with `text`. */
  version(options?: { readonly signal?: AbortSignal }): Promise<unknown>;
  /** The models that the server has: a list, or `/api/tags`' object around it. */
  tags(options?: { readonly signal?: AbortSignal }): Promise<unknown>;
  /** `/api/show`. */
  show(model: string, options?: { readonly verbose?: boolean; readonly signal?: AbortSignal }): Promise<unknown>;
}

/** Why a server could not be asked. */
export type ServerFailure = Extract<CatalogueWarning, `server-${string}`>;

/** What came of asking a server. */
export interface AskedServer {
  readonly found?: Found;
  /** `null`: it does not say. Absent: it was not asked, or in vain. */
  readonly version?: Version | null;
  readonly warnings: readonly CatalogueWarning[];
  /** What it has. */
  readonly names: readonly string[];
  /** It could not be asked: nobody knows whether it has the model. */
  readonly failed?: ServerFailure;
  /** It has the model under this name, and does not tell its tensors (Ollama before 0.6.1). */
  readonly withoutTensors?: string;
  /** Then: the entry of the built-in list of what the model was made from. */
  readonly kin?: Found;
}

const MAX_CACHED = 64;

export interface ServerModelsOptions {
  /** How long a server may take, ms. */
  readonly timeoutMs: number;
  /** How long a verbose answer of many MB may take, ms. */
  readonly verboseTimeoutMs: number;
}

/** Specs of the models that servers have. */
export class ServerModels {
  readonly #timeoutMs: number;
  readonly #verboseTimeoutMs: number;
  readonly #byDigest = new Lru<Found>(MAX_CACHED);
  /** What each server listed last: whoever looks at fifteen models does not read twenty thousand fifteen times. */
  readonly #listed = new WeakMap<SpecServer, { readonly atMs: number; readonly models: readonly ServerModel[] }>();

  constructor({ timeoutMs, verboseTimeoutMs }: ServerModelsOptions) {
    this.#timeoutMs = timeoutMs;
    this.#verboseTimeoutMs = verboseTimeoutMs;
  }

  /** Names of what a server has; none where it does not answer in time. */
  async names(server: SpecServer, signal: AbortSignal | undefined): Promise<readonly string[]> {
    return bounded(this.#timeoutMs, signal, (bound) => server.tags({ signal: bound })).then(
      async (answer) => (await readTags(answer)).map((model) => model.name),
      () => [],
    );
  }

  /** What a server lists, no older than this. Rejects as the server's client does, or with a GgufError `show-invalid`. */
  async #list(server: SpecServer, signal: AbortSignal, maxAgeMs: number): Promise<readonly ServerModel[]> {
    const known = this.#listed.get(server);
    const atMs = performance.now();
    if (known !== undefined && atMs - known.atMs < maxAgeMs) {
      return known.models;
    }
    const models = await readTags(await server.tags({ signal }));
    if (models.length > SHORT_LIST) {
      this.#listed.set(server, { atMs, models });
    }
    return models;
  }

  /**
   * Asks a server for a model.
   * @throws CatalogueError `model-cloud`, `model-mlx`; GgufError; what the server says of a file that it cannot read
   */
  async find(name: ModelName, server: SpecServer, signal: AbortSignal | undefined): Promise<AskedServer> {
    const started = performance.now();
    try {
      const [version, listed] = await bounded(this.#timeoutMs, signal, (bound) =>
        Promise.all([server.version({ signal: bound }), this.#list(server, bound, LISTED_MS)]),
      );
      let models = listed;
      const names = models.map((model) => model.name);
      let entry = await entryOf(name, models);
      if (entry === undefined && started > (this.#listed.get(server)?.atMs ?? 0)) {
        // It may have come since.
        models = await bounded(this.#timeoutMs, signal, (bound) => this.#list(server, bound, 0));
        entry = await entryOf(name, models);
      }
      const number = readVersion(version);
      if (entry === undefined) {
        return { version: number, warnings: ['model-not-on-server'], names };
      }
      const leftMs = this.#timeoutMs - (performance.now() - started);
      const { found, gaps, answer } = await this.#show(server, entry, number, { signal, leftMs });
      if (found !== undefined) {
        return { found, warnings: [], names };
      }
      const kin = gaps.includes('show-no-tensors') ? listedKin(answer, entry, models) : null;
      return {
        version: number,
        warnings: [...gaps],
        names,
        ...(kin === null ? {} : { kin: { ...kin, spec: seenBy(number, kin.spec) } }),
        ...(gaps.includes('show-no-tensors') ? { withoutTensors: entry.name } : {}),
      };
    } catch (error) {
      if (error instanceof CatalogueError) {
        throw error;
      }
      if ((error instanceof GgufError && error.code !== 'show-invalid') || isAboutTheFile(error)) {
        throw error;
      }
      signal?.throwIfAborted();
      const warning = error instanceof TimeoutError ? 'server-timeout' : serverWarning(error);
      return { warnings: [warning], names: [], ...(warning === 'model-not-on-server' ? {} : { failed: warning }) };
    }
  }

  async #show(
    server: SpecServer,
    entry: ServerModel,
    version: Version | null,
    { signal, leftMs }: { signal: AbortSignal | undefined; leftMs: number },
  ): Promise<ShowSpec & { readonly found?: Found; readonly answer?: unknown }> {
    const key = entry.digest === undefined ? undefined : `${entry.digest}@${version?.join('.') ?? '?'}`;
    const cached = key === undefined ? undefined : this.#underName(key, entry.name);
    if (cached !== undefined) {
      return { spec: cached.spec, gaps: [], needsVerbose: false, found: cached };
    }
    const context = { name: entry.name, version, sizeBytes: entry.sizeBytes };
    const answer = await bounded(leftMs, signal, (bound) => server.show(entry.name, { signal: bound }));
    let read = specFromShow(answer, context);
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
      return { ...read, answer };
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
}

interface ServerModel {
  readonly name: string;
  readonly digest?: string | undefined;
  readonly sizeBytes?: number | undefined;
}

const MAX_LISTED = 50_000;
/** A list longer than this is as good as a new one for a moment, milliseconds; a shorter one is read anew. */
const SHORT_LIST = 500;
const LISTED_MS = 2_000;
/** Names that are compared in one go. */
const NAMES_AT_ONCE = 500;
const size = z.number().min(0).nullish();
const listedModel = z.object({
  name: z.string().min(1).max(512),
  digest: z.string().max(128).nullish(),
  size,
  sizeBytes: size,
});

/** Others have their turn in between: a list may be long. @throws GgufError `show-invalid` */
async function readTags(answer: unknown): Promise<ServerModel[]> {
  const list = (Array.isArray(answer) ? answer : (answer as { models?: unknown } | null)?.models) ?? [];
  if (!Array.isArray(list) || list.length > MAX_LISTED) {
    throw new GgufError('show-invalid', { key: 'models' });
  }
  return mapInTurns(list, (entry: unknown) => {
    const parsed = listedModel.safeParse(entry);
    if (!parsed.success) {
      throw new GgufError('show-invalid', { key: 'models' });
    }
    const { name, digest, size: onDisk, sizeBytes } = parsed.data;
    return { name, digest: digest || undefined, sizeBytes: sizeBytes ?? onDisk ?? undefined };
  });
}

/** The entry of a name: the same name, else one that spells the same model. */
async function entryOf(name: ModelName, models: readonly ServerModel[]): Promise<ServerModel | undefined> {
  const key = nameKey(name);
  const short = displayShortest(name);
  const exact = models.find((model) => model.name === short);
  if (exact !== undefined) {
    return exact;
  }
  let spelled: ServerModel | undefined;
  for (const [at, model] of models.entries()) {
    if (at > 0 && at % NAMES_AT_ONCE === 0) {
      await nextTurn();
    }
    const other = parseModelName(model.name);
    if (other.ok && nameKey(other.name) === key) {
      return model;
    }
    spelled ??= sameSpelling(model.name, short) ? model : undefined;
  }
  return spelled;
}

function serverWarning(error: unknown): ServerFailure | 'model-not-on-server' {
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
  if (code === 'not-found') {
    return 'model-not-on-server';
  }
  return code === 'server-error' || code === 'busy' || code === 'too-old' ? 'server-failed' : 'server-unreachable';
}

/** Whether a failure is the file's own, so that no other source of the spec would help. */
function isAboutTheFile(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === 'model-unloadable';
}

/**
 * The built-in list's entry of the weights that a model stands for: of what it was made from, or of another name of the
 * same manifest. Only one that agrees with what the server does tell of the model.
 */
function listedKin(answer: unknown, entry: ServerModel, models: readonly ServerModel[]): Found | null {
  const shown = identityOfShow(answer);
  if (shown === null) {
    return null;
  }
  const copies = models.filter((model) => model.digest !== undefined && model.digest === entry.digest);
  for (const name of [shown.parentModel, ...copies.map((model) => model.name)]) {
    const listed = name === '' ? null : builtinCatalogue().lookUp(name);
    if (listed !== null && agrees(listed.spec, shown)) {
      const { ownNumCtx } = shown;
      const spec = { ...listed.spec, name: entry.name, ...(ownNumCtx === undefined ? {} : { ownNumCtx }) };
      return { spec, source: 'builtin', warnings: [...listed.notes, 'spec-of-parent'] };
    }
  }
  return null;
}

/** Counts of one model differ by what a converter counts in. */
const COUNT_SHARE = 0.01;

function agrees(spec: ModelSpec, shown: ShownIdentity): boolean {
  const count = spec.tensors.reduce((sum, tensor) => sum + elementCount(tensor.shape), 0);
  const fileType = spec.metadata['general.file_type'];
  return (
    spec.architecture === shown.architecture &&
    (shown.parameterCount === null || Math.abs(count - shown.parameterCount) <= shown.parameterCount * COUNT_SHARE) &&
    (shown.fileType === null || typeof fileType !== 'number' || fileType === shown.fileType)
  );
}
