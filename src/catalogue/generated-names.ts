/** Written by `npm run catalogue` from scripts/catalogue/sources/configs.jsonl: change that file instead. */

import type { Aliases } from './alias-types.ts';

/** Name, quantization, whether it has a tower, names in Ollama's style, repositories. */
const ROWS = `
qwen3-1.7b|Q4_K_M||qwen3:1.7b|Qwen/Qwen3-1.7B
qwen3-vl-2b|Q4_K_M|tower|qwen3-vl:2b qwen3-vl:2b-instruct qwen3-vl:2b-thinking|Qwen/Qwen3-VL-2B-Instruct Qwen/Qwen3-VL-2B-Thinking
qwen3-vl-4b|Q4_K_M|tower|qwen3-vl:4b qwen3-vl:4b-instruct qwen3-vl:4b-thinking|Qwen/Qwen3-VL-4B-Instruct Qwen/Qwen3-VL-4B-Thinking
qwen3-vl-8b|Q4_K_M|tower|qwen3-vl:8b qwen3-vl:8b-instruct qwen3-vl:8b-thinking qwen3-vl|Qwen/Qwen3-VL-8B-Instruct Qwen/Qwen3-VL-8B-Thinking
qwen3-vl-32b|Q4_K_M|tower|qwen3-vl:32b qwen3-vl:32b-instruct qwen3-vl:32b-thinking|Qwen/Qwen3-VL-32B-Instruct Qwen/Qwen3-VL-32B-Thinking
qwen3-vl-30b|Q4_K_M|tower|qwen3-vl:30b qwen3-vl:30b-a3b-instruct qwen3-vl:30b-a3b-thinking|Qwen/Qwen3-VL-30B-A3B-Instruct
qwen3-vl-235b|Q4_K_M|tower|qwen3-vl:235b qwen3-vl:235b-a22b-instruct|Qwen/Qwen3-VL-235B-A22B-Instruct
llama4-maverick|Q4_K_M||llama4:maverick llama4:128x17b|meta-llama/Llama-4-Maverick-17B-128E-Instruct
llama3.1-405b|Q4_K_M||llama3.1:405b|meta-llama/Meta-Llama-3.1-405B meta-llama/Llama-3.1-405B-Instruct
mixtral-8x22b|Q4_0||mixtral:8x22b|mistralai/Mixtral-8x22B-v0.1 mistralai/Mixtral-8x22B-Instruct-v0.1
nemotron-3-super-120b|Q4_K_M||nemotron-3-super nemotron-3-super:120b|nvidia/NVIDIA-Nemotron-3-Super-120B-A12B-FP8 nvidia/NVIDIA-Nemotron-3-Super-120B-A12B-BF16
nemotron-3-ultra-550b|Q4_K_M||nemotron-3-ultra:550b|nvidia/NVIDIA-Nemotron-3-Ultra-550B-A55B-BF16
nemotron-h-56b|Q4_K_M||nemotron-h:56b|nvidia/Nemotron-H-56B-Base-8K
qwen3.6-27b|Q4_K_M|tower|qwen3.6 qwen3.6:27b|Qwen/Qwen3.5-27B Qwen/Qwen3.6-27B
llama2-7b|Q4_0||llama2 llama2:7b llama2:7b-chat llama2-uncensored:7b vicuna:7b orca-mini:7b wizardlm2:7b-old|meta-llama/Llama-2-7b-hf meta-llama/Llama-2-7b-chat-hf lmsys/vicuna-7b-v1.5
llama2-13b|Q4_0||llama2:13b llama2:13b-chat vicuna:13b orca2:13b|meta-llama/Llama-2-13b-hf meta-llama/Llama-2-13b-chat-hf lmsys/vicuna-13b-v1.5
llama2-70b|Q4_0||llama2:70b llama2:70b-chat|meta-llama/Llama-2-70b-hf meta-llama/Llama-2-70b-chat-hf
codellama-7b|Q4_0||codellama codellama:7b codellama:7b-instruct|codellama/CodeLlama-7b-hf codellama/CodeLlama-7b-Instruct-hf
codellama-13b|Q4_0||codellama:13b codellama:13b-instruct|codellama/CodeLlama-13b-hf codellama/CodeLlama-13b-Instruct-hf
codellama-34b|Q4_0||codellama:34b codellama:34b-instruct phind-codellama:34b|codellama/CodeLlama-34b-hf
tinyllama-1.1b|Q4_0||tinyllama tinyllama:1.1b|TinyLlama/TinyLlama-1.1B-Chat-v1.0
mistral-7b-v0.1|Q4_0||mistral:v0.1 mistral:v0.2 mistral:7b-instruct-v0.2 zephyr:7b openhermes:7b dolphin-mistral:7b neural-chat:7b|mistralai/Mistral-7B-v0.1 mistralai/Mistral-7B-Instruct-v0.2
ministral-3-3b|Q4_K_M|tower|ministral-3:3b|mistralai/Ministral-3-3B-Instruct-2512
phi3.5-3.8b|Q4_0||phi3.5 phi3.5:3.8b|microsoft/Phi-3.5-mini-instruct
qwen1.5-moe-a2.7b|Q4_K_M||qwen1.5-moe:a2.7b|Qwen/Qwen1.5-MoE-A2.7B-Chat
stablelm-3b|Q4_0||stable-code:3b stablelm-zephyr:3b stablelm-zephyr stable-code|stabilityai/stablelm-3b-4e1t stabilityai/stable-code-3b
stablelm2-1.6b|Q4_0||stablelm2 stablelm2:1.6b|stabilityai/stablelm-2-zephyr-1_6b
baichuan2-7b|Q4_K_M||baichuan2:7b|baichuan-inc/Baichuan2-7B-Chat
gemma-2b|Q4_0||gemma:2b codegemma:2b|google/gemma-2b-it google/gemma-2b
gemma2-2b|Q4_0||gemma2:2b|google/gemma-2-2b-it google/gemma-2-2b
gemma2-27b|Q4_0||gemma2:27b|google/gemma-2-27b-it google/gemma-2-27b
qwen2-0.5b|Q4_0||qwen2:0.5b|Qwen/Qwen2-0.5B-Instruct
qwen2.5-1.5b|Q4_K_M||qwen2.5:1.5b qwen2.5-coder:1.5b qwen2:1.5b qwen2-math:1.5b|Qwen/Qwen2.5-1.5B-Instruct Qwen/Qwen2.5-Coder-1.5B-Instruct Qwen/Qwen2-1.5B-Instruct
qwen2.5-3b|Q4_K_M||qwen2.5:3b qwen2.5-coder:3b|Qwen/Qwen2.5-3B-Instruct Qwen/Qwen2.5-Coder-3B-Instruct
internlm2.5-7b|Q4_K_M||internlm2 internlm2:7b internlm2.5:7b|internlm/internlm2_5-7b-chat internlm/internlm2-chat-7b
starcoder2-7b|Q4_0||starcoder2:7b|bigcode/starcoder2-7b
smollm-1.7b|Q8_0||smollm smollm:1.7b smollm2 smollm2:1.7b|HuggingFaceTB/SmolLM-1.7B-Instruct HuggingFaceTB/SmolLM2-1.7B-Instruct
smollm2-360m|F16||smollm2:360m smollm:360m|HuggingFaceTB/SmolLM2-360M-Instruct
aya-23-8b|Q4_K_M||aya aya:8b aya-expanse aya-expanse:8b|CohereForAI/aya-23-8B CohereForAI/aya-expanse-8b
deepseek-moe-16b|Q4_K_M||deepseek-moe:16b|deepseek-ai/deepseek-moe-16b-chat
olmo2-13b|Q4_K_M||olmo2:13b|allenai/OLMo-2-1124-13B-Instruct
olmo2-32b|Q4_K_M||olmo2:32b|allenai/OLMo-2-0325-32B-Instruct
snowflake-arctic-embed-110m|F16||snowflake-arctic-embed:110m|Snowflake/snowflake-arctic-embed-m
redpajama-incite-3b|Q4_0||redpajama-incite:3b|
llama3-8b|Q4_0||llama3 llama3:8b llama3:8b-instruct dolphin-llama3:8b llama3-gradient:8b llama3-chatqa:8b|meta-llama/Meta-Llama-3-8B meta-llama/Meta-Llama-3-8B-Instruct
llama3-70b|Q4_0||llama3:70b llama3:70b-instruct|meta-llama/Meta-Llama-3-70B meta-llama/Meta-Llama-3-70B-Instruct
falcon3-1b|Q8_0||falcon3:1b|tiiuae/Falcon3-1B-Instruct tiiuae/Falcon3-1B-Base
falcon3-3b|Q4_K_M||falcon3:3b|tiiuae/Falcon3-3B-Instruct tiiuae/Falcon3-3B-Base
falcon3-7b|Q4_K_M||falcon3:7b falcon3|tiiuae/Falcon3-7B-Instruct tiiuae/Falcon3-7B-Base
falcon3-10b|Q4_K_M||falcon3:10b|tiiuae/Falcon3-10B-Instruct tiiuae/Falcon3-10B-Base
open-llama-3b|Q4_0||orca-mini orca-mini:3b open-llama:3b|openlm-research/open_llama_3b
llama-30b|Q4_0||wizard-vicuna-uncensored:30b llama1:30b|garage-bAInd/Platypus-30B
codellama-70b|Q4_0||codellama:70b|codellama/CodeLlama-70b-hf codellama/CodeLlama-70b-Instruct-hf
codellama-7b-python|Q4_0||codellama:7b-python|codellama/CodeLlama-7b-Python-hf
codellama-13b-python|Q4_0||codellama:13b-python|codellama/CodeLlama-13b-Python-hf
mistral-large-123b|Q4_K_M||mistral-large mistral-large:123b|mistralai/Mistral-Large-Instruct-2407 mistralai/Mistral-Large-Instruct-2411
microllama-300m|F16||microllama:300m|keeeeenw/MicroLlama
llama2-7b-function-calling|Q4_K_M||llama2-function-calling:7b|Trelis/Llama-2-7b-chat-hf-function-calling-v2
salamandra-2b|Q4_K_M||salamandra:2b|BSC-LT/salamandra-2b BSC-LT/salamandra-2b-instruct
salamandra-7b|Q4_K_M||salamandra:7b|BSC-LT/salamandra-7b BSC-LT/salamandra-7b-instruct
olmo-1b|Q4_K_M||olmo:1b|allenai/OLMo-1B-hf
olmo-7b|Q4_K_M||olmo:7b|allenai/OLMo-7B-hf
gemma-7b|Q4_0||gemma gemma:7b codegemma codegemma:7b|google/gemma-7b google/gemma-7b-it google/codegemma-7b-it
qwen2.5-14b|Q4_K_M||qwen2.5:14b qwen2.5:14b-instruct qwen2.5-coder:14b deepseek-r1:14b|Qwen/Qwen2.5-14B Qwen/Qwen2.5-14B-Instruct Qwen/Qwen2.5-Coder-14B-Instruct deepseek-ai/DeepSeek-R1-Distill-Qwen-14B
pythia-14m|Q4_K_M||pythia:14m|EleutherAI/pythia-14m
pythia-31m|Q4_K_M||pythia:31m|EleutherAI/pythia-31m
pythia-70m|Q4_K_M||pythia:70m|EleutherAI/pythia-70m
pythia-160m|Q4_K_M||pythia:160m|EleutherAI/pythia-160m
pythia-410m|Q4_K_M||pythia:410m|EleutherAI/pythia-410m
pythia-1b|Q4_K_M||pythia:1b|EleutherAI/pythia-1b
pythia-1.4b|Q4_K_M||pythia:1.4b|EleutherAI/pythia-1.4b
pythia-2.8b|Q4_K_M||pythia:2.8b|EleutherAI/pythia-2.8b
pythia-6.9b|Q4_K_M||pythia:6.9b|EleutherAI/pythia-6.9b
pythia-12b|Q4_K_M||pythia:12b|EleutherAI/pythia-12b
stablelm-alpha-3b|Q4_K_M||stablelm-alpha:3b|stabilityai/stablelm-base-alpha-3b
stablelm-alpha-7b|Q4_K_M||stablelm-alpha:7b|stabilityai/stablelm-base-alpha-7b
phi-2|Q4_0||phi phi:2.7b dolphin-phi:2.7b|microsoft/phi-2
phi-1.5|Q4_K_M||phi1.5:1.3b|microsoft/phi-1_5
gemma4-e2b|Q4_K_M|tower|gemma4:e2b gemma4:e2b-it gemma4:e2b-it-qat|google/gemma-4-E2B-it
olmo3-7b|Q4_K_M||olmo-3 olmo-3:7b|allenai/Olmo-3-7B-Instruct
olmo3-32b|Q4_K_M||olmo-3:32b olmo-3.1:32b|allenai/Olmo-3-32B-Think
deepseek-v2-236b|Q4_0||deepseek-v2:236b deepseek-v2.5 deepseek-v2.5:236b deepseek-coder-v2:236b|deepseek-ai/DeepSeek-V2 deepseek-ai/DeepSeek-V2.5
qwen2.5vl-7b|Q4_K_M|tower|qwen2.5vl qwen2.5vl:7b|Qwen/Qwen2.5-VL-7B-Instruct
embeddinggemma-300m|BF16||embeddinggemma embeddinggemma:300m|google/embeddinggemma-300m
all-minilm-22m|F16||all-minilm all-minilm:22m all-minilm:l6-v2|sentence-transformers/all-MiniLM-L6-v2
bge-small-33m|F16||all-minilm:33m snowflake-arctic-embed:33m bge-small-en-v1.5|BAAI/bge-small-en-v1.5
bert-large-335m|F16||mxbai-embed-large mxbai-embed-large:335m bge-large bge-large:335m snowflake-arctic-embed snowflake-arctic-embed:335m|BAAI/bge-large-en-v1.5 mixedbread-ai/mxbai-embed-large-v1
paraphrase-multilingual-minilm|F16||paraphrase-multilingual-minilm-l12-v2|sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2
yi-6b|Q4_0||yi yi:6b yi:6b-chat|01-ai/Yi-6B-Chat 01-ai/Yi-6B
deepseek-r1-distill-qwen-1.5b|Q4_K_M||deepseek-r1:1.5b deepscaler deepscaler:1.5b|deepseek-ai/DeepSeek-R1-Distill-Qwen-1.5B
got-ocr2|Q4_K_M|tower|got-ocr2 got-ocr-2.0|stepfun-ai/GOT-OCR-2.0-hf stepfun-ai/GOT-OCR2_0
ernie4.5-vl-28b-a3b|Q4_K_M|tower|ernie4.5-vl:28b-a3b ernie4.5-vl:28b|baidu/ERNIE-4.5-VL-28B-A3B-Thinking baidu/ERNIE-4.5-VL-28B-A3B-PT
llama3.2-vision-11b|Q4_K_M|tower|llama3.2-vision llama3.2-vision:11b|meta-llama/Llama-3.2-11B-Vision-Instruct
qwen1.5-0.5b|Q4_0||qwen:0.5b qwen:0.5b-chat qwen1.5:0.5b|Qwen/Qwen1.5-0.5B Qwen/Qwen1.5-0.5B-Chat
qwen1.5-1.8b|Q4_0||qwen:1.8b qwen:1.8b-chat qwen1.5:1.8b|Qwen/Qwen1.5-1.8B Qwen/Qwen1.5-1.8B-Chat
qwen1.5-4b|Q4_0||qwen:4b qwen:4b-chat qwen1.5:4b|Qwen/Qwen1.5-4B Qwen/Qwen1.5-4B-Chat
qwen1.5-7b|Q4_0||qwen:7b qwen:7b-chat qwen1.5:7b|Qwen/Qwen1.5-7B Qwen/Qwen1.5-7B-Chat
qwen1.5-14b|Q4_0||qwen:14b qwen:14b-chat qwen1.5:14b|Qwen/Qwen1.5-14B Qwen/Qwen1.5-14B-Chat
qwen1.5-32b|Q4_0||qwen:32b qwen:32b-chat qwen1.5:32b|Qwen/Qwen1.5-32B Qwen/Qwen1.5-32B-Chat
qwen1.5-72b|Q4_0||qwen:72b qwen:72b-chat qwen1.5:72b|Qwen/Qwen1.5-72B Qwen/Qwen1.5-72B-Chat
qwen1.5-110b|Q4_0||qwen:110b qwen:110b-chat qwen1.5:110b|Qwen/Qwen1.5-110B Qwen/Qwen1.5-110B-Chat
codeqwen1.5-7b|Q4_0||codeqwen codeqwen:7b codeqwen:7b-chat|Qwen/CodeQwen1.5-7B Qwen/CodeQwen1.5-7B-Chat
qwen2-57b-a14b|Q4_K_M||qwen2:57b-a14b qwen2-moe:57b-a14b|Qwen/Qwen2-57B-A14B-Instruct
yi-34b|Q4_0||yi:34b yi:34b-chat nous-hermes2:34b|01-ai/Yi-34B-Chat 01-ai/Yi-34B
internlm2-20b|Q4_K_M||internlm2:20b internlm2.5:20b|internlm/internlm2-chat-20b internlm/internlm2_5-20b-chat
internlm2.5-1.8b|Q4_K_M||internlm2:1.8b internlm2.5:1.8b|internlm/internlm2_5-1_8b-chat internlm/internlm2-chat-1_8b
llama-65b|Q4_0||llama1:65b|huggyllama/llama-65b
baichuan2-13b|Q4_K_M||baichuan2:13b|baichuan-inc/Baichuan2-13B-Chat
ling-mini-2.0|Q4_K_M||ling:mini-2.0 ling-mini-2.0|inclusionAI/Ling-mini-2.0 inclusionAI/Ring-mini-2.0
ling-flash-2.0|Q4_K_M||ling:flash-2.0 ling-flash-2.0|inclusionAI/Ling-flash-2.0 inclusionAI/Ring-flash-2.0
ling-1t|Q4_K_M||ling:1t ling-1t|inclusionAI/Ling-1T inclusionAI/Ring-1T
starcoder2-3b|Q4_0||starcoder2 starcoder2:3b|bigcode/starcoder2-3b
starcoder2-15b|Q4_0||starcoder2:15b starcoder2:instruct|bigcode/starcoder2-15b bigcode/starcoder2-15b-instruct-v0.1
minitron-4b|Q4_K_M||nemotron-mini nemotron-mini:4b minitron:4b|nvidia/Minitron-4B-Base nvidia/Nemotron-Mini-4B-Instruct
nemotron-3-8b|Q4_K_M||nemotron-3:8b|nvidia/nemotron-3-8b-base-4k
nemotron-3-22b|Q4_K_M||nemotron-3:22b|
nemotron-4-15b|Q4_K_M||nemotron4:15b|nvidia/Nemotron-4-15B
nemotron-4-340b|Q4_K_M||nemotron4:340b|nvidia/Nemotron-4-340B-Instruct
mamba2-130m|F16||mamba2:130m|state-spaces/mamba2-130m
mamba2-370m|F16||mamba2:370m|state-spaces/mamba2-370m
mamba2-780m|F16||mamba2:780m|state-spaces/mamba2-780m
mamba2-1.3b|F16||mamba2:1.3b|state-spaces/mamba2-1.3b
nemotron-h-4b|Q4_K_M||nemotron-h:4b|nvidia/Nemotron-H-4B-Base-8K
nemotron-h-8b|Q4_K_M||nemotron-h:8b|nvidia/Nemotron-H-8B-Base-8K
nemotron-h-47b|Q4_K_M||nemotron-h:47b|nvidia/Nemotron-H-47B-Base-8K
ernie4.5-0.3b|Q4_K_M||ernie4.5:0.3b|baidu/ERNIE-4.5-0.3B-PT
command-r-35b|Q4_0||command-r:35b-v0.1 command-r:v0.1|CohereForAI/c4ai-command-r-v01 CohereLabs/c4ai-command-r-v01
phi3-mini-4k|Q4_0||phi3:3.8b-mini-4k-instruct phi3:mini-4k|microsoft/Phi-3-mini-4k-instruct
yi-9b|Q4_0||yi:9b yi:9b-chat|01-ai/Yi-1.5-9B-Chat 01-ai/Yi-9B
deepseek-llm-7b|Q4_0||deepseek-llm deepseek-llm:7b|deepseek-ai/deepseek-llm-7b-chat deepseek-ai/deepseek-math-7b-instruct
internlm3-8b|Q4_K_M||internlm3 internlm3:8b|internlm/internlm3-8b-instruct
granite3.1-2b|Q4_K_M||granite3.1-dense:2b granite3.2:2b granite3.3:2b granite3-dense:2b|ibm-granite/granite-3.1-2b-base ibm-granite/granite-3.1-2b-instruct ibm-granite/granite-3.3-2b-instruct
granite3-moe-1b|Q4_K_M||granite3-moe granite3-moe:1b granite3.1-moe granite3.1-moe:1b|ibm-granite/granite-3.0-1b-a400m-instruct ibm-granite/granite-3.1-1b-a400m-instruct
`;

/** The models made from published configurations. */
export const GENERATED: Readonly<Record<string, Aliases>> = Object.fromEntries(
  ROWS.trim()
    .split('\n')
    .map((row) => {
      const [name, quantization, , tags, hub] = row.split('|') as [string, string, string, string, string];
      const split = (text: string): string[] => (text === '' ? [] : text.split(' '));
      return [name, { exact: [], computed: split(tags), hub: split(hub), quantization }];
    }),
);
