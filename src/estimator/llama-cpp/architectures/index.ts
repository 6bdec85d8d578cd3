/** The architectures whose graphs are described. */

import type { Architecture } from '../architecture.ts';
import { bert, gemmaEmbedding, modernBert } from './bert.ts';
import { bitnet } from './bitnet.ts';
import { chameleon } from './chameleon.ts';
import { cohere2, cohere2moe, commandR } from './cohere.ts';
import { deci } from './deci.ts';
import { deepseek2, miniCpm3, plm } from './deepseek.ts';
import { deepseek32, glmDsa } from './deepseek-sparse.ts';
import { deepseek4 } from './deepseek4.ts';
import { apertus, arcee, hunyuan, miniCpm, mistral3, nemotron } from './dense-llama.ts';
import { dream, lladaMoe } from './diffusion.ts';
import { euroBert, llamaEmbed, neoBert } from './encoders.ts';
import { ernie } from './ernie.ts';
import { exaone, exaone4, exaoneMoe } from './exaone.ts';
import {
  arctic,
  bailingMoe,
  bailingMoe2,
  dbrx,
  deepseek,
  dots1,
  grok,
  hunyuanMoe,
  smallThinker,
} from './expert-llama.ts';
import { gemma, gemma2, gemma3 } from './gemma.ts';
import { gemma3n } from './gemma3n.ts';
import { gemma4 } from './gemma4.ts';
import { glm4, glm4moe } from './glm.ts';
import { bloom, falcon, gpt2, gptNeox, jais, jais2, mpt, phi2, starcoder2 } from './gpt.ts';
import { gptOss } from './gpt-oss.ts';
import { granite } from './granite.ts';
import { groveMoe } from './grovemoe.ts';
import { kimiLinear } from './kimi-linear.ts';
import { lfm2 } from './lfm2.ts';
import { llama, seedOss, smollm3 } from './llama.ts';
import { baichuan, chatglm, cogVlm, internlm2, mainCoder, nanbeige, orion, refact } from './llama-like.ts';
import { llama4 } from './llama4.ts';
import { falconH1, graniteHybrid, jamba, mamba, nemotronH } from './mamba.ts';
import { minimaxM2 } from './minimax.ts';
import { minimaxM3 } from './minimax-sparse.ts';
import { afmoe, deepseek2Ocr, hyV3, laguna, mellum, mimo2, step35 } from './mixtures.ts';
import { museGlimmer } from './muse-glimmer.ts';
import { olmo, olmo2, olmoe } from './olmo.ts';
import { openElm } from './openelm.ts';
import { phi3 } from './phi.ts';
import { plamo, plamo3 } from './plamo.ts';
import { plamo2 } from './plamo2.ts';
import { qwen2, qwen2moe, qwen2vl, qwen3, qwen3moe, qwen3vl, qwen3vlmoe } from './qwen.ts';
import { qwen3next, qwen35 } from './qwen-next.ts';
import { rwkv, rwkvQwen2 } from './rwkv.ts';
import { stableLm } from './stablelm.ts';
import { t5, t5Encoder } from './t5.ts';
import { talkie } from './talkie.ts';

const ARCHITECTURES: readonly Architecture[] = [
  afmoe,
  apertus,
  arcee,
  arctic,
  baichuan,
  bailingMoe,
  bailingMoe2,
  bert,
  bitnet,
  bloom,
  chameleon,
  chatglm,
  cogVlm,
  cohere2,
  cohere2moe,
  commandR,
  dbrx,
  deci,
  deepseek,
  deepseek2,
  deepseek2Ocr,
  deepseek32,
  deepseek4,
  dots1,
  dream,
  ernie,
  euroBert,
  exaone,
  exaone4,
  exaoneMoe,
  falcon,
  falconH1,
  gemma,
  gemma2,
  gemma3,
  gemma3n,
  gemma4,
  gemmaEmbedding,
  glm4,
  glm4moe,
  glmDsa,
  gpt2,
  gptNeox,
  gptOss,
  granite,
  graniteHybrid,
  grok,
  groveMoe,
  hunyuan,
  hunyuanMoe,
  hyV3,
  internlm2,
  jais,
  jais2,
  jamba,
  kimiLinear,
  laguna,
  lfm2,
  lladaMoe,
  llama,
  llama4,
  llamaEmbed,
  mainCoder,
  mamba,
  mellum,
  mimo2,
  miniCpm,
  miniCpm3,
  minimaxM2,
  minimaxM3,
  mistral3,
  modernBert,
  mpt,
  museGlimmer,
  nanbeige,
  nemotron,
  nemotronH,
  neoBert,
  olmo,
  olmo2,
  olmoe,
  openElm,
  orion,
  phi2,
  phi3,
  plamo,
  plamo2,
  plamo3,
  plm,
  qwen2,
  qwen2moe,
  qwen2vl,
  qwen3,
  qwen35,
  qwen3moe,
  qwen3next,
  qwen3vl,
  qwen3vlmoe,
  refact,
  rwkv,
  rwkvQwen2,
  seedOss,
  smallThinker,
  smollm3,
  stableLm,
  starcoder2,
  step35,
  t5,
  t5Encoder,
  talkie,
];

const BY_NAME: ReadonlyMap<string, Architecture> = new Map(
  ARCHITECTURES.flatMap((architecture) => architecture.names.map((name) => [name, architecture] as const)),
);

/** The description of `general.architecture`, undefined if there is none. */
export function findArchitecture(name: string): Architecture | undefined {
  return BY_NAME.get(name);
}

/** Every value of `general.architecture` that is described. */
export function describedNames(): readonly string[] {
  return [...BY_NAME.keys()];
}
