import type { z } from 'zod';
import { CodedError } from '../../base/coded.ts';
import { within } from '../../base/wait.ts';
import type { Asking } from '../../servers/asking/asking.ts';
import type { ModelFinder } from '../../servers/asking/models.ts';
import type { History, HistoryWindow } from '../../servers/history.ts';
import type { Server } from '../../servers/types.ts';
import type { Estimates } from '../../workers/estimates.ts';
import type { ApiHistory, fitQuerySchema, fitSchema } from './schemas.ts';

/** For one question, ms. */
const DEADLINE_MS = 20_000;
/** Questions at once; the estimator's threads are the chat's first of all. */
const MAX_AT_ONCE = 4;
const KEPT_MS = 30_000;
const MAX_KEPT = 200;
const POINTS = 288;
const MAX_MODELS = 2_000;

export interface QuestionParts {
  readonly asking: Asking;
  readonly models: ModelFinder;
  readonly estimates: Estimates;
  readonly now: () => number;
  readonly history?: (server: string, window: HistoryWindow, points: number) => Promise<History | null>;
}

/** What viewers ask of a server. Everything rejects with CodedErrors. */
export interface PageQuestions {
  fit(server: Server, query: z.output<typeof fitQuerySchema>): Promise<z.input<typeof fitSchema>>;
  spec(server: Server, model: string): Promise<object>;
  history(server: Server, window: HistoryWindow): Promise<ApiHistory>;
  models(server: Server): Promise<{ readonly models: readonly string[] }>;
}

/** Bounded: so many at once, each within a deadline, and what many ask for is read once for all of them. */
export function createPageQuestions(parts: QuestionParts): PageQuestions {
  const kept = new Map<string, { readonly untilMs: number; readonly value: Promise<unknown> }>();
  let running = 0;

  const once = <T>(key: string, read: () => Promise<T>): Promise<T> => {
    const known = kept.get(key);
    if (known !== undefined && known.untilMs > parts.now()) {
      return known.value as Promise<T>;
    }
    const value = read();
    kept.delete(key);
    kept.set(key, { untilMs: parts.now() + KEPT_MS, value });
    value.catch(() => kept.delete(key));
    const [oldest] = kept.keys();
    if (kept.size > MAX_KEPT && oldest !== undefined) {
      kept.delete(oldest);
    }
    return value;
  };

  const bounded = async <T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> => {
    if (running >= MAX_AT_ONCE) {
      throw new CodedError('estimates-busy');
    }
    running++;
    try {
      return await within(DEADLINE_MS, work(AbortSignal.timeout(DEADLINE_MS)), () => {
        throw new CodedError('estimate-timeout');
      });
    } finally {
      running--;
    }
  };

  return {
    fit: (server, { model, ctx, kv, parallel, quant }) =>
      bounded(async (signal) => {
        const asked = { numCtx: ctx, kvCacheType: kv, numParallel: parallel, quantization: quant };
        const question = await parts.asking.gather(server, model, asked, signal);
        const { estimate, request, found, snapshot } = question;
        if (estimate === null) {
          throw new CodedError('no-gpus-known');
        }
        if (snapshot?.gpuStale === true) {
          throw new CodedError('gpus-stale');
        }
        const estimator = parts.estimates.by('page', signal);
        const plan = await estimator.decide(found.spec, estimate, request);
        const { numCtx } = await estimator.clamp(found.spec, estimate, request);
        const { numCtx: _asked, ...settings } = request;
        return {
          server: server.name,
          model: found.spec.name.slice(0, 200),
          verdict: plan.verdict,
          reason: plan.reason.code,
          ctx: plan.numCtx,
          largestCtx: numCtx > 0 ? numCtx : null,
          gpus: plan.gpus.map((gpu) => ({ totalBytes: gpu.totalBytes, leftBytes: gpu.headroomBytes })),
          hostBytes: plan.host.totalBytes,
          evicts: (plan.evicts ?? []).map((name) => name.slice(0, 200)),
          machine: { ...estimate },
          request: settings,
        };
      }),
    spec: (server, model) =>
      once(`spec ${server.name} ${model}`, () =>
        bounded(async (signal) => (await parts.models.find(model, server, signal, {})).spec),
      ),
    history: (server, window) =>
      once(`history ${server.name} ${window}`, async () => {
        const history = (await parts.history?.(server.name, window, POINTS)) ?? null;
        if (history === null) {
          throw new CodedError('history-none');
        }
        return toApi(history);
      }),
    models: (server) =>
      once(`models ${server.name}`, async () => {
        const tags = await server.ollama.tags({ signal: AbortSignal.timeout(3_000) });
        const names = tags.filter((model) => !model.isCloud).map((model) => model.name.slice(0, 200));
        return { models: names.slice(0, MAX_MODELS) };
      }),
  };
}

function toApi({ server, fromMs, toMs, stepMs, gpus }: History): ApiHistory {
  return {
    server,
    fromMs,
    toMs,
    stepMs,
    gpus: gpus.map(({ gpuName, totalBytes, points }) => ({
      name: gpuName.slice(0, 128),
      totalBytes,
      usedBytes: points.map((point) => point.usedAvgBytes),
      utilPct: points.map((point) => point.utilAvgPct),
    })),
  };
}
