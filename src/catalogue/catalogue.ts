import { GgufError } from '../gguf/errors.ts';
import { specFromGgufFile } from '../gguf/from-file.ts';
import { specFromJsonFile } from '../gguf/from-json.ts';
import { bounded } from './bounded.ts';
import { builtinCatalogue } from './builtin.ts';
import { CatalogueError } from './errors.ts';
import type { CatalogueWarning, Found } from './found.ts';
import { type HubAddress, hubAddress } from './hub/name.ts';
import type { HubModel, HubName } from './hub/types.ts';
import { DEFAULT_HOST, displayShortest, isCloudName, type ModelName, parseModelName } from './names.ts';
import { nearestNames } from './nearest.ts';
import { otherKind } from './not-language.ts';
import type { RegistryModel } from './registry.ts';
import { readVersion, seenBy } from './seen-by.ts';
import { type AskedServer, ServerModels, type SpecServer } from './server-models.ts';
import { pastedAddress, plainText, sameSpelling, spelledName } from './spelling.ts';

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

/**
 * Finds model specs for typed names: from the server, else from a registry (when one is given), else from the built-in list.
 * Never reads a path: that is `specFromPath`, for the command-line tool.
 */
export class Catalogue {
  readonly #registry: SpecRegistry | undefined;
  readonly #hub: SpecHub | undefined;
  readonly #registryTimeoutMs: { readonly known: number; readonly unknown: number };
  readonly #hubTimeoutMs: { readonly known: number; readonly unknown: number };
  readonly #servers: ServerModels;

  constructor(options: CatalogueOptions = {}) {
    this.#registry = options.registry;
    this.#hub = options.hub;
    this.#servers = new ServerModels({
      timeoutMs: options.serverTimeoutMs ?? 2000,
      verboseTimeoutMs: options.verboseTimeoutMs ?? 10_000,
    });
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

    const asked: AskedServer =
      options.server === undefined
        ? { warnings: [], names: [] }
        : await this.#servers.find(name, options.server, options.signal);
    if (asked.found !== undefined && !asked.found.warnings.includes('show-arrays-missing')) {
      return asked.found;
    }
    const warnings: CatalogueWarning[] = [...asked.warnings];
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
    if (asked.kin !== undefined) {
      return { ...asked.kin, warnings: [...warnings, ...asked.kin.warnings] };
    }
    if (asked.withoutTensors !== undefined) {
      throw new CatalogueError('model-without-tensors', { model: asked.withoutTensors });
    }
    // A server that could not be asked may have it: nobody says that it is unknown.
    if (asked.failed !== undefined) {
      throw new CatalogueError('model-unasked', { model: shown, reason: asked.failed });
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
      const names = await this.#servers.names(server, signal);
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
