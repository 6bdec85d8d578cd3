import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface StandInRepository {
  readonly files: Readonly<Record<string, Buffer>>;
  /** Sizes that the listing tells, where they differ from what is sent. */
  readonly sizes?: Readonly<Record<string, number>>;
  readonly task?: string;
  readonly gated?: boolean;
  /** In place of the listing. */
  readonly listing?: unknown;
}

export interface HubRequest {
  readonly path: string;
  readonly range: string | undefined;
  readonly authorization: string | undefined;
}

/** Hugging Face and ModelScope, as far as a reader of headers needs them, over real HTTP on the loopback. */
export class HubStandIn {
  readonly #server: Server;
  readonly #repositories = new Map<string, StandInRepository>();
  readonly seen: HubRequest[] = [];
  /** Opens gated repositories. */
  token = 'hf_right';
  /** Where files are redirected to. */
  redirect: string | undefined;
  /** Before every answer, ms. */
  delayMs = 0;
  /** Status of every answer, when it is to fail. */
  status: number | undefined;

  constructor() {
    this.#server = createServer((request, response) => {
      setTimeout(() => this.#answer(request, response), this.delayMs);
    });
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  add(name: string, repository: StandInRepository): void {
    this.#repositories.set(name, repository);
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '', 'http://x');
    const path = decodeURIComponent(url.pathname);
    const { range, authorization } = request.headers;
    this.seen.push({ path, range, authorization });
    if (this.status !== undefined) {
      response.writeHead(this.status).end();
      return;
    }
    const listed = /^\/api\/(?:v1\/)?models\/([^/]+\/[^/]+)(\/repo\/files)?$/.exec(path);
    if (listed !== null) {
      this.#list(listed[1]!, path.startsWith('/api/v1/') ? (listed[2] ?? '') : undefined, response);
      return;
    }
    const [, name = '', file = ''] = /^(?:\/models)?\/([^/]+\/[^/]+)\/resolve\/(?:main|master)\/(.+)$/.exec(path) ?? [];
    const repository = this.#repositories.get(name);
    const bytes = repository?.files[file];
    if (repository?.gated === true && authorization !== `Bearer ${this.token}`) {
      response.writeHead(401, { 'x-error-code': 'GatedRepo' }).end();
    } else if (bytes === undefined) {
      response.writeHead(404).end();
    } else if (this.redirect !== undefined) {
      response.writeHead(302, { location: `${this.redirect}${path}` }).end();
    } else {
      this.#send(bytes, range, response);
    }
  }

  /** @param scope of ModelScope's two addresses; undefined = Hugging Face's */
  #list(name: string, scope: string | undefined, response: ServerResponse): void {
    const repository = this.#repositories.get(name);
    if (repository === undefined) {
      response.writeHead(scope === undefined ? 401 : 404).end('{"error":"Repository not found"}');
      return;
    }
    const { files, sizes, task, gated } = repository;
    const entries = Object.entries(files).map(([path, { length }]) => ({ path, size: sizes?.[path] ?? length }));
    const answers = {
      hub: {
        id: name,
        pipeline_tag: task,
        gated: gated === true ? 'manual' : false,
        siblings: entries.map(({ path, size }) => ({ rfilename: path, size })),
      },
      files: {
        Code: 200,
        Data: { Files: entries.map(({ path, size }) => ({ Path: path, Size: size, Type: 'blob' })) },
      },
      model: { Code: 200, Data: { Tasks: task === undefined ? [] : [{ Name: task }] } },
    };
    const answer = scope === undefined ? answers.hub : scope === '' ? answers.model : answers.files;
    response.setHeader('content-type', 'application/json').end(JSON.stringify(repository.listing ?? answer));
  }

  #send(bytes: Buffer, range: string | undefined, response: ServerResponse): void {
    const match = /^bytes=(\d+)-(\d+)$/.exec(range ?? '');
    if (match === null) {
      response.end(bytes);
      return;
    }
    const to = Math.min(Number(match[2]), bytes.length - 1);
    response.writeHead(206, { 'content-range': `bytes ${match[1]}-${to}/${bytes.length}` });
    response.end(bytes.subarray(Number(match[1]), to + 1));
  }
}
