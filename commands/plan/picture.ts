import { GIB } from '../../src/base/bytes.ts';
import { formatDecimal, formatGib } from '../../src/base/format.ts';
import type { Bar, BarsSpec, ColourName } from '../../src/chat/pictures/spec.ts';
import type { Block } from '../../src/chat/reply.ts';
import type { Translator } from '../../src/chat/translate.ts';
import type { SetAnswer } from '../../src/estimator/plan/sets.ts';
import type { EstimateServer } from '../../src/estimator/types.ts';
import { gpuLabels, sharedName } from '../parts/server-state.ts';
import type { Services } from '../services.ts';

/** Colours of models, told apart by everybody; what is beyond them shares the last one. */
const MODEL_COLOURS: readonly ColourName[] = ['blue', 'orange', 'green', 'purple', 'sky', 'vermilion', 'yellow'];

/** The latest plan of each model, in the order of the set: one that was sent away is drawn where it was. */
function lastSteps({ steps }: SetAnswer) {
  return steps.filter(({ name }, index) => steps.findLastIndex((step) => step.name === name) === index);
}

function gpuBars(answer: SetAnswer, { gpus }: EstimateServer, colours: number, translator: Translator): Bar[] {
  const labels = gpuLabels(gpus);
  const steps = lastSteps(answer);
  return gpus.map((gpu, index) => {
    const before = gpu.totalBytes - gpu.freeBytes;
    const segments = [
      { series: 0, bytes: before },
      ...steps.map(({ plan }, model) => ({
        series: 1 + Math.min(model, colours - 1),
        bytes: plan.gpus[index]?.totalBytes ?? 0,
      })),
    ];
    const used = segments.reduce((sum, { bytes }) => sum + bytes, 0);
    return {
      label: labels[index]!,
      capacityBytes: gpu.totalBytes,
      note: `${formatDecimal(used / GIB, 1)} / ${formatGib(gpu.totalBytes, translator.locale)}`,
      segments: [...segments, { series: colours + 1, bytes: Math.max(0, gpu.totalBytes - used) }],
    };
  });
}

/** What models leave to system memory, each in its colour. */
function hostBar(answer: SetAnswer, colours: number, translator: Translator): Bar | null {
  const segments = lastSteps(answer).map(({ plan }, model) => ({
    series: 1 + Math.min(model, colours - 1),
    bytes: plan.verdict === 'fits' ? 0 : plan.host.totalBytes,
  }));
  const bytes = segments.reduce((sum, one) => sum + one.bytes, 0);
  return bytes === 0
    ? null
    : {
        label: translator.t('fit.row.host'),
        capacityBytes: bytes,
        note: translator.t('fit.picture.in-ram', { bytes }),
        segments,
        apart: 'slow',
      };
}

/** A set as a picture: a bar per GPU, a colour per model; what does not fit there is hatched. `null` without GPUs. */
export function planPicture(
  answer: SetAnswer,
  estimate: EstimateServer,
  where: string,
  translator: Translator,
  services: Pick<Services, 'painter'>,
): Block | null {
  if (estimate.gpus.length === 0) {
    return null;
  }
  const steps = lastSteps(answer);
  const colours = Math.min(steps.length, MODEL_COLOURS.length);
  const more = steps.length - colours;
  const gpus = gpuBars(answer, estimate, colours, translator);
  const host = hostBar(answer, colours, translator);
  const caption = sharedName(estimate.gpus);
  const title = translator.t('plan.picture.title', { count: steps.length, server: where });
  const spec: BarsSpec = {
    kind: 'bars',
    title,
    ...(caption === null ? {} : { caption }),
    ...(answer.together ? {} : { warning: translator.t('plan.picture.not-together') }),
    series: [
      { label: translator.t('fit.column.others'), colour: 'grey' },
      ...steps.slice(0, colours).map(({ name }, index) => ({
        label: more > 0 && index === colours - 1 ? translator.t('plan.picture.more', { count: more + 1 }) : name,
        colour: MODEL_COLOURS[index]!,
      })),
      { label: translator.t('fit.picture.free'), colour: 'empty' },
    ],
    bars: host === null ? gpus : [...gpus, host],
  };
  const summary = spec.bars.map((bar) => `${bar.label} ${bar.note}`).join(translator.locale === 'en' ? ', ' : '、');
  return {
    kind: 'picture',
    picture: {
      name: 'plan.png',
      alt: translator.t('plan.picture.alt', { title, gpus: summary }),
      spec: { charts: [spec] },
      png: () => services.painter.draw({ charts: [spec] }),
    },
  };
}
