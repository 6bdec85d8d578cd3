import { formatBytes } from '../../src/base/format.ts';
import type { CommandContext } from '../../src/chat/command.ts';
import type { Action, Block, Reply } from '../../src/chat/reply.ts';
import type { Text } from '../../src/chat/text.ts';
import type { SpeedEstimate } from '../../src/estimator/speed/speed.ts';
import type { Bench } from '../../src/servers/benches.ts';
import type { PastLoad } from '../../src/servers/past-loads.ts';
import { hostBytes } from '../../src/servers/placements.ts';
import type { LoadedModelView, ServerSnapshot } from '../../src/servers/types.ts';
import { estimatedSpeed, measuredSpeed, shortDay } from '../parts/speed.ts';
import type { Services } from '../services.ts';
import type { Cause, Change } from './causes.ts';

/** Whoever loaded it, as far as the asker may know. */
export interface Loader {
  readonly id: string;
  readonly name: string;
  readonly sinceMs: number;
}

/** What /why found out about a loaded model. */
export interface Why {
  readonly snapshot: ServerSnapshot;
  readonly model: LoadedModelView;
  readonly loader: Loader | null;
  /** Empty where all of it is on the GPUs, or where it cannot be told. */
  readonly causes: readonly Cause[];
  readonly past: PastLoad | null;
  readonly changes: readonly Change[];
  readonly bench: Bench | null;
  readonly speed: SpeedEstimate | null;
}

/** All of it is on the GPUs, but for rounding. */
export function isWhole(model: LoadedModelView): boolean {
  return hostBytes(model) <= model.sizeBytes * 0.001;
}

type Context = CommandContext<Services>;

/** Names of models that are shown; others are counted. */
const MAX_NAMES = 6;

function namesOf(models: readonly string[]): { readonly code: string } {
  const shown = models.slice(0, MAX_NAMES).join(', ');
  return { code: models.length > MAX_NAMES ? `${shown}, …` : shown };
}

function causeText({ translator }: Context, cause: Cause): Text {
  switch (cause.kind) {
    case 'room-now':
      return translator.text('why-loaded.cause.room-now');
    case 'programs':
      return translator.text('why-loaded.cause.programs', { bytes: cause.bytes });
    case 'models':
      return translator.text('why-loaded.cause.models', { models: namesOf(cause.models) });
    case 'both':
      return translator.text('why-loaded.cause.both', { bytes: cause.bytes, models: namesOf(cause.models) });
    case 'context':
      return translator.text('why-loaded.cause.context', { ctx: cause.largest });
    case 'too-large':
      return translator.text('why-loaded.cause.too-large');
  }
}

function changeText({ translator }: Context, change: Change): Text {
  switch (change.kind) {
    case 'context':
      return translator.text('why-loaded.change.context', { from: change.from, to: change.to });
    case 'version':
      return translator.text('why-loaded.change.version', { from: change.from, to: change.to });
    case 'file':
      return translator.text('why-loaded.change.file');
    case 'memory':
      return translator.text('why-loaded.change.memory', { gpu: change.gpu, from: change.from, to: change.to });
  }
}

/** What it takes, since when, by whom, until when, how fast. */
function factTexts(context: Context, { model, snapshot, loader, bench, speed }: Why): Text[] {
  const { translator, services } = context;
  const texts: Text[] = [];
  const places = model.placement?.gpus.flatMap(({ uuid, heldBytes }) => {
    const position = snapshot.gpuViews.findIndex((gpu) => gpu.uuid === uuid);
    const index = snapshot.gpuViews[position]?.index ?? position;
    return position < 0 ? [] : [`GPU ${index}: ${formatBytes(heldBytes, translator.locale)}`];
  });
  if (places !== undefined && places.length > 0) {
    texts.push(translator.text('why-loaded.places', { places: places.join(', ') }));
  }
  if (model.contextLength !== null) {
    texts.push(translator.text('why-loaded.context', { ctx: model.contextLength }));
  }
  texts.push(
    loader === null
      ? translator.text('why-loaded.loader.unknown')
      : translator.text('why-loaded.loader', {
          person: { user: loader.id, name: loader.name },
          since: { time: loader.sinceMs, style: 'short' },
        }),
  );
  if (model.expiresAtMs === 'pinned') {
    texts.push(translator.text('why-loaded.pinned'));
  } else if (model.expiresAtMs !== null) {
    texts.push(translator.text('why-loaded.until', { left: Math.max(0, model.expiresAtMs - services.now()) }));
  }
  if (bench !== null) {
    const day = shortDay(bench.atMs, translator, services.timeZone);
    texts.push(translator.text('speed.measured-plain', { speed: measuredSpeed(bench.generatedPerSecond), day }));
  } else if (speed !== null) {
    texts.push(translator.text('why-loaded.speed', { speed: estimatedSpeed(speed.generatedTokensPerSecond) }));
  }
  return texts;
}

