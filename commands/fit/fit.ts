import { z } from 'zod';
import { GIB } from '../../src/base/bytes.ts';
import { within } from '../../src/base/wait.ts';
import {
  type ActionHandler,
  type Choice,
  type Command,
  type CommandContext,
  runnable,
} from '../../src/chat/command.ts';
import { allows } from '../../src/chat/permissions.ts';
import type { Reply } from '../../src/chat/reply.ts';
import type { KvCacheType, Plan } from '../../src/estimator/types.ts';
import { versionText } from '../../src/servers/asking/server-view.ts';
import type { Bench } from '../../src/servers/benches.ts';
import type { Estimator } from '../../src/workers/estimates.ts';
import { completeContext, completeModel, completeQuantization, completeServer } from '../parts/completion.ts';
import { ctxOption, modelOption, serverOption } from '../parts/options.ts';
import type { Services } from '../services.ts';
import { answerQuestion, withSmaller } from './answer.ts';
import { explainReply } from './explain.ts';
import { launchOf, launchReply } from './launch.ts';
import { type FitOptions, type FitQuestion, gatherAtOnce, gatherQuestion } from './question.ts';
import { fitReply, unknownReply } from './reply.ts';
import { fittingSibling } from './siblings.ts';
import { somewhereReply } from './somewhere.ts';
import { sweepReply } from './sweep.ts';

/** Types that both llama.cpp's CUDA kernels and Ollama take. */
const KV_CHOICES = ['f16', 'q8_0', 'q4_0'] as const satisfies readonly KvCacheType[];
const MAX_SLOTS = 256;
/** After this time without the server's answer something is shown, ms. */
const PATIENCE_MS = 250;

const fitSchema = z.object({
  model: z.string().trim().min(1).max(200),
  ctx: z.number().int().min(1).max(100_000_000).optional(),
  server: z.string().trim().min(1).max(64).optional(),
  gpus: z.string().trim().min(1).max(500).optional(),
  kv: z.enum(KV_CHOICES).optional(),
  parallel: z.number().int().min(1).max(MAX_SLOTS).optional(),
  quant: z.string().trim().min(1).max(20).optional(),
  on: z.string().trim().min(1).max(100).optional(),
});

type Context = CommandContext<Services>;

/** What the person asks, with what they may see. */
function allowed(context: Context, options: FitOptions): FitOptions {
  return { ...options, restricted: allows(context.person.access, 'operator') };
}

/** The reply to one question, where the server is settled. */
async function answer(context: Context, asked: FitOptions): Promise<Reply> {
  const options = allowed(context, asked);
  const estimator = context.services.estimates.by(context.person.id, context.signal);
  const gathering = gatherQuestion(context.services, options, context.signal);
  const slow = await within(PATIENCE_MS, gathering.then(isSettled, isSettled), () => true);
  if (slow) {
    await showWhatIsKnown(context, estimator, options);
  }
  const question = await gathering;
  const { estimate, snapshot } = question;
  if (estimate === null || (snapshot?.gpuStale === true && !question.gpusGiven)) {
    return unknownReply(question, await needOnOneGpu(estimator, question), context.translator, context.services);
  }
  const found = {
    ...(await answerQuestion(estimator, question, estimate)),
    measured: await measuredFor(context.services, question),
  };
  if (found.plan.verdict === 'fits') {
    return fitReply(found, context.translator, context.services);
  }
  if (question.gpusGiven) {
    return fitReply(await withSmaller(found, estimator), context.translator, context.services);
  }
  const sibling = await fittingSibling(context.services, estimator, question, estimate, context.signal);
  if (sibling === null) {
    return fitReply(await withSmaller(found, estimator), context.translator, context.services);
  }
  const advice = [...found.advice, { kind: 'quantization' as const, model: sibling }];
  return fitReply({ ...found, advice }, context.translator, context.services);
}

/** What was measured of the model where it is asked for, with that context where that was measured. */
async function measuredFor({ benches }: Services, question: FitQuestion): Promise<Bench | null> {
  const { snapshot, gpusGiven, found, request } = question;
  if (benches === undefined || snapshot === null || gpusGiven || found.quantization !== undefined) {
    return null;
  }
  return benches.find(snapshot.name, found.spec.name, request.numCtx);
}

const isSettled = () => false;

