import { GIB } from '../../src/base/bytes.ts';
import { formatBytes, formatDecimal } from '../../src/base/format.ts';
import type { MessageKey } from '../../src/chat/messages/index.ts';
import type { Block, Column, Reply, Tone } from '../../src/chat/reply.ts';
import { plainText, type Text } from '../../src/chat/text.ts';
import { isMessageKey, type MessageParams, type Translator } from '../../src/chat/translate.ts';
import type { Plan, Reason } from '../../src/estimator/types.ts';
import { bookedTexts } from '../parts/reservations.ts';
import { gpuLabels } from '../parts/server-state.ts';
import { estimatedSpeed, measuredSpeed, shortDay } from '../parts/speed.ts';
import type { Services } from '../services.ts';
import { fitActions } from './actions.ts';
import { type Advice, type FitAnswer, totalBytes, usedGpus } from './answer.ts';
import { engineText } from './engine.ts';
import { isIdle, isMain, PARTS } from './parts.ts';
import { fitPicture } from './picture.ts';
import type { FitQuestion } from './question.ts';

/** Remarks that say Ollama would unload others first. */
const EVICTION_NOTES: ReadonlySet<string> = new Set(['evicts-others', 'evicts-loaded', 'evicts-after-oom']);

const TONE: Readonly<Record<Plan['verdict'], Tone>> = { fits: 'good', partial: 'warning', cpu: 'bad', refused: 'bad' };

/** Words for a reason or remark from the estimator, or null where there are none. */
function reasonText(translator: Translator, prefix: string, reason: Reason): Text | null {
  // Where not one layer goes on a GPU, the price of the first layer is the reason behind the reason.
  const priced = 'gpuNeededBytes' in reason.params;
  const detail =
    reason.code === 'refused-system-memory' && priced
      ? '-no-layers'
      : reason.code === 'cpu-no-layers' && !priced
        ? '-anywhere'
        : '';
  const key = `${prefix}.${reason.code}${detail}`;
  return isMessageKey(key) ? translator.text(key, reason.params) : null;
}

/** The model as it is asked about, with the quantization where it was worked out. */
function shownModel({ found }: FitQuestion): string {
  return found.quantization === undefined ? found.spec.name : `${found.spec.name} ${found.quantization}`;
}

function title(answer: FitAnswer, translator: Translator): Text {
  const { plan, question } = answer;
  const used = usedGpus(plan);
  const params: MessageParams = {
    model: { code: shownModel(question) },
    ctx: plan.numCtx,
    need: totalBytes(used),
    gpus: used.length,
    spare: Math.min(...used.map((gpu) => gpu.headroomBytes), Number.POSITIVE_INFINITY),
    host: plan.host.weightsBytes + plan.host.cacheBytes,
    version: answer.estimate.ollama,
  };
  if (plan.verdict === 'refused') {
    const wanted = typeof plan.reason.params.needText === 'string' ? plan.reason.params.needText : undefined;
    return translator.text('fit.title.refused', {
      ...params,
      need: wanted ?? formatBytes(plan.sizeBytes, translator.locale),
    });
  }
  if (plan.reason.code === 'takes-reserve') {
    return translator.text('fit.title.reserve', params);
  }
  if (plan.verdict === 'partial' && plan.placement.overrides > 0) {
    return translator.text('fit.title.partial-experts', params);
  }
  return translator.text(`fit.title.${plan.verdict}`, params);
}

function table(answer: FitAnswer, translator: Translator): Block {
  const { plan, estimate } = answer;
  const parts = PARTS.filter((part) => part.key !== 'projector' || plan.gpus.some((gpu) => gpu.projectorBytes > 0));
  const column = (key: MessageKey, only?: 'wide' | 'narrow'): Column => ({
    title: translator.t(key),
    align: 'right',
    ...(only === undefined ? {} : { only }),
  });
  const labels = gpuLabels(estimate.gpus);
  const gib = (bytes: number) => (bytes < 0.005 * GIB && bytes > -0.005 * GIB ? '–' : formatDecimal(bytes / GIB, 2));
  const rows = plan.gpus.map((gpu, index) => {
    const device = estimate.gpus[index]!;
    const idle = isIdle(gpu);
    return [
      labels[index]!,
      ...parts.map((part) => (idle ? '–' : gib(part.of(gpu)))),
      idle ? '–' : gib(parts.reduce((sum, part) => sum + (isMain(part) ? 0 : part.of(gpu)), 0)),
      gib(device.totalBytes - device.freeBytes),
      gib(idle ? device.freeBytes : gpu.headroomBytes),
    ];
  });
  const host = plan.host;
  if (host.totalBytes > 0) {
    rows.push([
      translator.t('fit.row.host'),
      ...parts.map((part) =>
        part.key === 'weights'
          ? gib(host.weightsBytes)
          : part.key === 'cache'
            ? gib(host.cacheBytes)
            : part.key === 'compute'
              ? gib(host.computeBytes)
              : '–',
      ),
      gib(host.computeBytes),
      '',
      '',
    ]);
  }
  return {
    kind: 'table',
    columns: [
      { title: 'GiB', align: 'left' },
      ...parts.map((part) => column(`fit.column.${part.key}`, isMain(part) ? undefined : 'wide')),
      column('fit.column.rest', 'narrow'),
      column('fit.column.others'),
      column('fit.column.left'),
    ],
    rows,
  };
}

