import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { isPublicAddress } from '../../src/catalogue/addresses.ts';
import { type ModelName, parseModelName } from '../../src/catalogue/names.ts';
import { RegistryClient, type RegistryOptions } from '../../src/catalogue/registry.ts';
import { tinyModel, type WriterOptions, writeGguf } from '../support/gguf-writer.ts';
import { RegistryStandIn } from '../support/registry-stand-in.ts';

const tiny = writeGguf({ ...tinyModel(), data: true }).bytes;
const clip = writeGguf({
  metadata: [
    ['general.architecture', { type: 'string', value: 'clip' }],
    ['clip.vision.image_size', { type: 'u32', value: 336 }],
  ],
  tensors: [{ name: 'v.patch_embd.weight', shape: [14, 14, 3, 8], type: 'F16' }],
  data: true,
}).bytes;

let registry: RegistryStandIn;
let other: RegistryStandIn;
let directory = '';
const clients: RegistryClient[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'headroom-registry-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));
beforeEach(async () => {
  registry = await new RegistryStandIn().start();
  other = await new RegistryStandIn().start();
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  await Promise.all([registry.stop(), other.stop()]);
});

function client(options: RegistryOptions = {}, also: readonly string[] = []): RegistryClient {
  const made = new RegistryClient({ ...options, hosts: { privateHosts: [registry.host, ...also], ...options.hosts } });
  clients.push(made);
  return made;
}

function named(text: string, host = registry.host): ModelName {
  const parsed = parseModelName(`${host}/${text}`);
  if (!parsed.ok) {
    throw new Error(parsed.code);
  }
  return parsed.name;
}

describe('a model that is not pulled yet', () => {
  it('is read from manifest and header alone', async () => {
    const { model } = registry.add('library/tiny:1b', { model: tiny, params: { num_ctx: 8192, stop: ['x'] } });
    const found = await client().find(named('library/tiny:1b'));
    expect(found.spec).toMatchObject({ architecture: 'llama', fileBytes: tiny.length });
    expect(found.spec.tensors).toEqual(tinyModel().tensors);
    expect(found).toMatchObject({ digest: model, numCtx: 8192, warnings: [] });
    expect(found.downloadBytes).toBeGreaterThan(tiny.length);
    expect(registry.requests('/manifests/')[0]!.accept).toBe('application/vnd.docker.distribution.manifest.v2+json');
    expect(registry.requests(model)[0]!.range).toBe(`bytes=0-${tiny.length - 1}`);
  });

  it('is asked of an insecure host over https first, then over plain http; of no other', async () => {
    registry.add('library/tiny:1b', { model: tiny });
    const hosts = { privateHosts: [] };
    const allowed = client({ hosts: { ...hosts, insecureHosts: [registry.host] } });
    expect((await allowed.find(named('library/tiny:1b'))).spec.architecture).toBe('llama');
    const secure = client({ hosts: { ...hosts, privateSecureHosts: [registry.host] } });
    await expect(secure.find(named('library/tiny:1b'))).rejects.toMatchObject({ code: 'registry-unreachable' });
  });

  it('carries the projector of its own layer, by its header', async () => {
    registry.add('library/llava:7b', { model: tiny, projector: clip });
    const { spec, warnings } = await client().find(named('library/llava:7b'));
    expect(spec.projector).toMatchObject({
      source: 'file',
      weightsBytes: 14 * 14 * 3 * 8 * 2,
      metadata: { 'clip.vision.image_size': 336 },
    });
    expect(warnings).toEqual([]);
  });

  it('carries the projector by its size when its header cannot be read', async () => {
    const { projector } = registry.add('library/llava:7b', { model: tiny, projector: clip });
    registry.faults.set(projector, { kind: 'status', status: 500 });
    const { spec, warnings } = await client().find(named('library/llava:7b'));
    expect(spec.projector).toEqual({ source: 'file', weightsBytes: clip.length, metadata: {}, tensors: [] });
    expect(warnings).toEqual(['registry-projector-size-estimated']);
  });

  it('counts the adapter of its own layer, with the layers it belongs to', async () => {
    const lora = { name: 'blk.0.attn_q.weight.lora_a', shape: [64, 8], type: 'F32' };
    const adapter = writeGguf({
      metadata: [
        ['general.architecture', { type: 'string', value: 'llama' }],
        ['general.type', { type: 'string', value: 'adapter' }],
      ],
      tensors: [lora],
      data: true,
    }).bytes;
    registry.add('library/tuned:1b', { model: tiny, adapter });
    const { spec, warnings } = await client().find(named('library/tuned:1b'));
    expect(spec.tensors).toEqual([...tinyModel().tensors, lora]);
    expect(spec.fileBytes).toBe(tiny.length);
    expect(warnings).toEqual(['registry-adapter-counted']);
    registry.add('library/odd-tuned:1b', { model: tiny, adapter: Buffer.from('no header') });
    const odd = await client().find(named('library/odd-tuned:1b'));
    expect(odd.warnings).toEqual(['registry-adapter-not-counted']);
  });

  it('with a header of 30 MB and 100 MB behind it, costs the header and little more', async () => {
    const merges = Array.from({ length: 500_000 }, (_, i) => `${i}`.padStart(52, 'x'));
    const options: WriterOptions = tinyModel({
      extra: [['tokenizer.ggml.merges', { type: 'array', of: 'string', value: merges }]],
    });
    const header = writeGguf(options).bytes;
    expect(header.length).toBeGreaterThan(30_000_000);
    const { model } = registry.add('library/wide:1b', { model: Buffer.concat([header, Buffer.alloc(100_000_000)]) });
    const { spec } = await client().find(named('library/wide:1b'));
    expect(spec.metadata['tokenizer.ggml.merges.length']).toBe(500_000);
    expect(registry.requests(model)[0]!.sentBytes).toBeLessThan(header.length + 20_000_000);
  });

  it.each([404, 401, 403, 429, 503, 500, 418])('is told apart when the registry answers %d', async (status) => {
    registry.add('library/tiny:1b', { model: tiny });
    registry.manifestStatus = status;
    const code = { 404: 'not-found', 401: 'unauthorized', 403: 'unauthorized', 429: 'busy', 503: 'busy' }[status];
    await expect(client().find(named('library/tiny:1b'))).rejects.toMatchObject({
      code: `registry-${code ?? 'failed'}`,
    });
  });

  it('is unknown when there is no such manifest', async () => {
    await expect(client().find(named('library/none'))).rejects.toMatchObject({ code: 'registry-not-found' });
  });

  it('is recognised as MLX or cloud model by its manifest', async () => {
    registry.add('library/mlx:1b', { otherLayers: ['tensor', 'json'] });
    registry.add('library/far:1t', { config: { remote_host: 'https://ollama.com:443', remote_model: 'far' } });
    registry.add('library/odd:1b', { otherLayers: ['license'] });
    await expect(client().find(named('library/mlx:1b'))).rejects.toMatchObject({ code: 'model-mlx' });
    await expect(client().find(named('library/far:1t'))).rejects.toMatchObject({ code: 'model-cloud' });
    await expect(client().find(named('library/odd:1b'))).rejects.toMatchObject({ code: 'registry-answer-invalid' });
  });

  it.each([
    '',
    'not json',
    '[]',
    '{"schemaVersion":1,"layers":[]}',
    '{"schemaVersion":2,"layers":[{"digest":"../x"}]}',
  ])('has a manifest that is nonsense: %j', async (rawManifest) => {
    registry.add('library/tiny:1b', { rawManifest });
    await expect(client().find(named('library/tiny:1b'))).rejects.toMatchObject({ code: 'registry-answer-invalid' });
  });

  it('has a manifest of 2 MB', async () => {
    registry.add('library/tiny:1b', { rawManifest: JSON.stringify({ schemaVersion: 2, x: 'x'.repeat(2_000_000) }) });
    await expect(client().find(named('library/tiny:1b'))).rejects.toMatchObject({ code: 'registry-answer-too-large' });
  });

  it('has no GGUF in its model layer, or half of one', async () => {
    registry.add('library/zip:1b', { model: Buffer.from('PK\u0003\u0004 something else') });
    registry.add('library/half:1b', { model: tiny.subarray(0, 500) });
    await expect(client().find(named('library/zip:1b'))).rejects.toMatchObject({ code: 'gguf-not-gguf' });
    await expect(client().find(named('library/half:1b'))).rejects.toMatchObject({ code: 'gguf-truncated' });
  });
});

describe('tokens', () => {
  it('are fetched when the registry asks, and used again', async () => {
    registry.add('library/tiny:1b', { model: tiny });
    registry.token = 'secret-1';
    const asked = client();
    await asked.find(named('library/tiny:1b'));
    await asked.find(named('library/tiny:1b'));
    expect(registry.requests('/token')).toHaveLength(1);
    expect(registry.requests('/token')[0]!.path).toContain('service=stand-in');
    expect(registry.requests('/token')[0]!.path).toContain('scope=repository%3Ax%3Apull');
    expect(registry.requests('/blobs/')[0]!.authorization).toBe('Bearer secret-1');
  });

  it('are not fetched from anybody else', async () => {
    registry.add('library/tiny:1b', { model: tiny });
    registry.token = 'secret-1';
    registry.realm = `http://${other.host}/token`;
    await expect(client({}, [other.host]).find(named('library/tiny:1b'))).rejects.toMatchObject({
      code: 'registry-unauthorized',
    });
    expect(other.seen).toEqual([]);
  });

  it('do not follow a redirect to another host', async () => {
    const { model } = registry.add('library/tiny:1b', { model: tiny });
    other.blob(tiny);
    registry.token = 'secret-1';
    registry.faults.set(model, { kind: 'redirect', to: `http://${other.host}/v2/a/b/blobs/${model}` });
    await client({}, [other.host]).find(named('library/tiny:1b'));
    expect(other.seen).toHaveLength(1);
    expect(other.seen[0]).toMatchObject({ authorization: undefined, range: `bytes=0-${tiny.length - 1}` });
  });
});

describe('redirects', () => {
  it.each([
    ['http://10.0.0.5/blob', 'registry-redirect-refused'],
    ['https://10.0.0.5/blob', 'registry-redirect-refused'],
    ['https://[::1]:8443/blob', 'registry-redirect-refused'],
    ['https://169.254.169.254/latest/meta-data', 'registry-redirect-refused'],
    ['http://storage.r2.cloudflarestorage.com/blob', 'registry-redirect-refused'],
    ['https://evil.example/blob', 'registry-redirect-refused'],
    ['https://evilr2.cloudflarestorage.com.example/blob', 'registry-redirect-refused'],
    ['https://user:pass@x.r2.cloudflarestorage.com/blob', 'registry-redirect-refused'],
    ['file:///etc/passwd', 'registry-redirect-refused'],
    ['http://[bad', 'registry-redirect-refused'],
    ['https://localhost/blob', 'registry-address-refused'],
  ])('to %s are refused', async (to, code) => {
    const { model } = registry.add('library/tiny:1b', { model: tiny });
    registry.faults.set(model, { kind: 'redirect', to });
    // `localhost` is allowed by name here, so that the check of the address it resolves to is what refuses it.
    const hosts = { storageHosts: ['.r2.cloudflarestorage.com', 'localhost'] };
    await expect(client({ hosts }).find(named('library/tiny:1b'))).rejects.toMatchObject({ code });
  });

  it('to another server of the own network are refused when it is not named', async () => {
    const { model } = registry.add('library/tiny:1b', { model: tiny });
    other.blob(tiny);
    registry.faults.set(model, { kind: 'redirect', to: `http://${other.host}/v2/a/b/blobs/${model}` });
    await expect(client().find(named('library/tiny:1b'))).rejects.toMatchObject({ code: 'registry-redirect-refused' });
    expect(other.seen).toEqual([]);
  });

  it('in a circle end', async () => {
    const { model } = registry.add('library/tiny:1b', { model: tiny });
    registry.faults.set(model, { kind: 'redirect', to: `/v2/library/tiny/blobs/${model}`, status: 302 });
    await expect(client().find(named('library/tiny:1b'))).rejects.toMatchObject({
      code: 'registry-redirect-refused',
      params: { reason: 'too-many' },
    });
  });
});

describe('hosts', () => {
  it.each(['evil.example', '127.0.0.1:1', 'localhost:11434', '169.254.169.254', '10.0.0.5:5000'])(
    '%s is not asked',
    async (host) => {
      await expect(client().find(named('a/b', host))).rejects.toMatchObject({ code: 'registry-host-refused' });
    },
  );

  it('that are allowed but resolve to a private address are not asked', async () => {
    const hosts = { manifestHosts: ['localhost'] };
    await expect(client({ hosts }).find(named('a/b', 'localhost'))).rejects.toMatchObject({
      code: 'registry-address-refused',
    });
  });

  it('that are allowed by a private address are not asked', async () => {
    const hosts = { manifestHosts: ['10.0.0.5'] };
    await expect(client({ hosts }).find(named('a/b', '10.0.0.5'))).rejects.toMatchObject({
      code: 'registry-address-refused',
    });
  });

  it('that are down are told as unreachable', async () => {
    const gone = registry.host;
    const asked = client();
    await registry.stop();
    await expect(asked.find(named('a/b', gone))).rejects.toMatchObject({ code: 'registry-unreachable' });
    await registry.start();
  });

  it.each([
    ['8.8.8.8', true],
    ['172.32.0.1', true],
    ['2606:4700::1111', true],
    ['127.0.0.1', false],
    ['10.1.2.3', false],
    ['172.31.255.255', false],
    ['192.168.1.1', false],
    ['169.254.169.254', false],
    ['100.64.0.1', false],
    ['0.0.0.0', false],
    ['255.255.255.255', false],
    ['::', false],
    ['::1', false],
    ['fe80::1', false],
    ['fd12::1', false],
    ['::ffff:127.0.0.1', false],
    ['::ffff:8.8.8.8', false],
    ['64:ff9b::7f00:1', false],
    ['2002:7f00:1::', false],
    ['not an address', false],
  ])('%s is a public address: %s', (address, expected) => {
    expect(isPublicAddress(address)).toBe(expected);
  });
});

describe('blobs', () => {
  it('sent whole in spite of the range are read to the end of the header and cut off', async () => {
    const big = Buffer.concat([tiny, Buffer.alloc(60_000_000)]);
    const { model } = registry.add('library/tiny:1b', { model: big });
    registry.faults.set(model, { kind: 'ignores-range' });
    const { spec } = await client().find(named('library/tiny:1b'));
    expect(spec.tensors).toHaveLength(6);
    expect(registry.requests(model)[0]!.sentBytes).toBeLessThan(20_000_000);
  });

  it.each(['bytes 5-9/100', 'bytes 0-9/100', 'bytes 0-99999999/99999999', 'bytes */100', 'chunks 0-9/10', ''])(
    'with the Content-Range %j are refused',
    async (contentRange) => {
      const { model } = registry.add('library/tiny:1b', { model: tiny });
      registry.faults.set(model, { kind: 'lies', contentRange });
      await expect(client().find(named('library/tiny:1b'))).rejects.toMatchObject({ code: 'registry-range-wrong' });
    },
  );

  it('that never end are left at the limit', async () => {
    const start = writeGguf({ metadata: [['a.b', { type: 'string', value: 'x' }]] }).bytes;
    start.writeBigUInt64LE(30_000_000n, start.length - 9);
    const { model } = registry.add('library/tiny:1b', { model: start });
    registry.faults.set(model, { kind: 'endless' });
    await expect(client({ maxHeaderBytes: 1_000_000 }).find(named('library/tiny:1b'))).rejects.toMatchObject({
      code: 'gguf-limit-exceeded',
    });
    expect(registry.requests(model)[0]!.sentBytes).toBeLessThan(20_000_000);
  });

  it('that stall end with the time', async () => {
    const { model } = registry.add('library/tiny:1b', { model: tiny });
    registry.faults.set(model, { kind: 'stalls', afterBytes: 100 });
    await expect(client({ timeoutMs: 300 }).find(named('library/tiny:1b'))).rejects.toMatchObject({
      code: 'registry-timeout',
    });
  });

  it('that break off are told as unreachable', async () => {
    const { model } = registry.add('library/tiny:1b', { model: tiny });
    registry.faults.set(model, { kind: 'cuts', afterBytes: 100 });
    await expect(client().find(named('library/tiny:1b'))).rejects.toMatchObject({ code: 'registry-unreachable' });
  });

  it('end when the caller gives up', async () => {
    const { model } = registry.add('library/tiny:1b', { model: tiny });
    registry.faults.set(model, { kind: 'stalls', afterBytes: 100 });
    const signal = AbortSignal.timeout(100);
    await expect(client().find(named('library/tiny:1b'), { signal })).rejects.toThrow();
  });
});

describe('the cache on disk', () => {
  async function cacheOf(name: string): Promise<string> {
    return mkdtemp(join(directory, name));
  }

  it('spares the second request for a header, also for another client', async () => {
    const { model } = registry.add('library/tiny:1b', { model: tiny });
    const cacheDirectory = await cacheOf('a');
    const first = await client({ cacheDirectory }).find(named('library/tiny:1b'));
    const second = await client({ cacheDirectory }).find(named('library/tiny:1b'));
    expect(second).toEqual(first);
    expect(registry.requests(model)).toHaveLength(1);
    expect(registry.requests('/manifests/')).toHaveLength(2);
  });

  it.each([
    ['cut', (text: string) => text.slice(0, -20)],
    ['emptied', () => ''],
    ['changed by one digit', (text: string) => text.replace('[64,100]', '[64,900]')],
    ['another file', () => '{"metadata":{},"tensors":[]}'],
  ])('does not believe an entry that was %s, and fetches it again', async (_what, damage) => {
    const { model } = registry.add('library/tiny:1b', { model: tiny });
    const cacheDirectory = await cacheOf('b');
    const first = await client({ cacheDirectory }).find(named('library/tiny:1b'));
    const [file] = await readdir(cacheDirectory);
    const path = join(cacheDirectory, file!);
    const text = await readFile(path, 'utf8');
    expect(damage(text)).not.toBe(text);
    await writeFile(path, damage(text));
    expect(await client({ cacheDirectory }).find(named('library/tiny:1b'))).toEqual(first);
    expect(registry.requests(model)).toHaveLength(2);
    expect(await readFile(path, 'utf8')).toBe(text);
  });

  it('stays within its bound, and the newest stay', async () => {
    const cacheDirectory = await cacheOf('c');
    const cacheBytes = 6000;
    const digests: string[] = [];
    for (let i = 0; i < 12; i++) {
      const bytes = writeGguf(tinyModel({ extra: [['general.size_label', { type: 'string', value: `${i}` }]] })).bytes;
      digests.push(registry.add(`library/m:${i}`, { model: bytes }).model);
      await client({ cacheDirectory, cacheBytes }).find(named(`library/m:${i}`));
    }
    const files = await readdir(cacheDirectory);
    const sizes = await Promise.all(files.map(async (file) => (await stat(join(cacheDirectory, file))).size));
    expect(sizes.reduce((a, b) => a + b)).toBeLessThanOrEqual(cacheBytes);
    expect(files.length).toBeGreaterThan(1);
    expect(files).toContain(`${digests.at(-1)!.replace(':', '-')}.json`);
  });

  it('that cannot be written spoils nothing', async () => {
    registry.add('library/tiny:1b', { model: tiny });
    const cacheDirectory = join(directory, 'a-file');
    await writeFile(cacheDirectory, 'not a directory');
    expect((await client({ cacheDirectory }).find(named('library/tiny:1b'))).spec.tensors).toHaveLength(6);
  });
});