/** A server that keeps everybody waiting: until it answers or is given up, the built-in list and the last numbers speak. */
async function showWhatIsKnown(context: Context, estimator: Estimator, options: FitOptions): Promise<void> {
  try {
    const known = await gatherAtOnce(context.services, options);
    if (known === null || known.estimate === null) {
      return;
    }
    const { actions: _later, ...reply } = fitReply(
      await answerQuestion(estimator, known, known.estimate),
      context.translator,
      context.services,
    );
    const still = { kind: 'small' as const, text: context.translator.text('fit.note.still-asking') };
    context.progress({ ...reply, blocks: [still, ...reply.blocks] });
  } catch {
    // What is wrong with the question is told by the answer itself.
  }
}

/** What the model would take on one GPU large enough for all of it. */
function needOnOneGpu(estimator: Estimator, question: FitQuestion): Promise<Plan> {
  const { ollama } = question.snapshot ?? {};
  const said = versionText(ollama?.state === 'up' ? ollama.version : (ollama?.lastVersion ?? null));
  const version = question.options.ollama ?? question.estimate?.ollama ?? said;
  const large = { name: 'GPU', totalBytes: 4096 * GIB, freeBytes: 4096 * GIB };
  return estimator.decide(question.found.spec, { ollama: version, gpus: [large] }, question.request);
}

async function run(context: Context, options: FitOptions): Promise<Reply> {
  const { servers } = context.services.servers;
  if (options.server === undefined && options.gpus === undefined && servers.length > 1) {
    return somewhereReply(context, allowed(context, options));
  }
  return answer(context, options);
}

/** `/fit`: does this model fit with this context? */
export const fitCommand: Command<Services> = {
  name: 'fit',
  description: 'fit.description',
  example: '/fit gemma3:12b ctx:32768',
  run: runnable<Services, typeof fitSchema>({
    description: 'fit.description',
    access: 'everyone',
    options: [
      modelOption,
      ctxOption,
      serverOption,
      { name: 'gpus', description: 'option.gpus', type: 'string', maxLength: 500 },
      { name: 'kv', description: 'option.kv', type: 'string', choices: KV_CHOICES.map((value) => ({ value })) },
      { name: 'parallel', description: 'option.parallel', type: 'integer', min: 1, max: MAX_SLOTS },
      { name: 'quant', description: 'option.quant', type: 'string', maxLength: 20, completes: true },
      { name: 'on', description: 'option.on', type: 'string', maxLength: 100 },
    ],
    schema: fitSchema,
    run,
    complete: (context, request): Promise<readonly Choice[]> => {
      if (request.option === 'model') {
        return completeModel(context, request);
      }
      if (request.option === 'ctx') {
        return completeContext(context, request);
      }
      if (request.option === 'quant') {
        return completeQuantization(request);
      }
      return completeServer(context, request);
    },
  }),
};

/** The button under an answer: every figure with its formula. */
export const fitExplain: ActionHandler<Services> = {
  name: 'fit.explain',
  access: 'everyone',
  private: true,
  payload: fitSchema,
  run: async (context: Context, options: FitOptions) => {
    const estimator = context.services.estimates.by(context.person.id, context.signal);
    const question = await gatherQuestion(context.services, allowed(context, options), context.signal);
    if (question.estimate === null) {
      return unknownReply(question, await needOnOneGpu(estimator, question), context.translator, context.services);
    }
    return explainReply(await answerQuestion(estimator, question, question.estimate), context.translator);
  },
};

/** The button under an answer: quantization × largest context. */
export const fitSweep: ActionHandler<Services> = {
  name: 'fit.sweep',
  access: 'everyone',
  payload: fitSchema,
  run: async (context: Context, options: FitOptions) => {
    const { services, translator } = context;
    const estimator = services.estimates.by(context.person.id, context.signal);
    const question = await gatherQuestion(services, allowed(context, options), context.signal);
    if (question.estimate === null) {
      return unknownReply(question, await needOnOneGpu(estimator, question), translator, services);
    }
    const { estimate } = question;
    const rows = await estimator.sweep(question.found.spec, estimate, question.request);
    return sweepReply({ question, estimate, rows }, translator, services);
  },
};

/** The button under an answer: what starts it as planned, for Ollama and for llama-server. */
export const fitLaunch: ActionHandler<Services> = {
  name: 'fit.launch',
  access: 'everyone',
  payload: fitSchema,
  run: async (context: Context, options: FitOptions) => {
    const { services, translator } = context;
    const estimator = services.estimates.by(context.person.id, context.signal);
    const question = await gatherQuestion(services, allowed(context, options), context.signal);
    if (question.estimate === null) {
      return unknownReply(question, await needOnOneGpu(estimator, question), translator, services);
    }
    const found = await answerQuestion(estimator, question, question.estimate);
    return launchReply(found, await launchOf(estimator, found), translator, services);
  },
};

export { answer as answerFit };
