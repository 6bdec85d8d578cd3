import { area } from './area.ts';

/** Quantizations that are worked out: what they may be, and why one is refused. */
export const quantizationMessages = area({
  'error.quantize-target-unknown': {
    en: 'There is no quantization {target}. There are {targets}.',
    'zh-CN': '没有 {target} 这种量化。可用的有 {targets}。',
  },
  'error.quantize-shape-refused': {
    en: 'llama-quantize refuses {target} for this model: the rows of {tensor} cannot be cut into blocks of {type}, and no other type can replace it.',
    'zh-CN': 'llama-quantize 拒绝把这个模型量化为 {target}：{tensor} 的行无法切成 {type} 的块，也没有可替代的类型。',
  },
  'error.quantize-layer-refused': {
    en: 'llama-quantize refuses {target} for this model: {tensor} belongs to no layer of the model.',
    'zh-CN': 'llama-quantize 拒绝把这个模型量化为 {target}：{tensor} 不属于模型的任何一层。',
  },
  'error.quantize-no-tensors': {
    en: '{model} lists no tensors, so there is nothing to quantize.',
    'zh-CN': '{model} 没有张量表，无法计算量化大小。',
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
    en: 'Worked out from the shapes; a published file of this name may be mixed differently.',
    'zh-CN': '根据张量形状推算；别人以此名称发布的文件可能采用不同的混合量化。',
  },

  'note.quantization-computed': {
    en: "Worked out by llama-quantize's rules; a published file of this name may be mixed differently.",
    'zh-CN': '按 llama-quantize 的规则推算；以此名称发布的文件可能采用不同的混合量化。',
  },
  'sweep.title': {
    en: '{target} is the best quantization of {model} that fits with a context of {ctx}.',
    'zh-CN': '上下文为 {ctx} 时，{model} 放得下的最佳量化是 {target}。',
  },
  'sweep.title.none': {
    en: 'No quantization of {model} fits with a context of {ctx}.',
    'zh-CN': '上下文为 {ctx} 时，{model} 的各种量化都放不下。',
  },
  'sweep.picture.title': {
    en: '{model}: weights and longest context by quantization',
    'zh-CN': '{model}：各种量化的权重和最大上下文',
  },
  'sweep.column.quantization': { en: 'type', 'zh-CN': '量化' },
  'sweep.column.size': { en: 'GiB', 'zh-CN': 'GiB' },
  'sweep.column.verdict': { en: 'fits?', 'zh-CN': '结论' },
  'sweep.column.largest': { en: 'longest', 'zh-CN': '最大上下文' },
  'sweep.picture.ctx': { en: 'up to {ctx}', 'zh-CN': '最大 {ctx}' },
  'sweep.verdict.fits': { en: 'fits', 'zh-CN': '放得下' },
  'sweep.verdict.partial': { en: 'in part', 'zh-CN': '部分' },
  'sweep.verdict.cpu': { en: 'CPU only', 'zh-CN': '仅 CPU' },
  'sweep.verdict.refused': { en: 'refused', 'zh-CN': '被拒绝' },
  'sweep.verdict.refused-by-quantizer': { en: 'not possible', 'zh-CN': '无法量化' },
  'sweep.note': {
    en: "{server}, {engine}. The weights are worked out by llama-quantize's rules; a published file may be mixed differently.",
    'zh-CN': '{server}，{engine}。权重按 llama-quantize 的规则推算；已发布的文件可能采用不同的混合量化。',
  },
});
