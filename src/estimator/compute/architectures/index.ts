/** The architectures whose graphs are described. */

import type { Architecture } from '../architecture.ts';
import { bert, gemmaEmbedding, modernBert } from './bert.ts';
import { cohere2 } from './cohere.ts';
import { deepseek2 } from './deepseek.ts';
import { ernie } from './ernie.ts';
import { gemma2, gemma3 } from './gemma.ts';
import { gemma3n } from './gemma3n.ts';
import { gemma4 } from './gemma4.ts';
import { glm4, glm4moe } from './glm.ts';
import { gptOss } from './gpt-oss.ts';
import { granite } from './granite.ts';
import { lfm2 } from './lfm2.ts';
import { llama, seedOss, smollm3 } from './llama.ts';
import { llama4 } from './llama4.ts';
import { falconH1, graniteHybrid, mamba, nemotronH } from './mamba.ts';
import { minimaxM2 } from './minimax.ts';
import { olmo2 } from './olmo.ts';
import { phi3 } from './phi.ts';
import { qwen2, qwen3, qwen3moe } from './qwen.ts';
import { qwen3next, qwen35 } from './qwen-next.ts';

const ARCHITECTURES: readonly Architecture[] = [
  bert,
  cohere2,
  deepseek2,
  ernie,
  falconH1,
  gemma2,
  gemma3,
  gemma3n,
  gemma4,
  gemmaEmbedding,
  glm4,
  glm4moe,
  gptOss,
  granite,
  graniteHybrid,
  lfm2,
  llama,
  llama4,
  mamba,
  minimaxM2,
  modernBert,
  nemotronH,
  olmo2,
  phi3,
  qwen2,
  qwen3,
  qwen3moe,
  qwen3next,
  qwen35,
  seedOss,
  smollm3,
];

const BY_NAME: ReadonlyMap<string, Architecture> = new Map(
  ARCHITECTURES.flatMap((architecture) => architecture.names.map((name) => [name, architecture] as const)),
);

/** The description of `general.architecture`, undefined if there is none. */
export function findArchitecture(name: string): Architecture | undefined {
  return BY_NAME.get(name);
}
