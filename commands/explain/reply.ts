import { GIB } from '../../src/base/bytes.ts';
import { formatGibNumber } from '../../src/base/format.ts';
import type { Action, Block, Reply, Tone } from '../../src/chat/reply.ts';
import type { Text } from '../../src/chat/text.ts';
import type { MessageParams, Translator } from '../../src/chat/translate.ts';
import type { LogCode } from '../../src/logs/codes.ts';
import type { DeviceUse, LogLoad, LogVerdict } from '../../src/logs/types.ts';
import type { Explained } from './replan.ts';

const TONES: Readonly<Record<LogVerdict, Tone>> = {
  fits: 'good',
  partial: 'warning',
  cpu: 'warning',
  refused: 'bad',
  failed: 'bad',
};
/** Devices, GPUs and models that a reply lists. */
const MOST_ROWS = 16;

function title(explained: Explained, load: LogLoad, translator: Translator): Text {
  const name = load.model ?? explained.architecture;
  const model = name === null ? translator.t('log.model-unknown') : { code: name };
  const [count, of] = load.offloaded ?? [null, null];
  switch (explained.verdict) {
    case 'partial':
      return count === null || of === null || count === of
        ? translator.text(name === null ? 'log.title.partial-experts-unnamed' : 'log.title.partial-experts', { model })
        : translator.text('log.title.partial', { model, count, of });
    case 'refused':
      return translator.text(name === null ? 'log.title.refused-unnamed' : 'log.title.refused', { model });
    case null:
      return translator.text('log.title.unknown', { model });
    default:
      return translator.text(`log.title.${explained.verdict}`, { model });
  }
}

function facts({ reading }: Explained, load: LogLoad, translator: Translator): Text[] {
  const rows: Text[] = [];
  if (reading.version !== null) {
    const version = { code: reading.version };
    rows.push(
      reading.versionBasis === 'printed' || reading.oldestVersion === reading.version
        ? translator.text('log.fact.version', { version })
        : translator.text('log.fact.version-found', { version, oldest: { code: reading.oldestVersion ?? '?' } }),
    );
  }
  if (load.numCtx !== null) {
    rows.push(
      (load.numParallel ?? 1) > 1
        ? translator.text('log.fact.ctx-slots', { ctx: load.numCtx, slots: load.numParallel ?? 1 })
        : translator.text('log.fact.ctx', { ctx: load.numCtx }),
    );
  }
  if (load.requiredBytes !== null) {
    rows.push(translator.text('log.fact.required', { bytes: load.requiredBytes }));
  }
  const free = reading.gpus.filter((gpu) => gpu.freeBytes !== null);
  if (free.length > 0) {
    const bytes = free.reduce((sum, gpu) => sum + (gpu.freeBytes ?? 0), 0);
    rows.push(
      free.length === 1
        ? translator.text('log.fact.gpu', { name: { code: free[0]!.name ?? 'GPU' }, bytes })
        : translator.text('log.fact.gpus', { count: free.length, bytes }),
    );
  }
  return rows;
}

function whyParams(load: LogLoad): MessageParams {
  const cache = [...load.devices.values()].reduce((sum, use) => sum + (use.cacheBytes ?? 0), 0);
  const graph = [...load.devices.values()].reduce((sum, use) => sum + (use.computeBytes ?? 0), 0);
  return {
    ctx: load.numCtx ?? 0,
    slots: load.numParallel ?? 1,
    cache,
    graph,
    layers: load.requestedLayers ?? 0,
    wanted: load.systemRequiredBytes ?? load.requiredBytes ?? 0,
    there: load.systemAvailableBytes ?? 0,
    file: load.fileBytes ?? 0,
  };
}

/** The reasons in words. */
function reasons(explained: Explained, load: LogLoad, translator: Translator): Text[] {
  const params = whyParams(load);
  return explained.why.map((code) => {
    if (code === 'system-memory-short' && load.systemRequiredBytes !== null) {
      return translator.text('log.why.system-memory-short-by', params);
    }
    return code === 'cache-large' && load.numCtx === null
      ? translator.text('log.why.cache-large-alone', params)
      : translator.text(`log.why.${code}`, params);
  });
}

function help(explained: Explained, load: LogLoad, translator: Translator): Text[] {
  const { largestCtx, request, why } = explained;
  const lines: Text[] = [];
  const asked = load.numCtx ?? 0;
  if (explained.verdict !== 'fits' && largestCtx !== null && largestCtx < asked) {
    lines.push(translator.text('log.help.ctx', { ctx: largestCtx }));
  }
  if (explained.verdict === 'fits' && largestCtx !== null && largestCtx > asked) {
    lines.push(translator.text('log.help.longer', { ctx: largestCtx }));
  }
  if ((load.numParallel ?? 1) > 1 && explained.verdict !== 'fits') {
    lines.push(translator.text('log.help.slots', {}));
  }
  if (why.includes('cache-large') && (request?.kvCacheType ?? 'f16') === 'f16') {
    lines.push(translator.text('log.help.cache-type', {}));
  }
  if (why.includes('graph-large-without-flash-attention')) {
    lines.push(translator.text('log.help.flash-attention', {}));
  }
  if (why.includes('gpu-memory-in-use')) {
    lines.push(translator.text('log.help.others', {}));
  }
  if (why.includes('layers-set-by-hand')) {
    lines.push(translator.text('log.help.layers', {}));
  }
  for (const code of [
    'architecture-unsupported',
    'version-too-old',
    'tensor-type-unsupported',
    'file-damaged',
  ] as const) {
    if (why.includes(code)) {
      lines.push(translator.text(`log.help.${code}`, {}));
    }
  }
  if (lines.length === 0) {
    lines.push(...generalHelp(why, translator));
  }
  return lines;
}

