import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Catalogue } from '../../src/catalogue/catalogue.ts';
import { CatalogueError } from '../../src/catalogue/errors.ts';
import { chooseGguf } from '../../src/catalogue/hub/gguf-files.ts';
import { HubClient, type HubOptions } from '../../src/catalogue/hub/hub.ts';
import { hubAddress } from '../../src/catalogue/hub/name.ts';
import type { HubName } from '../../src/catalogue/hub/types.ts';
import { tinyModel, writeGguf } from '../support/gguf-writer.ts';
import { HubStandIn } from '../support/hub-stand-in.ts';

const tiny = writeGguf({ ...tinyModel(), data: true }).bytes;

let hub: HubStandIn;
let other: HubStandIn;
const clients: HubClient[] = [];

beforeEach(async () => {
  hub = await new HubStandIn().start();
  other = await new HubStandIn().start();
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  await Promise.all([hub.stop(), other.stop()]);
});

function client(options: HubOptions = {}): HubClient {
  const made = new HubClient({ endpoint: hub.url, modelScope: hub.url, timeoutMs: 5000, ...options });
  clients.push(made);
  return made;
}

function repository(name: string, quantization?: string, kind: HubName['kind'] = 'huggingface'): HubName {
  const [owner = '', model = ''] = name.split('/');
  return { kind, owner, name: model, quantization };
}

const LLAMA = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  hidden_size: 256,
  intermediate_size: 512,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  vocab_size: 1024,
  max_position_embeddings: 4096,
  rms_norm_eps: 1e-5,
  rope_theta: 10_000,
};

type Shapes = Readonly<Record<string, readonly number[]>>;

function layer(n: number, feedForward = 512): Shapes {
  const at = `model.layers.${n}`;
  return {
    [`${at}.input_layernorm.weight`]: [256],
    [`${at}.post_attention_layernorm.weight`]: [256],
    [`${at}.self_attn.q_proj.weight`]: [256, 256],
    [`${at}.self_attn.k_proj.weight`]: [128, 256],
    [`${at}.self_attn.v_proj.weight`]: [128, 256],
    [`${at}.self_attn.o_proj.weight`]: [256, 256],
    [`${at}.mlp.gate_proj.weight`]: [feedForward, 256],
    [`${at}.mlp.up_proj.weight`]: [feedForward, 256],
    [`${at}.mlp.down_proj.weight`]: [256, feedForward],
  };
}

const ENDS: Shapes = {
  'model.embed_tokens.weight': [1024, 256],
  'model.norm.weight': [256],
  'lm_head.weight': [1024, 256],
};

function bytesOf(shapes: Shapes): number {
  return Object.values(shapes).reduce((sum, shape) => sum + 2 * shape.reduce((product, n) => product * n, 1), 0);
}

/** A safetensors file's header, without its data. */
function header(shapes: Shapes): Buffer {
  let at = 0;
  const entries = Object.entries(shapes).map(([name, shape]) => {
    const from = at;
    at += 2 * shape.reduce((product, n) => product * n, 1);
    return [name, { dtype: 'BF16', shape, data_offsets: [from, at] }];
  });
  const json = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json]);
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

/** A repository with one shard a layer. */
function addSharded(name: string, layers: number, odd: { readonly layer?: number; readonly totalOff?: number } = {}) {
  const shards = Array.from({ length: layers }, (_, n) => ({
    file: `model-${String(n + 1).padStart(5, '0')}-of-${String(layers).padStart(5, '0')}.safetensors`,
    shapes: { ...(n === 0 ? ENDS : {}), ...layer(n, n === odd.layer ? 768 : 512) },
  }));
  const files: Record<string, Buffer> = { 'config.json': json({ ...LLAMA, num_hidden_layers: layers }) };
  const sizes: Record<string, number> = {};
  const weights: Record<string, string> = {};
  for (const { file, shapes } of shards) {
    files[file] = header(shapes);
    sizes[file] = files[file].length + bytesOf(shapes);
    for (const tensor of Object.keys(shapes)) {
      weights[tensor] = file;
    }
  }
  const total = shards.reduce((sum, { shapes }) => sum + bytesOf(shapes), 0) + (odd.totalOff ?? 0);
  files['model.safetensors.index.json'] = json({ metadata: { total_size: total }, weight_map: weights });
  hub.add(name, { files, sizes });
}

