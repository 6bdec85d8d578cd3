import { z } from 'zod';
import { type Command, type CommandContext, runnable } from '../src/chat/command.ts';
import type { Action, Block, Reply } from '../src/chat/reply.ts';
import type { Text } from '../src/chat/text.ts';
import { pickServer } from '../src/servers/asking/pick-server.ts';
import type { Bench } from '../src/servers/benches.ts';
import type { BenchOutcome } from '../src/servers/loading/bench.ts';
import { requesterOf } from './load/people.ts';
import { problemText } from './load/reply.ts';
import { loadsOf } from './load/run.ts';
import { completeLoadedModel, completeServer } from './parts/completion.ts';
import { modelOption, serverOption } from './parts/options.ts';
import { measuredSpeed, shortDay } from './parts/speed.ts';
import type { Services } from './services.ts';

const schema = z.object({
  model: z.string().trim().min(1).max(200),
  server: z.string().trim().min(1).max(64).optional(),
});

type Context = CommandContext<Services>;
type Options = z.output<typeof schema>;

async function run(context: Context, options: Options): Promise<Reply> {
  const { services, translator, signal } = context;
  const loads = loadsOf(services);
  const server = pickServer(services, options.server);
  const params = { model: { code: options.model }, server: { code: server.name } };
  const earlier = (await services.benches?.find(server.name, options.model, null)) ?? null;
  const outcome = await loads.bench(
    server,
    { model: options.model, by: requesterOf(context) },
    {
      signal,
      onStep: ({ params: { place } }) => {
        const waits = typeof place === 'number' && place > 0;
        context.progress({
          tone: 'neutral',
          title: translator.text('bench.title.running', params),
          blocks: waits ? [{ kind: 'small', text: translator.text('load.step.wait.running', { place }) }] : [],
        });
      },
    },
  );
  return benchReply(context, options, outcome, earlier);
}

function benchReply(context: Context, options: Options, outcome: BenchOutcome, earlier: Bench | null): Reply {
  const { translator, services } = context;
  const { bench, problem } = outcome;
  if (bench === null) {
    return {
      tone: 'bad',
      title: problemText(translator, problem ?? { code: 'load-failed', params: {} }),
      blocks: [],
      actions: problem?.code === 'bench-not-loaded' ? [loadAction(context, options)] : [],
      failed: true,
    };
  }
  const lines: Text[] = [];
  if (bench.promptPerSecond !== null) {
    const speed = measuredSpeed(bench.promptPerSecond);
    lines.push(translator.text('bench.prompt', { speed, tokens: bench.promptTokens }));
  }
  if (bench.numCtx !== null) {
    lines.push(translator.text('bench.context', { ctx: bench.numCtx }));
  }
  if (bench.gpuShare !== null && bench.gpuShare < 0.999) {
    lines.push(translator.text('bench.spilled', { share: bench.gpuShare }));
  }
  if (earlier !== null) {
    const day = shortDay(earlier.atMs, translator, services.timeZone);
    lines.push(translator.text('bench.earlier', { speed: measuredSpeed(earlier.generatedPerSecond), day }));
  }
  const blocks: Block[] = lines.length === 0 ? [] : [{ kind: 'list', items: lines }];
  if (outcome.shared) {
    blocks.push({ kind: 'text', text: translator.text('bench.shared') });
  }
  blocks.push({ kind: 'small', text: translator.text('bench.keep-alive') });
  if (services.simulated) {
    blocks.push({ kind: 'small', text: translator.text('fit.note.simulated') });
  }
  return {
    tone: 'good',
    title: translator.text('bench.title.measured', {
      model: { code: outcome.model },
      server: { code: outcome.server },
      speed: measuredSpeed(bench.generatedPerSecond),
      tokens: bench.generatedTokens,
    }),
    blocks,
  };
}

function loadAction({ translator }: Context, { model, server }: Options): Action {
  return {
    label: translator.t('bench.action.load'),
    style: 'primary',
    call: { command: 'load', options: { model, ...(server === undefined ? {} : { server }) } },
  };
}

/** `/bench`: how fast a loaded model is. */
export const benchCommand: Command<Services> = {
  name: 'bench',
  description: 'bench.description',
  example: '/bench gemma3:12b',
  run: runnable<Services, typeof schema>({
    description: 'bench.description',
    access: 'operator',
    // It may wait for a load that runs on the same server.
    timeoutMs: null,
    options: [modelOption, serverOption],
    schema,
    run,
    complete: (context, request) =>
      request.option === 'model' ? completeLoadedModel(context, request) : completeServer(context, request),
  }),
};
