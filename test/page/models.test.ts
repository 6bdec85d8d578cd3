import { describe, expect, it } from 'vitest';
import { modelFromFiles } from '../../page/models/file.ts';
import { readHubAddress } from '../../page/models/hub-address.ts';
import { listedModel, listedNames } from '../../page/models/listed.ts';
import { searchNames } from '../../page/models/search.ts';

describe('addresses of hubs', () => {
  it.each([
    ['hf.co/unsloth/gemma-3-12b-it-GGUF:Q4_K_M', 'huggingface.co', 'gemma-3-12b-it-GGUF', 'Q4_K_M', null],
    ['https://huggingface.co/org/repo', 'huggingface.co', 'repo', null, null],
    ['https://huggingface.co/org/repo/blob/main/sub/a%20b.gguf', 'huggingface.co', 'repo', null, 'sub/a b.gguf'],
    ['https://hf-mirror.com/org/repo/resolve/main/m.gguf?download=true', 'hf-mirror.com', 'repo', null, 'm.gguf'],
    ['https://www.modelscope.cn/models/org/repo', 'modelscope.cn', 'repo', null, null],
  ])('%s', (text, host, name, quantization, file) => {
    expect(readHubAddress(text)).toMatchObject({ host, name, quantization, file });
  });

  it.each([
    'gemma3:12b',
    'org/repo',
    'http://huggingface.co/org/repo',
    'https://evil.example/org/repo',
    'https://huggingface.co.evil.example/org/repo',
    'https://user@huggingface.co/org/repo',
    'https://huggingface.co/../api',
    'javascript:alert(1)//huggingface.co/a/b',
  ])('%s is none that is asked', (text) => {
    expect(readHubAddress(text)).toBeNull();
  });
});

describe('the built-in list', () => {
  it('is searched as completion in the chat searches', async () => {
    const names = await listedNames();
    expect(searchNames(names, 'gemma 3')[0]).toMatch(/^gemma3/);
    expect(searchNames(names, 'no such model at all')).toEqual([]);
  });

  it('gives the nearest names for a slip', async () => {
    await expect(listedModel('gema3:12b')).rejects.toMatchObject({
      code: 'model-unknown',
      nearest: expect.arrayContaining(['gemma3:12b']),
    });
  });
});

describe('a dropped file', () => {
  it('that is no model says what it is', async () => {
    const file = new File([new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8])], 'x.gguf');
    await expect(modelFromFiles([file])).rejects.toMatchObject({ code: 'gguf-not-gguf' });
  });
});
