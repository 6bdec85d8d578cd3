import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How the stand-in misbehaves about one blob. */
export type BlobFault =
  | { readonly kind: 'ignores-range' }
  | { readonly kind: 'lies'; readonly contentRange: string }
  | { readonly kind: 'redirect'; readonly to: string; readonly status?: number }
  | { readonly kind: 'status'; readonly status: number }
  /** Sends this many bytes, then nothing, with the connection open. */
  | { readonly kind: 'stalls'; readonly afterBytes: number }
  /** Sends the start of the blob, then random-free filler for ever. */
  | { readonly kind: 'endless' }
  /** Closes the connection after this many bytes. */
  | { readonly kind: 'cuts'; readonly afterBytes: number };

export interface StandInModel {
  readonly model?: Buffer;
  readonly projector?: Buffer;
  readonly adapter?: Buffer;
  readonly params?: unknown;
  readonly config?: unknown;
  /** Media types of further layers, under `application/vnd.ollama.image.`. */
  readonly otherLayers?: readonly string[];
  /** Sent in place of the manifest. */
  readonly rawManifest?: string;
}

export interface SeenRequest {
  readonly path: string;
  readonly range: string | undefined;
  readonly authorization: string | undefined;
  readonly accept: string | undefined;
  /** Bytes of the body handed to the socket. */
  sentBytes: number;
}

/** A registry that speaks Ollama's protocol over real HTTP on the loopback, with faults to order. */
export class RegistryStandIn {
  readonly #server: Server;
  readonly #manifests = new Map<string, string>();
  readonly #blobs = new Map<string, Buffer>();
  readonly faults = new Map<string, BlobFault>();
  readonly seen: SeenRequest[] = [];
  /** When set, everything but the token asks for this bearer token. */
  token: string | undefined;
  /** Realm of the challenge; default: this server. */
  realm: string | undefined;
  /** Status of every manifest, when it is to fail. */
  manifestStatus: number | undefined;

  constructor() {
    this.#server = createServer((request, response) => this.#answer(request, response));
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** `127.0.0.1:port`. */
  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Offers a model as `namespace/model:tag`; returns the digests of its layers. */
  add(name: string, parts: StandInModel): { model: string; projector: string } {
    const layers: { mediaType: string; digest: string; size: number }[] = [];
    const put = (type: string, bytes: Buffer): string => {
      const digest = this.blob(bytes);
      layers.push({ mediaType: `application/vnd.ollama.image.${type}`, digest, size: bytes.length });
      return digest;
    };
    const model = parts.model === undefined ? '' : put('model', parts.model);
    const projector = parts.projector === undefined ? '' : put('projector', parts.projector);
    if (parts.adapter !== undefined) {
      put('adapter', parts.adapter);
    }
    if (parts.params !== undefined) {
      put('params', Buffer.from(JSON.stringify(parts.params)));
    }
    for (const type of parts.otherLayers ?? []) {
      put(type, Buffer.from(type));
    }
    const configBytes = Buffer.from(JSON.stringify(parts.config ?? { model_format: 'gguf' }));
    const manifest = {
      schemaVersion: 2,
      mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
      config: {
        mediaType: 'application/vnd.docker.container.image.v1+json',
        digest: this.blob(configBytes),
        size: configBytes.length,
      },
      layers,
    };
    this.#manifests.set(name, parts.rawManifest ?? JSON.stringify(manifest));
    return { model, projector };
  }

  blob(bytes: Buffer): string {
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    this.#blobs.set(digest, bytes);
    return digest;
  }

  /** Requests for a path that contains this text. */
  requests(part: string): SeenRequest[] {
    return this.seen.filter(({ path }) => path.includes(part));
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const path = request.url ?? '';
    const { range, authorization, accept } = request.headers;
    const seen: SeenRequest = { path, range, authorization, accept, sentBytes: 0 };
    this.seen.push(seen);
    if (path.startsWith('/token')) {
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ token: this.token ?? 'none' }));
      return;
    }
    if (this.token !== undefined && authorization !== `Bearer ${this.token}`) {
      const realm = this.realm ?? `http://${this.host}/token`;
      response.statusCode = 401;
      response.setHeader('www-authenticate', `Bearer realm="${realm}",service="stand-in",scope="repository:x:pull"`);
      response.end('{"errors":[{"code":"UNAUTHORIZED"}]}');
      return;
    }
    const parts = /^\/v2\/([^/]+\/[^/]+)\/(manifests|blobs)\/([^/?]+)/.exec(path);
    if (parts?.[2] === 'manifests') {
      this.#manifest(`${parts[1]}:${parts[3]}`, response);
    } else {
      this.#blob(parts?.[3] ?? '', seen, response);
    }
  }

  #manifest(name: string, response: ServerResponse): void {
    const manifest = this.#manifests.get(name);
    response.statusCode = this.manifestStatus ?? (manifest === undefined ? 404 : 200);
    response.end(response.statusCode === 200 ? manifest : '{"errors":[{"code":"MANIFEST_UNKNOWN"}]}');
  }

  #blob(digest: string, seen: SeenRequest, response: ServerResponse): void {
    const bytes = this.#blobs.get(digest);
    const fault = this.faults.get(digest);
    if (bytes === undefined) {
      response.statusCode = 404;
      response.end();
      return;
    }
    if (fault?.kind === 'redirect') {
      response.writeHead(fault.status ?? 307, { location: fault.to }).end();
      return;
    }
    if (fault?.kind === 'status') {
      response.writeHead(fault.status).end();
      return;
    }
    const match = fault?.kind === 'ignores-range' ? null : /^bytes=(\d+)-(\d+)$/.exec(seen.range ?? '');
    const from = Number(match?.[1] ?? 0);
    const to = Math.min(Number(match?.[2] ?? bytes.length - 1), bytes.length - 1);
    if (match !== null) {
      response.statusCode = 206;
      const honest = `bytes ${from}-${to}/${bytes.length}`;
      response.setHeader('content-range', fault?.kind === 'lies' ? fault.contentRange : honest);
    }
    this.#send(bytes.subarray(from, to + 1), fault, seen, response);
  }

  /** In steps of 64 KiB with back-pressure, so that what the reader does not take is not sent. */
  #send(body: Buffer, fault: BlobFault | undefined, seen: SeenRequest, response: ServerResponse): void {
    const stop = fault?.kind === 'stalls' || fault?.kind === 'cuts' ? fault.afterBytes : Number.POSITIVE_INFINITY;
    if (fault?.kind !== 'endless') {
      response.setHeader('content-length', body.length);
    }
    const step = (): void => {
      while (!response.destroyed) {
        const end = Math.min(
          seen.sentBytes + 65_536,
          stop,
          fault?.kind === 'endless' ? Number.POSITIVE_INFINITY : body.length,
        );
        if (end === seen.sentBytes) {
          break;
        }
        const piece = body.subarray(seen.sentBytes, end);
        const filler = Buffer.alloc(end - seen.sentBytes - piece.length);
        seen.sentBytes = end;
        if (!response.write(Buffer.concat([piece, filler]))) {
          response.once('drain', step);
          return;
        }
      }
      if (fault?.kind === 'cuts') {
        response.destroy();
      } else if (fault?.kind !== 'stalls') {
        response.end();
      }
    };
    step();
  }
}
