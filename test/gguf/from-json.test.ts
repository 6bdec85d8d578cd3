import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GgufError } from '../../src/gguf/errors.ts';
import { specFromJson, specFromJsonFile } from '../../src/gguf/from-json.ts';

const tensor = { name: 'token_embd.weight', shape: [64, 100], type: 'F16' };
const good = {
  name: 'tiny',
  architecture: 'llama',
  bytes: 12800,
  metadata: { 'llama.block_count': 1, 'llama.attention.head_count_kv': [1, 2], 'general.tags': ['a'], x: null },
  tensors: [tensor],
};

function faultOf(value: unknown): { code: string; params: object } {
  try {
    specFromJson(value);
  } catch (error) {
    if (error instanceof GgufError) {
      return { code: error.code, params: error.params };
    }
    throw error;
  }
  throw new Error('accepted');
}

describe('specFromJson', () => {
  it('keeps name, architecture, metadata and tensors, and does not take the sum of tensors for the size of a file', () => {
    expect(specFromJson(good)).toEqual({
      name: 'tiny',
      architecture: 'llama',
      metadata: good.metadata,
      tensors: [tensor],
    });
  });

  it('takes the architecture from the metadata when the key of its own is absent', () => {
    const { architecture: _, name: __, ...rest } = good;
    const spec = specFromJson({ ...rest, metadata: { 'general.architecture': 'qwen3' } }, 'given');
    expect(spec.architecture).toBe('qwen3');
    expect(spec.name).toBe('given');
  });

  it('keeps a projector and the size of the file', () => {
    const projector = { weightsBytes: 10, source: 'file', metadata: {}, tensors: [] };
    const spec = specFromJson({ ...good, fileBytes: 99, projector });
    expect(spec.projector).toEqual(projector);
    expect(spec.fileBytes).toBe(99);
  });

  it.each([
    [{ ...good, metadata: undefined }, 'metadata', 'missing'],
    [{ ...good, tensors: undefined }, 'tensors', 'missing'],
    [{ ...good, tensors: [] }, 'tensors', 'too-small'],
    [{ ...good, architecture: undefined }, 'architecture', 'missing'],
    [{ ...good, architecture: 5 }, 'architecture', 'wrong-type'],
    [{ ...good, tensors: [{ name: 'a', type: 'F16' }] }, 'tensors.0.shape', 'missing'],
    [{ ...good, tensors: [tensor, { ...tensor, type: 'Q99' }] }, 'tensors.1.type', 'unknown-tensor-type'],
    [{ ...good, tensors: [{ ...tensor, shape: [0] }] }, 'tensors.0.shape.0', 'too-small'],
    [{ ...good, tensors: [{ ...tensor, shape: [1.5] }] }, 'tensors.0.shape.0', 'wrong-type'],
    [{ ...good, tensors: [{ ...tensor, shape: [2 ** 50] }] }, 'tensors.0.shape.0', 'too-large'],
    [{ ...good, metadata: { 'llama.x': {} } }, 'metadata.llama.x', 'wrong-type'],
    ['text', '(whole)', 'wrong-type'],
    [null, '(whole)', 'wrong-type'],
    [[], '(whole)', 'wrong-type'],
  ])('names the key at fault (case %#)', (value, key, problem) => {
    const fault = faultOf(value);
    expect(fault.code).toBe('model-json-invalid');
    expect(fault.params).toMatchObject({ key, problem });
  });
});

describe('specFromJsonFile', () => {
  let directory = '';
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'headroom-json-'));
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  it('reads a file and names the model after it when the JSON has no name', async () => {
    const path = join(directory, 'my-model.json');
    await writeFile(path, JSON.stringify({ ...good, name: undefined }));
    expect((await specFromJsonFile(path)).name).toBe('my-model');
  });

  it.each([
    ['missing.json', undefined, 'model-json-not-found'],
    ['broken.json', '{"architecture":', 'model-json-not-json'],
    ['empty.json', '', 'model-json-not-json'],
    ['other.json', '{}', 'model-json-invalid'],
    ['huge.json', ' '.repeat(16 * 1024 * 1024 + 1), 'model-json-too-large'],
  ])('%s → an error with a code', async (file, text, code) => {
    const path = join(directory, file);
    if (text !== undefined) {
      await writeFile(path, text);
    }
    await expect(specFromJsonFile(path)).rejects.toMatchObject({ name: 'GgufError', code });
  });

  it('refuses a directory', async () => {
    await expect(specFromJsonFile(directory)).rejects.toMatchObject({ code: 'model-json-unreadable' });
  });
});