/** What helps where the paste is too short to say more: an error line alone. */
function generalHelp(why: readonly LogCode[], translator: Translator): Text[] {
  const has = (...codes: readonly LogCode[]) => codes.some((code) => why.includes(code));
  const lines: Text[] = [];
  if (has('gpu-memory-short', 'system-memory-short', 'host-memory-short', 'killed', 'gpus-too-small')) {
    lines.push(translator.text('log.help.smaller', {}), translator.text('log.help.others', {}));
  } else if (has('no-gpu-seen')) {
    lines.push(translator.text('log.help.no-gpu', {}));
  } else if (has('load-timeout')) {
    lines.push(translator.text('log.help.timeout', {}));
  } else if (has('server-busy')) {
    lines.push(translator.text('log.help.busy', {}));
  } else if (has('runner-died', 'load-failed')) {
    lines.push(translator.text('log.help.more-of-it', {}));
  }
  return lines;
}

function deviceTable(devices: ReadonlyMap<string, Readonly<DeviceUse>>, translator: Translator): Block[] {
  if (devices.size === 0) {
    return [];
  }
  const right = (text: string) => ({ title: text, align: 'right' as const });
  const cell = (bytes: number | null) => (bytes === null ? '–' : formatGibNumber(bytes, translator.locale));
  return [
    {
      kind: 'table',
      columns: [
        { title: 'GiB', align: 'left' },
        right(translator.t('fit.column.weights')),
        right(translator.t('fit.column.cache')),
        right(translator.t('fit.column.compute')),
      ],
      rows: [...devices]
        .slice(0, MOST_ROWS)
        .map(([device, use]) => [device, cell(use.weightsBytes), cell(use.cacheBytes), cell(use.computeBytes)]),
    },
  ];
}

function gpuText({ server }: Explained): string | null {
  if (server === null || server.gpus.length === 0) {
    return null;
  }
  const gib = (bytes: number) => `${(bytes / GIB).toFixed(2)}GiB`;
  return server.gpus.map((gpu) => `${gib(gpu.totalBytes)}:${gib(gpu.freeBytes)}`).join(',');
}

/** @param loads whether whoever asks may load here; looked at again when the button is pressed */
function actions(explained: Explained, translator: Translator, loads: boolean): Action[] {
  const { spec, largestCtx, server, request } = explained;
  const gpus = gpuText(explained);
  if (spec === null || server === null || request === null || gpus === null || server.ollama === 'llama.cpp') {
    return [];
  }
  const ctx = explained.verdict !== 'fits' && largestCtx !== null ? largestCtx : request.numCtx;
  return [
    {
      label: translator.t('log.try', { ctx }),
      style: 'primary',
      call: { command: 'fit', options: { model: spec.name, ctx, gpus } },
    },
    ...(loads
      ? [
          {
            label: translator.t('log.load', { ctx }),
            style: 'secondary' as const,
            call: { command: 'load', options: { model: spec.name, ctx } },
          },
        ]
      : []),
  ];
}

/** Only lists what `ollama ps` or nvidia-smi said, where no load is in the paste. */
function listReply(explained: Explained, translator: Translator): Reply {
  const { reading } = explained;
  const items = reading.gpus.slice(0, MOST_ROWS).map((gpu, index) =>
    translator.text('log.gpu-row', {
      index,
      name: { code: gpu.name ?? 'GPU' },
      free: gpu.freeBytes ?? 0,
      total: gpu.totalBytes ?? 0,
    }),
  );
  return {
    tone: 'neutral',
    private: true,
    title: translator.text('log.title.gpus', { count: reading.gpus.length }),
    blocks: items.length === 0 ? [] : [{ kind: 'list', items }],
  };
}

/** What a paste says, why, and what would help. */
export function explainLogReply(explained: Explained, translator: Translator, loads = false): Reply {
  const { reading } = explained;
  if (reading.load === null) {
    return reading.gpus.length > 0
      ? listReply(explained, translator)
      : {
          tone: 'warning',
          private: true,
          failed: true,
          title: translator.text('log.nothing', {}),
          blocks: [{ kind: 'text', text: translator.text('log.what-is-read', {}) }],
        };
  }
  const { load } = reading;
  const why = reasons(explained, load, translator);
  const helps = help(explained, load, translator);
  const blocks: Block[] = [];
  const known = facts(explained, load, translator);
  if (known.length > 0) {
    blocks.push({ kind: 'list', items: known });
  }
  if (why.length > 0) {
    blocks.push({ kind: 'heading', text: translator.text('log.heading.why', {}) }, { kind: 'list', items: why });
  }
  blocks.push(...deviceTable(load.devices, translator));
  if (helps.length > 0) {
    blocks.push({ kind: 'heading', text: translator.text('log.heading.help', {}) }, { kind: 'list', items: helps });
  }
  if (reading.loads.length > 1) {
    blocks.push({ kind: 'small', text: translator.text('log.several', { count: reading.loads.length }) });
  }
  if (reading.cut) {
    blocks.push({ kind: 'small', text: translator.text('log.cut', {}) });
  }
  if (explained.spec === null && load.model !== null) {
    blocks.push({ kind: 'small', text: translator.text('log.not-listed', { model: { code: load.model } }) });
  }
  return {
    tone: explained.verdict === null ? 'neutral' : TONES[explained.verdict],
    private: true,
    title: title(explained, load, translator),
    blocks,
    actions: actions(explained, translator, loads),
  };
}
