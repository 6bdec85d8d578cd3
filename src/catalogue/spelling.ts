/**
 * Names as people write them: case, dots, dashes, spaces, full-width letters, `-it`, an address pasted from a browser. Two
 * spellings of one model give one key. Nothing here touches a network.
 */

import { QUANTIZE_TARGETS } from '../estimator/model/quantize/targets.ts';

/** Longest text that is looked at, characters. */
const MAX_TEXT = 300;

/** Words of a name that do not tell one model from another. */
const FILLERS: ReadonlySet<string> = new Set(['it', 'instruct', 'chat', 'hf', 'gguf', 'latest', 'library']);

const TARGETS: ReadonlySet<string> = new Set([...QUANTIZE_TARGETS, 'FP16', 'FP32', 'MXFP4', 'Q3_K', 'Q4_K', 'Q5_K']);

/** A name taken apart: the model, and the quantization that stands at its end. */
export interface SpelledName {
  /** Organization or namespace in lower case; undefined where none was written. */
  readonly owner: string | undefined;
  /** Key of the model: the same for all spellings. */
  readonly key: string;
  /** Quantization in llama-quantize's spelling. */
  readonly quantization: string | undefined;
}

/** Where a pasted address leads. */
export type PastedHost = 'hub' | 'modelscope' | 'ollama';

const ADDRESSES: readonly (readonly [pattern: RegExp, host: PastedHost])[] = [
  [/^(?:https?:\/\/)?(?:www\.)?(?:huggingface\.co|hf\.co|hf-mirror\.com)\/(?:models\/)?/i, 'hub'],
  [/^(?:https?:\/\/)?(?:www\.)?(?:modelscope\.cn|modelscope\.ai)\/(?:models\/)?/i, 'modelscope'],
  [/^(?:https?:\/\/)?(?:www\.)?ollama\.com\/(?:library\/)?/i, 'ollama'],
];

/** Full-width letters and the like as plain ones, white space around it gone. */
export function plainText(text: string): string {
  return text.slice(0, MAX_TEXT).normalize('NFKC').trim();
}

/** An address from a browser as `owner/name` and the host it was copied from; undefined where the text is no address. */
export function pastedAddress(text: string): { readonly host: PastedHost; readonly path: string } | undefined {
  const plain = plainText(text);
  for (const [pattern, host] of ADDRESSES) {
    if (pattern.test(plain)) {
      const path = plain
        .replace(pattern, '')
        .replace(/[?#].*$/, '')
        .replace(/\/(?:tree|blob|resolve|files|summary|tags|raw)(?:\/.*)?$/i, '')
        .replace(/\/+$/, '');
      return { host, path };
    }
  }
  return undefined;
}

/** Takes a name apart. */
export function spelledName(text: string): SpelledName {
  const whole = (pastedAddress(text)?.path ?? plainText(text)).toLowerCase();
  const slash = whole.lastIndexOf('/');
  const owner = slash < 0 ? undefined : whole.slice(0, slash).split('/').at(-1);
  const { rest, quantization } = withoutQuantization(whole.slice(slash + 1));
  return { owner: owner === 'library' ? undefined : owner, key: keyOf(rest), quantization };
}

function withoutQuantization(name: string): { readonly rest: string; readonly quantization: string | undefined } {
  const parts = name.split(/[-:\s]+/);
  for (const count of [1, 2, 3]) {
    const target = parts.slice(-count).join('_').toUpperCase();
    if (parts.length > count && TARGETS.has(target)) {
      return { rest: parts.slice(0, -count).join('-'), quantization: target };
    }
  }
  // `gemma3_12b_q4_k_m`: all underscores.
  const match = /^(.*[^a-z0-9])((?:iq|q|tq)\d[a-z0-9_]*|bf16|f16|f32|fp16)$/.exec(name);
  if (match !== null && TARGETS.has(match[2]!.toUpperCase())) {
    return { rest: match[1]!, quantization: match[2]!.toUpperCase() };
  }
  return { rest: name, quantization: undefined };
}

/** Words joined, with a dot where digits meet digits: `gemma-3-12b-it`, `Gemma 3 12B` and `gemma3:12b` are one. */
function keyOf(name: string): string {
  let key = '';
  for (const word of name.split(/[^a-z0-9]+/)) {
    if (word === '' || (FILLERS.has(word) && key !== '')) {
      continue;
    }
    key += /\d$/.test(key) && /^\d/.test(word) ? `.${word}` : word;
  }
  return key;
}

/** The key of a model without its quantization. */
export function spelledKey(text: string): string {
  return spelledName(text).key;
}

/** Whether two names spell the same model in the same quantization. */
export function sameSpelling(a: string, b: string): boolean {
  const one = spelledName(a);
  const other = spelledName(b);
  return (
    one.key !== '' && one.key === other.key && one.owner === other.owner && one.quantization === other.quantization
  );
}
