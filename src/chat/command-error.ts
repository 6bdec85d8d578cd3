import { CodedError } from '../base/coded.ts';

/** An answer that is a refusal in words: the dispatcher finds the sentence under `error.<code>`. */
export class CommandError extends CodedError {
  override readonly name = 'CommandError';
}
