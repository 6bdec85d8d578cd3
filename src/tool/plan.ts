import { answerSet, type SetAnswerOf } from '../../commands/plan/answer.ts';
import { parseSet } from '../../commands/plan/parse.ts';
import { planReply } from '../../commands/plan/reply.ts';
import type { SetAnswer } from '../estimator/plan/sets.ts';
import { pickServer } from '../servers/asking/pick-server.ts';
import type { Tool, ToolCall } from './command.ts';
import { showReply } from './show.ts';

const TIME_LIMIT_MS = 60_000;
const EXIT_TOGETHER = 0;
const EXIT_SMALLER = 2;
const EXIT_NOT = 3;

function stepsJson({ steps, together, leftBytes }: SetAnswer) {
  return {
    together,
    left: leftBytes,
    steps: steps.map(({ name, plan, evicted, loaded }) => ({
      name,
      verdict: plan.verdict,
      numCtx: plan.numCtx,
      gpus: plan.gpus.map((gpu) => gpu.totalBytes),
      host: plan.host.totalBytes,
      evicts: evicted,
      loaded,
    })),
  };
}

function exitCode({ fitted }: SetAnswerOf): number {
  return fitted.asked.together ? EXIT_TOGETHER : fitted.contexts === null ? EXIT_NOT : EXIT_SMALLER;
}

/** `headroom plan "gemma3:12b@32k nomic-embed-text"`: a set. @returns 0 together, 2 with shorter contexts, 3 not */
export async function runPlan(tool: Tool, { args, options }: ToolCall): Promise<number> {
  const { translator } = tool;
  const text = (name: string) => (typeof options[name] === 'string' ? (options[name] as string) : undefined);
  const [gpus, server, ollama] = [text('gpus'), text('server'), text('ollama')];
  const models = parseSet(args.join(' '));
  const offline = gpus !== undefined && server === undefined;
  const services = await tool.services({ servers: !offline });
  const answer = await answerSet(
    services,
    'tool',
    {
      models,
      ollama,
      server: offline ? null : pickServer(services, server),
      gpus: gpus === undefined ? undefined : services.readGpuList(gpus),
    },
    AbortSignal.timeout(TIME_LIMIT_MS),
  );
  if (options.json === true) {
    const { asked, contexts, fitted } = answer.fitted;
    tool.write(
      `${JSON.stringify({ asked: stepsJson(asked), contexts, fitted: fitted === null ? null : stepsJson(fitted) })}\n`,
    );
  } else {
    tool.write(await showReply(tool, planReply(answer, translator), services.now()));
  }
  return exitCode(answer);
}
