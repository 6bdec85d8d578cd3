import { hostname } from 'node:os';
import type { Services } from '../../commands/services.ts';
import type { Log } from '../base/log.ts';
import { Catalogue } from '../catalogue/catalogue.ts';
import type { Act, DispatchHooks } from '../chat/dispatch/dispatcher.ts';
import type { OpenAnswers } from '../chat/open-answers.ts';
import { Painter } from '../chat/pictures/painter.ts';
import type { Platform } from '../chat/platform.ts';
import { parseGpuList } from '../estimator/gpu-list.ts';
import { createSetBook } from '../schedule/sets/book.ts';
import { createAsking } from '../servers/asking/asking.ts';
import { createPlacer } from '../servers/asking/placing.ts';
import { createWeightsIndex } from '../servers/asking/same-weights.ts';
import { createAuditTrail } from '../servers/audit.ts';
import { createBenchBook } from '../servers/benches.ts';
import { readHistory } from '../servers/history.ts';
import { createPastLoads } from '../servers/past-loads.ts';
import { createPulls } from '../servers/pulling.ts';
import { createServerRegistry } from '../servers/registry.ts';
import { createReservationBook } from '../servers/reservations.ts';
import type { Sampler } from '../servers/sampler.ts';
import type { Config } from '../settings/config.ts';
import type { Store } from '../store/types.ts';
import { type HttpEndpoint, readiness, startHttp } from '../web/http.ts';
import { createMetrics } from '../web/metrics.ts';
import { createDirectEstimates } from '../workers/estimates.ts';
import { createEstimatePool } from '../workers/pool.ts';
import { auditActs, auditRefusals } from './audit.ts';
import { composeLoads } from './loads.ts';
import { dataFolder, type Memory, openMemory } from './memory.ts';
import { createModelFinder } from './model-finder.ts';
import { composePage } from './page.ts';
import { posterOf, sessionsStand } from './platforms.ts';
import { createSources } from './sources.ts';
import { composeUpkeep } from './upkeep.ts';
import { warmUp } from './warm-up.ts';

export interface ComposeOptions {
  readonly config: Config;
  readonly log: Log;
  /** Where people ask and are told; none where commands are only called. */
  readonly platforms?: readonly Platform[];
  /** The servers are simulated; replies say so. */
  readonly simulated?: boolean;
  /** The command-line tool: model names may be paths, and nothing is kept. */
  readonly files?: boolean;
  /** What is kept, where it is open already; closed with everything else. */
  readonly memory?: Memory;
  /** Pause before what is read after a load counts as proof, ms; tests take a shorter one. */
  readonly settleMs?: number;
}

/** The program's parts, put together. */
export interface App {
  readonly services: Services;
  /** What the dispatcher tells: refusals go to the audit trail. */
  readonly hooks: DispatchHooks;
  /** Before anything is changed: writes down who sets about what; rejects with words where that cannot be. */
  readonly beforeAct: (act: Act) => Promise<void>;
  /** What is kept between commands, and who fills it; `null` in the command-line tool. */
  readonly memory: { readonly store: Store; readonly sampler: Sampler } | null;
  /** Answers under way, for the chat that gives them; absent where nothing is kept. */
  readonly answers: OpenAnswers | undefined;
  /** Which of several processes answers what all of them hear; absent where this process is alone. */
  readonly claim: ((interactionId: string) => Promise<boolean>) | undefined;
  /** Serves health and figures where HTTP_PORT is set; rejects when the port cannot be had. */
  serve(): Promise<void>;
  /**
   * Begins what goes on in the background. Until then nothing is contacted before a command asks. Rejects with a StoreError.
   */
  start(): Promise<void>;
  /** Ends everything that was started. Never rejects. */
  close(): Promise<void>;
}

/**
 * Puts the parts together from the configuration.
 * Rejects with an OllamaError `bad-host`, a GpuSourceError or a StoreError.
 */
