import { CodedError } from '../../src/base/coded.ts';
import { readContextLength } from '../../src/base/context-length.ts';

/** One model of a set as somebody writes it: `gemma3:12b@32k!`. */
export interface WrittenModel {
  readonly name: string;
  /** Tokens; absent = what the server takes. */
  readonly numCtx?: number;
  /** The context is kept as it is. */
  readonly pinned: boolean;
}

/** Most models that one set has here: more than any server holds. */
export const MOST_MODELS = 16;

/**
 * Reads `gemma3:12b@32768 qwen2.5-coder:7b nomic-embed-text`: names apart by spaces or commas, a context behind `@`, kept
 * as it is with `!`.
 * @throws CodedError `set-empty`, `set-too-many`, `set-model-form`
 */
export function parseSet(text: string): readonly WrittenModel[] {
  const words = text
    .normalize('NFKC')
    .split(/[\s,;、]+/)
    .filter((word) => word !== '');
  if (words.length === 0) {
    throw new CodedError('set-empty');
  }
  if (words.length > MOST_MODELS) {
    throw new CodedError('set-too-many', { count: words.length, max: MOST_MODELS });
  }
  return words.map((word): WrittenModel => {
    const pinned = word.endsWith('!');
    const bare = pinned ? word.slice(0, -1) : word;
    const at = bare.lastIndexOf('@');
    const numCtx = at === -1 ? undefined : readContextLength(bare.slice(at + 1));
    const name = at === -1 ? bare : bare.slice(0, at);
    // What stands behind an @ may be a digest of the name.
    const digest = at !== -1 && /^sha256:/.test(bare.slice(at + 1));
    if (name === '' || (numCtx === null && !digest)) {
      throw new CodedError('set-model-form', { word: word.slice(0, 80) });
    }
    return digest
      ? { name: bare, pinned }
      : { name, pinned, ...(numCtx === undefined || numCtx === null ? {} : { numCtx }) };
  });
}