function adviceText(advice: Advice, translator: Translator): Text {
  switch (advice.kind) {
    case 'shorter-context':
      return translator.text('fit.help.shorter-context', { ctx: advice.ctx });
    case 'quantized-cache':
      return translator.text('fit.help.quantized-cache', { type: advice.type });
    case 'unload':
      return translator.text('fit.help.unload', { models: { code: advice.models.join(', ') } });
    case 'quantization':
      return translator.text('fit.help.quantization', { model: { code: advice.model } });
    case 'smaller-quantization':
      return translator.text('fit.help.computed-quantization', { target: advice.target, ctx: advice.ctx });
    case 'more-gpus':
      return translator.text('fit.help.more-gpus', { gpus: advice.gpus });
    case 'fewer-slots':
      return translator.text('fit.help.fewer-slots', { from: advice.from, to: advice.to });
  }
}

/** The longest context that fits; `null` where the advice says it. */
function largestLine(answer: FitAnswer, translator: Translator): Text | null {
  const { largestCtx, largestCtxEmptied, question } = answer;
  const spans: Text[] = [];
  if (answer.advice.some(({ kind }) => kind === 'shorter-context')) {
    return null;
  }
  if (largestCtx === null) {
    spans.push(translator.text('fit.largest.none'));
  } else if (largestCtx >= question.trained && question.trained > 0) {
    spans.push(translator.text('fit.largest.all', { ctx: largestCtx }));
  } else {
    spans.push(
      translator.text('fit.largest', { ctx: largestCtx, trained: question.trained > 0 ? question.trained : '?' }),
    );
  }
  if (largestCtxEmptied !== null && largestCtxEmptied > (largestCtx ?? 0)) {
    spans.push(translator.text('fit.largest.emptied', { ctx: largestCtxEmptied }));
  }
  return spans.map(plainText).join(translator.locale === 'en' ? ' ' : '');
}

/** How fast it is: as measured here, and as estimated where the plan is another one than was measured. */
function speedTexts({ speed, measured, plan }: FitAnswer, translator: Translator, timeZone: string): Text[] {
  const texts: Text[] = [];
  if (measured !== null && measured !== undefined) {
    const params = {
      speed: measuredSpeed(measured.generatedPerSecond),
      day: shortDay(measured.atMs, translator, timeZone),
    };
    texts.push(
      measured.numCtx === null
        ? translator.text('speed.measured-plain', params)
        : translator.text('speed.measured', { ...params, ctx: measured.numCtx }),
    );
  }
  if (speed !== null && (texts.length === 0 || measured?.numCtx !== plan.numCtx)) {
    const about = estimatedSpeed(speed.generatedTokensPerSecond);
    const full = estimatedSpeed(speed.generatedAtFullContext);
    texts.push(translator.text(about === full ? 'speed.about' : 'speed.about-full', { speed: about, full }));
  }
  return texts;
}

/** The context that was taken because none was named: Ollama's own default, or a usual one where llama-server has none. */
function defaultedText({ estimate, request }: FitQuestion, translator: Translator): Text {
  const isBare = estimate?.ollama === 'llama.cpp';
  return translator.text(isBare ? 'fit.note.ctx-defaulted.llama-cpp' : 'fit.note.ctx-defaulted', {
    ctx: request.numCtx,
  });
}

/** What was assumed, and how sure the numbers are. */
function remarks(answer: FitAnswer, translator: Translator, services: Services): Text[] {
  const { question, plan, estimate } = answer;
  const { snapshot, found } = question;
  const lines: Text[] = [];
  if (services.simulated) {
    lines.push(translator.text('fit.note.simulated'));
  }
  if (snapshot !== null && snapshot.ollama.state !== 'up') {
    lines.push(translator.text('fit.note.ollama-down', { server: { code: snapshot.name }, version: estimate.ollama }));
  } else if (question.versionAssumed) {
    lines.push(translator.text('fit.note.version-assumed', { version: estimate.ollama }));
  }
  if (snapshot !== null && !question.gpusGiven) {
    lines.push(...bookedTexts(services, snapshot.name, translator));
  }
  if (question.assumedEmpty) {
    lines.push(translator.text('fit.note.assumed-empty'));
  }
  if (question.ctxDefaulted) {
    lines.push(defaultedText(question, translator));
  }
  if (plan.computeBasis === 'guess') {
    lines.push(translator.text('fit.note.guess', { architecture: { code: found.spec.architecture } }));
  }
  if (plan.ollamaError !== undefined) {
    lines.push(translator.text('fit.note.refused', { text: { code: plan.ollamaError } }));
  }
  for (const note of plan.notes) {
    // Whoever named the GPUs knows that the others are not used.
    if (EVICTION_NOTES.has(note.code) || (note.code === 'gpus-hidden' && question.options.on !== undefined)) {
      continue;
    }
    const text = reasonText(translator, 'note', note);
    if (text !== null) {
      lines.push(text);
    }
  }
  for (const warning of found.warnings) {
    const text = reasonText(translator, 'note', { code: warning, params: {} });
    if (text !== null) {
      lines.push(text);
    }
  }
  const learnedFrom = estimate.calibration?.observations ?? 0;
  if (learnedFrom > 0) {
    lines.push(translator.text('load.learned', { count: learnedFrom }));
  }
  lines.push(
    translator.text('fit.small', {
      server: question.gpusGiven || snapshot === null ? translator.t('fit.given-gpus') : snapshot.name,
      engine: engineText(estimate.ollama),
      source: translator.t(`fit.source.${found.source}`),
    }),
  );
  if (
    !question.gpusGiven &&
    snapshot?.gpuAgeMs !== null &&
    snapshot?.gpuAgeMs !== undefined &&
    snapshot.gpuAgeMs > 10_000
  ) {
    lines.push(translator.text('common.age', { age: snapshot.gpuAgeMs }));
  }
  return lines;
}

