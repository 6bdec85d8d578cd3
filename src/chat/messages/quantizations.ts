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

  'note.quantization-computed': {
    en: "Worked out by llama-quantize's rules; a file published under this name may be another mix.",
    'zh-CN': '按 llama-quantize 的规则推算；以此名称发布的文件可能采用不同的混合量化。',
  },
  'sweep.title': {
    en: '{model}: {target} is the best quantization that fits with a context of {ctx}.',
    'zh-CN': '{model}：上下文为 {ctx} 时，{target} 是放得下的最佳量化。',
  },
  'sweep.title.none': {
    en: '{model}: no quantization fits with a context of {ctx}.',
    'zh-CN': '{model}：上下文为 {ctx} 时，没有放得下的量化。',
  },
  'sweep.picture.title': {
    en: '{model}: weights and longest context by quantization',
    'zh-CN': '{model}：各种量化的权重和最长上下文',
  },
  'sweep.column.quantization': { en: 'type', 'zh-CN': '量化' },
  'sweep.column.size': { en: 'GiB', 'zh-CN': 'GiB' },
  'sweep.column.verdict': { en: 'fits?', 'zh-CN': '结论' },
  'sweep.column.largest': { en: 'longest', 'zh-CN': '最长上下文' },
  'sweep.picture.ctx': { en: 'up to {ctx}', 'zh-CN': '最长 {ctx}' },
  'sweep.verdict.fits': { en: 'fits', 'zh-CN': '放得下' },
  'sweep.verdict.partial': { en: 'in part', 'zh-CN': '部分' },
  'sweep.verdict.cpu': { en: 'CPU only', 'zh-CN': '仅 CPU' },
  'sweep.verdict.refused': { en: 'refused', 'zh-CN': '被拒绝' },
  'sweep.verdict.refused-by-quantizer': { en: 'cannot be made', 'zh-CN': '无法制作' },
  'sweep.note': {
    en: "{server}, Ollama {version}. Every row is planned, with weights worked out by llama-quantize's rules; a published file may be another mix.",
    'zh-CN':
      '{server}，Ollama {version}。每一行都经过完整计算，权重按 llama-quantize 的规则推算；已发布的文件可能采用不同的混合量化。',
  },
});
