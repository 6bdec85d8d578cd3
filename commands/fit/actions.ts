import type { Action, OptionValue } from '../../src/chat/reply.ts';
import type { Translator } from '../../src/chat/translate.ts';
import type { Services } from '../services.ts';
import type { FitAnswer } from './answer.ts';

type Options = Readonly<Record<string, OptionValue>>;

/** What was asked, without the context, so that it can be asked again. */
function sameQuestion({ question }: FitAnswer): Options {
  const { options, found } = question;
  return {
    model: found.spec.name,
    ...(options.server === undefined ? {} : { server: options.server }),
    ...(options.gpus === undefined ? {} : { gpus: options.gpus }),
    ...(options.kv === undefined ? {} : { kv: options.kv }),
    ...(options.parallel === undefined ? {} : { parallel: options.parallel }),
    ...(options.on === undefined ? {} : { on: options.on }),
    ...(found.quantization === undefined ? {} : { quant: found.quantization }),
  };
}

/** Whether it can be loaded where it was asked about. */
function isLoadable({ question }: FitAnswer): boolean {
  // Ollama takes no choice of several GPUs with a request.
  return (
    !question.gpusGiven &&
    question.options.on === undefined &&
    question.snapshot?.ollama.state === 'up' &&
    question.found.source === 'server'
  );
}

/** The best quantization with which it would fit: another file of the server, or one that was worked out. */
function quantizationAction(answer: FitAnswer, same: Options, ctx: number, translator: Translator): Action[] {
  for (const advice of answer.advice) {
    if (advice.kind === 'quantization') {
      const { quant: _quant, ...rest } = same;
      return [
        {
          label: translator.t('fit.action.other', { what: advice.model }),
          style: 'secondary',
          call: { command: 'fit', options: { ...rest, model: advice.model, ctx } },
        },
      ];
    }
    if (advice.kind === 'smaller-quantization') {
      return [
        {
          label: translator.t('fit.action.other', { what: advice.target }),
          style: 'secondary',
          call: { command: 'fit', options: { ...same, quant: advice.target, ctx } },
        },
      ];
    }
  }
  return [];
}

/** Tells the presser when it fits; only where that can come, on a server that somebody looks at. */
function watchAction(answer: FitAnswer, ctx: number, translator: Translator, services: Services): Action[] {
  const { question, plan, couldFit } = answer;
  const { options, found } = question;
  if (plan.verdict === 'fits' || !couldFit || question.gpusGiven || services.watches === undefined) {
    return [];
  }
  if (
    found.quantization !== undefined ||
    options.kv !== undefined ||
    options.parallel !== undefined ||
    options.on !== undefined
  ) {
    return [];
  }
  const server = options.server === undefined ? {} : { server: options.server };
  return [
    {
      label: translator.t('fit.action.notify'),
      style: 'secondary',
      call: { command: 'notify', subcommand: 'when-fits', options: { model: found.spec.name, ctx, ...server } },
    },
  ];
}

/** The buttons under an answer; no two lead to the same. */
export function fitActions(answer: FitAnswer, translator: Translator, services: Services): Action[] {
  const { question, plan, largestCtx } = answer;
  const { options, request } = question;
  const same = sameQuestion(answer);
  const list: Action[] = [];
  const loadCtx = plan.verdict === 'fits' ? request.numCtx : largestCtx;
  const offersLoad = loadCtx !== null && isLoadable(answer);
  if (offersLoad) {
    const server = options.server === undefined ? {} : { server: options.server };
    list.push({
      label: translator.t('fit.action.load', { ctx: loadCtx }),
      style: 'primary',
      call: { command: 'load', options: { model: question.found.spec.name, ctx: loadCtx, ...server } },
    });
  }
  if (largestCtx !== null && largestCtx !== request.numCtx && !(offersLoad && loadCtx === largestCtx)) {
    list.push({
      label: translator.t('fit.action.largest', { ctx: largestCtx }),
      style: 'secondary',
      call: { command: 'fit', options: { ...same, ctx: largestCtx } },
    });
  }
  list.push(
    ...watchAction(answer, request.numCtx, translator, services),
    ...quantizationAction(answer, same, request.numCtx, translator),
  );
  list.push({
    label: translator.t('fit.action.explain'),
    style: 'secondary',
    call: { handler: 'fit.explain', payload: { ...same, ctx: request.numCtx } },
  });
  if (plan.verdict !== 'refused' || largestCtx !== null) {
    list.push({
      label: translator.t('fit.action.launch'),
      style: 'secondary',
      call: { handler: 'fit.launch', payload: { ...same, ctx: request.numCtx } },
    });
  }
  if (question.found.spec.tensors.length > 0 && answer.estimate.gpus.length > 0) {
    list.push({
      label: translator.t('fit.action.sweep'),
      style: 'secondary',
      call: { handler: 'fit.sweep', payload: { ...same, ctx: request.numCtx } },
    });
  }
  return list;
}
