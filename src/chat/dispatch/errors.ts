import { CodedError } from '../../base/coded.ts';
import type { MessageKey } from '../messages/index.ts';
import type { Reply } from '../reply.ts';
import { isMessageKey, type MessageParam, type MessageParams, type Translator } from '../translate.ts';

/** An error said as a row of the message table. */
export interface Explanation {
  readonly key: MessageKey;
  readonly params: MessageParams;
}

/** A fault that is already known as words. */
export class ExplainedError extends CodedError<MessageKey, MessageParams> {
  override readonly name = 'ExplainedError';
}

/**
 * The words for an error from below: its `code` names a row (`error.<code>` or the code itself), its `params` fill it
 * in. `null` when there are no words for it.
 */
export function explainError(error: unknown): Explanation | null {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') {
    return null;
  }
  const key = [`error.${error.code}`, error.code].find((candidate) => isMessageKey(candidate));
  if (key === undefined || !isMessageKey(key)) {
    return null;
  }
  return { key, params: 'params' in error ? toParams(error.params) : {} };
}

function toParams(value: unknown): MessageParams {
  if (typeof value !== 'object' || value === null) {
    return {};
  }
  const params: Record<string, MessageParam> = {};
  for (const [name, param] of Object.entries(value)) {
    if (typeof param === 'string' || typeof param === 'number') {
      params[name] = param;
    } else if (isSpan(param)) {
      params[name] = param;
    } else if (param !== null && param !== undefined) {
      params[name] = String(param);
    }
  }
  return params;
}

function isSpan(value: unknown): value is Exclude<MessageParam, string | number> {
  if (typeof value !== 'object' || value === null) {
    return false;
  }
  if ('time' in value) {
    return typeof value.time === 'number' && 'style' in value;
  }
  return ['code', 'bold', 'user', 'channel'].some((kind) => typeof Reflect.get(value, kind) === 'string');
}

/** A refusal or failure as a reply that only the asker sees. */
export function errorReply(translator: Translator, { key, params }: Explanation): Reply {
  return { tone: 'bad', title: translator.text(key, params), blocks: [], private: true, failed: true };
}
