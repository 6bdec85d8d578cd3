import { MIB } from '../../base/bytes.ts';
import { CatalogueError } from '../errors.ts';
import { cutOff, parseJson, type RegistryHttp, type RegistryResponse, readAll } from '../registry-http.ts';
import type { HubKind, HubName } from './types.ts';

/** Where a hub is and how it is asked. */
export interface HubEndpoint {
  readonly kind: HubKind;
  /** Host, with a port when it is not the scheme's. */
  readonly host: string;
  /** Path before every request, without a slash at its end. */
  readonly prefix: string;
  /** Sent to this host's origin alone. */
  readonly token: string | undefined;
}

const MAX_JSON_BYTES = 16 * MIB;

/** Requests for one repository, counted: a hub shall not be asked without bound. */
export class HubTransport {
  readonly #http: RegistryHttp;
  readonly endpoint: HubEndpoint;
  readonly #signal: AbortSignal;
  readonly #limit: number;
  #requests = 0;

  constructor(http: RegistryHttp, endpoint: HubEndpoint, signal: AbortSignal, limit: number) {
    this.#http = http;
    this.endpoint = endpoint;
    this.#signal = signal;
    this.#limit = limit;
  }

  get signal(): AbortSignal {
    return this.#signal;
  }

  /** Requests that may still be made. */
  get left(): number {
    return this.#limit - this.#requests;
  }

  /** @throws CatalogueError as `RegistryHttp.get`, and `registry-answer-too-large` when the requests are used up */
  async get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<RegistryResponse> {
    const { host, prefix, token } = this.endpoint;
    if (this.left <= 0) {
      throw new CatalogueError('registry-answer-too-large', { host, limitBytes: this.#limit });
    }
    this.#requests++;
    return this.#http.get({
      host,
      path: `${prefix}${path}`,
      headers,
      storage: true,
      signal: this.#signal,
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    });
  }

  /** @throws CatalogueError `registry-answer-invalid` where the answer is no JSON */
  async json(path: string, limitBytes = MAX_JSON_BYTES): Promise<unknown> {
    const { host } = this.endpoint;
    const value = parseJson(await readAll(await this.get(path), limitBytes, host, this.#signal));
    if (value === undefined) {
      throw new CatalogueError('registry-answer-invalid', { host, what: path.slice(0, 100) });
    }
    return value;
  }

  /** The beginning of a file, at most `bytes` of it. */
  async beginning(path: string, bytes: number): Promise<Buffer> {
    const { host } = this.endpoint;
    const response = await this.get(path, { range: `bytes=0-${bytes - 1}` });
    const chunks: Buffer[] = [];
    let have = 0;
    try {
      for await (const chunk of response.body) {
        chunks.push(chunk as Buffer);
        have += (chunk as Buffer).length;
        if (have >= bytes) {
          break;
        }
      }
    } finally {
      cutOff(response);
    }
    if (have === 0) {
      throw new CatalogueError('registry-answer-invalid', { host, what: path.slice(0, 100) });
    }
    return Buffer.concat(chunks).subarray(0, bytes);
  }

  /** Path of a file's content. */
  filePath({ owner, name }: HubName, file: string): string {
    const encoded = file.split('/').map(encodeURIComponent).join('/');
    return this.endpoint.kind === 'huggingface'
      ? `/${owner}/${name}/resolve/main/${encoded}`
      : `/models/${owner}/${name}/resolve/master/${encoded}`;
  }
}
