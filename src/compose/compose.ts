import type { Services } from '../../commands/services.ts';
import { createStatusSource } from '../../commands/status/source.ts';
import { GIB } from '../base/bytes.ts';
import type { Log } from '../base/log.ts';
import { Catalogue } from '../catalogue/catalogue.ts';
import type { DispatchHooks } from '../chat/dispatch/dispatcher.ts';
import type { OpenAnswers } from '../chat/open-answers.ts';
import { Painter } from '../chat/pictures/painter.ts';
import type { Platform } from '../chat/platform.ts';
import type { ChatPoster } from '../chat/poster.ts';
import type { Reply } from '../chat/reply.ts';
import { parseGpuList } from '../gpus/declared.ts';
import { onlyProcess } from '../schedule/leader.ts';
import { AnswerKeeper } from '../schedule/posts/open-answers.ts';
import { StatusSchedules } from '../schedule/posts/schedules.ts';
import { createAsking } from '../servers/asking/asking.ts';
import { createWeightsIndex } from '../servers/asking/same-weights.ts';
import { ASSUMED_OLLAMA_VERSION } from '../servers/asking/server-view.ts';
import { type AuditTrail, createAuditTrail } from '../servers/audit.ts';
import { readHistory } from '../servers/history.ts';
import { createServerRegistry } from '../servers/registry.ts';
import { createSampler, type Sampler } from '../servers/sampler.ts';
import { createLeader, type Leader } from '../servers/shared/leader.ts';
import type { Config } from '../settings/config.ts';
import type { Store } from '../store/types.ts';
import { type HttpEndpoint, readiness, startHttp } from '../web/http.ts';
import { createMetrics } from '../web/metrics.ts';
import { createDirectEstimates } from '../workers/estimates.ts';
import { createEstimatePool } from '../workers/pool.ts';
import { type Claims, createClaims } from './claims.ts';
import { composeLoads } from './loads.ts';
import { dataFolder, openMemory } from './memory.ts';
import { createModelFinder } from './model-finder.ts';
import { composeChatNotices, composeTerminalNotices, type Notices } from './notices.ts';
import { createSources } from './sources.ts';

/** A platform with channels. */
export type ChatPlatform = Platform & { readonly poster: ChatPoster };

export interface ComposeOptions {
  readonly config: Config;
  readonly log: Log;
  /** The servers are simulated; replies say so. */
  readonly simulated?: boolean;
  /** The command-line tool: model names may be paths, and nothing is kept. */
  readonly files?: boolean;
  /** Pause before what is read after a load counts as proof, ms; tests take a shorter one. */
  readonly settleMs?: number;
}