describe('a repository of GGUF files', () => {
  it('gives the model by its header', async () => {
    hub.add('org/repo', { files: { 'tiny-Q8_0.gguf': tiny, 'tiny-Q4_K_M.gguf': tiny } });
    const found = await client().find(repository('org/repo'));
    expect(found.spec).toMatchObject({ name: 'hf.co/org/repo:Q4_K_M', fileBytes: tiny.length });
    expect(found.spec.tensors).toEqual(tinyModel().tensors);
    expect(found).toMatchObject({ restricted: false, downloadBytes: tiny.length, warnings: [] });
    expect(hub.seen.map(({ path }) => path)).toEqual([
      '/api/models/org/repo',
      '/org/repo/resolve/main/tiny-Q4_K_M.gguf',
    ]);
  });

  it('is asked once while its answer is fresh', async () => {
    hub.add('org/repo', { files: { 'tiny-Q8_0.gguf': tiny } });
    const asked = client();
    expect(await asked.find(repository('org/repo'))).toBe(await asked.find(repository('org/repo')));
    expect(hub.seen).toHaveLength(2);
  });

  it('tells the quantizations that it has', async () => {
    hub.add('org/repo', { files: { 'tiny-Q8_0.gguf': tiny, 'tiny-UD-Q2_K_XL.gguf': tiny } });
    await expect(client().find(repository('org/repo', 'Q3_K_M'))).rejects.toMatchObject({
      code: 'hub-quantization-missing',
      params: { offered: 'Q8_0, UD-Q2_K_XL' },
    });
  });

  it('may be ModelScope', async () => {
    hub.add('org/repo', { files: { 'tiny-q8_0.gguf': tiny } });
    const found = await client().find(repository('org/repo', 'Q8_0', 'modelscope'));
    expect(found.spec.name).toBe('modelscope.cn/org/repo:Q8_0');
    expect(hub.seen.at(-1)?.path).toBe('/models/org/repo/resolve/master/tiny-q8_0.gguf');
  });

  it('may be split, with a tower beside it', () => {
    const files = [
      'b/x-Q4_K_M-00002-of-00002.gguf',
      'b/x-Q4_K_M-00001-of-00002.gguf',
      'x-Q8_0.gguf',
      'mmproj-F16.gguf',
    ];
    const chosen = chooseGguf(
      files.map((path) => ({ path, sizeBytes: 1 })),
      'q4_k_m',
    );
    expect(chosen?.parts.map(({ path }) => path)).toEqual([files[1], files[0]]);
    expect(chosen?.projector?.path).toBe('mmproj-F16.gguf');
  });
});

