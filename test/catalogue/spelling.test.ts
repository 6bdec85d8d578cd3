import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { builtinCatalogue } from '../../src/catalogue/builtin.ts';
import { Catalogue } from '../../src/catalogue/catalogue.ts';
import { nearestNames } from '../../src/catalogue/nearest.ts';
import { otherKind } from '../../src/catalogue/not-language.ts';
import { pastedAddress, spelledName } from '../../src/catalogue/spelling.ts';

const list = builtinCatalogue();

/** Names that teams ask for most, which must be answered without a network. */
const ASKED = `llama3.3:70b llama3.2:3b llama3.1:8b llama3.1:70b llama3:8b llama2:7b llama4:scout gemma3:1b gemma3:4b
gemma3:12b gemma3:27b gemma2:9b gemma2:27b gemma3n:e4b gemma4:e2b gemma4:e4b gemma4:12b gemma4:26b gemma4:31b
embeddinggemma qwen3:0.6b qwen3:1.7b qwen3:4b qwen3:8b qwen3:14b qwen3:30b qwen3:32b qwen3:235b qwen3-coder:30b
qwen3-coder:480b qwen3-vl:4b qwen3-vl:8b qwen3-vl:30b qwen3-next:80b qwen3.5:9b qwen3.5:27b qwen3.5:35b qwen3.5:122b
qwen2.5:7b qwen2.5:14b qwen2.5:32b qwen2.5:72b qwen2.5-coder:7b qwen2.5-coder:32b qwen2.5vl:7b qwen2.5vl:32b qwq:32b
deepseek-r1:7b deepseek-r1:8b deepseek-r1:14b deepseek-r1:32b deepseek-r1:70b deepseek-r1:671b deepseek-v3:671b
deepseek-coder-v2:16b gpt-oss:20b gpt-oss:120b mistral:7b mistral-nemo:12b mistral-small3.2:24b mixtral:8x7b phi4:14b
phi4-mini:3.8b phi3:3.8b granite3.3:8b granite4:small-h command-r7b devstral-small-2:24b magistral:24b glm-4.7-flash
smollm2:135m olmo2:7b falcon3:7b minicpm-v:8b llava:7b llama3.2-vision:11b nomic-embed-text mxbai-embed-large bge-m3
all-minilm ERNIE-4.5-VL-28B-A3B-Thinking Kimi-K2-Thinking MiniMax-M2 MiniCPM-V-4_5 MiniCPM-V-4.5 GOT-OCR-2.0-hf
Spark-Formalizer-X1-7B`.split(/\s+/);

const fullWidth = (text: string): string =>
  [...text].map((c) => (/[!-~]/.test(c) ? String.fromCharCode(c.charCodeAt(0) + 0xfee0) : c)).join('');

function spellings(name: string): readonly string[] {
  const dashed = name.replace(':', '-');
  return [
    name,
    name.toUpperCase(),
    name.toLowerCase(),
    dashed,
    name.replace(/[-:]/g, ' '),
    name.replace(/[-:]/g, '_'),
    ` ${name} `,
    fullWidth(name),
    name.replace(':', '：'),
    `${dashed}-it`,
    `${dashed}-Instruct`,
    `${dashed}-q4_K_M`,
  ];
}

describe('names as people write them', () => {
  it.each(ASKED)('%s is answered without a network in twelve spellings', (name) => {
    const meant = list.lookUp(name)?.spec;
    expect(meant).toBeDefined();
    for (const text of spellings(name)) {
      expect(list.lookUp(text)?.spec.architecture, text).toBe(meant!.architecture);
    }
  });

  it.each([
    ['Qwen/Qwen3-VL-4B-Instruct', 'qwen3-vl:4b'],
    ['google/gemma-3-12b-it', 'gemma3:12b'],
    ['baidu/ERNIE-4.5-VL-28B-A3B-Thinking', 'ernie4.5-vl:28b-a3b'],
    ['https://huggingface.co/stepfun-ai/GOT-OCR-2.0-hf/tree/main', 'got-ocr2'],
    ['https://modelscope.cn/models/iflytek/Spark-Formalizer-X1-7B/summary', 'deepseek-r1:7b'],
  ])('%s has the weights of %s', (text, other) => {
    expect(list.lookUp(text)?.spec.tensors.length).toBe(list.lookUp(other)!.spec.tensors.length);
  });

  it('works a quantization out where the name asks for another', () => {
    const q8 = list.lookUp('gemma3:12b-it-q8_0')!;
    expect(q8.notes).toContain('builtin-computed');
    expect(q8.spec.fileBytes!).toBeGreaterThan(list.find('gemma3:12b')!.fileBytes!);
    expect(list.find('Qwen3 8B Q3_K_M')!.fileBytes!).toBeLessThan(list.find('qwen3:8b')!.fileBytes!);
  });

  it('tells models apart whose digits run together', () => {
    expect(list.find('qwen3 1.7b')!.fileBytes).not.toBe(list.find('qwen3 14b')!.fileBytes);
    expect(list.find('gemma 3 1b')!.fileBytes).not.toBe(list.find('gemma3 12b')!.fileBytes);
    expect(list.find('qwen3 vl 30b')!.architecture).toBe('qwen3vlmoe');
  });

  it('gives one key for any case and separator', () => {
    const word = fc.stringMatching(/^[a-z]{2,8}[0-9]{0,2}$/);
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 4 }), fc.constantFrom('-', '_', ' ', ':'), (words, by) => {
        expect(spelledName(words.join(by).toUpperCase()).key).toBe(spelledName(words.join('-')).key);
      }),
    );
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(spelledName(text).key).toMatch(/^[a-z0-9.]*$/);
      }),
    );
  });

  it('reads addresses from a browser', () => {
    expect(pastedAddress('https://huggingface.co/unsloth/Qwen3-8B-GGUF?show=x')).toEqual({
      host: 'hub',
      path: 'unsloth/Qwen3-8B-GGUF',
    });
    expect(pastedAddress('ollama.com/library/gemma3:12b')).toEqual({ host: 'ollama', path: 'gemma3:12b' });
    expect(pastedAddress('https://evil.example/huggingface.co/a/b')).toBeUndefined();
  });
});

describe('names that are no language model', () => {
  it.each([
    ['HunyuanVideo-1.5', 'video'],
    ['hunyuanvideo 1.5', 'video'],
    ['ＨｕｎｙｕａｎＶｉｄｅｏ－１．５', 'video'],
    ['FLUX.1-dev', 'image'],
    ['whisper-large-v3', 'speech'],
  ])('%s is a model for %s', async (text, kind) => {
    expect(otherKind(text)).toBe(kind);
    await expect(new Catalogue().find(text)).rejects.toMatchObject({ code: 'model-not-language', params: { kind } });
  });

  it('takes no language model for one of them', () => {
    expect(list.names().filter((name) => otherKind(name) !== undefined)).toEqual([]);
  });
});

describe('did you mean', () => {
  it('offers no model of another kind, and never the same name', () => {
    expect(nearestNames('qwen3-vl:31b', list.names()).every((name) => /vl/.test(name))).toBe(true);
    expect(nearestNames('qwen3-vl:30b', ['qwen3:30b', 'qwen3-vl:8b'])).toEqual(['qwen3-vl:8b']);
    expect(nearestNames('Gemma3-12B', ['gemma3:12b', 'gemma3:4b'])).toEqual(['gemma3:4b']);
    expect(nearestNames('nomic-embed-txt', list.names())).toContain('nomic-embed-text');
  });
});
