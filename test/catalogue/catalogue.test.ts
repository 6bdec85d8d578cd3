import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { editDistance } from '../../src/base/nearest.ts';
import { builtinCatalogue } from '../../src/catalogue/builtin.ts';
import { Catalogue, type CatalogueOptions, looksLikePath, specFromPath } from '../../src/catalogue/catalogue.ts';
import { nearestNames } from '../../src/catalogue/nearest.ts';
import { RegistryClient } from '../../src/catalogue/registry.ts';
import type { SpecServer } from '../../src/catalogue/server-models.ts';
import type { ModelSpec } from '../../src/estimator/types.ts';
import { createOllamaClient } from '../../src/ollama/client.ts';
import type { OllamaClient } from '../../src/ollama/types.ts';
import { tinyModel, writeGguf } from '../support/gguf-writer.ts';
import { RegistryStandIn } from '../support/registry-stand-in.ts';

/** Ollama's answers over real HTTP, as far as the catalogue asks. */
class OllamaStandIn {
  version = '0.24.0';
  models: Record<string, ModelSpec> = {};
  /** Extra fields of an answer of /api/show. */
  extra: Record<string, unknown> = {};
  silent: readonly string[] = [];
  failing: Record<string, number> = {};
  readonly asked: string[] = [];
  readonly #server: Server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      const { model, verbose } = (body === '' ? {} : JSON.parse(body)) as { model?: string; verbose?: boolean };
      const path = request.url ?? '';
      const what = `${path.replace('/api/', '')}${model ? ` ${model}` : ''}${verbose ? ' verbose' : ''}`;
      this.asked.push(what);
      if (this.silent.some((part) => what.includes(part))) {
        return;
      }
      response.setHeader('content-type', 'application/json');
      response.statusCode = this.failing[path] ?? 200;
      if (response.statusCode !== 200) {
        response.end('{"error":"ordered"}');
      } else {
        response.end(JSON.stringify(this.#answer(path, model, verbose === true)));
      }
    });
  });

  #answer(path: string, model: string | undefined, verbose: boolean): unknown {
    if (path === '/api/version') {
      return { version: this.version };
    }
    if (path === '/api/tags') {
      return {
        models: Object.keys(this.models).map((name, i) => ({
          name,
          model: name,
          modified_at: '2026-01-01T00:00:00Z',
          size: this.models[name]!.fileBytes,
          digest: `${i}`.padStart(64, 'd'),
          details: { format: 'gguf', family: 'x' },
        })),
      };
    }
    const spec = this.models[model ?? '']!;
    const info = Object.entries(spec.metadata).map(([key, value]) => [
      key,
      Array.isArray(value) && !verbose ? null : value,
    ]);
    return {
      details: { format: 'gguf' },
      model_info: Object.fromEntries(info),
      tensors: spec.tensors,
      modified_at: '2026-01-01T00:00:00Z',
      ...this.extra,
    };
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }
}

function builtin(name: string): ModelSpec {
  return builtinCatalogue().find(name)!;
}

let ollama: OllamaStandIn;
let server: OllamaClient & SpecServer;
let registry: RegistryStandIn;
let registryClient: RegistryClient;

beforeEach(async () => {
  ollama = new OllamaStandIn();
  await ollama.start();
  server = createOllamaClient({ host: ollama.url });
  registry = await new RegistryStandIn().start();
  registryClient = new RegistryClient({ hosts: { privateHosts: [registry.host] } });
});
afterEach(async () => {
  await server.close();
  await registryClient.close();
  await Promise.all([ollama.stop(), registry.stop()]);
});

function catalogue(options: CatalogueOptions = {}): Catalogue {
  return new Catalogue({ serverTimeoutMs: 1000, ...options });
}

