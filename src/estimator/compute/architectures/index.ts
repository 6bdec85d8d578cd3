/** The architectures whose graphs are described. */

import type { Architecture } from '../architecture.ts';
import { bert, gemmaEmbedding, modernBert } from './bert.ts';
import { cohere2, cohere2moe, commandR } from './cohere.ts';
import { deepseek2, miniCpm3, plm } from './deepseek.ts';
import { apertus, arcee, hunyuan, miniCpm, mistral3, nemotron } from './dense-llama.ts';
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
import { bloom, falcon, gpt2, gptNeox, mpt, phi2, starcoder2 } from './gpt.ts';
import { gptOss } from './gpt-oss.ts';
import { granite } from './granite.ts';
import { lfm2 } from './lfm2.ts';
import { llama, seedOss, smollm3 } from './llama.ts';
import { baichuan, chatglm, internlm2, orion, refact } from './llama-like.ts';
import { llama4 } from './llama4.ts';
import { falconH1, graniteHybrid, jamba, mamba, nemotronH } from './mamba.ts';
import { minimaxM2 } from './minimax.ts';
import { olmo, olmo2, olmoe } from './olmo.ts';
import { phi3 } from './phi.ts';
import { qwen2, qwen2moe, qwen2vl, qwen3, qwen3moe, qwen3vl } from './qwen.ts';
import { qwen3next, qwen35 } from './qwen-next.ts';
import { stableLm } from './stablelm.ts';

const ARCHITECTURES: readonly Architecture[] = [
  apertus,
  arcee,
  arctic,
  baichuan,
  bailingMoe,
  bailingMoe2,
  bert,
  bloom,
  chatglm,
  cohere2,
  cohere2moe,
  commandR,
  dbrx,
  deepseek,
  deepseek2,
  dots1,
  ernie,
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
  gpt2,
  gptNeox,
  gptOss,
  granite,
  graniteHybrid,
  grok,
  hunyuan,
  hunyuanMoe,
  internlm2,
  jamba,
  lfm2,
  llama,
  llama4,
  mamba,
  miniCpm,
  miniCpm3,
  minimaxM2,
  mistral3,
  modernBert,
  mpt,
  nemotron,
  nemotronH,
  olmo,
  olmo2,
  olmoe,
  orion,
  phi2,
  phi3,
  plm,
  qwen2,
  qwen2moe,
  qwen2vl,
  qwen3,
  qwen35,
  qwen3moe,
  qwen3next,
  qwen3vl,
  refact,
  seedOss,
  smallThinker,
  smollm3,
  stableLm,
  starcoder2,
];

const BY_NAME: ReadonlyMap<string, Architecture> = new Map(
  ARCHITECTURES.flatMap((architecture) => architecture.names.map((name) => [name, architecture] as const)),
);

/** The description of `general.architecture`, undefined if there is none. */
export function findArchitecture(name: string): Architecture | undefined {
  return BY_NAME.get(name);
}
