import type { Redis } from 'ioredis';
import { type ConsentDesk, createConsentDesk } from '../../commands/load/consent.ts';
import type { Log } from '../base/log.ts';
import type { ChatPoster } from '../chat/poster.ts';
import type { ModelFinder } from '../servers/asking/models.ts';
import type { WeightsIndex } from '../servers/asking/same-weights.ts';
import { createStoredHolds } from '../servers/loading/holds.ts';
import { createServerQueue } from '../servers/loading/queue.ts';
import { createLoadService, type LoadService } from '../servers/loading/service.ts';
import { createRedisHolds } from '../servers/shared/redis-holds.ts';
import { createRedisTurns } from '../servers/shared/turns.ts';
import type { ServerRegistry } from '../servers/types.ts';
import type { Config } from '../settings/config.ts';
import type { Store } from '../store/types.ts';
import type { Estimates } from '../workers/estimates.ts';

export interface ComposeLoadsParts {
  readonly config: Config;
  readonly log: Log;
  readonly registry: ServerRegistry;
  readonly models: ModelFinder;
  readonly estimates: Estimates;
  readonly store: Store;
  readonly weights: WeightsIndex;
  /** Shared by several processes; `null` = this is the only one. */
  readonly redis: Redis | null;
  /** Where holders are asked; `null` while, or where, there is no chat with messages of the bot's own. */
  readonly poster: () => ChatPoster | null;
  readonly settleMs: number | undefined;
}

/** Loads and holds, put together: in this process alone, or shared through Redis. */
export function composeLoads(parts: ComposeLoadsParts): {
  readonly loads: LoadService;
  readonly consents: ConsentDesk;
  readonly close: () => Promise<void>;
} {
  const { config, log, registry, models, store, redis } = parts;
  const now = Date.now;
  const onError = (err: unknown) => log.warn({ err }, 'a part of a load failed');
  const shareTurns =
    redis === null ? null : (server: string, onChange: () => void) => createRedisTurns(redis, server, { onChange });
  const consents = createConsentDesk({ poster: parts.poster, now, onError });
  const loads = createLoadService({
    registry,
    store,
    weights: parts.weights,
    holds: redis === null ? createStoredHolds(store.holds, now) : createRedisHolds(redis, now),
    queueFor: (server) => createServerQueue(server, shareTurns),
    findSpec: async (model, server, signal) => (await models.find(model, server, signal)).spec,
    estimates: parts.estimates,
    askHolder: consents.ask,
    tellHolder: consents.tell,
    limits: { maxCtx: config.maxCtx, maxKeepAlive: config.maxKeepAlive },
    now,
    onError,
    ...(parts.settleMs === undefined ? {} : { settleMs: parts.settleMs }),
  });
  return {
    loads,
    consents,
    close: () => loads.close(),
  };
}