describe('a repository of safetensors', () => {
  it('is converted and quantized', async () => {
    hub.add('org/repo', {
      files: { 'config.json': json(LLAMA), 'model.safetensors': header({ ...ENDS, ...layer(0), ...layer(1) }) },
    });
    const found = await client().find(repository('org/repo', 'Q8_0'));
    expect(found.spec).toMatchObject({ name: 'hf.co/org/repo:Q8_0', architecture: 'llama' });
    expect(found.spec.tensors).toHaveLength(21);
    expect(found.warnings).toEqual(['hub-computed']);
  });

  it('of 160 shards takes 30 requests at most', async () => {
    addSharded('org/large', 160);
    const started = performance.now();
    const found = await client().find(repository('org/large'));
    expect(hub.seen.length).toBeLessThanOrEqual(30);
    expect(performance.now() - started).toBeLessThan(10_000);
    expect(found.spec.tensors).toHaveLength(3 + 160 * 9);
    expect(found.warnings).toEqual(['hub-computed']);
  });

  it('finds the one layer that is larger by the size of its file', async () => {
    addSharded('org/odd', 160, { layer: 77 });
    const { spec, warnings } = await client().find(repository('org/odd', 'BF16'));
    expect(spec.tensors.find(({ name }) => name === 'blk.77.ffn_up.weight')?.shape).toEqual([256, 768]);
    expect(spec.tensors.find(({ name }) => name === 'blk.78.ffn_up.weight')?.shape).toEqual([256, 512]);
    expect(warnings).toEqual(['hub-computed']);
    expect(hub.seen.length).toBeLessThanOrEqual(30);
  });

  it('says when its parts do not add up', async () => {
    addSharded('org/less', 40, { totalOff: 40_000_000 });
    const { warnings } = await client().find(repository('org/less'));
    expect(warnings).toContain('hub-size-mismatch');
  });

  it('of a class without rules is told as a range', async () => {
    hub.add('org/new', {
      files: {
        'config.json': json({ ...LLAMA, architectures: ['NobodyKnowsForCausalLM'] }),
        'model.safetensors': header({ ...ENDS, ...layer(0) }),
      },
    });
    await expect(client().find(repository('org/new'))).rejects.toMatchObject({ code: 'safetensors-class-range' });
  });

  it.each([
    ['text-to-video', { 'model_index.json': json({}) }, 'model-not-language'],
    ['text-to-speech', { 'pytorch_model.bin': Buffer.from('x') }, 'model-not-language'],
    ['text-generation', { 'pytorch_model.bin': Buffer.from('x') }, 'hub-no-model'],
  ])('that is for %s is said to be what it is', async (task, files, code) => {
    hub.add('org/repo', { files, task });
    await expect(client().find(repository('org/repo'))).rejects.toMatchObject({ code });
  });
});

describe('the token', () => {
  const gated = { files: { 'tiny-Q8_0.gguf': tiny }, gated: true };

  it('is asked for by what is gated', async () => {
    hub.add('org/gated', gated);
    await expect(client().find(repository('org/gated'))).rejects.toMatchObject({ code: 'hub-gated' });
  });

  it('goes to a mirror only where that is said', async () => {
    hub.add('org/gated', gated);
    await expect(client({ token: hub.token }).find(repository('org/gated'))).rejects.toMatchObject({
      code: 'hub-gated',
    });
    expect(hub.seen.some(({ authorization }) => authorization !== undefined)).toBe(false);
    const found = await client({ token: hub.token, tokenForMirror: true }).find(repository('org/gated'));
    expect(found.restricted).toBe(true);
  });

  it('goes neither to ModelScope nor along a redirect', async () => {
    hub.add('org/repo', { files: { 'tiny-Q8_0.gguf': tiny } });
    const open = { token: hub.token, tokenForMirror: true };
    await client({ ...open, modelScope: other.url }).find(repository('org/repo'));
    other.add('org/repo', { files: { 'tiny-Q8_0.gguf': tiny } });
    hub.redirect = other.url;
    await client({ ...open, modelScope: other.url }).find(repository('org/repo'));
    await client({ ...open, modelScope: other.url }).find(repository('org/repo', undefined, 'modelscope'));
    expect(other.seen.length).toBeGreaterThan(2);
    expect(other.seen.every(({ authorization }) => authorization === undefined)).toBe(true);
  });

  it('opens what operators alone may see', async () => {
    hub.add('org/gated', gated);
    const asked = new Catalogue({ hub: client({ token: hub.token, tokenForMirror: true }) });
    await expect(asked.find('hf.co/org/gated')).rejects.toMatchObject({ code: 'model-restricted' });
    expect(await asked.find('hf.co/org/gated', { restricted: true })).toMatchObject({ source: 'registry' });
  });
});