/** The answer as a reply: the verdict first. */
export function fitReply(answer: FitAnswer, translator: Translator, services: Services): Reply {
  const blocks: Block[] = [];
  // That somebody else's model would go is no remark for the small print.
  const evictions = answer.plan.notes.filter((note) => EVICTION_NOTES.has(note.code));
  for (const note of evictions) {
    const text = reasonText(translator, 'note', note);
    if (text !== null) {
      blocks.push({ kind: 'text', text });
    }
  }
  const why = answer.plan.verdict === 'fits' ? null : reasonText(translator, 'reason', answer.plan.reason);
  if (why !== null) {
    blocks.push({ kind: 'text', text: why });
  }
  blocks.push(table(answer, translator));
  const largest = largestLine(answer, translator);
  if (largest !== null) {
    blocks.push({ kind: 'text', text: largest });
  }
  for (const text of speedTexts(answer, translator, services.timeZone)) {
    blocks.push({ kind: 'text', text });
  }
  if (answer.plan.verdict !== 'fits') {
    blocks.push(
      { kind: 'heading', text: translator.t('fit.help') },
      {
        kind: 'list',
        items: [
          ...answer.advice.map((advice) => adviceText(advice, translator)),
          ...(answer.advice.some(({ kind }) => kind === 'smaller-quantization' || kind === 'quantization')
            ? []
            : [translator.t('fit.help.smaller-quantization')]),
        ],
      },
    );
  }
  const drawn = fitPicture(answer, translator, services);
  if (drawn !== null) {
    blocks.push(drawn);
  }
  for (const text of remarks(answer, translator, services)) {
    blocks.push({ kind: 'small', text });
  }
  return {
    tone: answer.plan.verdict === 'fits' && evictions.length > 0 ? 'warning' : TONE[answer.plan.verdict],
    title: title(answer, translator),
    blocks,
    actions: fitActions(answer, translator, services),
  };
}

/** The reply where no GPU is known, or its numbers are too old: what the model needs, and no verdict. */
export function unknownReply(question: FitQuestion, need: Plan, translator: Translator, services: Services): Reply {
  const { snapshot } = question;
  const gpu = need.gpus[0];
  const blocks: Block[] = [];
  const stale = snapshot?.gpuStale === true && snapshot.gpuAgeMs !== null;
  if (stale) {
    blocks.push({ kind: 'text', text: translator.text('fit.note.stale', { age: snapshot.gpuAgeMs ?? 0 }) });
  }
  for (const problem of snapshot?.gpuProblems ?? []) {
    const text = reasonText(translator, 'gpu-error', problem);
    if (text !== null) {
      blocks.push({ kind: 'text', text });
    }
  }
  const unset = (snapshot?.gpuProblems ?? []).every((problem) => problem.code === 'no-source');
  if (!stale) {
    blocks.push({ kind: 'text', text: translator.text(unset ? 'fit.note.no-gpus' : 'fit.note.gpus-failing') });
  }
  if (gpu !== undefined) {
    blocks.push({
      kind: 'table',
      columns: [
        { title: 'GiB', align: 'left' },
        { title: translator.t('fit.column.need'), align: 'right' },
      ],
      rows: [
        ...PARTS.filter((part) => part.of(gpu) > 0).map((part) => [
          translator.t(`fit.column.${part.key}`),
          formatDecimal(part.of(gpu) / GIB, 2),
        ]),
        [translator.t('common.total'), formatDecimal(gpu.totalBytes / GIB, 2)],
      ],
    });
  }
  if (services.simulated) {
    blocks.push({ kind: 'small', text: translator.text('fit.note.simulated') });
  }
  if (question.ctxDefaulted) {
    blocks.push({ kind: 'small', text: defaultedText(question, translator) });
  }
  return {
    tone: 'neutral',
    title: translator.text('fit.title.unknown', {
      model: { code: question.found.spec.name },
      server: { code: snapshot?.name ?? '?' },
    }),
    blocks,
    failed: true,
  };
}
