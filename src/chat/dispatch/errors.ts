import { CodedError } from '../../base/coded.ts';
import { errorKey } from '../error-key.ts';
import type { MessageKey } from '../messages/index.ts';
import type { Reply } from '../reply.ts';
import type { MessageParam, MessageParams, Translator } from '../translate.ts';

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
 * The words for an error from below: its `code` and `reason` name a row, its `params` fill it in. `null` when there are no words for it.
 */
export function explainError(error: unknown): Explanation | null {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') {
    return null;
  }
  const params = 'params' in error ? toParams(error.params) : {};
  const key = errorKey(error.code, params);
  return key === null ? null : { key, params };
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
