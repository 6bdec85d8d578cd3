import { z } from 'zod';
import { GIB } from '../src/base/bytes.ts';
import { formatDecimal, formatGib, formatPercent } from '../src/base/format.ts';
import { type Command, type CommandContext, runnable } from '../src/chat/command.ts';
import type { MessageKey } from '../src/chat/messages/index.ts';
import type { BarsSpec, ChartSpec, ColourName, LinesSpec } from '../src/chat/pictures/spec.ts';
import type { Block, Reply } from '../src/chat/reply.ts';
import type { Translator } from '../src/chat/translate.ts';
import { pickServer } from '../src/servers/asking/pick-server.ts';
import type { GpuView, ServerSnapshot } from '../src/servers/types.ts';
import { completeServer } from './parts/completion.ts';
import { serverOption } from './parts/options.ts';
import { gpuLabels, problemBlocks, remarkText, sharedName } from './parts/server-state.ts';
import type { Services } from './services.ts';

/** Windows of the line chart, ms. */
const WINDOWS = { '1h': 3_600_000, '24h': 86_400_000, '7d': 604_800_000 } as const;
export type WindowName = keyof typeof WINDOWS;
const LINE_COLOURS: readonly ColourName[] = ['sky', 'orange', 'green', 'yellow', 'vermilion', 'purple', 'blue'];
/** Points a line is drawn with: about one for two pixels. */
const MAX_POINTS = 400;

const schema = z.object({
  server: z.string().trim().min(1).max(64).optional(),
  window: z.enum(['1h', '24h', '7d']).default('24h'),
});

/** Whose memory it is on one GPU, bytes. */
interface Shares {
  readonly ollama: number;
  readonly others: number;
  /** Used, where it cannot be told by whom. */
  readonly used: number;
  readonly reserved: number;
  readonly free: number;
}

const SERIES: readonly {
  readonly share: keyof Shares;
  readonly label: MessageKey;
  readonly colour: BarsSpec['series'][number]['colour'];
}[] = [
  { share: 'ollama', label: 'vram.series.ollama', colour: 'blue' },
  { share: 'others', label: 'vram.series.others', colour: 'orange' },
  { share: 'used', label: 'vram.series.used', colour: 'purple' },
  { share: 'reserved', label: 'vram.series.reserved', colour: 'grey' },
  { share: 'free', label: 'vram.series.free', colour: 'empty' },
];

function sharesOf(gpu: GpuView): Shares {
  const total = gpu.totalBytes ?? 0;
  const free = gpu.freeBytes ?? 0;
  const reserved = gpu.reservedBytes ?? 0;
  const used = Math.max(0, gpu.usedBytes ?? total - free - reserved);
  const { ollamaBytes: ollama } = gpu;
  return ollama === null
    ? { ollama: 0, others: 0, used, reserved, free }
    : { ollama, others: Math.max(0, used - ollama), used: 0, reserved, free };
}

/** GPU memory by owner, one bar per GPU; `null` where no GPU tells its memory. */
export function vramBars(snapshot: ServerSnapshot, translator: Translator): BarsSpec | null {
  const gpus = snapshot.gpuViews.filter((gpu) => gpu.totalBytes !== null && gpu.totalBytes > 0);
  if (gpus.length === 0) {
    return null;
  }
  const labels = gpuLabels(gpus);
  const shares = gpus.map(sharesOf);
  const caption = sharedName(gpus);
  // What no GPU has is no entry of the legend; free memory always is.
  const shown = SERIES.filter(({ share }) => share === 'free' || shares.some((one) => one[share] > 0));
  return {
    kind: 'bars',
    title: translator.t('vram.bars', { server: snapshot.name }),
    ...(caption === null ? {} : { caption }),
    series: shown.map(({ label, colour }) => ({ label: translator.t(label), colour })),
    bars: gpus.map((gpu, index) => {
      const total = gpu.totalBytes ?? 0;
      const used = total - (gpu.freeBytes ?? 0);
      return {
        label: labels[index]!,
        capacityBytes: total,
        note: `${formatDecimal(used / GIB, 1)} / ${formatGib(total, translator.locale)}`,
        segments: shown.map(({ share }, series) => ({ series, bytes: shares[index]![share] })),
      };
    }),
  };
}

