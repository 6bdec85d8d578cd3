import { area } from './area.ts';

/** /plan: several models at the same time. */
export const planMessages = area({
  'plan.description': { en: 'Do several models get along on a server', 'zh-CN': '多个模型能否同时放下' },
  'plan.check.description': {
    en: 'Whether these models are on the GPUs at the same time, and with which contexts',
    'zh-CN': '这些模型能否同时放入 GPU，以及各自的上下文',
  },
  'plan.option.models': {
    en: 'Models, such as gemma3:12b@32k qwen3:8b! nomic-embed-text (@ context, ! keep it)',
    'zh-CN': '模型列表，如 gemma3:12b@32k qwen3:8b! nomic-embed-text（@ 上下文，! 固定）',
  },
  'plan.these-gpus': { en: 'these GPUs', 'zh-CN': '这些 GPU' },
  'plan.together': {
    en: 'All {count} models are on {server} at the same time.',
    'zh-CN': '{count} 个模型可以同时放入 {server}。',
  },
  'plan.smaller': {
    en: 'The {count} models are on {server} at the same time only with shorter contexts.',
    'zh-CN': '{count} 个模型要缩短上下文才能同时放入 {server}。',
  },
  'plan.not-together': {
    en: 'These {count} models do not fit on {server} at the same time, however short the contexts.',
    'zh-CN': '这 {count} 个模型无论上下文多短都无法同时放入 {server}。',
  },
  'plan.reordered': {
    en: 'The order matters: loaded in this one, the largest first, they do.',
    'zh-CN': '加载顺序有影响：按此顺序（从大到小）加载即可。',
  },
  'plan.with-contexts': { en: 'With these contexts they do:', 'zh-CN': '使用以下上下文即可：' },
  'plan.fewer': {
    en: 'Leave one out, or take a smaller quantization.',
    'zh-CN': '减少一个模型，或换用更小的量化版本。',
  },
  'plan.evicts': { en: 'Loading {model} sends {other} away.', 'zh-CN': '加载 {model} 时会卸载 {other}。' },
  'plan.spills': { en: '{model} would be partly in system memory.', 'zh-CN': '{model} 会有一部分落到内存。' },
  'plan.refused': { en: 'Ollama would refuse {model}.', 'zh-CN': 'Ollama 会拒绝加载 {model}。' },
  'plan.column.ctx': { en: 'context', 'zh-CN': '上下文' },
  'plan.column.gpus': { en: 'GPUs', 'zh-CN': 'GPU' },
  'plan.row.left': { en: 'left', 'zh-CN': '剩余' },
  'error.set-empty': {
    en: 'No model was named. Write them as gemma3:12b@32k qwen3:8b.',
    'zh-CN': '没有指定模型。写法示例：gemma3:12b@32k qwen3:8b。',
  },
  'error.set-too-many': {
    en: '{count} models are more than the {max} of one set.',
    'zh-CN': '一次最多 {max} 个模型，这里有 {count} 个。',
  },
  'error.set-model-form': {
    en: '{word} is no model with a context. Write gemma3:12b@32k.',
    'zh-CN': '{word} 格式不对，应写成 gemma3:12b@32k。',
  },
  'error.set-twice': { en: '{model} is named twice.', 'zh-CN': '{model} 重复了。' },
});
