import { isIP } from 'node:net';
import { Agent, type Dispatcher, request } from 'undici';
import { z } from 'zod';
import { isPublicAddress, publicLookup } from './addresses.ts';
import { CatalogueError } from './errors.ts';

/** Whom the registry client may talk to. Hosts are lower case, with a port when it is not 443. */
export interface RegistryHosts {
  /** Registries: manifests and tokens come from these alone. */
  readonly manifestHosts: readonly string[];
  /** Where blobs may be redirected to, besides the registries: a host, or `.suffix` for all hosts below a domain. */
  readonly storageHosts: readonly string[];
  /**
   * Registries within one's own network: plain http and private addresses are allowed for exactly these hosts, and for
   * no host that they redirect to.
   */
  readonly privateHosts: readonly string[];
  /** The same over https. */
  readonly privateSecureHosts?: readonly string[];
  /** The same over https first, and over plain http where they do not speak it. */
  readonly insecureHosts?: readonly string[];
}

export const DEFAULT_HOSTS: RegistryHosts = {
  manifestHosts: ['registry.ollama.ai', 'ollama.com', 'hf.co', 'huggingface.co'],
  storageHosts: ['.r2.cloudflarestorage.com', '.hf.co', '.huggingface.co'],
  privateHosts: [],
};

const MAX_REDIRECTS = 5;
/** Longest silence on a connection; the caller's signal bounds the whole. */
const IDLE_MS = 8000;
const MAX_TOKEN_BYTES = 64 * 1024;
/** Answers that are not wanted are read to this length, so that the connection can be used again. */
const DRAIN_BYTES = 16 * 1024;

export interface RegistryResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Dispatcher.ResponseData['body'];
}

export interface RegistryRequest {
  readonly host: string;
  /** Path with a leading slash. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent to the origin of the request alone, never where it redirects to. Then no other token is fetched. */
  readonly authorization?: string;
  /** Whether the answer may come from a storage host (blobs). */
  readonly storage: boolean;
  readonly signal: AbortSignal;
}

/**
 * GET requests to registries: https only, hosts by allow-list, addresses checked where the connection is made, redirects
 * followed by hand under the same rules, an anonymous token fetched when the registry asks for one.
 */
export class RegistryHttp {
  readonly #hosts: RegistryHosts;
  readonly #public: Agent;
  readonly #private: Agent;
  readonly #tokens = new Map<string, string>();
  /** Those of `insecureHosts` that turned out to speak no https. */
  readonly #plain = new Set<string>();

  constructor(hosts: RegistryHosts) {
    this.#hosts = hosts;
    const limits = { headersTimeout: IDLE_MS, bodyTimeout: IDLE_MS, maxHeaderSize: 32 * 1024, connections: 8 };
    this.#public = new Agent({ ...limits, connect: { timeout: 5000, lookup: publicLookup } });
    this.#private = new Agent({ ...limits, connect: { timeout: 5000 } });
  }

