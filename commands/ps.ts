import { z } from 'zod';
import { formatDuration, formatGibNumber, formatPercent } from '../src/base/format.ts';
import { type Command, type CommandContext, runnable } from '../src/chat/command.ts';
import type { Block, Reply } from '../src/chat/reply.ts';
import { pickServer } from '../src/servers/asking/pick-server.ts';
import type { LoadedModelView } from '../src/servers/types.ts';
import { completeServer } from './parts/completion.ts';
import { modelCell } from './parts/model-name.ts';
import { serverOption } from './parts/options.ts';
import { problemBlocks } from './parts/server-state.ts';
import { loadedSpeeds } from './parts/speed.ts';
import type { Services } from './services.ts';

/** Characters of a holder's name; more is no name. */
const HOLDER_CHARS = 32;

/** Models that are shown; more than these are counted. */
const MOST_SHOWN = 25;

const schema = z.object({ server: z.string().trim().min(1).max(64).optional() });

/** How long a model stays by itself, in so many units of time. */
function leavesIn(model: LoadedModelView, context: CommandContext<Services>, units: 1 | 2): string {
  const { translator, services } = context;
  if (model.stopping) {
    return translator.t('ps.stopping');
  }
  if (model.expiresAtMs === 'pinned') {
    return translator.t('ps.pinned');
  }
  if (model.expiresAtMs === null) {
    return '–';
  }
  return formatDuration(Math.max(0, model.expiresAtMs - services.now()), translator.locale, units);
}

async function run(context: CommandContext<Services>, options: z.output<typeof schema>): Promise<Reply> {
  const { translator, services } = context;
  const { locale } = translator;
  const server = pickServer(services, options.server);
  const [snapshot, holdsKnown] = await Promise.all([
    server.snapshot({ maxAgeMs: 2_000, timeoutMs: 2_000 }),
    // Another process may have written a hold a moment ago.
    services.loads?.holds(server.name).then(
      () => true,
      () => false,
    ) ?? true,
  ]);
  const name = { code: snapshot.name };
  const problems = problemBlocks(snapshot, translator);
  const { models: all } = snapshot;
  if (all === null) {
    return {
      tone: 'bad',
      title: translator.text('ps.title.unknown', { server: name }),
      blocks: problems,
      failed: true,
    };
  }
  // The largest ones, where somebody loads hundreds.
  const models =
    all.length <= MOST_SHOWN ? all : all.toSorted((a, b) => b.sizeVramBytes - a.sizeVramBytes).slice(0, MOST_SHOWN);
  const holders = services.holders?.(snapshot.name) ?? new Map<string, string>();
  const blocks: Block[] = [...problems];
  if (models.length > 0) {
    blocks.push({
      kind: 'table',
      columns: [
        { title: translator.t('ps.column.model'), align: 'left' },
        { title: translator.t('ps.column.vram'), align: 'right' },
        { title: translator.t('ps.column.gpu'), align: 'right', only: 'wide' },
        { title: translator.t('ps.column.ctx'), align: 'right' },
        { title: translator.t('ps.column.until'), align: 'right', only: 'wide' },
        { title: translator.t('ps.column.until'), align: 'right', only: 'narrow' },
      ],
      rows: models.map((model) => [
        modelCell(model.name),
        formatGibNumber(model.sizeVramBytes, locale),
        model.isCloud
          ? translator.t('ps.cloud')
          : model.gpuShare === null
            ? '–'
            : formatPercent(model.gpuShare, locale),
        model.contextLength?.toString() ?? '–',
        leavesIn(model, context, 2),
        leavesIn(model, context, 1),
      ]),
    });
  }
  if (all.length > models.length) {
    blocks.push({ kind: 'small', text: translator.text('ps.more', { count: all.length - models.length }) });
  }
  const held = models.filter((model) => holders.has(model.name));
  if (held.length > 0) {
    blocks.push({
      kind: 'list',
      items: held.map((model) =>
        translator.text('ps.held', {
          model: { code: model.name },
          holder: { bold: (holders.get(model.name) ?? '').slice(0, HOLDER_CHARS) },
        }),
      ),
    });
  }
  const speeds = await loadedSpeeds(context, server, snapshot, models);
  if (speeds.length > 0) {
    blocks.push({ kind: 'list', items: speeds });
  }
  const spilled = models.filter((model) => model.gpuShare !== null && model.gpuShare < 0.999 && !model.isCloud);
  for (const model of spilled) {
    blocks.push({
      kind: 'text',
      text: translator.text('ps.spilled', { model: { code: model.name }, share: model.gpuShare ?? 0 }),
    });
  }
  if (snapshot.modelsStale && snapshot.modelsAtMs !== null) {
    blocks.push({ kind: 'small', text: translator.text('ps.stale', { age: services.now() - snapshot.modelsAtMs }) });
  }
  if (!holdsKnown) {
    blocks.push({ kind: 'small', text: translator.text('ps.holds-unknown') });
  }
  if (services.simulated) {
    blocks.push({ kind: 'small', text: translator.text('fit.note.simulated') });
  }
  const vram = all.reduce((sum, model) => sum + model.sizeVramBytes, 0);
  return {
    tone: problems.length > 0 || spilled.length > 0 ? 'warning' : 'neutral',
    title:
      all.length === 0
        ? translator.text('ps.title.none', { server: name })
        : translator.text('ps.title', { server: name, count: all.length, vram }),
    blocks,
  };
}

/** `/ps`: what is loaded, by whom, until when. */
export const psCommand: Command<Services> = {
  name: 'ps',
  description: 'ps.description',
  run: runnable<Services, typeof schema>({
    description: 'ps.description',
    access: 'everyone',
    options: [serverOption],
    schema,
    run,
    complete: completeServer,
  }),
};
