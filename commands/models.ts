import { z } from 'zod';
import { formatGibNumber } from '../src/base/format.ts';
import { type ActionHandler, type Command, type CommandContext, runnable } from '../src/chat/command.ts';
import type { Action, Block, Reply } from '../src/chat/reply.ts';
import type { SpeedEstimate } from '../src/estimator/speed/speed.ts';
import type { EstimateRequest, EstimateServer, ModelSpec } from '../src/estimator/types.ts';
import { pickServer } from '../src/servers/asking/pick-server.ts';
import { modelKey } from '../src/servers/asking/same-model.ts';
import { placeableGpus } from '../src/servers/asking/server-view.ts';
import type { Bench } from '../src/servers/benches.ts';
import type { Server, ServerSnapshot } from '../src/servers/types.ts';
import type { Estimator } from '../src/workers/estimates.ts';
import { completeServer } from './parts/completion.ts';
import { searchLargestContext } from './parts/largest-context.ts';
import { modelCell } from './parts/model-name.ts';
import { serverOption } from './parts/options.ts';
import { problemBlocks } from './parts/server-state.ts';
import { narrowSpeedCell, speedCell } from './parts/speed.ts';
import type { Services } from './services.ts';

const SORTS = ['name', 'size', 'ctx'] as const;
const PAGE_SIZE = 15;
/** More models than this are listed without contexts beyond the page shown. */
const MAX_ESTIMATED = 60;

const schema = z.object({
  server: z.string().trim().min(1).max(64).optional(),
  sort: z.enum(SORTS).default('name'),
});
const pageSchema = schema.extend({ page: z.number().int().min(0).max(10_000) });

type OllamaModel = Awaited<ReturnType<Server['ollama']['tags']>>[number];

/** A model with what fits, `null` where it is not known. */
interface Row {
  readonly model: OllamaModel;
  readonly trained: number | null;
  readonly now: number | null;
  readonly empty: number | null;
  /** As estimated, for the context that fits now. */
  readonly speed: SpeedEstimate | null;
}

async function estimateRow(
  context: CommandContext<Services>,
  server: Server,
  snapshot: ServerSnapshot,
  model: OllamaModel,
): Promise<Row> {
  const row: Row = { model, trained: model.contextLength, now: null, empty: null, speed: null };
  if (snapshot.gpuStale || model.isCloud || model.isMlx) {
    return row;
  }
  const { signal, services } = context;
  const estimator = services.estimates.by(context.person.id, signal);
  try {
    const { spec } = await services.models.find(model.name, server, signal);
    const known = { name: model.name, digest: model.digest, parentModel: model.details.parentModel };
    const { estimate, emptied, request, trained } = await services.asking.about(server, snapshot, spec, {}, known);
    if (estimate === null) {
      return row;
    }
    const now = await searchLargestContext(estimator, spec, estimate, request);
    return {
      model,
      trained: trained || model.contextLength,
      now,
      empty: emptied === null ? now : await searchLargestContext(estimator, spec, emptied, request),
      speed: await speedAt(estimator, spec, estimate, {
        ...request,
        numCtx: Math.min(now ?? request.numCtx, request.numCtx),
      }),
    };
  } catch {
    // One model that cannot be read must not hide the others; its row says "?".
    signal.throwIfAborted();
    return row;
  }
}

/** The speed of the plan with a context; `null` where it cannot be told. */
async function speedAt(
  estimator: Estimator,
  spec: ModelSpec,
  server: EstimateServer,
  request: EstimateRequest,
): Promise<SpeedEstimate | null> {
  return estimator.speed(spec, server, await estimator.decide(spec, server, request));
}

function sortRows(rows: readonly Row[], sort: (typeof SORTS)[number]): Row[] {
  const byName = (a: Row, b: Row) => a.model.name.localeCompare(b.model.name, 'en');
  if (sort === 'size') {
    return [...rows].sort((a, b) => b.model.sizeBytes - a.model.sizeBytes || byName(a, b));
  }
  if (sort === 'ctx') {
    return [...rows].sort((a, b) => (b.now ?? -1) - (a.now ?? -1) || byName(a, b));
  }
  return [...rows].sort(byName);
}