/** Used memory per GPU over a window; `null` where there is no history yet, or it cannot be read. */
export async function vramLines(
  services: Services,
  snapshot: ServerSnapshot,
  window: WindowName,
  translator: Translator,
): Promise<LinesSpec | null> {
  const history = await services.history?.(snapshot.name, window, MAX_POINTS);
  const series = history?.gpus ?? [];
  const gpus = snapshot.gpuViews;
  const labels = new Map(gpuLabels(gpus).map((label, index) => [gpus[index]!.uuid, label]));
  const lines = series
    // One point alone is no line.
    .filter((line) => line.points.filter((point) => point.usedAvgBytes !== null).length > 1)
    .map((line, index) => ({
      label: labels.get(line.gpuUuid) ?? line.gpuName.slice(0, 24),
      colour: LINE_COLOURS[index % LINE_COLOURS.length]!,
      points: line.points.map((point) => [point.atMs, point.usedAvgBytes] as const),
    }));
  if (history === undefined || history === null || lines.length === 0) {
    return null;
  }
  return {
    kind: 'lines',
    title: translator.t('vram.lines', { window }),
    fromMs: history.fromMs,
    toMs: history.toMs,
    timeZone: services.timeZone,
    locale: translator.locale,
    maxBytes: Math.max(...gpus.map((gpu) => gpu.totalBytes ?? 0), ...series.map((line) => line.totalBytes)),
    lines,
  };
}

function table(snapshot: ServerSnapshot, translator: Translator): Block {
  const { locale } = translator;
  const labels = gpuLabels(snapshot.gpuViews);
  const gib = (bytes: number | null) => (bytes === null ? null : formatDecimal(bytes / GIB, 1));
  const figures: readonly {
    readonly title: MessageKey;
    readonly cell: (gpu: GpuView) => string | null;
    /** Worth its width where no GPU tells it. */
    readonly always: boolean;
    readonly only?: 'wide';
  }[] = [
    { title: 'vram.column.used', cell: (gpu) => gib(gpu.usedBytes), always: true },
    { title: 'vram.column.free', cell: (gpu) => gib(gpu.freeBytes), always: true },
    { title: 'vram.column.total', cell: (gpu) => gib(gpu.totalBytes), always: true },
    { title: 'vram.column.ollama', cell: (gpu) => gib(gpu.ollamaBytes), always: false, only: 'wide' },
    { title: 'vram.column.others', cell: (gpu) => gib(gpu.othersBytes), always: false, only: 'wide' },
    {
      title: 'vram.column.util',
      cell: (gpu) => (gpu.utilPct === null ? null : formatPercent(gpu.utilPct / 100, locale)),
      always: false,
    },
    { title: 'vram.column.temp', cell: (gpu) => gpu.tempC?.toString() ?? null, always: false, only: 'wide' },
  ];
  const shown = figures.filter(({ cell, always }) => always || snapshot.gpuViews.some((gpu) => cell(gpu) !== null));
  return {
    kind: 'table',
    columns: [
      { title: 'GiB', align: 'left' },
      ...shown.map(({ title, only }) => ({
        title: translator.t(title),
        align: 'right' as const,
        ...(only === undefined ? {} : { only }),
      })),
    ],
    rows: snapshot.gpuViews.map((gpu, index) => [
      gpu.state === 'ok' ? labels[index]! : `${labels[index]} (${translator.t(`gpu-state.${gpu.state}`)})`,
      ...shown.map(({ cell }) => cell(gpu) ?? '?'),
    ]),
  };
}