  async close(): Promise<void> {
    await Promise.all([this.#public.destroy(), this.#private.destroy()]);
  }

  /**
   * Sends a request and follows it to its answer (200 or 206). The body must be read or destroyed by the caller.
   *
   * @throws CatalogueError `registry-host-refused`, `registry-redirect-refused`, `registry-address-refused`,
   *   `registry-unreachable`, `registry-timeout`, `registry-not-found`, `registry-unauthorized`, `registry-busy`, `registry-failed`
   */
  async get(options: RegistryRequest): Promise<RegistryResponse> {
    const host = options.host.toLowerCase();
    if (!this.#hosts.manifestHosts.includes(host) && !this.#isTrusted(host)) {
      throw new CatalogueError('registry-host-refused', { host });
    }
    if (!(this.#hosts.insecureHosts ?? []).includes(host) || this.#plain.has(host)) {
      return this.#getOver(this.#isPrivate(host) ? 'http' : 'https', host, options);
    }
    try {
      return await this.#getOver('https', host, options);
    } catch (error) {
      if (!(error instanceof CatalogueError && error.code === 'registry-unreachable')) {
        throw error;
      }
    }
    this.#plain.add(host);
    return this.#getOver('http', host, options);
  }

  async #getOver(scheme: 'http' | 'https', host: string, options: RegistryRequest): Promise<RegistryResponse> {
    const origin = new URL(`${scheme}://${host}`);
    const scope = `${host} ${options.path.split('/').slice(0, 4).join('/')}`;
    const known = this.#tokens.get(scope);
    const first = await this.#follow(new URL(options.path, origin), options, known);
    if (first.status !== 401 || options.authorization !== undefined) {
      return this.#accept(first, host);
    }
    await drain(first);
    const token = await this.#fetchToken(first.headers['www-authenticate'] ?? '', host, options.signal);
    if (this.#tokens.size > 100) {
      this.#tokens.clear();
    }
    this.#tokens.set(scope, token);
    return this.#accept(await this.#follow(new URL(options.path, origin), options, token), host);
  }

  #isPrivate(host: string): boolean {
    return this.#hosts.privateHosts.includes(host) || this.#plain.has(host);
  }

  /** Whether the owner named the host: it may have a private address. */
  #isTrusted(host: string): boolean {
    const { privateSecureHosts = [], insecureHosts = [] } = this.#hosts;
    return this.#isPrivate(host) || privateSecureHosts.includes(host) || insecureHosts.includes(host);
  }

  async #follow(start: URL, options: RegistryRequest, token: string | undefined): Promise<RegistryResponse> {
    let url = start;
    for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
      // The token and nothing else of ours stays with the registry: storage hosts have their own signature in the address.
      const headers = {
        ...options.headers,
        ...(token && url.origin === start.origin && { authorization: `Bearer ${token}` }),
        ...(options.authorization !== undefined &&
          url.origin === start.origin && { authorization: options.authorization }),
      };
      const response = await this.#send(url, headers, options.signal);
      if (![301, 302, 303, 307, 308].includes(response.status)) {
        return response;
      }
      await drain(response);
      url = this.#redirect(url, response.headers.location, start.host, options.storage);
    }
    throw new CatalogueError('registry-redirect-refused', { host: url.host, reason: 'too-many' });
  }

  #redirect(from: URL, location: string | undefined, startHost: string, storage: boolean): URL {
    const to = location === undefined ? null : URL.parse(location, from.href);
    const host = to?.host.toLowerCase() ?? '';
    const refuse = (reason: string): CatalogueError =>
      new CatalogueError('registry-redirect-refused', { host, reason });
    if (to === null || to.username !== '' || to.password !== '') {
      throw refuse('malformed');
    }
    if (host === startHost && to.protocol === from.protocol) {
      return to;
    }
    if (to.protocol !== 'https:' && !this.#isPrivate(host)) {
      throw refuse('not-https');
    }
    if (isIP(to.hostname.replace(/^\[|\]$/g, '')) !== 0 && !this.#isTrusted(host)) {
      throw refuse('address');
    }
    const allowed = [...this.#hosts.manifestHosts, ...(storage ? this.#hosts.storageHosts : [])];
    if (!allowed.some((rule) => matches(host, rule)) && !this.#isTrusted(host)) {
      throw refuse('host');
    }
    return to;
  }

  async #send(url: URL, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<RegistryResponse> {
    const host = url.host.toLowerCase();
    const literal = url.hostname.replace(/^\[|\]$/g, '');
    const trusted = this.#isTrusted(host);
    // Address literals never reach the name resolution.
    if (!trusted && isIP(literal) !== 0 && !isPublicAddress(literal)) {
      throw new CatalogueError('registry-address-refused', { host });
    }
    try {
      const response = await request(url, {
        method: 'GET',
        headers: { 'accept-encoding': 'identity', 'user-agent': 'headroom', ...headers },
        dispatcher: trusted ? this.#private : this.#public,
        signal,
      });
      return { status: response.statusCode, headers: plainHeaders(response.headers), body: response.body };
    } catch (error) {
      throw connectionError(error, host, signal);
    }
  }

  async #accept(response: RegistryResponse, host: string): Promise<RegistryResponse> {
    const { status } = response;
    if (status === 200 || status === 206) {
      return response;
    }
    await drain(response);
    if (status === 404) {
      throw new CatalogueError('registry-not-found', { host });
    }
    if (status === 401 || status === 403) {
      throw new CatalogueError('registry-unauthorized', { host });
    }
    if (status === 429 || status === 503) {
      throw new CatalogueError('registry-busy', { host });
    }
    throw new CatalogueError('registry-failed', { host, status });
  }

  /** Asks the realm that a registry names for an anonymous token (distribution spec, token authentication). */
  async #fetchToken(challenge: string, host: string, signal: AbortSignal): Promise<string> {
    const refused = new CatalogueError('registry-unauthorized', { host });
    if (!/^bearer\s/i.test(challenge)) {
      throw refused;
    }
    const part = (name: string): string | undefined => new RegExp(`${name}="([^"]{0,2000})"`, 'i').exec(challenge)?.[1];
    const realm = URL.parse(part('realm') ?? '');
    // Like Ollama (server/auth.go): a registry may not send us to anybody else for a token.
    if (realm === null || realm.host.toLowerCase() !== host) {
      throw refused;
    }
    if (realm.protocol !== 'https:' && !this.#isPrivate(host)) {
      throw refused;
    }
    for (const name of ['service', 'scope']) {
      const value = part(name);
      if (value !== undefined) {
        realm.searchParams.set(name, value);
      }
    }
    const answer = await this.#send(realm, {}, signal);
    if (answer.status !== 200) {
      await drain(answer);
      throw refused;
    }
    const body = tokenAnswer.safeParse(parseJson(await readAll(answer, MAX_TOKEN_BYTES, host, signal)));
    const token = body.success ? (body.data.token ?? body.data.access_token) : undefined;
    if (token === undefined || !/^[\x21-\x7e]+$/.test(token)) {
      throw refused;
    }
    return token;
  }
}