describe('a model that the server has', () => {
  it('comes from the server, under the server’s spelling, with its digest', async () => {
    const spec = builtin('llama3.1:8b');
    ollama.models = { 'llama3.1:latest': spec };
    const found = await catalogue().find('LLAMA3.1', { server });
    expect(found).toMatchObject({ source: 'server', warnings: [], digest: '0'.padStart(64, 'd') });
    expect(found.spec.name).toBe('llama3.1:latest');
    expect(found.spec.tensors).toEqual(spec.tensors);
    expect(found.spec.fileBytes).toBe(spec.fileBytes);
  });

  it('is asked for once: the digest stands for it afterwards', async () => {
    ollama.models = { 'a:1': builtin('llama3.1:8b'), 'b:1': builtin('qwen3:4b') };
    const one = catalogue();
    const first = await one.find('a:1', { server });
    expect(await one.find('a:1', { server })).toEqual(first);
    await one.find('b:1', { server });
    expect(ollama.asked.filter((what) => what.startsWith('show'))).toEqual(['show a:1', 'show b:1']);
    ollama.models = { 'b:1': builtin('qwen3:4b') };
    expect((await one.find('b:1', { server })).spec.architecture).toBe('llama');
    ollama.version = '0.33.0';
    expect((await one.find('b:1', { server })).spec.architecture).toBe('qwen3');
  });

  it('is one object for one name, also where several names share the weights', async () => {
    ollama.models = { 'a:1': builtin('llama3.1:8b') };
    const one = catalogue();
    const first = await one.find('a:1', { server });
    expect((await one.find('a:1', { server })).spec).toBe(first.spec);
    // The same digest under another name.
    ollama.models = { 'c:1': builtin('llama3.1:8b') };
    const other = await one.find('c:1', { server });
    expect(other.spec.name).toBe('c:1');
    expect((await one.find('c:1', { server })).spec).toBe(other.spec);
  });

  it('is asked for with verbose when per-layer arrays are left out', async () => {
    const spec = builtin('granite4-h-small');
    ollama.models = { 'granite4:small-h': spec };
    const found = await catalogue().find('granite4:small-h', { server });
    expect(ollama.asked.filter((what) => what.startsWith('show'))).toEqual([
      'show granite4:small-h',
      'show granite4:small-h verbose',
    ]);
    expect(found.spec.metadata['granitehybrid.attention.head_count_kv']).toHaveLength(40);
    expect(found).toMatchObject({ source: 'server', warnings: [] });
  });

  it('comes from the list when the verbose answer never comes and the list has it, else as it is', async () => {
    const spec = builtin('granite4-h-small');
    ollama.models = { 'granite4:small-h': spec, 'own:1': spec };
    ollama.silent = ['verbose'];
    const impatient = catalogue({ verboseTimeoutMs: 100 });
    expect((await impatient.find('granite4:small-h', { server })).source).toBe('builtin');
    expect(await impatient.find('own:1', { server })).toMatchObject({
      source: 'server',
      warnings: ['show-arrays-missing'],
    });
  });

  it('is refused when it runs in a cloud or by MLX', async () => {
    ollama.models = { 'far:1t': builtin('llama3.1:8b') };
    ollama.extra = { remote_host: 'https://ollama.com:443', remote_model: 'far' };
    await expect(catalogue().find('far:1t', { server })).rejects.toMatchObject({ code: 'model-cloud' });
    ollama.extra = { details: { format: 'safetensors' } };
    await expect(catalogue().find('far:1t', { server })).rejects.toMatchObject({ code: 'model-mlx' });
  });

  it('in Ollama’s own form is given as the server’s engine sees it', async () => {
    const own = { ...builtin('qwen2.5'), architecture: 'qwen25vl' };
    ollama.models = { 'qwen2.5vl:7b': { ...own, metadata: { ...own.metadata, 'general.architecture': 'qwen25vl' } } };
    expect((await catalogue().find('qwen2.5vl:7b', { server })).spec.architecture).toBe('qwen25vl');
    ollama.version = '0.30.0';
    expect((await catalogue().find('qwen2.5vl:7b', { server })).spec.architecture).toBe('qwen2vl');
  });

  it('has no tensors before 0.6.1: then registry or list answer, and it is said', async () => {
    ollama.models = { 'gemma3:12b': builtin('gemma3:12b') };
    ollama.version = '0.5.13';
    ollama.extra = { tensors: undefined };
    const found = await catalogue().find('gemma3:12b', { server });
    expect(found).toMatchObject({ source: 'builtin', warnings: ['show-no-tensors'] });
    expect(found.spec.projector!.weightsBytes).toBe(834_531_264);
  });
});