describe('a hub that misbehaves', () => {
  it.each([
    [404, 'registry-not-found'],
    [429, 'registry-busy'],
    [500, 'registry-failed'],
  ])('with status %i is told as it is', async (status, code) => {
    hub.status = status;
    await expect(client().find(repository('org/repo'))).rejects.toMatchObject({ code });
  });

  it('may not lead elsewhere', async () => {
    hub.add('org/repo', { files: { 'tiny-Q8_0.gguf': tiny } });
    hub.redirect = other.url;
    await expect(client().find(repository('org/repo'))).rejects.toMatchObject({ code: 'registry-redirect-refused' });
    expect(other.seen).toEqual([]);
  });

  it('that is slow is given up', async () => {
    hub.delayMs = 2000;
    await expect(client({ timeoutMs: 200 }).find(repository('org/repo'))).rejects.toMatchObject({
      code: 'registry-timeout',
    });
  });

  it.each([
    ['no object', []],
    ['paths without end', { siblings: [{ rfilename: 'x'.repeat(5000), size: 1 }] }],
    ['sizes below nothing', { siblings: [{ rfilename: 'a.gguf', size: -1 }] }],
  ])('with a listing of %s is not believed', async (_, listing) => {
    hub.add('org/repo', { files: {}, listing });
    await expect(client().find(repository('org/repo'))).rejects.toMatchObject({ code: 'registry-answer-invalid' });
  });

  it('with paths that lead out of the repository has no such files', async () => {
    const listing = { siblings: [{ rfilename: '../../etc/x-Q8_0.gguf', size: 9 }] };
    hub.add('org/repo', { files: {}, listing });
    await expect(client().find(repository('org/repo'))).rejects.toMatchObject({ code: 'hub-no-model' });
  });

  it('with headers that lie about their length is refused', async () => {
    const huge = Buffer.alloc(64, 0xff);
    hub.add('org/repo', { files: { 'config.json': json(LLAMA), 'model.safetensors': huge } });
    await expect(client().find(repository('org/repo'))).rejects.toMatchObject({ code: 'gguf-limit-exceeded' });
  });

  it('has an address without a password', () => {
    expect(() => client({ endpoint: 'https://me:secret@hub.example' })).toThrow(CatalogueError);
    expect(() => client({ endpoint: 'file:///etc' })).toThrow(CatalogueError);
  });
});

describe('names of repositories', () => {
  it.each([
    ['hf.co/org/Repo:Q4_K_M', 'huggingface', 'org/Repo', 'Q4_K_M'],
    ['https://huggingface.co/org/Repo/tree/main?x=1', 'huggingface', 'org/Repo', undefined],
    ['https://www.modelscope.cn/models/org/Repo/files', 'modelscope', 'org/Repo', undefined],
    ['org/Repo', 'huggingface', 'org/Repo', undefined],
  ])('%s is read', (text, kind, name, quantization) => {
    expect(hubAddress(text)).toMatchObject({ ...repository(name, quantization), kind });
  });

  it.each([
    'gemma3:12b',
    'https://huggingface.co/datasets/org/x',
    'hf.co/../x',
    'registry.example/a/b',
    'ollama.com/library/x',
  ])('%s is none', (text) => {
    expect(hubAddress(text)).toBeUndefined();
  });

  it('are looked up where Ollama has none, and what cannot be reached is not called unknown', async () => {
    const none = { find: () => Promise.reject(new CatalogueError('registry-not-found', {})) };
    const asked = new Catalogue({ hub: client(), registry: none });
    hub.add('org/repo', { files: { 'tiny-Q8_0.gguf': tiny } });
    expect(await asked.find('org/repo:Q8_0')).toMatchObject({
      source: 'registry',
      spec: { name: 'hf.co/org/repo:Q8_0' },
    });
    expect(await asked.find('https://modelscope.cn/models/org/repo')).toMatchObject({
      spec: { name: 'modelscope.cn/org/repo:Q8_0' },
    });
    await expect(asked.find('org/nothing-like-it')).rejects.toMatchObject({ code: 'model-unknown' });
    await hub.stop();
    await expect(asked.find('org/elsewhere')).rejects.toMatchObject({ code: 'model-unanswered' });
    await expect(asked.find('modelscope.cn/org/elsewhere')).rejects.toMatchObject({ code: 'registry-unreachable' });
  });
});
