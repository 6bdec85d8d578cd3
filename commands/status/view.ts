import { GIB } from '../../src/base/bytes.ts';
import { formatGib } from '../../src/base/format.ts';
import type { Block } from '../../src/chat/reply.ts';
import type { Span, Text } from '../../src/chat/text.ts';
import type { Translator } from '../../src/chat/translate.ts';
import type { GpuView, LoadedModelView, ServerSnapshot } from '../../src/servers/types.ts';
import { bookedTexts } from '../parts/reservations.ts';
import { gpuLabels, problemBlocks } from '../parts/server-state.ts';
import type { Services } from '../services.ts';

/** Cells of a text bar: with its figures it fits a phone's width without wrapping. */
const BAR_CELLS = 12;
/** Less than this gets no cell of its own: a driver's reserve is no news. */
const SMALLEST_BYTES = 0.25 * GIB;
const MAX_GPUS = 64;
/** Cards named in the text where they differ; the picture names all. */
const MAX_NAMED = 8;
const MAX_MODELS = 12;
const HOLDER_CHARS = 32;

function gib(bytes: number): string {
  return (bytes / GIB).toFixed(1);
}

/** Shares of a bar's cells; what is there at all gets a cell, the rest goes by the largest remainder. */
function cells(parts: readonly number[], total: number): number[] {
  const exact = parts.map((part) => (total > 0 ? (Math.max(0, part) / total) * BAR_CELLS : 0));
  const whole = exact.map((value, index) => (parts[index]! >= SMALLEST_BYTES ? Math.max(1, Math.floor(value)) : 0));
  const order = exact.map((value, index) => ({ index, rest: value - Math.floor(value) }));
  order.sort((a, b) => b.rest - a.rest);
  let spare = BAR_CELLS - whole.reduce((sum, count) => sum + count, 0);
  for (const { index } of order) {
    if (spare <= 0) {
      break;
    }
    if (parts[index]! < SMALLEST_BYTES) {
      continue;
    }
    whole[index] = whole[index]! + 1;
    spare -= 1;
  }
  // Too many small parts: the largest gives back.
  while (spare < 0) {
    const largest = whole.indexOf(Math.max(...whole));
    whole[largest] = whole[largest]! - 1;
    spare += 1;
  }
  whole[parts.length - 1] = whole[parts.length - 1]! + spare;
  return whole;
}

function barLine(gpu: GpuView, position: number, widths: { label: number; used: number }, translator: Translator) {
  const label = String(gpu.index ?? position).padStart(widths.label);
  if (gpu.totalBytes === null || gpu.freeBytes === null) {
    return `${label} ${gpu.state === 'ok' ? '?' : translator.t(`gpu-state.${gpu.state}`)}`;
  }
  const used = Math.max(0, gpu.totalBytes - gpu.freeBytes);
  const ollama = Math.min(gpu.ollamaBytes ?? 0, used);
  const rest = used - ollama;
  const parts = gpu.ollamaBytes === null ? [0, 0, used, gpu.freeBytes] : [ollama, rest, 0, gpu.freeBytes];
  const counts = cells(parts, gpu.totalBytes);
  const bar = ['█', '▓', '▒', '░'].map((sign, index) => sign.repeat(Math.max(0, counts[index]!))).join('');
  return `${label} ${bar} ${gib(used).padStart(widths.used)}/${gib(gpu.totalBytes)}`;
}

/** One bar a GPU, as monospaced lines; `null` without GPUs. */
function barBlock(snapshot: ServerSnapshot, translator: Translator): Block | null {
  const gpus = snapshot.gpuViews.slice(0, MAX_GPUS);
  if (gpus.length === 0) {
    return null;
  }
  const widths = {
    label: Math.max(...gpus.map((gpu, position) => String(gpu.index ?? position).length)),
    used: Math.max(...gpus.map((gpu) => gib(Math.max(0, (gpu.totalBytes ?? 0) - (gpu.freeBytes ?? 0))).length)),
  };
  return { kind: 'code', text: gpus.map((gpu, index) => barLine(gpu, index, widths, translator)).join('\n') };
}

function toSpans(text: Text): readonly Span[] {
  return typeof text === 'string' ? [text] : text;
}

/** Where a model stands: all on the GPU, spilled, in the cloud. */
function placePart(model: LoadedModelView, translator: Translator): Text | null {
  if (model.isCloud) {
    return translator.text('status.part.cloud');
  }
  if (model.gpuShare === null) {
    return null;
  }
  if (model.gpuShare >= 0.999) {
    return translator.text('status.part.gpu');
  }
  if (model.gpuShare <= 0.001) {
    return translator.text('status.part.cpu');
  }
  return translator.text('status.part.spill', { gpu: model.gpuShare, cpu: 1 - model.gpuShare });
}

/** Who holds a model and until when, else how long it stays by itself. */
function untilPart(model: LoadedModelView, server: string, translator: Translator, services: Services): Text | null {
  const holder = services.holders?.(server).get(model.name);
  const until = model.expiresAtMs;
  const moment = typeof until === 'number' ? ({ time: until, style: 'relative' } as const) : null;
  if (holder !== undefined) {
    const name = { bold: holder.slice(0, HOLDER_CHARS) };
    return moment === null
      ? translator.text('status.part.held', { holder: name })
      : translator.text('status.part.held-until', { holder: name, time: moment });
  }
  if (model.stopping) {
    return translator.text('status.part.stopping');
  }
  if (until === 'pinned') {
    return translator.text('status.part.pinned');
  }
  return moment === null ? null : translator.text('status.part.leaves', { time: moment });
}