describe('a model that the server does not have', () => {
  it('comes from the registry when that is allowed', async () => {
    registry.add('me/own:1b', { model: writeGguf({ ...tinyModel(), data: true }).bytes, params: { num_ctx: 2048 } });
    const found = await catalogue({ registry: registryClient }).find(`${registry.host}/me/own:1b`, { server });
    expect(found).toMatchObject({ source: 'registry', warnings: ['model-not-on-server'], numCtx: 2048 });
    expect(found.downloadBytes).toBeGreaterThan(1000);
    expect(found.digest).toMatch(/^sha256:/);
  });

  it('comes from the registry in the form that the version asked for sees', async () => {
    const { metadata, tensors } = tinyModel();
    const named = metadata.map(([key, value]) => [key.replace('llama.', 'olmo3.'), value] as const);
    const own = [['general.architecture', { type: 'string', value: 'olmo3' }] as const, ...named.slice(1)];
    registry.add('me/olmo:1b', { model: writeGguf({ metadata: own, tensors }).bytes });
    const find = async (ollamaVersion?: string): Promise<string> => {
      const version = ollamaVersion === undefined ? {} : { ollama: ollamaVersion };
      return (await catalogue({ registry: registryClient }).find(`${registry.host}/me/olmo:1b`, version)).spec
        .architecture;
    };
    expect(await find('0.24.0')).toBe('olmo3');
    expect(await find('0.33.0')).toBe('olmo2');
    expect(await find()).toBe('olmo2');
  });

  it('comes from the list otherwise, with what the list leaves open', async () => {
    expect(await catalogue().find('gemma3:12b', { server })).toMatchObject({
      source: 'builtin',
      warnings: ['model-not-on-server'],
    });
    expect(await catalogue().find('gemma2', { server })).toMatchObject({
      source: 'builtin',
      warnings: ['model-not-on-server', 'builtin-other-quantization'],
    });
  });

  it('comes from the list when the registry may not be asked, and it is said when the registry failed', async () => {
    const failing = new RegistryClient({ hosts: { manifestHosts: [], privateHosts: [] } });
    expect(await catalogue({ registry: failing }).find('gemma3:12b')).toMatchObject({
      source: 'builtin',
      warnings: [],
    });
    const hanging = { find: () => new Promise<never>(() => {}) };
    const limits = { known: 50, unknown: 50 };
    const found = await catalogue({ registry: hanging, registryTimeoutMs: limits }).find('gemma3:12b');
    expect(found).toMatchObject({ source: 'builtin', warnings: ['registry-unavailable'] });
    await failing.close();
  });

  it('on another host is told with the reason when that host could not be asked', async () => {
    const asked = catalogue({ registry: registryClient });
    await expect(asked.find('evil.example/a/b')).rejects.toMatchObject({ code: 'registry-host-refused' });
    await expect(asked.find(`${registry.host}/a/none`)).rejects.toMatchObject({ code: 'model-unknown' });
    registry.add('a/zip:1', { model: Buffer.from('PK') });
    await expect(asked.find(`${registry.host}/a/zip:1`)).rejects.toMatchObject({ code: 'gguf-not-gguf' });
    const host = registry.host;
    await registry.stop();
    await expect(asked.find(`${host}/a/b`)).rejects.toMatchObject({ code: 'registry-unreachable' });
    const hanging = { find: () => new Promise<never>(() => {}) };
    const limits = { known: 50, unknown: 50 };
    const impatient = catalogue({ registry: hanging, registryTimeoutMs: limits });
    await expect(impatient.find('hf.co/a/b')).rejects.toMatchObject({ code: 'registry-timeout' });
    await registry.start();
  });

  it('is unknown otherwise, with names like it from the list and from the server', async () => {
    ollama.models = { 'my-tuned-gemma:12b': builtin('gemma3:12b') };
    await expect(catalogue().find('gemma3:13b', { server })).rejects.toMatchObject({
      code: 'model-unknown',
      params: { model: 'gemma3:13b' },
      nearest: expect.arrayContaining(['gemma3:12b']),
    });
    await expect(catalogue().find('my-tuned-gema:12b', { server })).rejects.toMatchObject({
      nearest: expect.arrayContaining(['my-tuned-gemma:12b']),
    });
  });
});