/** Text lines of a server's memory: the table, what is loaded, what would come back. */
function vramBlocks(snapshot: ServerSnapshot, translator: Translator, services: Services): Block[] {
  const blocks: Block[] = [...problemBlocks(snapshot, translator)];
  const { figures, gpus } = snapshot;
  if (snapshot.gpuStale && snapshot.gpuAgeMs !== null) {
    blocks.push({ kind: 'text', text: translator.text('vram.stale', { age: snapshot.gpuAgeMs }) });
  }
  if (snapshot.gpuViews.length > 0) {
    blocks.push(table(snapshot, translator));
  }
  const models = snapshot.models ?? [];
  if (models.length > 0) {
    blocks.push({
      kind: 'text',
      text: translator.text('vram.models', { models: { code: models.map((model) => model.name).join(', ') } }),
    });
  }
  if (figures.freeIfIdleLeft !== null && figures.freeNow !== null && figures.freeIfIdleLeft.sum > figures.freeNow.sum) {
    const { sum, max } = figures.freeIfIdleLeft;
    blocks.push({ kind: 'text', text: translator.text('vram.reclaimable', { free: sum, largest: max }) });
  }
  const notes = new Map<string, ReturnType<typeof remarkText>>();
  for (const gpu of snapshot.gpuViews) {
    for (const note of gpu.notes) {
      if (!notes.has(note.code)) {
        notes.set(note.code, remarkText(translator, 'gpu-note', note));
      }
    }
  }
  for (const text of notes.values()) {
    if (text !== null) {
      blocks.push({ kind: 'small', text });
    }
  }
  if (gpus !== null && gpus.basis === 'measured') {
    const age = snapshot.gpuAgeMs ?? 0;
    blocks.push({
      kind: 'small',
      text: translator.text('vram.source', { age, source: gpus.source, host: { code: gpus.host } }),
    });
  }
  if (services.simulated) {
    blocks.push({ kind: 'small', text: translator.text('fit.note.simulated') });
  }
  return blocks;
}

/** The verdict line of a server's memory. */
function vramTitle(snapshot: ServerSnapshot, translator: Translator) {
  const { freeNow, totalBytes } = snapshot.figures;
  const server = { code: snapshot.name };
  if (freeNow === null || totalBytes === null) {
    return translator.text('vram.title.unknown', { server });
  }
  return translator.text('vram.title', { server, free: freeNow.sum, total: totalBytes, largest: freeNow.max });
}

async function run(context: CommandContext<Services>, options: z.output<typeof schema>): Promise<Reply> {
  const { translator, services } = context;
  const server = pickServer(services, options.server);
  const snapshot = await server.snapshot({ maxAgeMs: 2_000, timeoutMs: 2_500 });
  const unknown = snapshot.figures.freeNow === null;
  const blocks = vramBlocks(snapshot, translator, services);
  const bars = vramBars(snapshot, translator);
  const lines = await vramLines(services, snapshot, options.window, translator);
  const charts = [bars, lines].filter((chart): chart is ChartSpec => chart !== null);
  const title = vramTitle(snapshot, translator);
  if (charts.length > 0) {
    const alt = bars?.bars.map((bar) => `${bar.label} ${bar.note}`).join(', ') ?? '';
    blocks.push({
      kind: 'picture',
      picture: { name: 'vram.png', alt: alt, spec: { charts }, png: () => services.painter.draw({ charts }) },
    });
  }
  if (lines === null && services.history !== undefined) {
    const away = (await services.history(snapshot.name, options.window, 1)) === null;
    blocks.push({ kind: 'small', text: translator.text(away ? 'vram.history-away' : 'vram.no-history') });
  }
  return {
    tone: unknown ? 'bad' : snapshot.gpuStale || snapshot.gpuProblems.length > 0 ? 'warning' : 'neutral',
    title,
    blocks,
    ...(unknown ? { failed: true } : {}),
  };
}

/** `/vram`: dense text first, then the picture. */
export const vramCommand: Command<Services> = {
  name: 'vram',
  description: 'vram.description',
  example: '/vram window:24h',
  run: runnable<Services, typeof schema>({
    description: 'vram.description',
    access: 'everyone',
    options: [
      serverOption,
      {
        name: 'window',
        description: 'option.window',
        type: 'string',
        choices: (Object.keys(WINDOWS) as WindowName[]).map((value) => ({ value })),
      },
    ],
    schema,
    run,
    complete: completeServer,
  }),
};
