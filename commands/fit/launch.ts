import type { Block, Reply } from '../../src/chat/reply.ts';
import type { Translator } from '../../src/chat/translate.ts';
import type { LaunchLine } from '../../src/estimator/plan/launch-line.ts';
import type { GpuDevice, Plan } from '../../src/estimator/types.ts';
import { environmentFor } from '../../src/servers/asking/question.ts';
import { placeableGpus } from '../../src/servers/asking/server-view.ts';
import type { Estimator } from '../../src/workers/estimates.ts';
import type { Services } from '../services.ts';
import type { FitAnswer } from './answer.ts';
import type { FitQuestion } from './question.ts';

/** How to start a model so that it lies as planned. */
export interface Launch {
  /** The plan that the lines are for: as asked, else with the longest context that fits. */
  readonly plan: Plan;
  /** The context is shorter than what was asked for, because that does not fit. */
  readonly shortened: boolean;
  /** What a request to Ollama has to say. */
  readonly options: Readonly<Record<string, number>>;
  readonly modelfile: string;
  /** Variables of the Ollama server that have to be set, and are not. */
  readonly environment: Readonly<Record<string, string>>;
  /** The command line of llama-server; `null` where nothing can be placed. */
  readonly command: string | null;
  /** Whether llama.cpp's own plan of that line is the same. */
  readonly verified: boolean;
}

/** The variable that leaves llama.cpp only some of the GPUs, by library; Metal has one GPU. */
const VISIBLE: Readonly<Record<NonNullable<GpuDevice['library']>, string | null>> = {
  CUDA: 'CUDA_VISIBLE_DEVICES',
  ROCm: 'ROCR_VISIBLE_DEVICES',
  Vulkan: 'GGML_VK_VISIBLE_DEVICES',
  Metal: null,
};

/** The lines for an answer. @throws EstimateError, EstimateRefusedError */
export async function launchOf(estimator: Estimator, answer: FitAnswer): Promise<Launch> {
  const { question, estimate, largestCtx } = answer;
  const { spec } = question.found;
  const shortened = answer.plan.verdict !== 'fits' && largestCtx !== null && largestCtx < question.request.numCtx;
  const request = shortened ? { ...question.request, numCtx: largestCtx } : question.request;
  const plan = shortened ? await estimator.decide(spec, estimate, request) : answer.plan;
  const line = await estimator.launchLine(spec, estimate, request, plan);
  const { name } = spec;
  return {
    plan,
    shortened,
    options: { num_ctx: request.numCtx },
    modelfile: `FROM ${name}\nPARAMETER num_ctx ${request.numCtx}\n`,
    environment: environmentOf(question),
    command: line === null ? null : commandOf(question, estimate.gpus, line),
    verified: line?.verified ?? false,
  };
}

/** What of the question only Ollama's own environment can say, where the server has it otherwise. */
function environmentOf(question: FitQuestion): Readonly<Record<string, string>> {
  const { options, server, request, estimate } = question;
  const asked = {
    ...(options.kv === undefined ? {} : { kvCacheType: options.kv }),
    ...(request.numParallel === undefined ? {} : { numParallel: request.numParallel }),
  };
  const variables: Record<string, string> = { ...environmentFor(server?.config.env ?? null, asked) };
  const visible = VISIBLE[estimate?.gpus[0]?.library ?? 'CUDA'];
  if (options.on !== undefined && estimate?.visibleGpus !== undefined && visible !== null) {
    variables[visible] = numbersOf(estimate.visibleGpus, question);
  }
  return variables;
}

/** Numbers of GPUs as the tools count them. */
function numbersOf(
  places: readonly number[],
  { snapshot, gpusGiven }: Pick<FitQuestion, 'snapshot' | 'gpusGiven'>,
): string {
  const cards = snapshot === null || gpusGiven ? [] : placeableGpus(snapshot);
  return places.map((place) => cards[place]?.index ?? place).join(',');
}

function commandOf(question: FitQuestion, gpus: readonly GpuDevice[], line: LaunchLine): string {
  const { spec } = question.found;
  const visible = VISIBLE[gpus[0]?.library ?? 'CUDA'];
  const some = line.gpus.length > 0 && line.gpus.length < gpus.length && visible !== null;
  const repository = /^(?:hf\.co|huggingface\.co)\/([\w.-]+\/[\w.-]+(?::[\w.-]+)?)$/i.exec(spec.name)?.[1];
  const model = repository === undefined ? ['-m', 'MODEL.gguf'] : ['-hf', repository];
  const tower = spec.projector?.source === 'file' && repository === undefined ? ['--mmproj', 'PROJECTOR.gguf'] : [];
  const words = ['llama-server', ...model, ...tower, ...line.flags].map(quoted);
  return `${some ? `${visible}=${numbersOf(line.gpus, question)} ` : ''}${words.join(' ')}`;
}

/** A word as a shell takes it for one. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** The lines as a reply, each to be copied by itself. */
export function launchReply(
  answer: FitAnswer,
  launch: Launch,
  translator: Translator,
  services: Pick<Services, 'simulated'>,
): Reply {
  const { spec } = answer.question.found;
  const { plan } = launch;
  const params = { model: { code: spec.name }, ctx: plan.numCtx };
  const blocks: Block[] = [];
  const add = (heading: Block & { readonly kind: 'heading' }, text: string): void => {
    blocks.push(heading, { kind: 'code', text });
  };
  if (launch.shortened) {
    blocks.push({ kind: 'text', text: translator.text('launch.shortened', { ctx: plan.numCtx }) });
  } else if (plan.verdict !== 'fits') {
    blocks.push({ kind: 'text', text: translator.text('launch.not-fitting') });
  }
  add(
    { kind: 'heading', text: translator.t('launch.options') },
    JSON.stringify({ model: spec.name, options: launch.options }),
  );
  add({ kind: 'heading', text: translator.t('launch.modelfile') }, launch.modelfile.trimEnd());
  const variables = Object.entries(launch.environment).map(([name, value]) => `${name}=${value}`);
  if (variables.length > 0) {
    add({ kind: 'heading', text: translator.t('launch.environment') }, variables.join('\n'));
  }
  if (launch.command !== null) {
    add({ kind: 'heading', text: translator.t('launch.flags') }, launch.command);
    const key = launch.verified ? 'launch.verified' : 'launch.unverified';
    blocks.push({ kind: 'small', text: translator.text(key) });
  }
  if (services.simulated) {
    blocks.push({ kind: 'small', text: translator.text('fit.note.simulated') });
  }
  return {
    tone: plan.verdict === 'fits' ? 'good' : 'warning',
    title: translator.text('launch.title', params),
    blocks,
  };
}
