import { within } from '../../src/base/wait.ts';
import type { CommandContext } from '../../src/chat/command.ts';
import type { Text } from '../../src/chat/text.ts';
import type { Translator } from '../../src/chat/translate.ts';
import type { SpeedEstimate } from '../../src/estimator/speed/speed.ts';
import type { Bench } from '../../src/servers/benches.ts';
import type { LoadedModelView, Server, ServerSnapshot } from '../../src/servers/types.ts';
import type { Estimator } from '../../src/workers/estimates.ts';
import type { Services } from '../services.ts';

/** Tokens per second as measured: `41`, `8.3`. */
export function measuredSpeed(tokensPerSecond: number): string {
  return tokensPerSecond < 9.95 ? tokensPerSecond.toFixed(1) : String(Math.round(tokensPerSecond));
}

/** Tokens per second as estimated, no finer than they are known: `41`, `8.3`, `150`. */
export function estimatedSpeed(tokensPerSecond: number): string {
  return tokensPerSecond < 100 ? measuredSpeed(tokensPerSecond) : String(Math.round(tokensPerSecond / 10) * 10);
}

/** The day of a moment: `3 Nov`, `11月3日`. */
export function shortDay(atMs: number, { locale }: Translator, timeZone: string): string {
  const format = new Intl.DateTimeFormat(locale === 'en' ? 'en-GB' : locale, {
    timeZone,
    day: 'numeric',
    month: 'short',
  });
  return format.format(atMs);
}

/** A cell: `41 (3 Nov)` as measured, `~38` as estimated, `?`. */
export function speedCell(
  bench: Bench | null | undefined,
  estimate: SpeedEstimate | null,
  translator: Translator,
  timeZone: string,
): string {
  if (bench !== null && bench !== undefined) {
    return `${measuredSpeed(bench.generatedPerSecond)} (${shortDay(bench.atMs, translator, timeZone)})`;
  }
  return estimate === null ? '?' : `~${estimatedSpeed(estimate.generatedTokensPerSecond)}`;
}

/** The same for a phone: `41`, `~38`, `?`. */
export function narrowSpeedCell(bench: Bench | undefined, estimate: SpeedEstimate | null): string {
  if (bench !== undefined) {
    return measuredSpeed(bench.generatedPerSecond);
  }
  return estimate === null ? '?' : `~${estimatedSpeed(estimate.generatedTokensPerSecond)}`;
}

/** How far the part on GPUs may be from the plan's for the plan to speak of this load. */
const SAME_SHARE = 0.05;
/** A list does not wait longer for figures that nobody asked for, ms. */
const PATIENCE_MS = 1_000;

/** How fast a loaded model is: as measured with this context, else as estimated. Never rejects. */
export async function loadedSpeed(
  { services, person, signal }: CommandContext<Services>,
  server: Server,
  snapshot: ServerSnapshot,
  model: LoadedModelView,
): Promise<{ readonly bench: Bench | null; readonly speed: SpeedEstimate | null }> {
  const bench = (await services.benches?.find(server.name, model.name, model.contextLength)) ?? null;
  // Another context or another file is another speed.
  if (bench !== null && bench.digest === model.digest && bench.numCtx === model.contextLength) {
    return { bench, speed: null };
  }
  const estimator = services.estimates.by(person.id, signal);
  const estimating = estimateLoaded(services, estimator, server, snapshot, model, signal).catch(() => null);
  return { bench: null, speed: await within(PATIENCE_MS, estimating, () => null) };
}

/**
 * Speeds of loaded models in words, measured or estimated. Never rejects.
 * @param shown the models to tell of: each takes an estimate, and a server may list thousands
 */
export async function loadedSpeeds(
  context: CommandContext<Services>,
  server: Server,
  snapshot: ServerSnapshot,
  shown: readonly LoadedModelView[],
): Promise<readonly Text[]> {
  const { translator, services } = context;
  const models = shown.filter(({ isCloud, isMlx }) => !isCloud && !isMlx);
  const found = await Promise.all(
    models.map(async (model): Promise<Text[]> => {
      const params = { model: { code: model.name } };
      const { bench, speed } = await loadedSpeed(context, server, snapshot, model);
      if (bench !== null) {
        const day = shortDay(bench.atMs, translator, services.timeZone);
        const measured = measuredSpeed(bench.generatedPerSecond);
        return [translator.text('speed.loaded.measured', { ...params, speed: measured, day })];
      }
      if (speed === null) {
        return [];
      }
      const about = estimatedSpeed(speed.generatedTokensPerSecond);
      return [translator.text('speed.loaded.about', { ...params, speed: about })];
    }),
  );
  return found.flat();
}

/** The speed of a loaded model: of the plan that loads it beside the others, where it lies as that plan says. */
async function estimateLoaded(
  services: Services,
  estimator: Estimator,
  server: Server,
  snapshot: ServerSnapshot,
  model: LoadedModelView,
  signal: AbortSignal,
): Promise<SpeedEstimate | null> {
  if (model.gpuShare === null || snapshot.gpuStale) {
    return null;
  }
  const { spec } = await services.models.find(model.name, server, signal);
  const asked = model.contextLength === null ? {} : { numCtx: model.contextLength };
  const known = { name: model.name, digest: model.digest, parentModel: model.details.parentModel };
  const { estimate, request } = await services.asking.about(server, snapshot, spec, asked, known);
  if (estimate === null) {
    return null;
  }
  const plan = await estimator.decide(spec, estimate, request);
  const share = plan.sizeBytes === 0 ? 0 : plan.sizeVramBytes / plan.sizeBytes;
  return Math.abs(share - model.gpuShare) > SAME_SHARE ? null : estimator.speed(spec, estimate, plan);
}
