import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { builtinCatalogue } from '../../src/catalogue/builtin.ts';
import type { ModelSpec } from '../../src/estimator/types.ts';
import { sameModel } from '../../src/servers/asking/same-model.ts';
import { type Recorded, type RecordedVersion, recordedAnswers, recordedText } from './recorded-answers.ts';

/** The recorded models whose tables of tensors are those of models of the built-in list. */
const LISTED: Readonly<Record<string, string>> = {
  'llama3.2-1b': 'llama3.2:1b',
  'gemma3-1b': 'gemma3:1b',
  'nomic-embed-text': 'nomic-embed-text',
};

/** Ollama's default. */
const KEEP_ALIVE_MS = 5 * 60_000;

type Body = Readonly<Record<string, unknown>>;
interface Shown {
  tensors?: unknown;
  readonly model_info?: Readonly<Record<string, unknown>>;
}

/** A server that answers as one of a version did: every answer is a recorded one, chosen by what is asked and loaded. */
export class RecordedOllama {
  readonly version: RecordedVersion;
  readonly #answers: Readonly<Record<string, Recorded>>;
  readonly #server: Server;
  /** What was asked, as `POST /api/generate tiny`. */
  readonly asked: string[] = [];
  #ps = 'ps-empty';
  #tags = 'tags';

  private constructor(version: RecordedVersion) {
    this.version = version;
    this.#answers = recordedAnswers(version);
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        const body = (text === '' ? {} : JSON.parse(text)) as Body;
        const path = new URL(request.url ?? '/', 'http://x').pathname;
        this.asked.push(`${request.method} ${path} ${String(body.model ?? body.name ?? body.source ?? '')}`.trim());
        const recorded = this.#answer(`${request.method} ${path}`, body);
        response.writeHead(
          recorded.status,
          recorded.contentType === null ? {} : { 'content-type': recorded.contentType },
        );
        response.end(recordedText(recorded));
      });
    });
  }

  static async start(version: RecordedVersion): Promise<RecordedOllama> {
    const ollama = new RecordedOllama(version);
    await new Promise<void>((resolve) => ollama.#server.listen(0, '127.0.0.1', resolve));
    return ollama;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Nothing is loaded any more. */
  empty(): void {
    this.#ps = 'ps-empty';
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #recorded(name: string): Recorded {
    return this.#answers[name] ?? this.#answers['not-a-path']!;
  }

  /** What is loaded, with the time left that it had when it was recorded rather than the time of day. */
  #running(): Recorded {
    const recorded = this.#recorded(this.#ps);
    const { models } = recorded.body as { models: object[] };
    const expires_at = new Date(Date.now() + KEEP_ALIVE_MS).toISOString();
    return { ...recorded, body: { models: models.map((model) => ({ ...model, expires_at })) } };
  }

  #answer(call: string, body: Body): Recorded {
    const model = String(body.model ?? body.name ?? '');
    const known = this.#names().some((name) => sameModel(name, model));
    switch (call) {
      case 'GET /api/version':
        return this.#recorded('version');
      case 'GET /api/tags':
        return this.#recorded(this.#tags);
      case 'GET /api/ps':
        return this.#running();
      case 'POST /api/show':
        return this.#show(model);
      case 'POST /api/generate':
        return known ? this.#generate(model, body) : this.#recorded('generate-not-found');
      case 'POST /api/embed':
        this.#ps = 'ps-embed';
        return this.#recorded(sameModel(model, 'nomic-embed-text') ? 'load-embed-model-by-embed' : 'embed-on-llm');
      case 'POST /api/create':
        this.#tags = 'tags-after-alias';
        return this.#recorded('create-from');
      case 'POST /api/copy':
        return this.#recorded('copy');
      case 'DELETE /api/delete':
        return this.#recorded(known ? 'delete' : 'delete-missing');
      case 'POST /api/pull':
        return this.#recorded('pull-no-network');
      default:
        return this.#recorded('not-a-path');
    }
  }

  #names(): string[] {
    const { models } = this.#recorded(this.#tags).body as { models: { name: string }[] };
    return models.map(({ name }) => name);
  }

  #generate(model: string, body: Body): Recorded {
    if (body.keep_alive === 0) {
      this.#ps = 'ps-empty';
      return this.#recorded('unload');
    }
    const special = {
      broken: 'load-broken',
      weirdarch: 'load-weird-arch',
      'nomic-embed-text': 'load-embed-model-by-generate',
    };
    for (const [name, answer] of Object.entries(special)) {
      if (sameModel(name, model)) {
        return this.#recorded(answer);
      }
    }
    if (sameModel(model, 'llama3.2-1b')) {
      const oom = this.#recorded('oom-system');
      this.#ps = oom.status === 200 ? 'ps-after-oom' : 'ps-empty';
      return oom;
    }
    this.#ps = 'ps-loaded';
    return this.#recorded('load');
  }

  /** The recorded answer, with the tensors that were trimmed off it. */
  #show(model: string): Recorded {
    const found = Object.values(this.#answers).find(
      ({ request }) =>
        request.path === '/api/show' &&
        request.method === 'POST' &&
        request.body?.verbose === undefined &&
        sameModel(String(request.body?.model ?? ''), model),
    );
    const recorded = found ?? (sameModel(model, 'tiny') ? this.#recorded('show-tiny-ctx') : null);
    const shown = recorded?.body as Shown | undefined;
    if (recorded === null || shown?.tensors === undefined) {
      return recorded ?? this.#recorded('show-not-found');
    }
    const listed = LISTED[model.replace(/:latest$/, '')];
    const spec = listed === undefined ? null : builtinCatalogue().find(listed);
    const tensors = spec === null ? llamaTensors(shown.model_info ?? {}) : spec.tensors.map(printed);
    return { ...recorded, body: { ...shown, tensors } };
  }
}

function printed({ name, type, shape }: ModelSpec['tensors'][number]) {
  return { name, type, shape };
}

/** The tensors of a llama by its metadata, in F16: what the small recorded models are. */
function llamaTensors(info: Readonly<Record<string, unknown>>) {
  const architecture = String(info['general.architecture']);
  const number = (key: string) => Number(info[`${architecture}.${key}`]);
  const [width, inner] = [number('embedding_length'), number('feed_forward_length')];
  const cache = (width / number('attention.head_count')) * number('attention.head_count_kv');
  const matrix = (name: string, ...shape: number[]) => ({ name: `${name}.weight`, type: 'F16', shape });
  const norm = (name: string) => ({ name: `${name}.weight`, type: 'F32', shape: [width] });
  const vocabulary = number('vocab_size') || 49_152;
  const block = (index: number) => [
    norm(`blk.${index}.attn_norm`),
    matrix(`blk.${index}.attn_q`, width, width),
    matrix(`blk.${index}.attn_k`, width, cache),
    matrix(`blk.${index}.attn_v`, width, cache),
    matrix(`blk.${index}.attn_output`, width, width),
    norm(`blk.${index}.ffn_norm`),
    matrix(`blk.${index}.ffn_gate`, width, inner),
    matrix(`blk.${index}.ffn_up`, width, inner),
    matrix(`blk.${index}.ffn_down`, inner, width),
  ];
  return [
    matrix('token_embd', width, vocabulary),
    ...Array.from({ length: number('block_count') }, (_, index) => block(index)).flat(),
    norm('output_norm'),
    matrix('output', width, vocabulary),
  ];
}