function pastBlocks(context: Context, { past, changes }: Why): Block[] {
  const { translator } = context;
  if (past === null) {
    return [{ kind: 'small', text: translator.text('why-loaded.past.none') }];
  }
  const when = { time: past.atMs, style: 'short' } as const;
  const text = translator.text('why-loaded.past', { when, ctx: past.numCtx });
  const items =
    changes.length === 0
      ? [translator.text('why-loaded.change.none')]
      : changes.map((change) => changeText(context, change));
  return [
    { kind: 'text', text },
    { kind: 'list', items },
  ];
}

/** What would bring it back; each button runs a command, which looks at the presser's rights. */
function actionsOf(context: Context, why: Why): Action[] {
  const { translator, services } = context;
  const { model, snapshot } = why;
  const server = { server: snapshot.name };
  const ctx = model.contextLength === null ? {} : { ctx: model.contextLength };
  const actions: Action[] = [];
  const unload = (name: string): Action => ({
    label: translator.t('why-loaded.action.unload', { model: name.slice(0, 40) }),
    style: 'secondary',
    call: { command: 'unload', options: { model: name, ...server } },
  });
  for (const cause of why.causes) {
    if (cause.kind === 'room-now') {
      actions.push(unload(model.name), {
        label: translator.t('why-loaded.action.load-again'),
        style: 'primary',
        call: { command: 'load', options: { model: model.name, ...ctx, ...server } },
      });
    } else if (cause.kind === 'models' || cause.kind === 'both') {
      actions.push(...cause.models.slice(0, 2).map(unload));
    } else if (cause.kind === 'context') {
      actions.push({
        label: translator.t('fit.action.load', { ctx: cause.largest }),
        style: 'primary',
        call: { command: 'load', options: { model: model.name, ctx: cause.largest, ...server } },
      });
    }
  }
  const waits = why.causes.some(({ kind }) => kind === 'programs' || kind === 'both' || kind === 'models');
  if (waits && services.watches !== undefined && model.contextLength !== null) {
    const options = { model: model.name, ctx: model.contextLength, ...server };
    actions.push({
      label: translator.t('fit.action.notify'),
      style: 'secondary',
      call: { command: 'notify', subcommand: 'when-fits', options },
    });
  }
  actions.push({
    label: translator.t('why-loaded.action.fit'),
    style: 'secondary',
    call: { command: 'fit', options: { model: model.name, ...ctx, ...server } },
  });
  return actions;
}

/** The answer about a loaded model. */
export function whyReply(context: Context, why: Why): Reply {
  const { translator, services } = context;
  const { model, snapshot, causes } = why;
  const whole = isWhole(model);
  const params = {
    model: { code: model.name },
    server: { code: snapshot.name },
    vram: model.sizeVramBytes,
    host: hostBytes(model),
    share: model.gpuShare ?? 0,
  };
  const blocks: Block[] = [{ kind: 'list', items: factTexts(context, why) }];
  if (!whole) {
    blocks.push({ kind: 'heading', text: translator.t('why-loaded.causes') });
    blocks.push(
      causes.length === 0
        ? { kind: 'text', text: translator.text('why-loaded.cause.unknown') }
        : { kind: 'list', items: causes.map((cause) => causeText(context, cause)) },
    );
    blocks.push(...pastBlocks(context, why));
  }
  if (services.simulated) {
    blocks.push({ kind: 'small', text: translator.text('fit.note.simulated') });
  }
  return {
    tone: whole ? 'good' : 'warning',
    title: translator.text(whole ? 'why-loaded.title.whole' : 'why-loaded.title.part', params),
    blocks,
    actions: whole ? [] : actionsOf(context, why),
  };
}

/** The answer about a model that is not in memory. */
export function notLoadedReply(context: Context, snapshot: ServerSnapshot, name: string, past: PastLoad | null): Reply {
  const { translator, services } = context;
  const blocks: Block[] = [];
  if (past !== null) {
    const when = { time: past.atMs, style: 'short' } as const;
    blocks.push({ kind: 'text', text: translator.text('why-loaded.past', { when, ctx: past.numCtx }) });
  }
  if (services.simulated) {
    blocks.push({ kind: 'small', text: translator.text('fit.note.simulated') });
  }
  const ctx = past === null ? {} : { ctx: past.numCtx };
  return {
    tone: 'neutral',
    title: translator.text('why-loaded.title.not-loaded', { model: { code: name }, server: { code: snapshot.name } }),
    blocks,
    actions: [
      {
        label: translator.t('why-loaded.action.fit'),
        style: 'primary',
        call: { command: 'fit', options: { model: name, ...ctx, server: snapshot.name } },
      },
    ],
  };
}
