import { area } from './area.ts';

/** /fit: the verdict, the table, what would help, the picture. */
export const fitMessages = area({
  'fit.description': {
    en: 'Does this model fit with this context? Nothing is loaded.',
    'zh-CN': '这个模型加上这个上下文放得下吗？不会加载任何东西。',
  },
  'option.model': { en: 'Model name, such as gemma3:12b', 'zh-CN': '模型名称，例如 gemma3:12b' },
  'option.ctx': { en: 'Context in tokens: 32768, 32k, 128K', 'zh-CN': '上下文 token 数：32768、32k、128K' },
  'option.server': { en: 'Server to ask', 'zh-CN': '要询问的服务器' },
  'option.gpus': {
    en: 'GPUs to assume instead: 2x4090, 4x8GiB, 24GiB:22GiB (total:free)',
    'zh-CN': '改用假设的 GPU：2x4090、4x8GiB、24GiB:22GiB（总量:空闲）',
  },
  'option.kv': { en: 'Type of the KV cache', 'zh-CN': 'KV 缓存类型' },
  'option.quant': { en: 'Quantization in place of the model’s own: Q3_K_M', 'zh-CN': '改用的量化：如 Q3_K_M' },
  'option.parallel': { en: 'Parallel slots (OLLAMA_NUM_PARALLEL)', 'zh-CN': '并行槽位（OLLAMA_NUM_PARALLEL）' },

  'fit.title.fits': {
    en: '{model} fits with a context of {ctx}: {need:bytes} on {gpus:int} {gpus:plural:GPU|GPUs}, at least {spare:bytes} left on {gpus:plural:it|every GPU}.',
    'zh-CN':
      '{model} 在上下文为 {ctx} 时放得下：{gpus:int} 张 GPU 共占用 {need:bytes}，余量最小的一张还剩 {spare:bytes}。',
  },
  'fit.title.partial': {
    en: '{model} with a context of {ctx} fits only in part: {layers:int} of {total:int} layers on the GPUs, {host:bytes} in system memory. It will be slow.',
    'zh-CN':
      '{model} 在上下文为 {ctx} 时只能部分放下：{total:int} 层中 {layers:int} 层在 GPU 上，{host:bytes} 在系统内存中。会很慢。',
  },
  'fit.title.partial-experts': {
    en: '{model} with a context of {ctx} fits only in part: tensors of some layers ({host:bytes}) stay in system memory. It will be slow.',
    'zh-CN': '{model} 在上下文为 {ctx} 时只能部分放下：部分层的张量（{host:bytes}）留在系统内存中。会很慢。',
  },
  'fit.title.cpu': {
    en: '{model} with a context of {ctx} does not fit: nothing of it goes on a GPU, it would run on the CPU alone.',
    'zh-CN': '{model} 在上下文为 {ctx} 时放不下：没有任何部分能放到 GPU 上，只会用 CPU 运行。',
  },
  'fit.title.refused': {
    en: '{model} with a context of {ctx} will be refused: Ollama {version} wants {need}.',
    'zh-CN': '{model} 在上下文为 {ctx} 时会被拒绝：Ollama {version} 需要 {need}。',
  },
  'fit.title.unknown': {
    en: 'No verdict for {model}: the memory of the GPUs on {server} is not known right now.',
    'zh-CN': '无法判断 {model}：目前不知道 {server} 上 GPU 的显存情况。',
  },
  'fit.title.somewhere': {
    en: '{model} with a context of {ctx} fits on {count:int} of {total:int} servers; the most room is on {server}.',
    'zh-CN': '{model} 在上下文为 {ctx} 时在 {total:int} 台服务器中的 {count:int} 台上放得下；空间最大的是 {server}。',
  },
  'fit.title.nowhere': {
    en: '{model} with a context of {ctx} fits on none of the {total:int} servers right now.',
    'zh-CN': '{model} 在上下文为 {ctx} 时目前在 {total:int} 台服务器上都放不下。',
  },

  'fit.column.weights': { en: 'weights', 'zh-CN': '权重' },
  'fit.column.cache': { en: 'cache', 'zh-CN': '缓存' },
  'fit.column.compute': { en: 'compute', 'zh-CN': '计算' },
  'fit.column.projector': { en: 'vision', 'zh-CN': '视觉' },
  'fit.column.overhead': { en: 'CUDA', 'zh-CN': 'CUDA' },
  'fit.column.rest': { en: 'other', 'zh-CN': '其他' },
  'fit.column.need': { en: 'needs', 'zh-CN': '需要' },
  'fit.column.others': { en: 'used', 'zh-CN': '已用' },
  'fit.column.left': { en: 'left', 'zh-CN': '剩余' },
  'fit.column.layers': { en: 'layers', 'zh-CN': '层' },
  'fit.column.server': { en: 'server', 'zh-CN': '服务器' },
  'fit.column.verdict': { en: 'verdict', 'zh-CN': '结论' },
  'fit.column.largest': { en: 'longest', 'zh-CN': '最长上下文' },
  'fit.row.host': { en: 'RAM', 'zh-CN': '内存' },
  'fit.verdict.fits': { en: 'fits', 'zh-CN': '放得下' },
  'fit.verdict.partial': { en: 'in part', 'zh-CN': '部分' },
  'fit.verdict.cpu': { en: 'CPU only', 'zh-CN': '仅 CPU' },
  'fit.verdict.refused': { en: 'refused', 'zh-CN': '被拒绝' },
  'fit.verdict.silent': { en: 'no answer', 'zh-CN': '无响应' },
  'fit.verdict.unknown': { en: 'not known', 'zh-CN': '未知' },

  'fit.largest': {
    en: 'Largest context that fits now: {ctx} of {trained} trained.',
    'zh-CN': '现在放得下的最大上下文：{ctx}（训练长度 {trained}）。',
  },
  'fit.largest.all': {
    en: 'The whole trained context fits: {ctx}.',
    'zh-CN': '完整的训练上下文都放得下：{ctx}。',
  },
  'fit.largest.none': {
    en: 'No context fits entirely on the GPUs right now.',
    'zh-CN': '现在没有任何上下文能完全放进 GPU。',
  },
  'fit.largest.emptied': {
    en: 'With the loaded models gone it would be {ctx}.',
    'zh-CN': '如果卸载已加载的模型，则为 {ctx}。',
  },
  'fit.help': { en: 'What would help', 'zh-CN': '怎样才放得下' },
  'fit.help.shorter-context': { en: 'A shorter context: {ctx} fits.', 'zh-CN': '缩短上下文：{ctx} 放得下。' },
  'fit.help.quantized-cache': {
    en: 'A quantized cache: {type} fits with this context (OLLAMA_KV_CACHE_TYPE={type} and OLLAMA_FLASH_ATTENTION=1 on the server).',
    'zh-CN':
      '量化缓存：{type} 可以放下该上下文（服务器上设置 OLLAMA_KV_CACHE_TYPE={type} 和 OLLAMA_FLASH_ATTENTION=1）。',
  },
  'fit.help.unload': {
    en: 'Unloading what is loaded ({models}): then it fits.',
    'zh-CN': '卸载已加载的模型（{models}）：之后放得下。',
  },
  'fit.help.fewer-slots': {
    en: 'Fewer parallel slots: {to:int} instead of {from:int} (OLLAMA_NUM_PARALLEL).',
    'zh-CN': '减少并行槽位：{to:int} 而不是 {from:int}（OLLAMA_NUM_PARALLEL）。',
  },
  'fit.help.quantization': {
    en: 'Another quantization that the server has: {model} fits.',
    'zh-CN': '服务器上的另一种量化：{model} 放得下。',
  },
  'fit.help.computed-quantization': {
    en: 'In {target} it fits (worked out), with a context of up to {ctx}.',
    'zh-CN': '用 {target} 放得下（推算），上下文最大 {ctx}。',
  },
  'fit.help.more-gpus': { en: '{gpus} GPUs of this kind would do.', 'zh-CN': '这种 GPU 需要 {gpus} 张。' },
  'fit.help.smaller-quantization': {
    en: 'A smaller quantization of the same model, or a smaller model.',
    'zh-CN': '同一模型的更小量化版本，或更小的模型。',
  },

  'fit.source.server': { en: 'model read from the server', 'zh-CN': '模型信息来自服务器' },
  'fit.source.registry': { en: 'model read from the registry, not pulled yet', 'zh-CN': '模型信息来自仓库，尚未拉取' },
  'fit.source.file': { en: 'model read from the file', 'zh-CN': '模型信息来自文件' },
  'fit.source.computed': { en: 'quantization worked out', 'zh-CN': '量化为推算所得' },
  'fit.source.builtin': { en: 'model from the built-in list', 'zh-CN': '模型信息来自内置列表' },
  'fit.small': {
    en: '{server}, Ollama {version}; {source}.',
    'zh-CN': '{server}，Ollama {version}；{source}。',
  },
  'fit.settings': {
    en: 'Planned with {slots:int} parallel {slots:plural:request|requests}, a {kv} cache, flash attention {flash} and batches of {batch:int} tokens.',
    'zh-CN': '按并行数 {slots:int}、{kv} 缓存、flash attention {flash}、批大小 {batch:int} 计算。',
  },
  'fit.on': { en: 'on', 'zh-CN': '开' },
  'fit.off': { en: 'off', 'zh-CN': '关' },
  'fit.given-gpus': { en: 'GPUs as given', 'zh-CN': '按给定的 GPU' },
  'fit.note.simulated': {
    en: 'Simulated server: no real GPU is behind these numbers.',
    'zh-CN': '模拟服务器：这些数字背后没有真实的 GPU。',
  },
  'fit.note.ollama-down': {
    en: 'Ollama on {server} does not answer as it should; this is worked out for version {version} and what is known without it.',
    'zh-CN': '{server} 上的 Ollama 没有正常响应；以下按版本 {version} 和已知信息推算。',
  },
  'fit.note.still-asking': {
    en: 'The server does not answer yet; this is from the built-in list and the last numbers.',
    'zh-CN': '服务器尚未响应；以下来自内置列表和最近的数据。',
  },
  'fit.note.assumed-empty': {
    en: 'What is loaded is not known: the declared GPUs are taken as empty.',
    'zh-CN': '不知道已加载什么：按声明的 GPU 为空计算。',
  },
  'fit.note.version-assumed': { en: 'Ollama {version} is assumed.', 'zh-CN': '假定 Ollama {version}。' },
  'fit.note.ctx-defaulted': {
    en: 'No context was given; {ctx} is what the server takes by itself.',
    'zh-CN': '未指定上下文；{ctx} 是服务器的默认值。',
  },
  'fit.note.guess': {
    en: 'The architecture {architecture} is not known: weights are exact, the compute buffer is a cautious guess.',
    'zh-CN': '未知架构 {architecture}：权重是精确的，计算缓冲区是保守估计。',
  },
  'fit.note.overhead': {
    en: 'The CUDA overhead per GPU is an estimate: {low:bytes} to {high:bytes}.',
    'zh-CN': '每张 GPU 的 CUDA 开销是估计值：{low:bytes} 到 {high:bytes}。',
  },
  'fit.note.stale': {
    en: 'The numbers of the GPUs are {age:duration} old, too old for a verdict.',
    'zh-CN': 'GPU 数据已过 {age:duration}，太旧，无法判断。',
  },
  'fit.note.no-gpus': {
    en: 'Set GPU_SOURCE for this server, or ask with gpus:4x8GiB. What the model needs on one large GPU is shown.',
    'zh-CN': '请为该服务器设置 GPU_SOURCE，或用 gpus:4x8GiB 提问。下面显示模型在一张大 GPU 上的需求。',
  },
  'fit.note.gpus-failing': {
    en: 'Until then ask with gpus:4x8GiB. What the model needs on one large GPU is shown.',
    'zh-CN': '在此之前可用 gpus:4x8GiB 提问。下面显示模型在一张大 GPU 上的需求。',
  },
  'fit.note.refused': { en: 'Ollama would say: {text}', 'zh-CN': 'Ollama 会报告：{text}' },

  'fit.action.load': { en: 'Load with {ctx}', 'zh-CN': '以 {ctx} 加载' },
  'fit.action.largest': { en: 'Try {ctx}', 'zh-CN': '试试 {ctx}' },
  'fit.action.notify': { en: 'Tell me when it fits', 'zh-CN': '放得下时通知我' },
  'fit.action.other': { en: 'Try {what}', 'zh-CN': '试试 {what}' },
  'fit.action.sweep': { en: 'Quantizations', 'zh-CN': '各种量化' },
  'fit.action.explain': { en: 'Explain', 'zh-CN': '说明' },
  'fit.picture.title': { en: '{model} · {ctx} tokens', 'zh-CN': '{model} · {ctx} 个 token' },
  'fit.picture.alt': {
    en: 'Memory per GPU for {model} with {ctx} tokens: {gpus}',
    'zh-CN': '{model}（{ctx} 个 token）各 GPU 的显存：{gpus}',
  },
  'fit.picture.partial': {
    en: 'Fits only in part: {host:gib} in slow RAM',
    'zh-CN': '只放得下一部分：{host:gib} 在较慢的内存中',
  },
  'fit.picture.cpu': { en: 'Nothing of it fits on a GPU', 'zh-CN': 'GPU 上完全放不下' },
  'fit.picture.refused': { en: 'Ollama refuses this', 'zh-CN': 'Ollama 会拒绝加载' },
  'fit.picture.in-ram': { en: '{bytes:gib}, slow', 'zh-CN': '{bytes:gib}，慢' },
  'fit.picture.too-much': {
    en: '{need:gib} of {there:gib}: too much',
    'zh-CN': '需要 {need:gib}，只有 {there:gib}',
  },
  'fit.picture.free': { en: 'free', 'zh-CN': '空闲' },
  'fit.explain.title': {
    en: 'How the numbers for {model} with a context of {ctx} come about',
    'zh-CN': '{model}（上下文 {ctx}）的数字是怎样得出的',
  },

  'complete.ctx.fits': { en: '{ctx} – fits', 'zh-CN': '{ctx} – 放得下' },
  'complete.ctx.not': { en: '{ctx} – does not fit', 'zh-CN': '{ctx} – 放不下' },
  'complete.ctx.largest': { en: '{ctx} – the largest that fits', 'zh-CN': '{ctx} – 放得下的最大值' },

  'error.server-unknown': {
    en: 'There is no server {server}. Known: {servers}.',
    'zh-CN': '没有服务器 {server}。已知：{servers}。',
  },
  'error.ctx-beyond-training': {
    en: '{model} was trained for a context of {trained}; {ctx} is more than it can use. Ask for {trained} or less.',
    'zh-CN': '{model} 的训练上下文为 {trained}；{ctx} 超出其能力。请使用 {trained} 或更小的值。',
  },
});
