import { area } from './area.ts';

/** /fit: the verdict, the table, what would help, the picture. */
export const fitMessages = area({
  'fit.description': {
    en: 'Does this model fit with this context? Nothing is loaded.',
    'zh-CN': '这个模型用这个上下文放得下吗？只计算，不加载',
  },
  'option.model': { en: 'Model name, such as gemma3:12b', 'zh-CN': '模型名称，例如 gemma3:12b' },
  'option.ctx': { en: 'Context in tokens: 32768, 32k, 128K', 'zh-CN': '上下文 token 数：32768、32k、128K' },
  'option.server': { en: 'Server to ask', 'zh-CN': '查询哪台服务器' },
  'option.gpus': {
    en: "Other GPUs than the server's: 2x4090, 4x8GiB, 24GiB:22GiB (total:free)",
    'zh-CN': '换成这些 GPU：2x4090、4x8GiB、24GiB:22GiB（总量:空闲）',
  },
  'option.kv': { en: 'Type of the KV cache', 'zh-CN': 'KV 缓存类型' },
  'option.quant': { en: "Another quantization than the model's own: Q3_K_M", 'zh-CN': '换一种量化，例如 Q3_K_M' },
  'option.on': {
    en: 'Only these GPUs, as nvidia-smi counts them: 0,1',
    'zh-CN': '只用这些 GPU（按 nvidia-smi 的编号）：0,1',
  },
  'error.gpu-numbers': {
    en: '{text} is not a list of GPUs. Write their numbers as nvidia-smi counts them, such as 0,1 or 0-3.',
    'zh-CN': '{text} 不是 GPU 编号：请按 nvidia-smi 的编号填写，例如 0,1 或 0-3。',
  },
  'error.no-such-gpu': {
    en: 'Ollama has no GPU {gpu}. There are {known}.',
    'zh-CN': 'Ollama 没有可用的 GPU {gpu}。现有：{known}。',
  },
  'option.parallel': {
    en: 'Requests at the same time (OLLAMA_NUM_PARALLEL)',
    'zh-CN': '并行数（OLLAMA_NUM_PARALLEL）',
  },

  'fit.title.fits': {
    en: '{model} fits with a context of {ctx}: {need:bytes} on {gpus:int} {gpus:plural:GPU|GPUs}, at least {spare:bytes} left on {gpus:plural:it|every GPU}.',
    'zh-CN':
      '{model} 用 {ctx} 的上下文放得下：{gpus:int} 张 GPU 共占用 {need:bytes}，余量最小的一张还剩 {spare:bytes}。',
  },
  'fit.title.reserve': {
    en: '{model} does not fit with a context of {ctx} beside what is kept free for other programs: it needs {need:bytes}.',
    'zh-CN': '{model} 用 {ctx} 的上下文放不下：需要 {need:bytes}，而一部分显存要留给其他程序。',
  },
  'fit.title.partial': {
    en: '{model} fits only in part with a context of {ctx}: {host:bytes} would be in system memory, and it would be slow.',
    'zh-CN': '{model} 用 {ctx} 的上下文只放得下一部分：有 {host:bytes} 要放到系统内存，会很慢。',
  },
  'fit.title.partial-experts': {
    en: '{model} fits only in part with a context of {ctx}: {host:bytes} of experts would be in system memory, and it would be slow.',
    'zh-CN': '{model} 用 {ctx} 的上下文只放得下一部分：有 {host:bytes} 的专家权重要放到系统内存，会很慢。',
  },
  'fit.title.cpu': {
    en: '{model} does not fit with a context of {ctx}: it would run on the CPU alone.',
    'zh-CN': '{model} 用 {ctx} 的上下文放不下：只能完全在 CPU 上运行。',
  },
  'fit.title.refused': {
    en: 'Ollama {version} would refuse {model} with a context of {ctx}: it needs {need}.',
    'zh-CN': 'Ollama {version} 会拒绝以 {ctx} 的上下文加载 {model}：需要 {need}。',
  },
  'fit.title.unknown': {
    en: 'Nobody can tell whether {model} fits: the GPU memory of {server} is unknown right now.',
    'zh-CN': '无法判断 {model} 是否放得下：目前没有 {server} 的显存数据。',
  },
  'fit.title.somewhere': {
    en: '{model} fits with a context of {ctx} on {count:int} of {total:int} servers; {server} has the most room.',
    'zh-CN': '{total:int} 台服务器中有 {count:int} 台能以 {ctx} 的上下文放下 {model}，{server} 的余量最大。',
  },
  'fit.title.nowhere': {
    en: '{model} with a context of {ctx} fits on none of the {total:int} servers right now.',
    'zh-CN': '{total:int} 台服务器目前都无法以 {ctx} 的上下文放下 {model}。',
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
  'fit.column.largest': { en: 'longest', 'zh-CN': '最大上下文' },
  'fit.row.host': { en: 'RAM', 'zh-CN': '内存' },
  'fit.verdict.fits': { en: 'fits', 'zh-CN': '放得下' },
  'fit.verdict.partial': { en: 'in part', 'zh-CN': '部分' },
  'fit.verdict.cpu': { en: 'CPU only', 'zh-CN': '仅 CPU' },
  'fit.verdict.refused': { en: 'refused', 'zh-CN': '被拒绝' },
  'fit.verdict.silent': { en: 'no answer', 'zh-CN': '无响应' },
  'fit.verdict.unknown': { en: 'unknown', 'zh-CN': '未知' },

  'fit.largest': {
    en: 'Longest context that fits now: {ctx} (the model supports {trained}).',
    'zh-CN': '目前放得下的最大上下文：{ctx}（模型支持 {trained}）。',
  },
  'fit.largest.all': {
    en: 'Every context that the model supports fits, up to {ctx}.',
    'zh-CN': '支持模型的全部上下文长度，最大 {ctx}。',
  },
  'fit.largest.none': {
    en: 'No context fits on the GPUs alone right now.',
    'zh-CN': '目前无论上下文多短，都无法全部放进 GPU。',
  },
  'fit.largest.emptied': {
    en: 'Without the loaded models it would be {ctx}.',
    'zh-CN': '卸载已加载的模型后可达 {ctx}。',
  },
  'fit.help': { en: 'What would help', 'zh-CN': '怎样才能放下' },
  'fit.help.shorter-context': { en: 'A shorter context: {ctx} fits.', 'zh-CN': '缩短上下文：{ctx} 放得下。' },
  'fit.help.quantized-cache': {
    en: 'A smaller cache: with {type} this context fits. Set OLLAMA_KV_CACHE_TYPE={type} and OLLAMA_FLASH_ATTENTION=1 on the server.',
    'zh-CN':
      '缩小缓存：换成 {type} 后这个上下文放得下。请在服务器上设置 OLLAMA_KV_CACHE_TYPE={type} 和 OLLAMA_FLASH_ATTENTION=1。',
  },
  'fit.help.unload': {
    en: 'Unload what is loaded ({models}), and it fits.',
    'zh-CN': '卸载已加载的模型（{models}）后放得下。',
  },
  'fit.help.fewer-slots': {
    en: 'Fewer requests at the same time: {to:int} instead of {from:int} (OLLAMA_NUM_PARALLEL).',
    'zh-CN': '降低并行数：从 {from:int} 降到 {to:int}（OLLAMA_NUM_PARALLEL）。',
  },
  'fit.help.quantization': {
    en: 'Another quantization that is on the server: {model} fits.',
    'zh-CN': '换一种量化：服务器上的 {model} 放得下。',
  },
  'fit.help.computed-quantization': {
    en: 'A smaller quantization: {target} fits, with a context of up to {ctx}.',
    'zh-CN': '换更小的量化：{target} 放得下，最大上下文 {ctx}。',
  },
  'fit.help.more-gpus': {
    en: 'More GPUs: {gpus} of this kind are enough.',
    'zh-CN': '增加 GPU：同样的卡需要 {gpus} 张。',
  },
  'fit.help.smaller-quantization': {
    en: 'A smaller quantization, or a smaller model.',
    'zh-CN': '换更小的量化，或更小的模型。',
  },

  'fit.source.server': { en: 'the model as the server describes it', 'zh-CN': '模型信息来自服务器' },
  'fit.source.registry': {
    en: 'the model as the registry describes it, not pulled yet',
    'zh-CN': '模型信息来自仓库，尚未拉取',
  },
  'fit.source.file': { en: 'the model as its file describes it', 'zh-CN': '模型信息来自文件' },
  'fit.source.computed': { en: 'the quantization is worked out', 'zh-CN': '量化大小为推算值' },
  'fit.source.builtin': { en: 'the model from the built-in list', 'zh-CN': '模型信息来自内置列表' },
  'fit.small': {
    en: '{server}, {engine}; {source}.',
    'zh-CN': '{server}，{engine}；{source}。',
  },
  'fit.settings': {
    en: 'Worked out for {slots:int} {slots:plural:request|requests} at the same time, cache type {kv}, flash attention {flash}, batches of {batch:int} tokens.',
    'zh-CN': '计算条件：并行数 {slots:int}、缓存类型 {kv}、flash attention {flash}、批大小 {batch:int}。',
  },
  'fit.on': { en: 'on', 'zh-CN': '开' },
  'fit.off': { en: 'off', 'zh-CN': '关' },
  'fit.given-gpus': { en: 'the GPUs you gave', 'zh-CN': '你指定的 GPU' },
  'fit.note.simulated': { en: 'Simulated server: these are no real GPUs.', 'zh-CN': '模拟服务器：并非真实的 GPU。' },
  'fit.note.ollama-down': {
    en: 'Ollama on {server} does not answer properly; this is worked out for version {version} from what is known.',
    'zh-CN': '{server} 上的 Ollama 响应异常；以下按版本 {version} 和已知信息计算。',
  },
  'fit.note.still-asking': {
    en: 'The server has not answered yet; this comes from the built-in list and the last numbers.',
    'zh-CN': '服务器尚未响应；以下根据内置列表和最近一次数据计算。',
  },
  'fit.note.assumed-empty': {
    en: 'Nobody can tell what is loaded, so the GPUs are taken as empty.',
    'zh-CN': '不知道已加载了什么，按 GPU 全部空闲计算。',
  },
  'fit.note.version-assumed': {
    en: "Worked out for Ollama {version}; the server's version is unknown.",
    'zh-CN': '服务器的版本未知，按 Ollama {version} 计算。',
  },
  'fit.note.ctx-defaulted': {
    en: "You gave no context; {ctx} is the server's default.",
    'zh-CN': '没有指定上下文；{ctx} 是服务器的默认值。',
  },
  'fit.note.ctx-defaulted.llama-cpp': {
    en: 'You gave no context, so this is for {ctx}; llama-server without -c takes as much as it can.',
    'zh-CN': '没有指定上下文，按 {ctx} 计算；llama-server 不带 -c 时会尽量取大。',
  },
  'fit.note.guess': {
    en: 'The architecture {architecture} is unknown: the weights are exact, the compute buffers are a cautious guess.',
    'zh-CN': '未知架构 {architecture}：权重是准确的，计算缓冲区是保守估计。',
  },
  'fit.note.stale': {
    en: 'The GPU data is {age:duration} old, which is too old to say whether it fits.',
    'zh-CN': 'GPU 数据是 {age:duration}前的，太旧，无法判断。',
  },
  'fit.note.no-gpus': {
    en: 'Set GPU_SOURCE for this server, or ask with gpus:4x8GiB. Here is what the model needs on one large GPU.',
    'zh-CN': '请为该服务器设置 GPU_SOURCE，或用 gpus:4x8GiB 提问。以下是模型放在一张大显存 GPU 上的需求。',
  },
  'fit.note.gpus-failing': {
    en: 'Until that is fixed, ask with gpus:4x8GiB. Here is what the model needs on one large GPU.',
    'zh-CN': '修复之前可用 gpus:4x8GiB 提问。以下是模型放在一张大显存 GPU 上的需求。',
  },
  'fit.note.refused': { en: "Ollama's own words: {text}", 'zh-CN': 'Ollama 的报错：{text}' },

  'fit.action.load': { en: 'Load with {ctx}', 'zh-CN': '加载（{ctx}）' },
  'fit.action.largest': { en: 'Try {ctx}', 'zh-CN': '试试 {ctx}' },
  'fit.action.notify': { en: 'Tell me when it fits', 'zh-CN': '放得下时通知我' },
  'fit.action.other': { en: 'Try {what}', 'zh-CN': '试试 {what}' },
  'fit.action.sweep': { en: 'Quantizations', 'zh-CN': '各种量化' },
  'fit.action.explain': { en: 'Explain', 'zh-CN': '计算说明' },
  'fit.picture.title': { en: '{model} · {ctx} tokens', 'zh-CN': '{model} · {ctx} 个 token' },
  'fit.picture.alt': {
    en: 'Memory per GPU for {model} with {ctx} tokens: {gpus}',
    'zh-CN': '{model}（{ctx} 个 token）在各 GPU 上的显存：{gpus}',
  },
  'fit.picture.partial': {
    en: 'Fits only in part: {host:gib} in slow RAM',
    'zh-CN': '只放得下一部分：{host:gib} 在较慢的内存中',
  },
  'fit.picture.cpu': { en: 'Nothing fits on a GPU', 'zh-CN': 'GPU 上完全放不下' },
  'fit.picture.refused': { en: 'Ollama refuses this', 'zh-CN': 'Ollama 会拒绝加载' },
  'fit.picture.in-ram': { en: '{bytes:gib}, slow', 'zh-CN': '{bytes:gib}（慢）' },
  'fit.picture.too-much': {
    en: '{need:gib} of {there:gib}: too much',
    'zh-CN': '需要 {need:gib}，只有 {there:gib}',
  },
  'fit.picture.free': { en: 'free', 'zh-CN': '空闲' },
  'fit.explain.title': {
    en: 'Where the numbers for {model} with a context of {ctx} come from',
    'zh-CN': '{model}（上下文 {ctx}）各项数字的由来',
  },

  'complete.ctx.fits': { en: '{ctx} – fits', 'zh-CN': '{ctx} – 放得下' },
  'complete.ctx.not': { en: '{ctx} – does not fit', 'zh-CN': '{ctx} – 放不下' },
  'complete.ctx.largest': { en: '{ctx} – the longest that fits', 'zh-CN': '{ctx} – 放得下的最大值' },

  'error.server-unknown': {
    en: 'There is no server {server}. There are {servers}.',
    'zh-CN': '没有服务器 {server}。现有：{servers}。',
  },
  'error.ctx-beyond-training': {
    en: '{model} supports a context of up to {trained}; {ctx} is too long.',
    'zh-CN': '{model} 最大支持 {trained} 的上下文，{ctx} 太长。',
  },
});