const tokenAnswer = z.object({
  token: z.string().min(1).max(16_384).optional(),
  access_token: z.string().min(1).max(16_384).optional(),
});

function matches(host: string, rule: string): boolean {
  return rule.startsWith('.') ? host.endsWith(rule) : host === rule;
}

function plainHeaders(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name.toLowerCase(), Array.isArray(value) ? value[0]! : value]],
    ),
  );
}

/** What a failed connection means. */
export function connectionError(error: unknown, host: string, signal: AbortSignal): Error {
  if (error instanceof CatalogueError) {
    return error;
  }
  if (signal.aborted) {
    return new CatalogueError('registry-timeout', { host });
  }
  const { code, cause } = error as { code?: string; cause?: unknown };
  if (cause instanceof CatalogueError) {
    return cause;
  }
  if (code?.endsWith('_TIMEOUT') || code === 'ETIMEDOUT') {
    return new CatalogueError('registry-timeout', { host });
  }
  return new CatalogueError('registry-unreachable', { host, reason: code ?? 'unknown' });
}

/** Ends a response in its middle; its connection is closed. */
export function cutOff(response: RegistryResponse): void {
  // Destroying a body that is still coming is reported as an error, which nobody waits for any more.
  response.body.on('error', () => undefined);
  response.body.destroy();
}

/** Ends a short response that is not wanted, so that its connection can be used again. */
async function drain(response: RegistryResponse): Promise<void> {
  await response.body.dump({ limit: DRAIN_BYTES }).catch(() => undefined);
}

/**
 * Reads a whole body of at most `limitBytes`.
 * @throws CatalogueError `registry-answer-too-large` and what `get` throws
 */
export async function readAll(
  response: RegistryResponse,
  limitBytes: number,
  host: string,
  signal: AbortSignal,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response.body) {
      bytes += (chunk as Buffer).length;
      if (bytes > limitBytes) {
        throw new CatalogueError('registry-answer-too-large', { host, limitBytes });
      }
      chunks.push(chunk as Buffer);
    }
  } catch (error) {
    throw connectionError(error, host, signal);
  }
  return Buffer.concat(chunks);
}

/** JSON or undefined. */
export function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}
