import { area } from './area.ts';

/** /explain: what a pasted log says, why, and what would help. */
export const explainMessages = area({
  'log.description': {
    en: 'Reads a pasted log and says what happened and what would help',
    'zh-CN': '解读粘贴的日志：发生了什么、怎么解决',
  },
  'log.option.text': {
    en: 'A log, an error line, ollama ps or nvidia-smi output',
    'zh-CN': '日志、报错、ollama ps 或 nvidia-smi 的输出',
  },
  'log.option.log': {
    en: 'A file with the log, at most 1 MiB of text',
    'zh-CN': '日志文件，文本，最大 1 MiB',
  },
  'log.message-command': { en: 'Explain this log', 'zh-CN': '解读这段日志' },
  'log.from-file': { en: 'Read from {name}.', 'zh-CN': '内容来自 {name}。' },
  'error.log-missing': {
    en: 'There is nothing to read: paste the log as text, or attach it as a file.',
    'zh-CN': '没有可读的内容：请粘贴日志文本，或附上日志文件。',
  },
  'error.attachment-too-large': {
    en: '{name} is larger than {max:bytes}. Send its end: tail -c 1000000 server.log > end.log',
    'zh-CN': '{name} 超过 {max:bytes}。请只发送末尾部分：tail -c 1000000 server.log > end.log',
  },
  'error.attachment-not-text': {
    en: '{name} is no text, so it was not read. Send the log as text, not as a picture or an archive.',
    'zh-CN': '{name} 不是文本，未读取。请发送文本形式的日志，不要发图片或压缩包。',
  },
  'error.attachment-empty': { en: '{name} is empty.', 'zh-CN': '{name} 是空文件。' },
  'error.attachment-elsewhere': {
    en: '{name} was not read: only files that Discord itself keeps are.',
    'zh-CN': '未读取 {name}：只读取存放在 Discord 上的文件。',
  },
  'error.attachment-unreachable': {
    en: '{name} could not be fetched from Discord. Try again in a moment.',
    'zh-CN': '无法从 Discord 获取 {name}。请稍后再试。',
  },
  'error.attachment-missing': {
    en: 'There is no file {name} that can be read. Write its path: /explain log:server.log',
    'zh-CN': '没有可读取的文件 {name}。请写出路径：/explain log:server.log',
  },
  'error.log-file-unreadable': {
    en: 'There is no file {path} that can be read.',
    'zh-CN': '没有可读取的文件 {path}。',
  },
  'log.nothing': {
    en: 'Nothing here that I can read.',
    'zh-CN': '这段内容无法识别。',
  },
  'log.what-is-read': {
    en: 'I read logs of Ollama and llama.cpp, error lines of a load, and what `ollama ps` and `nvidia-smi` print.',
    'zh-CN': '可以识别：Ollama 和 llama.cpp 的日志、加载时的报错，以及 `ollama ps`、`nvidia-smi` 的输出。',
  },
  'log.model-unknown': { en: 'This model', 'zh-CN': '该模型' },
  'log.title.fits': { en: '{model} is entirely on the GPUs.', 'zh-CN': '{model} 已全部放入 GPU。' },
  'log.title.partial': {
    en: '{model} is only partly on the GPUs: {count} of {of} layers.',
    'zh-CN': '{model} 只有一部分在 GPU 上：{of} 层中的 {count} 层。',
  },
  'log.title.partial-experts': {
    en: 'Part of the weights of {model} is in system memory.',
    'zh-CN': '{model} 有一部分权重在系统内存中。',
  },
  'log.title.cpu': { en: '{model} runs on the CPU alone.', 'zh-CN': '{model} 完全在 CPU 上运行。' },
  'log.title.refused': { en: 'Ollama refused {model}.', 'zh-CN': 'Ollama 拒绝加载 {model}。' },
  'log.title.refused-unnamed': { en: 'Ollama refused the model.', 'zh-CN': 'Ollama 拒绝加载该模型。' },
  'log.title.partial-experts-unnamed': {
    en: "Part of the model's weights is in system memory.",
    'zh-CN': '该模型有一部分权重在系统内存中。',
  },
  'log.title.failed': { en: '{model} failed to load.', 'zh-CN': '{model} 加载失败。' },
  'log.title.unknown': {
    en: '{model}: the log does not say how the load ended.',
    'zh-CN': '{model}：日志里看不出加载结果。',
  },
  'log.title.gpus': {
    en: '{count} {count:plural:GPU|GPUs}, no load of a model.',
    'zh-CN': '{count} 张 GPU，没有模型加载记录。',
  },
  'log.gpu-row': {
    en: 'GPU {index} {name}: {free:bytes} of {total:bytes} free',
    'zh-CN': 'GPU {index} {name}：{total:bytes} 中空闲 {free:bytes}',
  },
  'log.fact.version': { en: 'Version {version}', 'zh-CN': '版本 {version}' },
  'log.fact.version-found': {
    en: 'Version {version}, possibly as old as {oldest}: worked out from where its log lines are in the source',
    'zh-CN': '版本 {version}（最早可能是 {oldest}），根据日志的源码行号推断',
  },
  'log.fact.ctx': { en: 'Context {ctx}', 'zh-CN': '上下文 {ctx}' },
  'log.fact.ctx-slots': {
    en: 'Context {ctx} for each of {slots} requests at the same time',
    'zh-CN': '上下文 {ctx}，并行数 {slots}',
  },
  'log.fact.required': { en: 'All of it on GPUs would take {bytes:bytes}', 'zh-CN': '全部放入 GPU 需要 {bytes:bytes}' },
  'log.fact.gpu': { en: '{name} with {bytes:bytes} free', 'zh-CN': '{name}，空闲 {bytes:bytes}' },
  'log.fact.gpus': {
    en: '{count} GPUs with {bytes:bytes} free in all',
    'zh-CN': '{count} 张 GPU，共空闲 {bytes:bytes}',
  },
  'log.heading.why': { en: 'Why', 'zh-CN': '原因' },
  'log.heading.help': { en: 'What helps', 'zh-CN': '怎么解决' },

  'log.why.system-memory-short': {
    en: 'Ollama found too little memory for it and did not start loading.',
    'zh-CN': 'Ollama 认为内存不够，没有启动加载。',
  },
  'log.why.system-memory-short-by': {
    en: 'It would need {wanted:bytes} of memory, but only {there:bytes} are there.',
    'zh-CN': '需要 {wanted:bytes} 内存，实际只有 {there:bytes}。',
  },
  'log.why.gpu-memory-short': {
    en: 'A GPU ran out of memory while loading: there was no room for the graph or the cache.',
    'zh-CN': '加载时 GPU 显存耗尽：计算图或缓存放不下。',
  },
  'log.why.host-memory-short': {
    en: 'System memory ran out while loading.',
    'zh-CN': '加载时内存耗尽。',
  },
  'log.why.killed': {
    en: 'The system killed the process, most likely because memory ran out.',
    'zh-CN': '进程被系统终止，多半是内存耗尽。',
  },
  'log.why.runner-died': {
    en: 'The process that runs the model ended.',
    'zh-CN': '运行模型的进程退出了。',
  },
  'log.why.load-failed': { en: 'The model file could not be loaded.', 'zh-CN': '模型文件无法加载。' },
  'log.why.load-timeout': {
    en: 'The load took longer than Ollama waits.',
    'zh-CN': '加载时间超过了 Ollama 的等待上限。',
  },
  'log.why.server-busy': { en: 'The server had too many requests waiting.', 'zh-CN': '服务器排队的请求过多。' },
  'log.why.architecture-unsupported': {
    en: 'This version of Ollama cannot run this model, or the file is damaged.',
    'zh-CN': '该版本的 Ollama 不支持这个模型，或文件已损坏。',
  },
  'log.why.version-too-old': { en: 'The model needs a newer Ollama.', 'zh-CN': '模型需要更新版本的 Ollama。' },
  'log.why.tensor-type-unsupported': {
    en: 'The file has a quantization that this version does not know.',
    'zh-CN': '文件使用了该版本不认识的量化类型。',
  },
  'log.why.file-damaged': { en: 'The model file is incomplete or damaged.', 'zh-CN': '模型文件不完整或已损坏。' },
  'log.why.context-beyond-training': {
    en: 'The context was longer than the model supports, so Ollama lowered it.',
    'zh-CN': '请求的上下文超过模型支持的长度，Ollama 已下调。',
  },
  'log.why.layers-set-by-hand': {
    en: 'Somebody set the number of layers by hand (num_gpu {layers}).',
    'zh-CN': 'GPU 层数是手动设置的（num_gpu {layers}）。',
  },
  'log.why.experts-in-system-memory': {
    en: 'The experts of some layers are in system memory.',
    'zh-CN': '部分层的专家权重在系统内存中。',
  },
  'log.why.weights-exceed-gpus': {
    en: 'The weights alone are larger than what is free on the GPUs.',
    'zh-CN': '仅权重就超过了 GPU 的空闲显存。',
  },
  'log.why.cache-large': {
    en: 'The cache for a context of {ctx} takes {cache:bytes}.',
    'zh-CN': '上下文 {ctx} 的缓存占用 {cache:bytes}。',
  },
  'log.why.cache-large-alone': { en: 'The cache takes {cache:bytes}.', 'zh-CN': '缓存占用 {cache:bytes}。' },
  'log.why.slots-multiply-context': {
    en: '{slots} requests at the same time need {slots} times the cache.',
    'zh-CN': '并行数 {slots}，缓存也要乘以 {slots}。',
  },
  'log.why.graph-large-without-flash-attention': {
    en: 'Without flash attention the graph takes {graph:bytes}.',
    'zh-CN': '未启用 flash attention，计算图占用 {graph:bytes}。',
  },
  'log.why.gpu-memory-in-use': {
    en: 'Something else was using part of the GPU memory.',
    'zh-CN': '有一部分显存已被其他程序占用。',
  },
  'log.why.no-gpu-seen': { en: 'Ollama saw no GPU.', 'zh-CN': 'Ollama 没有找到 GPU。' },
  'log.why.log-ends-early': {
    en: 'The log ends in the middle of the load: it died there, or the rest is missing.',
    'zh-CN': '日志在加载中途结束：可能就此崩溃，也可能只是没贴全。',
  },
  'log.why.gpus-too-small': {
    en: 'Weights, cache and graph together are more than the GPUs have free.',
    'zh-CN': '权重、缓存和计算图加起来超过了 GPU 的空闲显存。',
  },

  'log.help.ctx': {
    en: 'With a context of {ctx} all of it fits on these GPUs.',
    'zh-CN': '上下文降到 {ctx} 就能全部放进这些 GPU。',
  },
  'log.help.longer': {
    en: 'There is room for a context of up to {ctx}.',
    'zh-CN': '上下文最长可以到 {ctx}。',
  },
  'log.help.slots': {
    en: 'Fewer requests at the same time: OLLAMA_NUM_PARALLEL=1',
    'zh-CN': '降低并行数：OLLAMA_NUM_PARALLEL=1',
  },
  'log.help.cache-type': {
    en: 'Half the cache: OLLAMA_KV_CACHE_TYPE=q8_0 with OLLAMA_FLASH_ATTENTION=1',
    'zh-CN': '缓存减半：OLLAMA_KV_CACHE_TYPE=q8_0，并设置 OLLAMA_FLASH_ATTENTION=1',
  },
  'log.help.flash-attention': {
    en: 'A smaller graph: OLLAMA_FLASH_ATTENTION=1',
    'zh-CN': '减小计算图：OLLAMA_FLASH_ATTENTION=1',
  },
  'log.help.others': {
    en: 'Free the GPUs: unload other models, or end the programs that use them.',
    'zh-CN': '释放显存：卸载其他模型，或关闭占用显存的程序。',
  },
  'log.help.layers': { en: 'Remove num_gpu and let Ollama choose.', 'zh-CN': '去掉 num_gpu，让 Ollama 自己决定。' },
  'log.help.architecture-unsupported': {
    en: 'Update Ollama, then pull the model again.',
    'zh-CN': '升级 Ollama，然后重新拉取模型。',
  },
  'log.help.version-too-old': { en: 'Update Ollama.', 'zh-CN': '升级 Ollama。' },
  'log.help.tensor-type-unsupported': {
    en: 'Update Ollama, or take another quantization.',
    'zh-CN': '升级 Ollama，或换一种量化版本。',
  },
  'log.help.file-damaged': { en: 'Pull the model again.', 'zh-CN': '重新拉取模型。' },
  'log.help.smaller': {
    en: 'Use a shorter context (num_ctx), a smaller quantization or a smaller model.',
    'zh-CN': '缩短上下文（num_ctx），或换用更小的量化版本、更小的模型。',
  },
  'log.help.no-gpu': {
    en: 'Check that the driver works (nvidia-smi or rocm-smi) and that Ollama may use the GPU; in Docker this needs --gpus=all.',
    'zh-CN': '确认驱动正常（nvidia-smi 或 rocm-smi），且 Ollama 能使用 GPU；Docker 需要 --gpus=all。',
  },
  'log.help.timeout': {
    en: 'Give it longer: OLLAMA_LOAD_TIMEOUT=15m',
    'zh-CN': '延长等待时间：OLLAMA_LOAD_TIMEOUT=15m',
  },
  'log.help.busy': {
    en: 'Try again later, or let more requests wait: OLLAMA_MAX_QUEUE',
    'zh-CN': '稍后重试，或增大排队上限：OLLAMA_MAX_QUEUE',
  },
  'log.help.more-of-it': {
    en: 'Paste the lines before this one too: they say what went wrong.',
    'zh-CN': '请把这一行之前的日志也贴出来，原因在那里。',
  },
  'log.several': {
    en: 'There are {count} loads in the text; this is about the last one that ended.',
    'zh-CN': '内容里有 {count} 次加载，这里说的是最后一次有结果的。',
  },
  'log.cut': {
    en: 'The text is too long, so only its first part was read.',
    'zh-CN': '内容过长，只读取了前面一部分。',
  },
  'log.not-listed': {
    en: '{model} is not in the built-in list, so it was not worked out again.',
    'zh-CN': '{model} 不在内置列表中，未重新计算。',
  },
  'log.load': { en: 'Load here with {ctx}', 'zh-CN': '在这里加载（{ctx}）' },
  'log.try': { en: 'Plan with {ctx}', 'zh-CN': '按 {ctx} 计算' },
});