export async function compose(options: ComposeOptions): Promise<App> {
  const { config, log, platforms = [], simulated = false, files = false, settleMs } = options;
  const memory = files ? null : (options.memory ?? (await openMemory(config, simulated, log)));
  const now = memory?.now ?? Date.now;
  const servers = createServerRegistry(config.servers, () => ({ clock: now }));
  const painter = new Painter();
  const estimates = files ? createDirectEstimates() : createEstimatePool();
  // The simulated server's models are all known; nothing is fetched for it.
  const sources = simulated ? null : createSources(config, dataFolder(config, 'headers'));
  const models = createModelFinder(sources?.catalogue ?? new Catalogue(), files);
  const weights = createWeightsIndex(now);
  const poster = (platform: string) => posterOf(platforms, platform);
  const reservations =
    memory === null
      ? null
      : createReservationBook({
          reservations: memory.store.reservations,
          limits: config.reservations,
          now,
          onError: (err) => log.warn({ err }, 'the bookings could not be read'),
        });
  const loading =
    memory === null || reservations === null
      ? null
      : composeLoads({
          reservations,
          config,
          log,
          registry: servers,
          models,
          estimates,
          memory,
          poster,
          weights,
          settleMs,
        });
  const calibration = (server: string) => loading?.loads.calibration(server) ?? null;
  const placer = createPlacer(models, estimates);
  for (const server of servers.servers) {
    server.onSnapshot((snapshot) => void placer(server, snapshot));
  }
  const alone: Services = {
    servers,
    asking: createAsking({ models, weights, calibration }),
    weights,
    painter,
    estimates,
    models,
    readGpuList: parseGpuList,
    now,
    pulls: createPulls(now),
    pullHosts: config.pullHosts,
    limits: { maxCtx: config.maxCtx, maxKeepAlive: config.maxKeepAlive },
    timeZone: config.timeZone,
    simulated,
    ...(loading === null
      ? {}
      : {
          loads: loading.loads,
          holders: (server) => loading.loads.holders(server),
          consents: loading.consents,
        }),
    ...(memory === null
      ? {}
      : {
          history: (server, window, points) =>
            readHistory(memory.store.samples, server, window, now(), points).catch((err: unknown) => {
              // The numbers of now are worth an answer without it.
              log.warn({ err }, 'the history could not be read');
              return null;
            }),
          sets: createSetBook(memory.store.modelSets, now),
          pastLoads: createPastLoads(memory.store.observations, (err) =>
            log.warn({ err }, 'earlier loads could not be read'),
          ),
          ...(reservations === null ? {} : { reservations }),
          benches: createBenchBook(memory.store.benches, (err) => log.warn({ err }, 'the benches could not be read')),
          audit: createAuditTrail(memory.store, log),
          examineSelf: memory.examine,
        }),
  };
  const upkeep =
    memory === null ? null : composeUpkeep({ config, log, platforms, memory, services: alone, weights, calibration });
  const services: Services = {
    ...alone,
    ...(upkeep === null || upkeep.schedules === null ? {} : { schedules: upkeep.schedules }),
    ...(upkeep === null || upkeep.setSchedules === null ? {} : { setSchedules: upkeep.setSchedules }),
    ...(upkeep === null || upkeep.notices === null ? {} : { watches: upkeep.notices.watches }),
  };
  const store = memory?.store ?? null;
  const gateway = sessionsStand(platforms);
  const metrics =
    config.httpPort === null
      ? null
      : createMetrics({
          servers,
          store,
          ...(loading === null ? {} : { activeLoads: (server) => loading.loads.active(server) }),
          ...(gateway === null ? {} : { gateway }),
          alerts: () => upkeep?.notices?.alerts?.open() ?? [],
          watches: () => upkeep?.notices?.watches.waiting() ?? new Map(),
        });
  let http: HttpEndpoint | null = null;
  return {
    services,
    beforeAct: services.audit === undefined ? async () => undefined : auditActs(services.audit, now),
    hooks: {
      ...(services.audit === undefined ? {} : auditRefusals(services.audit, now)),
      ...(metrics === null ? {} : metrics.hooks),
    },
    memory: store === null || upkeep === null ? null : { store, sampler: upkeep.sampler },
    answers: upkeep?.answers,
    claim: upkeep?.claim,
    serve: async () => {
      if (config.httpPort === null || metrics === null) {
        return;
      }
      const checks = () => readiness(servers, store, gateway, now());
      const page = composePage(config, services, upkeep?.sampler ?? null, log);
      http = await startHttp({
        port: config.httpPort,
        host: config.httpHost,
        metrics,
        readiness: checks,
        token: config.httpToken,
        hosts: [hostname().toLowerCase(), ...config.page.hosts],
        ...(page === null ? {} : { page }),
        log,
      });
    },
    start: async () => {
      warmUp(services, log);
      loading?.loads.start();
      await upkeep?.start();
    },
    close: async () => {
      await Promise.all([http?.close(), upkeep?.stop(), loading?.close()]);
      const parts = [upkeep?.close(), servers.close(), painter.close(), estimates.close(), sources?.close()];
      for (const result of await Promise.allSettled(parts)) {
        if (result.status === 'rejected') {
          log.warn({ err: result.reason }, 'a part did not end cleanly');
        }
      }
      await memory?.close();
    },
  };
}