describe('a server that does not answer', () => {
  it.each(['version', 'tags', 'show'])('in time (%s hangs) gives way to the list', async (part) => {
    ollama.models = { 'gemma3:12b': builtin('gemma3:12b') };
    ollama.silent = [part];
    const found = await catalogue({ serverTimeoutMs: 150 }).find('gemma3:12b', { server });
    expect(found).toMatchObject({ source: 'builtin', warnings: ['server-timeout'] });
  });

  it('at all gives way to the list', async () => {
    const gone = createOllamaClient({ host: 'http://127.0.0.1:9' });
    const found = await catalogue().find('gemma3:12b', { server: gone });
    expect(found).toMatchObject({ source: 'builtin', warnings: ['server-unreachable'] });
    await gone.close();
  });

  it.each([
    ['/api/tags', 401, 'server-refused'],
    ['/api/tags', 403, 'server-refused'],
    ['/api/version', 500, 'server-failed'],
    ['/api/show', 404, 'model-not-on-server'],
  ])('well (%s: %d) gives way to the list', async (path, status, warning) => {
    ollama.models = { 'gemma3:12b': builtin('gemma3:12b') };
    ollama.failing = { [path]: status };
    expect(await catalogue().find('gemma3:12b', { server })).toMatchObject({ source: 'builtin', warnings: [warning] });
  });

  it('and ignores its signal still gives way', async () => {
    const deaf: SpecServer = {
      version: () => new Promise(() => {}),
      tags: () => new Promise(() => {}),
      show: () => new Promise(() => {}),
    };
    const found = await catalogue({ serverTimeoutMs: 50 }).find('gemma3:12b', { server: deaf });
    expect(found.warnings).toEqual(['server-timeout']);
  });

  it('is left when the caller gives up', async () => {
    ollama.silent = ['tags'];
    const signal = AbortSignal.timeout(50);
    await expect(catalogue().find('gemma3:12b', { server, signal })).rejects.toMatchObject({ name: 'TimeoutError' });
    await expect(catalogue().find('gemma3:12b', { server, signal })).rejects.toMatchObject({ name: 'TimeoutError' });
  });
});

describe('names that are no models', () => {
  it.each([
    ['', 'name-empty'],
    ['/etc/passwd', 'name-malformed'],
    ['../models/x.gguf', 'name-malformed'],
    ['file:///etc/passwd', 'name-has-scheme'],
    ['x; rm -rf /', 'name-malformed'],
  ])('%j is refused before anybody is asked', async (text, reason) => {
    await expect(catalogue().find(text, { server })).rejects.toMatchObject({
      code: 'model-name-invalid',
      params: { reason },
    });
    expect(ollama.asked).toEqual([]);
  });

  it('a cloud name is refused', async () => {
    await expect(catalogue().find('gpt-oss:120b-cloud', { server })).rejects.toMatchObject({ code: 'model-cloud' });
  });

  it('a path is not read, even when the file is there', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'headroom-path-'));
    const path = join(directory, 'm.gguf');
    await writeFile(path, writeGguf(tinyModel()).bytes);
    await expect(catalogue().find(path)).rejects.toMatchObject({ code: 'model-name-invalid' });
    expect((await specFromPath(path)).spec.architecture).toBe('llama');
    await rm(directory, { recursive: true });
  });
});

describe('specFromPath', () => {
  it('reads model files by their ending', async () => {
    expect(looksLikePath('./x.GGUF')).toBe(true);
    expect(looksLikePath('models/x.json')).toBe(true);
    expect(looksLikePath('gemma3:12b')).toBe(false);
    const directory = await mkdtemp(join(tmpdir(), 'headroom-path-'));
    const path = join(directory, 'm.json');
    await writeFile(path, JSON.stringify(builtin('llama3.1')));
    expect(await specFromPath(path)).toMatchObject({ source: 'file', spec: builtin('llama3.1') });
    await expect(specFromPath('x.txt')).rejects.toMatchObject({ code: 'path-kind-unknown' });
    await expect(specFromPath(join(directory, 'no.gguf'))).rejects.toMatchObject({ code: 'gguf-not-found' });
    await rm(directory, { recursive: true });
  });
});

describe('nearestNames', () => {
  it.each([
    ['gema3:12b', 'gemma3:12b'],
    ['lama3.1', 'llama3.1'],
    ['qwen3:31b', 'qwen3:30b'],
    ['gpt-oss:21b', 'gpt-oss:20b'],
    ['GEMMA3:27b', 'gemma3:12b'],
  ])('for %s offers %s', (typed, expected) => {
    expect(nearestNames(typed, builtinCatalogue().names(), 5)).toContain(expected);
  });

  it('offers nothing for something else altogether', () => {
    expect(nearestNames('zzzzzzzzzzzzzzzzzzzzzzzzzzzzzz', builtinCatalogue().names())).toEqual([]);
  });

  it('measures a metric', () => {
    const word = fc.string({ unit: fc.constantFrom(...'abc'), maxLength: 8 });
    fc.assert(
      fc.property(word, word, word, (a, b, c) => {
        expect(editDistance(a, a)).toBe(0);
        expect(editDistance(a, b)).toBe(editDistance(b, a));
        expect(editDistance(a, c)).toBeLessThanOrEqual(editDistance(a, b) + editDistance(b, c));
        expect(editDistance(a, b)).toBeGreaterThanOrEqual(Math.abs(a.length - b.length));
      }),
    );
  });
});