/** The program's parts, put together. */
export interface App {
  readonly services: Services;
  /** What the dispatcher tells: refusals go to the audit trail. */
  readonly hooks: DispatchHooks;
  /** What is kept between commands, and who fills it; `null` in the command-line tool. */
  readonly memory: { readonly store: Store; readonly sampler: Sampler } | null;
  /** Answers under way, for the chat that gives them; absent where nothing is kept. */
  readonly answers: OpenAnswers | undefined;
  /** Which of several processes answers what all of them hear; absent where this process is alone. */
  readonly claim: ((interactionId: string) => Promise<boolean>) | undefined;
  /** Adds what posts by itself to a chat with channels; `start` begins it. @returns the services of that chat */
  withChat(platform: ChatPlatform): Services;
  /** Adds what is told in a terminal while the program runs. @returns the services of that chat */
  withTerminal(print: (reply: Reply) => void): Services;
  /**
   * Serves health and figures where HTTP_PORT is set; rejects when the port cannot be had.
   * @param gateway whether the session with the chat platform stands; `null` in the terminal
   */
  serve(gateway: (() => boolean) | null): Promise<void>;
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
export async function compose({
  config,
  log,
  simulated = false,
  files = false,
  settleMs,
}: ComposeOptions): Promise<App> {
  const memory = files ? null : await openMemory(config, simulated, log);
  const now = memory?.now ?? Date.now;
  const servers = createServerRegistry(config.servers, () => ({ clock: now }));
  const painter = new Painter();
  const estimates = files ? createDirectEstimates() : createEstimatePool();
  // The simulated server's models are all known; nothing is fetched for it.
  const sources = simulated ? null : createSources(config.hubs, dataFolder(config, 'headers'));
  const catalogue = sources?.catalogue ?? new Catalogue();
  /** Which of several processes posts and writes the history; claimed only by a process that can. */
  let sharedLeader: Leader | null = null;
  const writes = () => sharedLeader?.leads() ?? true;
  const session = memory?.session ?? null;
  const claims: Claims | null = memory === null || session === null ? null : createClaims(memory);
  const sampler =
    memory === null
      ? null
      : createSampler(servers, {
          clock: now,
          store: memory.store,
          writes,
          onError: (err, server) => log.warn({ err, server }, 'a sample could not be kept'),
        });
  const models = createModelFinder(catalogue, files);
  const weights = createWeightsIndex();
  let chat: ChatPlatform | null = null;
  const loading =
    memory === null
      ? null
      : composeLoads({
          config,
          log,
          registry: servers,
          models,
          estimates,
          memory,
          poster: (platform) => (platform === chat?.name ? chat.poster : null),
          weights,
          settleMs,
        });
  const calibration = (server: string) => loading?.loads.calibration(server) ?? null;
  const services: Services = {
    servers,
    asking: createAsking({ models, weights, calibration }),
    painter,
    estimates,
    models,
    readGpuList: parseGpuList,
    now,
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
          audit: createAuditTrail(memory.store.audit, log),
          examineSelf: memory.examine,
        }),
  };
  const answers =
    memory === null
      ? undefined
      : new AnswerKeeper({ repository: memory.store.openAnswers, poster: () => chat?.poster ?? null, log, now });
  let schedules: StatusSchedules | null = null;
  let notices: Notices | null = null;
  let gatewayStands: (() => boolean) | null = null;
  let http: HttpEndpoint | null = null;
  const noticeParts =
    memory === null || sampler === null
      ? null
      : {
          config,
          log,
          registry: servers,
          models,
          weights,
          estimates,
          calibration,
          sampler,
          store: memory.store,
          session,
          now,
        };
  const metrics =
    config.httpPort === null
      ? null
      : createMetrics({
          servers,
          store: memory?.store ?? null,
          ...(loading === null ? {} : { activeLoads: (server) => loading.loads.active(server) }),
          ...(config.discord.token === null ? {} : { gateway: () => gatewayStands?.() ?? false }),
          alerts: () => notices?.alerts?.open() ?? [],
          watches: () => notices?.watches.waiting() ?? new Map(),
        });
  return {
    services,
    hooks: {
      ...(services.audit === undefined ? {} : auditRefusals(services.audit, now)),
      ...(metrics === null ? {} : metrics.hooks),
    },
    memory: memory === null || sampler === null ? null : { store: memory.store, sampler },
    answers,
    claim: claims?.claim,
    withChat: (platform) => {
      chat = platform;
      const { poster } = platform;
      if (memory === null || sampler === null) {
        return services;
      }
      const source = createStatusSource(services, sampler);
      if (session !== null) {
        sharedLeader = createLeader(session, 'posts', log);
      }
      schedules = new StatusSchedules({
        schedules: memory.store.schedules,
        poster,
        source,
        leader: sharedLeader ?? onlyProcess,
        log,
        clock: now,
      });
      notices = noticeParts === null ? null : composeChatNotices(noticeParts, platform, sharedLeader ?? onlyProcess);
      return { ...services, schedules, ...(notices === null ? {} : { watches: notices.watches }) };
    },
    withTerminal: (print) => {
      notices = noticeParts === null ? null : composeTerminalNotices(noticeParts, print);
      return { ...services, ...(notices === null ? {} : { watches: notices.watches }) };
    },
    serve: async (gateway) => {
      gatewayStands = gateway;
      if (config.httpPort === null || metrics === null) {
        return;
      }
      const checks = () => readiness(servers, memory?.store ?? null, gateway, now());
      http = await startHttp({ port: config.httpPort, host: config.httpHost, metrics, readiness: checks, log });
    },
    start: async () => {
      warmUp(services, log);
      sampler?.start();
      loading?.loads.start();
      schedules?.start();
      await notices?.start();
      answers?.start();
    },
    close: async () => {
      await Promise.all([http?.close(), schedules?.stop(), notices?.stop(), loading?.close(), answers?.stop()]);
      await sharedLeader?.stop();
      claims?.stop();
      const parts = [sampler?.stop(), servers.close(), painter.close(), estimates.close(), sources?.close()];
      for (const result of await Promise.allSettled(parts)) {
        if (result.status === 'rejected') {
          log.warn({ err: result.reason }, 'a part did not end cleanly');
        }
      }
      await memory?.close();
    },
  };
}

/** Who was turned away, from what, and why. */
function auditRefusals(audit: AuditTrail, now: () => number): DispatchHooks {
  return {
    refused: ({ person, place, command, why }) =>
      void audit.record({
        atMs: now(),
        personId: person.id,
        personName: person.name,
        platform: place.platform.name,
        guildId: place.guildId,
        channelId: place.channelId,
        action: 'refused',
        server: null,
        target: null,
        args: { command },
        result: 'refused',
        code: why.replace(/^error\./, ''),
        vramBeforeBytes: null,
        vramAfterBytes: null,
      }),
  };
}

/** The first answer of a process shall not pay for compiling the estimator and starting the drawing thread. */
function warmUp(services: Services, log: Log): void {
  const picture = { charts: [{ kind: 'bars' as const, title: '', series: [], bars: [] }] };
  services.painter.draw(picture).catch((error: unknown) => log.debug({ err: error }, 'warming up failed'));
  const found = services.models.findListed('gemma3:12b');
  const gpus = [{ name: 'GPU', totalBytes: 8 * GIB, freeBytes: 8 * GIB }];
  if (found !== null) {
    const server = { ollama: ASSUMED_OLLAMA_VERSION, gpus: [...gpus, ...gpus] };
    services.estimates
      .by('start')
      .clamp(found.spec, server, { numCtx: 4_096 })
      .catch((error: unknown) => log.debug({ err: error }, 'warming up failed'));
  }
}
