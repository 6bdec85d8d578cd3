import { type ConsentDesk, createConsentDesk } from '../../commands/load/consent.ts';
import type { Log } from '../base/log.ts';
import type { ChatPoster } from '../chat/poster.ts';
import type { ModelFinder } from '../servers/asking/models.ts';
import type { WeightsIndex } from '../servers/asking/same-weights.ts';
import { createStoredHolds } from '../servers/loading/holds.ts';
import { createServerQueue } from '../servers/loading/queue.ts';
import { createLoadService, type LoadService } from '../servers/loading/service.ts';
import type { ReservationBook } from '../servers/reservations.ts';
import { createTurns } from '../servers/shared/turns.ts';
import type { ServerRegistry } from '../servers/types.ts';
import type { Config } from '../settings/config.ts';
import type { Estimates } from '../workers/estimates.ts';
import type { Memory } from './memory.ts';

export interface ComposeLoadsParts {
  readonly config: Config;
  readonly log: Log;
  readonly registry: ServerRegistry;
  readonly models: ModelFinder;
  readonly estimates: Estimates;
  readonly memory: Memory;
  readonly weights: WeightsIndex;
  /** Where holders are asked; `null` while, or where, there is no chat with messages of the bot's own. */
  readonly poster: (platform: string) => ChatPoster | null;
  readonly reservations: ReservationBook;
  readonly settleMs: number | undefined;
}

/** Loads and holds, put together: in this process alone, or shared through PostgreSQL. */
export function composeLoads(parts: ComposeLoadsParts): {
  readonly loads: LoadService;
  readonly consents: ConsentDesk;
  readonly close: () => Promise<void>;
} {
  const { config, log, registry, models } = parts;
  const { store, session, now } = parts.memory;
  const onError = (err: unknown) => log.warn({ err }, 'a part of a load failed');
  const shareTurns =
    session === null ? null : (server: string, onChange: () => void) => createTurns(session, server, { onChange });
  const consents = createConsentDesk({ poster: parts.poster, now, onError });
  const loads = createLoadService({
    registry,
    store,
    weights: parts.weights,
    reservations: parts.reservations,
    holds: createStoredHolds(store.holds, now),
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
