import type { MessageKey } from './messages/index.ts';
import { isMessageKey } from './translate.ts';

/**
 * The row of the message table for an error's code: that of its `reason` where there is one (`error.unreachable.dns`),
 * else the code's own (`error.unreachable`, or the code itself). `null` where there are no words.
 */
export function errorKey(code: string, params: unknown = {}): MessageKey | null {
  const reason = typeof params === 'object' && params !== null ? Reflect.get(params, 'reason') : undefined;
  const candidates = [`error.${code}.${String(reason)}`, `error.${code}`, code];
  return candidates.find(isMessageKey) ?? null;
}
