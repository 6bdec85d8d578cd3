import { area } from './area.ts';

/** Quantizations that are worked out: what they may be, and why one is refused. */
export const quantizationMessages = area({
  'error.quantize-target-unknown': {
    en: 'There is no quantization {target}. There are {targets}.',
    'zh-CN': '没有 {target} 这种量化。可用的有 {targets}。',
  },
  'error.quantize-shape-refused': {
    en: 'llama-quantize refuses {target} for this model: the rows of {tensor} cannot be cut into blocks of {type}, and no other type stands in for it.',
    'zh-CN': 'llama-quantize 拒绝把这个模型量化为 {target}：{tensor} 的行无法切成 {type} 的块，也没有可替代的类型。',
  },
  'error.quantize-layer-refused': {
    en: 'llama-quantize refuses {target} for this model: {tensor} is in no block that the model counts.',
    'zh-CN': 'llama-quantize 拒绝把这个模型量化为 {target}：{tensor} 不属于模型所计的任何一层。',
  },
  'error.quantize-no-tensors': {
    en: 'The table of tensors of {model} is empty; there is nothing to quantize.',
    'zh-CN': '{model} 的张量表是空的，没有可量化的内容。',
  },
  'error.quantize-era-unknown': {
    en: 'There are no rules called {era}. There are {eras}.',
    'zh-CN': '没有名为 {era} 的规则。可用的有 {eras}。',
  },
  'quantize.title': {
    en: '{model} as {target}: {size:bytes} in {count:int} tensors (rules: {era}).',
    'zh-CN': '{model} 量化为 {target}：{count:int} 个张量共 {size:bytes}（规则：{era}）。',
  },
  'quantize.column.type': { en: 'type', 'zh-CN': '类型' },
  'quantize.column.tensors': { en: 'tensors', 'zh-CN': '张量' },
  'quantize.column.size': { en: 'size', 'zh-CN': '大小' },
  'quantize.note': {
    en: 'Worked out from the shapes; a file that somebody published under this name may be another mix.',
    'zh-CN': '按张量形状推算；他人以此名称发布的文件可能采用不同的混合方式。',
  },
});
