/** Redis did not answer, or refused. People are told in words; what Redis said goes to the log alone. */
export class RedisUnavailable extends Error {
  readonly code = 'redis-unavailable';
  readonly params = {};

  constructor(cause: unknown) {
    super('Redis does not answer', { cause });
    this.name = 'RedisUnavailable';
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
