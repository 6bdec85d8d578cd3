import { formatBytes, formatDuration, formatPercent } from '../../base/format.ts';
import type { Locale } from '../../chat/locale.ts';
import type { Block, Reply } from '../../chat/reply.ts';
import { createTranslator, type Translator } from '../../chat/translate.ts';
import type { Digest, ServerDigest } from './digest.ts';

/** Rows of each list; what is beyond is counted. */
const MAX_ROWS = 8;

/** The digest as a message. */
export function digestReply(digest: Digest, locale: Locale, timeZone: string): Reply {
  const translator = createTranslator(locale);
  const day = new Intl.DateTimeFormat(locale, { timeZone, dateStyle: 'medium' });
  const params = { from: day.format(digest.fromMs), to: day.format(digest.toMs - 1) };
  const blocks = digest.servers.flatMap((server) => [
    ...(digest.servers.length > 1 ? [{ kind: 'heading' as const, text: [{ code: server.server }] }] : []),
    ...serverBlocks(server, translator, timeZone),
  ]);
  return { tone: 'neutral', title: translator.text('digest.title', params), blocks };
}

function serverBlocks(server: ServerDigest, translator: Translator, timeZone: string): Block[] {
  const { locale } = translator;
  const { peaks, busiest, busyBy, used, unused } = server;
  const blocks: Block[] = [];
  if (peaks.length > 0) {
    const when = new Intl.DateTimeFormat(locale, {
      timeZone,
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
    blocks.push({
      kind: 'list',
      items: [...peaks]
        .sort((a, b) => b.usedBytes / b.totalBytes - a.usedBytes / a.totalBytes)
        .slice(0, MAX_ROWS)
        .map((peak) =>
          translator.text('digest.peak', {
            gpu: { code: peak.gpuName },
            used: peak.usedBytes,
            total: peak.totalBytes,
            when: when.format(peak.atMs),
          }),
        ),
    });
  } else {
    blocks.push({ kind: 'text', text: translator.text('digest.no-samples') });
  }
  if (busyBy !== null) {
    const hours = busiest
      .map(({ hour, share }) => `${String(hour).padStart(2, '0')}:00 (${formatPercent(share, locale)})`)
      .join(', ');
    blocks.push({ kind: 'text', text: translator.text(`digest.busiest.${busyBy}`, { hours }) });
  }
  if (used.length > 0) {
    blocks.push({
      kind: 'table',
      columns: [
        { title: translator.t('digest.column.model'), align: 'left' },
        { title: translator.t('digest.column.time'), align: 'right' },
        { title: translator.t('digest.column.loads'), align: 'right', only: 'wide' },
        { title: translator.t('digest.column.vram'), align: 'right' },
      ],
      rows: used
        .slice(0, MAX_ROWS)
        .map((model) => [
          model.model.slice(0, 48),
          formatDuration(model.loadedMs, locale),
          String(model.loads),
          formatBytes(model.peakVramBytes, locale),
        ]),
    });
  } else {
    blocks.push({ kind: 'text', text: translator.text('digest.no-models') });
  }
  if (unused === null) {
    blocks.push({ kind: 'small', text: translator.text('digest.unused-unknown') });
  } else if (unused.length > 0) {
    const bytes = unused.reduce((sum, model) => sum + model.sizeBytes, 0);
    blocks.push(
      { kind: 'text', text: translator.text('digest.unused', { count: unused.length, bytes }) },
      {
        kind: 'list',
        items: unused
          .slice(0, MAX_ROWS)
          .map((model) => [{ code: model.name.slice(0, 100) }, ` ${formatBytes(model.sizeBytes, locale)}`]),
      },
    );
  }
  return blocks;
}
