import { CodedError } from '../../base/coded.ts';

/** Redis did not answer, or refused. People are told in words; what Redis said goes to the log alone. */
export class RedisUnavailable extends CodedError<'redis-unavailable'> {
  override readonly name = 'RedisUnavailable';

  constructor(cause: unknown) {
    super('redis-unavailable', {}, cause);
  }
}

/** Runs work against Redis; whatever it throws becomes {@link RedisUnavailable}. */
export async function askRedis<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof RedisUnavailable ? error : new RedisUnavailable(error);
  }
}
