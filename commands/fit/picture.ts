import { GIB } from '../../src/base/bytes.ts';
import { formatDecimal, formatGib } from '../../src/base/format.ts';
import type { Bar, BarsSpec } from '../../src/chat/pictures/spec.ts';
import type { Block } from '../../src/chat/reply.ts';
import type { Translator } from '../../src/chat/translate.ts';
import { gpuLabels, sharedName } from '../parts/server-state.ts';
import type { Services } from '../services.ts';
import type { FitAnswer } from './answer.ts';
import { isIdle, PARTS } from './parts.ts';

const SERIES = [
  ['fit.column.others', 'grey'],
  ['fit.column.weights', 'blue'],
  ['fit.column.cache', 'orange'],
  ['fit.column.compute', 'green'],
  ['fit.column.projector', 'purple'],
  ['fit.column.overhead', 'vermilion'],
  ['fit.picture.free', 'empty'],
] as const;

function gpuBars({ plan, estimate }: FitAnswer, translator: Translator): Bar[] {
  const labels = gpuLabels(estimate.gpus);
  return plan.gpus.map((gpu, index) => {
    const device = estimate.gpus[index]!;
    const before = device.totalBytes - device.freeBytes;
    const values = [before, ...PARTS.map((part) => (isIdle(gpu) ? 0 : part.of(gpu)))];
    const after = values.reduce((sum, value) => sum + value, 0);
    return {
      label: labels[index]!,
      capacityBytes: device.totalBytes,
      note: `${formatDecimal(after / GIB, 1)} / ${formatGib(device.totalBytes, translator.locale)}`,
      segments: [...values, Math.max(0, device.totalBytes - after)].map((bytes, series) => ({ series, bytes })),
    };
  });
}

/** What goes to system memory where not all fits on the GPUs: slow, and perhaps more than there is. */
function hostBar({ plan, estimate }: FitAnswer, translator: Translator): Bar | null {
  const { params } = plan.reason;
  const counted = plan.host.weightsBytes + plan.host.cacheBytes + plan.host.computeBytes;
  const wanted = typeof params.systemNeededBytes === 'number' ? params.systemNeededBytes : params.neededBytes;
  const said = typeof params.systemAvailableBytes === 'number' ? params.systemAvailableBytes : params.availableBytes;
  const refused = plan.verdict === 'refused' && typeof wanted === 'number' && typeof said === 'number';
  const needBytes = refused ? wanted : counted;
  const there = refused ? said : (estimate.system?.totalBytes ?? Number.POSITIVE_INFINITY);
  const short = refused || needBytes > there;
  if (plan.verdict === 'fits' || needBytes <= 0 || !Number.isFinite(needBytes)) {
    return null;
  }
  const parts = refused
    ? [{ series: 1, bytes: needBytes }]
    : [plan.host.weightsBytes, plan.host.cacheBytes, plan.host.computeBytes].map((bytes, part) => ({
        series: part + 1,
        bytes,
      }));
  return {
    label: translator.t('fit.row.host'),
    // Beside cards of 8 GiB a machine's memory would dwarf them: only what is taken of it is drawn.
    capacityBytes: short ? there : needBytes,
    note: short
      ? translator.t('fit.picture.too-much', { need: needBytes, there })
      : translator.t('fit.picture.in-ram', { bytes: needBytes }),
    segments: parts,
    apart: short ? 'short' : 'slow',
  };
}

/** The picture of an answer: a bar per GPU, and one for system memory where not all fits. `null` without GPUs. */
export function fitPicture(answer: FitAnswer, translator: Translator, services: Services): Block | null {
  const { plan, estimate, question } = answer;
  if (estimate.gpus.length === 0) {
    return null;
  }
  const gpus = gpuBars(answer, translator);
  const host = hostBar(answer, translator);
  const bars = host === null ? gpus : [...gpus, host];
  const params = { model: question.found.spec.name, ctx: plan.numCtx };
  const caption = sharedName(estimate.gpus);
  const spec: BarsSpec = {
    kind: 'bars',
    title: translator.t('fit.picture.title', params),
    ...(caption === null ? {} : { caption }),
    ...(plan.verdict === 'fits'
      ? {}
      : {
          warning: translator.t(`fit.picture.${plan.verdict}`, {
            host: plan.host.weightsBytes + plan.host.cacheBytes,
          }),
        }),
    series: SERIES.map(([key, colour]) => ({ label: translator.t(key), colour })),
    bars,
  };
  const summary = bars.map((bar) => `${bar.label} ${bar.note}`).join(translator.locale === 'en' ? ', ' : '、');
  return {
    kind: 'picture',
    picture: {
      name: 'fit.png',
      alt: translator.t('fit.picture.alt', { ...params, gpus: summary }),
      spec: { charts: [spec] },
      png: () => services.painter.draw({ charts: [spec] }),
    },
  };
}
