import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { specFromGgufFile } from '../../src/gguf/from-file.ts';
import { tableBytes } from '../../src/gguf/spec.ts';
import { tinyModel, type WriterOptions, writeGguf } from '../support/gguf-writer.ts';

let root = '';
let folders = 0;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'headroom-gguf-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** A directory of its own for each test, so that neighbours do not meet. */
async function folder(files: Record<string, WriterOptions | string>): Promise<string> {
  const directory = join(root, String(folders++));
  await mkdir(directory);
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(directory, name), typeof content === 'string' ? content : writeGguf(content).bytes);
  }
  return directory;
}

function clip(projectionDim: number): WriterOptions {
  return {
    metadata: [
      ['general.architecture', { type: 'string', value: 'clip' }],
      ['clip.vision.image_size', { type: 'u32', value: 896 }],
      ['clip.vision.projection_dim', { type: 'u32', value: projectionDim }],
    ],
    tensors: [{ name: 'v.patch_embd.weight', shape: [14, 14, 3, 8], type: 'F16' }],
  };
}

const vision = {
  ...tinyModel({
    extra: [['llama.vision.block_count', { type: 'u32', value: 1 }]],
    extraTensors: [
      { name: 'v.blk.0.attn_q.weight', shape: [8, 8], type: 'F16' },
      { name: 'mm.0.weight', shape: [8, 64], type: 'F16' },
      { name: 'a.conv1.weight', shape: [8], type: 'F32' },
    ],
  }),
  data: true,
} satisfies WriterOptions;

describe('specFromGgufFile', () => {
  it('gives name, tensors and the size of the file', async () => {
    const options = { ...tinyModel(), data: true };
    const { spec, warnings } = await specFromGgufFile(
      join(await folder({ 'tiny-Q8_0.gguf': options }), 'tiny-Q8_0.gguf'),
    );
    expect(spec).toMatchObject({
      name: 'tiny-Q8_0',
      architecture: 'llama',
      fileBytes: writeGguf(options).bytes.length,
    });
    expect(spec.tensors).toEqual(options.tensors);
    expect(spec.projector).toBeUndefined();
    expect(warnings).toEqual([]);
  });

  it('says so when the tensors are not all there, and reckons with the whole size', async () => {
    const { spec, warnings } = await specFromGgufFile(join(await folder({ 'x.gguf': tinyModel() }), 'x.gguf'));
    expect(warnings).toEqual(['gguf-data-incomplete']);
    expect(spec.fileBytes).toBeGreaterThan(tableBytes(spec.tensors));
  });

  it('puts an embedded tower into the projector and nowhere else', async () => {
    const { spec } = await specFromGgufFile(join(await folder({ 'v.gguf': vision }), 'v.gguf'));
    expect(spec.tensors).toEqual(tinyModel().tensors);
    expect(spec.projector).toEqual({
      source: 'embedded',
      weightsBytes: 128 + 1024 + 32,
      metadata: { 'llama.vision.block_count': 1 },
      tensors: vision.tensors.slice(-3),
    });
  });

  it('takes the projector file beside the model that is as wide as the model', async () => {
    const directory = await folder({
      'm.gguf': { ...tinyModel(), data: true },
      'mmproj-F16.gguf': clip(999),
      'mmproj-F32.gguf': clip(64),
      'mmproj-broken.gguf': 'GGUF',
      'mmproj-note.txt': 'x',
    });
    const { spec } = await specFromGgufFile(join(directory, 'm.gguf'));
    expect(spec.projector).toMatchObject({ source: 'file', weightsBytes: 14 * 14 * 3 * 8 * 2 });
    expect(spec.projector!.metadata).toEqual({ 'clip.vision.image_size': 896, 'clip.vision.projection_dim': 64 });
  });

  it("does not take another model's projector", async () => {
    const directory = await folder({ 'm.gguf': tinyModel(), 'mmproj.gguf': clip(999), 'mmproj-2.gguf': tinyModel() });
    expect((await specFromGgufFile(join(directory, 'm.gguf'))).spec.projector).toBeUndefined();
  });

  it('reads all parts of a split model, whichever part is named', async () => {
    const { metadata, tensors } = tinyModel();
    const files = {
      'big-00001-of-00003.gguf': { metadata, tensors: tensors.slice(0, 2), data: true },
      'big-00002-of-00003.gguf': { tensors: tensors.slice(2, 4), data: true },
      'big-00003-of-00003.gguf': { tensors: tensors.slice(4), data: true },
    };
    const directory = await folder(files);
    const sizes = Object.values(files).map((f) => writeGguf(f).bytes.length);
    for (const part of Object.keys(files)) {
      const { spec, warnings } = await specFromGgufFile(join(directory, part));
      expect(spec).toMatchObject({ name: 'big', fileBytes: sizes.reduce((a, b) => a + b) });
      expect(spec.tensors).toEqual(tensors);
      expect(warnings).toEqual([]);
    }
  });

  it('names the part that is missing, and a tensor that two parts hold', async () => {
    const { metadata, tensors } = tinyModel();
    const one = { metadata, tensors: tensors.slice(0, 2) };
    const directory = await folder({ 'b-00001-of-00002.gguf': one });
    await expect(specFromGgufFile(join(directory, 'b-00001-of-00002.gguf'))).rejects.toMatchObject({
      code: 'gguf-shard-missing',
      params: { part: 2, total: 2 },
    });
    const twice = await folder({ 'b-00001-of-00002.gguf': one, 'b-00002-of-00002.gguf': one });
    await expect(specFromGgufFile(join(twice, 'b-00001-of-00002.gguf'))).rejects.toMatchObject({
      code: 'gguf-duplicate-key',
    });
  });

  it.each<[string, WriterOptions | string | null, string]>([
    ['nothing there', null, 'gguf-not-found'],
    ['an empty file', '', 'gguf-not-gguf'],
    ['another file', 'PK\u0003\u0004 zip', 'gguf-not-gguf'],
    ['a beginning only', 'GGUF\u0003\u0000\u0000\u0000', 'gguf-truncated'],
    ['no architecture', { tensors: tinyModel().tensors }, 'gguf-architecture-missing'],
    ['a tower alone', clip(64), 'gguf-not-a-language-model'],
    [
      'a video model',
      {
        metadata: [['general.architecture', { type: 'string', value: 'hyvid' }]],
        tensors: [{ name: 'double_blocks.0.img_attn_qkv.weight', shape: [64, 64], type: 'F16' }],
      },
      'gguf-not-a-language-model',
    ],
  ])('%s → a typed error', async (_what, content, code) => {
    const directory = await folder(content === null ? {} : { 'x.gguf': content });
    await expect(specFromGgufFile(join(directory, 'x.gguf'))).rejects.toMatchObject({ name: 'GgufError', code });
  });

  it('refuses a directory', async () => {
    await expect(specFromGgufFile(root)).rejects.toMatchObject({ code: 'gguf-unreadable' });
  });
});