function modelItem(model: LoadedModelView, server: string, translator: Translator, services: Services): Text {
  const parts: (Text | null)[] = [
    [{ code: model.name.slice(0, 80) }],
    model.isCloud ? null : formatGib(model.sizeVramBytes, translator.locale),
    placePart(model, translator),
    model.contextLength === null ? null : translator.text('status.part.ctx', { ctx: model.contextLength }),
    untilPart(model, server, translator, services),
  ];
  const spans: Span[] = [];
  for (const part of parts) {
    if (part === null) {
      continue;
    }
    if (spans.length > 0) {
      spans.push(' · ');
    }
    spans.push(...toSpans(part));
  }
  return spans;
}

/** What is loaded, by whom, until when. */
function modelBlocks(snapshot: ServerSnapshot, translator: Translator, services: Services): Block[] {
  const { models } = snapshot;
  if (models === null) {
    return [{ kind: 'text', text: translator.text('status.models.unknown') }];
  }
  if (models.length === 0) {
    return [{ kind: 'text', text: translator.text('status.models.none') }];
  }
  const items = models.slice(0, MAX_MODELS).map((model) => modelItem(model, snapshot.name, translator, services));
  const more = models.length - items.length;
  if (more > 0) {
    items.push(translator.text('status.models.more', { count: more }));
  }
  return [{ kind: 'list', items }];
}

/** The age of a server's numbers. Where the platform can, it goes on counting by itself. */
function ageBlocks(snapshot: ServerSnapshot, translator: Translator): Block[] {
  const { gpus } = snapshot;
  if (gpus === null || snapshot.gpuAgeMs === null) {
    return [];
  }
  const time = { time: gpus.takenAtMs, style: 'relative' } as const;
  return snapshot.gpuStale
    ? [{ kind: 'text', text: translator.text('status.stale', { time }) }]
    : [{ kind: 'small', text: translator.text('status.age', { time }) }];
}

/** Everything about one server: what is wrong, the bars, what is loaded, what others use, the age. */
export function serverBlocks(snapshot: ServerSnapshot, translator: Translator, services: Services): Block[] {
  const blocks: Block[] = [...problemBlocks(snapshot, translator)];
  const bars = barBlock(snapshot, translator);
  if (bars !== null) {
    blocks.push(bars);
  }
  const cards = snapshot.gpuViews.slice(0, MAX_NAMED);
  if (new Set(cards.map(({ name }) => name)).size > 1) {
    blocks.push({ kind: 'small', text: gpuLabels(cards).join(', ') });
  }
  const missing = snapshot.missingGpus.length;
  if (missing > 0) {
    blocks.push({ kind: 'text', text: translator.text('status.missing', { count: missing }) });
  }
  blocks.push(...modelBlocks(snapshot, translator, services));
  const others = snapshot.figures.usedByOthersBytes;
  if (others !== null && others >= SMALLEST_BYTES) {
    blocks.push({ kind: 'text', text: translator.text('status.others', { bytes: others }) });
  }
  const booked = bookedTexts(services, snapshot.name, translator);
  if (booked.length > 0) {
    blocks.push({ kind: 'list', items: booked });
  }
  blocks.push(...ageBlocks(snapshot, translator));
  return blocks;
}

/** One line about a server, where there is no room for more. */
export function serverLine(snapshot: ServerSnapshot, translator: Translator): Text {
  const { freeNow, totalBytes } = snapshot.figures;
  const server = { code: snapshot.name };
  return freeNow === null || totalBytes === null
    ? translator.text('status.server.unknown', { server })
    : translator.text('status.server', { server, free: freeNow.sum, total: totalBytes });
}

/** Whether something about a server deserves a warning at first sight. */
export function isTroubled(snapshot: ServerSnapshot): boolean {
  const spilled = snapshot.models?.some((model) => !model.isCloud && model.gpuShare !== null && model.gpuShare < 0.999);
  return (
    snapshot.ollama.state !== 'up' ||
    snapshot.gpuStale ||
    snapshot.missingGpus.length > 0 ||
    snapshot.gpuProblems.length > 0 ||
    snapshot.gpuViews.some((gpu) => gpu.state !== 'ok') ||
    spilled === true
  );
}

/** What people see of a server, as one string: two snapshots with the same one look the same. */
export function statusFingerprint(snapshot: ServerSnapshot | null, services: Services): string {
  if (snapshot === null) {
    return '-';
  }
  const holders = services.holders?.(snapshot.name);
  const amount = (bytes: number | null) => (bytes === null ? null : gib(bytes));
  return JSON.stringify([
    snapshot.ollama.state,
    snapshot.gpuStale,
    snapshot.gpuProblems.map(({ code }) => code),
    snapshot.missingGpus,
    snapshot.gpuViews.map((gpu) => [gpu.uuid, gpu.state, amount(gpu.freeBytes), amount(gpu.ollamaBytes)]),
    snapshot.models?.map((model) => [
      model.name,
      model.gpuShare?.toFixed(2),
      model.contextLength,
      model.stopping,
      // Every answer of a model puts its end off; shown as a distance, a minute more or less is no news.
      typeof model.expiresAtMs === 'number' ? Math.round(model.expiresAtMs / 60_000) : model.expiresAtMs,
      holders?.get(model.name),
    ]),
    services.reservations?.known(snapshot.name).map(({ id, fromMs }) => [id, fromMs <= services.now()]),
  ]);
}
