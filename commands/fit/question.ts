import type { KvCacheType } from '../../src/estimator/types.ts';
import type { GatheredQuestion } from '../../src/servers/asking/asking.ts';
import { pickServer } from '../../src/servers/asking/pick-server.ts';
import type { Asked } from '../../src/servers/asking/question.ts';
import { readGpuNumbers } from '../parts/gpu-numbers.ts';
import type { Services } from '../services.ts';

/** What somebody asks. */
export interface FitOptions {
  readonly model: string;
  readonly ctx?: number | undefined;
  readonly server?: string | undefined;
  readonly gpus?: string | undefined;
  readonly kv?: KvCacheType | undefined;
  readonly parallel?: number | undefined;
  /** Quantization in place of the model's own, in llama-quantize's spelling. */
  readonly quant?: string | undefined;
  /** The only GPUs to use, as people write them: `0,1`. */
  readonly on?: string | undefined;
  /** Whether the asker may see what the owner's own token opens: operators. */
  readonly restricted?: boolean | undefined;
  /** Ollama's version, for "what would that version do". */
  readonly ollama?: string | undefined;
  /** No server is asked: GPUs and version come with the question. */
  readonly offline?: boolean | undefined;
}

/** Everything an answer rests on. */
export interface FitQuestion extends GatheredQuestion {
  readonly options: FitOptions;
}

function toAsked(services: Services, options: FitOptions): Asked {
  return {
    numCtx: options.ctx,
    kvCacheType: options.kv,
    numParallel: options.parallel,
    ollama: options.ollama,
    quantization: options.quant,
    restricted: options.restricted,
    on: options.on === undefined ? undefined : readGpuNumbers(options.on),
    gpus: options.gpus === undefined ? undefined : services.readGpuList(options.gpus),
  };
}

/**
 * Gathers what an answer needs. Rejects with typed errors: `server-unknown`, `model-unknown`, `gpus-…`,
 * `ctx-beyond-training`, ….
 */
export async function gatherQuestion(
  services: Services,
  options: FitOptions,
  signal: AbortSignal,
): Promise<FitQuestion> {
  const server = options.offline === true ? null : pickServer(services, options.server);
  const asked = toAsked(services, options);
  return { options, ...(await services.asking.gather(server, options.model, asked, signal)) };
}

/** The question with what is known already, for while a server keeps everybody waiting; `null` where that is too little. */
export async function gatherAtOnce(services: Services, options: FitOptions): Promise<FitQuestion | null> {
  const server = pickServer(services, options.server);
  const question = await services.asking.gatherAtOnce(server, options.model, toAsked(services, options));
  return question === null ? null : { options, ...question };
}
