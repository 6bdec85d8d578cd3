import type { ChartSpec, LinesSpec } from '../../src/chat/pictures/spec.ts';
import type { Block, Picture, Reply } from '../../src/chat/reply.ts';
import type { Translator } from '../../src/chat/translate.ts';
import type { Schedule, StatusExtra } from '../../src/schedule/posts/status-source.ts';
import type { ServerSnapshot } from '../../src/servers/types.ts';

import type { Services } from '../services.ts';
import { vramBars, vramLines } from '../vram.ts';
import { isTroubled, serverBlocks, serverLine } from './view.ts';

/** Servers shown with bars, models and a picture; the further ones get a line each. */
const MAX_IN_FULL = 3;
const MAX_LINES = 40;
/** More lines than this in one chart cannot be told apart. */
const MAX_LINES_DRAWN = 4;

/** A post by schedule tells more than one by hand. */
export interface Scheduled {
  readonly schedule: Schedule;
  readonly extra: StatusExtra;
}

/** The status of servers at a glance. */
export async function statusReply(
  services: Services,
  snapshots: readonly ServerSnapshot[],
  translator: Translator,
  scheduled: Scheduled | null = null,
): Promise<Reply> {
  const blocks: Block[] = scheduled === null ? [] : beforeBlocks(scheduled, translator);
  const several = snapshots.length > 1;
  for (const snapshot of snapshots.slice(0, MAX_IN_FULL)) {
    if (several) {
      blocks.push({ kind: 'heading', text: serverLine(snapshot, translator) });
    }
    blocks.push(...serverBlocks(snapshot, translator, services));
    const picture = await statusPicture(services, snapshot, translator);
    if (picture !== null) {
      blocks.push({ kind: 'picture', picture });
    }
  }
  if (blocks.some(({ kind }) => kind === 'code')) {
    blocks.push({ kind: 'small', text: translator.text('status.legend') });
  }
  const further = snapshots.slice(MAX_IN_FULL);
  if (further.length > 0) {
    const items = further.slice(0, MAX_LINES).map((snapshot) => serverLine(snapshot, translator));
    if (further.length > MAX_LINES) {
      items.push(translator.text('status.more-servers', { count: further.length - MAX_LINES }));
    }
    blocks.push({ kind: 'list', items });
  }
  if (scheduled !== null) {
    blocks.push(...afterBlocks(scheduled, translator));
  }
  if (services.simulated) {
    blocks.push({ kind: 'small', text: translator.text('fit.note.simulated') });
  }
  const unknown = snapshots.every((snapshot) => snapshot.figures.freeNow === null);
  return {
    tone: unknown ? 'bad' : snapshots.some(isTroubled) ? 'warning' : 'neutral',
    title: title(snapshots, translator),
    blocks,
    ...(unknown ? { failed: true } : {}),
  };
}

function title(snapshots: readonly ServerSnapshot[], translator: Translator) {
  const known = snapshots.filter(({ figures }) => figures.freeNow !== null && figures.totalBytes !== null);
  if (known.length === 0) {
    return translator.text('status.title.unknown');
  }
  const sums = {
    free: known.reduce((sum, { figures }) => sum + (figures.freeNow?.sum ?? 0), 0),
    total: known.reduce((sum, { figures }) => sum + (figures.totalBytes ?? 0), 0),
  };
  return snapshots.length === 1
    ? translator.text('status.title', { server: { code: known[0]!.name }, ...sums })
    : translator.text('status.title.many', { count: snapshots.length, ...sums });
}

function beforeBlocks({ extra }: Scheduled, translator: Translator): Block[] {
  const blocks: Block[] = [];
  if (extra.ended) {
    blocks.push({ kind: 'text', text: translator.text('status.note.ended') });
  }
  if (extra.missed > 0) {
    blocks.push({ kind: 'text', text: translator.text('status.note.missed', { count: extra.missed }) });
  }
  return blocks;
}

function afterBlocks({ schedule, extra }: Scheduled, translator: Translator): Block[] {
  if (extra.ended) {
    return [];
  }
  const { id } = schedule;
  if (schedule.mode === 'live') {
    return [{ kind: 'small', text: translator.text('status.note.live', { id }) }];
  }
  if (extra.nextMs === null) {
    return [];
  }
  const time = { time: extra.nextMs, style: 'relative' } as const;
  return [{ kind: 'small', text: translator.text('status.note.next', { time, id }) }];
}

/** The trend of the last 24 hours: a line per GPU, or all together where so many lines would be a tangle. */
async function trend(services: Services, snapshot: ServerSnapshot, translator: Translator): Promise<LinesSpec | null> {
  const spec = await vramLines(services, snapshot, '24h', translator);
  const [first] = spec?.lines ?? [];
  if (spec === null || first === undefined || spec.lines.length <= MAX_LINES_DRAWN) {
    return spec;
  }
  const points = first.points.map(([atMs], index) => {
    const all = spec.lines.map((line) => line.points[index]?.[1] ?? null);
    return [atMs, all.includes(null) ? null : all.reduce<number>((sum, bytes) => sum + (bytes ?? 0), 0)] as const;
  });
  const totalBytes = snapshot.gpuViews.reduce((sum, gpu) => sum + (gpu.totalBytes ?? 0), 0);
  return {
    ...spec,
    title: translator.t('status.trend.all', { count: spec.lines.length }),
    maxBytes: Math.max(totalBytes, ...points.map(([, bytes]) => bytes ?? 0)),
    lines: [{ ...first, points }],
  };
}

/** Bars per GPU and the trend of the last 24 hours; `null` where no GPU tells its memory. */
async function statusPicture(
  services: Services,
  snapshot: ServerSnapshot,
  translator: Translator,
): Promise<Picture | null> {
  const bars = vramBars(snapshot, translator);
  const lines = await trend(services, snapshot, translator);
  const charts = [bars, lines].filter((chart): chart is ChartSpec => chart !== null);
  if (charts.length === 0) {
    return null;
  }
  const alt = bars?.bars.map((bar) => `${bar.label} ${bar.note}`).join(', ') ?? translator.t('common.gpu');
  return {
    name: `status-${snapshot.name.replace(/[^a-z0-9-]+/g, '-')}.png`,
    alt: alt,
    spec: { charts },
    png: () => services.painter.draw({ charts }),
  };
}