async function list(context: CommandContext<Services>, options: z.output<typeof pageSchema>): Promise<Reply> {
  const { translator, services } = context;
  const { locale } = translator;
  const server = pickServer(services, options.server);
  const [read, listed] = await Promise.allSettled([
    server.snapshot({ maxAgeMs: 2_000, timeoutMs: 2_000 }),
    server.ollama.tags({ signal: context.signal }),
  ]);
  if (read.status === 'rejected') {
    throw read.reason;
  }
  const snapshot = read.value;
  if (listed.status === 'rejected') {
    context.signal.throwIfAborted();
    if (snapshot.ollama.state === 'up') {
      throw listed.reason;
    }
    const name = { code: snapshot.name };
    return {
      tone: 'bad',
      title: translator.text('models.title.unknown', { server: name }),
      blocks: problemBlocks(snapshot, translator),
      failed: true,
    };
  }
  const models = listed.value;
  const gpusKnown = !snapshot.gpuStale && placeableGpus(snapshot).length > 0;
  const plain = sortRows(
    models.map((model) => ({ model, trained: model.contextLength, now: null, empty: null, speed: null })),
    options.sort,
  );
  const pages = Math.max(1, Math.ceil(plain.length / PAGE_SIZE));
  const page = Math.min(options.page, pages - 1);
  const wholeList = options.sort === 'ctx' && plain.length <= MAX_ESTIMATED;
  const shown = wholeList ? plain : plain.slice(page * PAGE_SIZE, (page + 1) * PAGE_SIZE);
  const rows: Row[] = [];
  for (const row of shown) {
    rows.push(await estimateRow(context, server, snapshot, row.model));
  }
  const final = wholeList ? sortRows(rows, 'ctx').slice(page * PAGE_SIZE, (page + 1) * PAGE_SIZE) : rows;
  const ctx = (row: Row, value: number | null) =>
    !gpusKnown || row.model.isCloud || row.model.isMlx ? '?' : (value?.toString() ?? '–');
  const benches = (await services.benches?.of(server.name)) ?? new Map<string, Bench>();
  const right = (title: string) => ({ title, align: 'right' as const });
  const blocks: Block[] = [
    ...problemBlocks(snapshot, translator),
    {
      kind: 'table',
      columns: [
        { title: translator.t('ps.column.model'), align: 'left' },
        right(translator.t('models.column.size')),
        { title: translator.t('models.column.quant'), align: 'left', only: 'wide' },
        { ...right(translator.t('models.column.trained')), only: 'wide' },
        right(translator.t('models.column.now')),
        right(translator.t('models.column.empty')),
        { ...right(translator.t('speed.column')), only: 'wide' },
        { ...right(translator.t('speed.column')), only: 'narrow' },
      ],
      rows: final.map((row) => [
        modelCell(row.model.name),
        row.model.isCloud ? translator.t('ps.cloud') : formatGibNumber(row.model.sizeBytes, locale),
        row.model.details.quantization.slice(0, 8),
        row.trained?.toString() ?? '?',
        ctx(row, row.now),
        ctx(row, row.empty),
        speedCell(benches.get(modelKey(row.model.name)), row.speed, translator, services.timeZone),
        narrowSpeedCell(benches.get(modelKey(row.model.name)), row.speed),
      ]),
    },
  ];
  if (final.length > 0) {
    blocks.push({ kind: 'small', text: translator.text('models.legend') });
    blocks.push({ kind: 'small', text: translator.text('speed.legend') });
  }
  if (pages > 1) {
    blocks.push({ kind: 'small', text: translator.text('models.page', { page: page + 1, pages }) });
  }
  if (services.simulated) {
    blocks.push({ kind: 'small', text: translator.text('fit.note.simulated') });
  }
  const turn = (to: number, label: string): Action => ({
    label,
    style: 'secondary',
    target: 'edit',
    call: {
      handler: 'models.page',
      payload: { sort: options.sort, page: to, ...(options.server === undefined ? {} : { server: options.server }) },
    },
  });
  return {
    tone: 'neutral',
    title: translator.text('models.title', {
      count: models.length,
      server: { code: server.name },
      bytes: models.reduce((sum, model) => sum + (model.isCloud ? 0 : model.sizeBytes), 0),
    }),
    blocks,
    actions: [
      ...(page > 0 ? [turn(page - 1, translator.t('models.previous'))] : []),
      ...(page < pages - 1 ? [turn(page + 1, translator.t('models.next'))] : []),
    ],
  };
}

/** `/models`: what is on the server, and the largest context of each that fits, now and on the empty server. */
export const modelsCommand: Command<Services> = {
  name: 'models',
  description: 'models.description',
  example: '/models sort:ctx',
  run: runnable<Services, typeof schema>({
    description: 'models.description',
    access: 'everyone',
    options: [
      serverOption,
      {
        name: 'sort',
        description: 'option.sort',
        type: 'string',
        choices: SORTS.map((value) => ({ value, label: `sort.${value}` as const })),
      },
    ],
    schema,
    run: (context, options) => list(context, { ...options, page: 0 }),
    complete: completeServer,
  }),
};

/** The buttons under a long list. */
export const modelsPage: ActionHandler<Services> = {
  name: 'models.page',
  access: 'everyone',
  payload: pageSchema,
  run: list,
};
