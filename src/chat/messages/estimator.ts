import { area } from './area.ts';

/** What the estimator says with codes: reasons of a verdict, remarks, errors, labels of an explanation. */
export const estimatorMessages = area({
  'reason.layers-on-cpu': {
    en: 'The GPUs are {deficitBytes:bytes} short, so {cpuLayers} of {totalLayers} layers go to system memory.',
    'zh-CN': 'GPU 显存还差 {deficitBytes:bytes}，{totalLayers} 层中有 {cpuLayers} 层要放到系统内存。',
  },
  'reason.experts-on-cpu': {
    en: 'The GPUs are {deficitBytes:bytes} short, so the experts of {layers} of {totalLayers} layers go to system memory.',
    'zh-CN': 'GPU 显存还差 {deficitBytes:bytes}，{totalLayers} 层中有 {layers} 层的专家权重要放到系统内存。',
  },
  'reason.all-on-cpu': {
    en: 'Not one layer fits beside what a GPU must keep free; the whole model is {deficitBytes:bytes} too large.',
    'zh-CN': '除去 GPU 必须留出的部分，一层也放不下；整个模型还差 {deficitBytes:bytes}。',
  },
  'reason.no-gpu': { en: 'There is no GPU.', 'zh-CN': '没有 GPU。' },
  'reason.cpu-no-gpu': { en: 'There is no GPU.', 'zh-CN': '没有 GPU。' },
  'reason.num-gpu-zero': { en: 'num_gpu is 0, so nothing goes on the GPUs.', 'zh-CN': 'num_gpu 为 0：不使用 GPU。' },
  'reason.cpu-requested': { en: 'num_gpu is 0, so nothing goes on the GPUs.', 'zh-CN': 'num_gpu 为 0：不使用 GPU。' },
  'reason.out-of-memory': {
    en: 'GPU {gpu} would run out of memory: it is {missingBytes:bytes} short.',
    'zh-CN': 'GPU {gpu} 的显存不够，还差 {missingBytes:bytes}。',
  },
  'reason.host-memory-short': {
    en: 'There is not enough system memory: it needs {neededBytes:bytes}, {availableBytes:bytes} are available.',
    'zh-CN': '系统内存不足：需要 {neededBytes:bytes}，可用 {availableBytes:bytes}。',
  },
  'reason.kv-block-not-divides-head': {
    en: 'llama.cpp refuses a {type} cache for this model: its heads of {head} cannot be divided into blocks of {block}. Use f16.',
    'zh-CN': 'llama.cpp 不接受该模型使用 {type} 缓存：头大小 {head} 不能被块大小 {block} 整除。请使用 f16。',
  },
  'reason.kv-needs-flash-attention': {
    en: 'A {type} cache needs flash attention, which these GPUs or this model do not support.',
    'zh-CN': '{type} 缓存需要 flash attention，而这些 GPU 或该模型不支持。',
  },
  'reason.takes-reserve': {
    en: 'It would fit on the GPUs, but GPU {gpu} would have only {leftBytes:bytes} left, and {reservedBytes:bytes} are kept free for other programs (HEADROOM_RESERVE).',
    'zh-CN':
      'GPU 上放得下，但 GPU {gpu} 只会剩 {leftBytes:bytes}，而要为其他程序留出 {reservedBytes:bytes}（HEADROOM_RESERVE）。',
  },
  'reason.partial-layers': {
    en: 'Ollama expects to need {neededBytes:bytes} on the GPUs and sees {freeBytes:bytes} free: {gpuLayers} of {totalLayers} layers go there, the rest needs {systemNeededBytes:bytes} of system memory.',
    'zh-CN':
      'Ollama 预计需要 {neededBytes:bytes} 显存，空闲 {freeBytes:bytes}：{totalLayers} 层中有 {gpuLayers} 层放到 GPU，其余需要 {systemNeededBytes:bytes} 系统内存。',
  },
  'reason.cpu-no-layers': {
    en: 'Each GPU needs {gpuNeededBytes:bytes} free before the first layer (graph {graphBytes:bytes}, vision {projectorBytes:bytes}, two layers {twoLayersBytes:bytes}, minimum {minimumBytes:bytes}), and the largest has {gpuFreeBytes:bytes}. So no layer goes on a GPU.',
    'zh-CN':
      '放第一层之前，每张 GPU 要有 {gpuNeededBytes:bytes} 空闲（计算图 {graphBytes:bytes}、视觉 {projectorBytes:bytes}、两层 {twoLayersBytes:bytes}、最低保留 {minimumBytes:bytes}），而空闲最多的一张只有 {gpuFreeBytes:bytes}，因此一层也放不到 GPU 上。',
  },
  'reason.cpu-no-layers-anywhere': {
    en: 'Not one layer fits on a GPU: all of them together have {freeBytes:bytes} free. The whole model, {systemNeededBytes:bytes}, goes to system memory.',
    'zh-CN':
      '所有 GPU 一共只空闲 {freeBytes:bytes}，一层也放不下。整个模型（{systemNeededBytes:bytes}）要放到系统内存。',
  },
  'reason.refused-system-memory': {
    en: 'Only {gpuLayers} of {totalLayers} layers would go on the GPUs; for the rest Ollama needs {systemNeededBytes:bytes} of system memory and has {systemAvailableBytes:bytes}.',
    'zh-CN':
      '{totalLayers} 层中只有 {gpuLayers} 层能放到 GPU；其余部分 Ollama 需要 {systemNeededBytes:bytes} 系统内存，而可用的只有 {systemAvailableBytes:bytes}。',
  },
  'reason.refused-system-memory-no-layers': {
    en: 'Each GPU needs {gpuNeededBytes:bytes} free before the first layer (graph {graphBytes:bytes}, vision {projectorBytes:bytes}, two layers {twoLayersBytes:bytes}, minimum {minimumBytes:bytes}), and the largest has {gpuFreeBytes:bytes}. So no layer goes on a GPU, and for the whole model Ollama needs {systemNeededBytes:bytes} of system memory and has {systemAvailableBytes:bytes}.',
    'zh-CN':
      '放第一层之前，每张 GPU 要有 {gpuNeededBytes:bytes} 空闲（计算图 {graphBytes:bytes}、视觉 {projectorBytes:bytes}、两层 {twoLayersBytes:bytes}、最低保留 {minimumBytes:bytes}），而空闲最多的一张只有 {gpuFreeBytes:bytes}，因此一层也放不到 GPU 上。整个模型需要 {systemNeededBytes:bytes} 系统内存，而可用的只有 {systemAvailableBytes:bytes}。',
  },
  'reason.refused-allocation': {
    en: 'num_gpu asks for {numGpu} layers on the GPUs, but only {freeBytes:bytes} are free there: Ollama cannot allocate them.',
    'zh-CN': 'num_gpu 要求在 GPU 上放 {numGpu} 层，而 GPU 只空闲 {freeBytes:bytes}：Ollama 无法分配。',
  },
  'reason.refused-version-too-old': {
    en: 'This version of Ollama cannot load this model; it needs {needs} or later.',
    'zh-CN': '该版本的 Ollama 无法加载此模型；需要 {needs} 或更高版本。',
  },

  'reason.one-memory-short': {
    en: 'GPU and system share one memory here: it needs {neededBytes:bytes} in all, and there are {availableBytes:bytes}.',
    'zh-CN': '这台机器的 GPU 与系统共用内存：一共需要 {neededBytes:bytes}，而总量只有 {availableBytes:bytes}。',
  },

  'note.one-memory-tight': {
    en: 'GPU and system share one memory here: it needs {neededBytes:bytes} in all, and {availableBytes:bytes} are free now.',
    'zh-CN': '这台机器的 GPU 与系统共用内存：一共需要 {neededBytes:bytes}，目前空闲 {availableBytes:bytes}。',
  },
  'note.metal-working-set': {
    en: 'A Mac lets its GPU use about {limitBytes:bytes} of {memoryBytes:bytes} unless iogpu.wired_limit_mb says otherwise; this is worked out with that. Estimates for Metal are less certain than for CUDA.',
    'zh-CN':
      'Mac 默认只让 GPU 使用 {memoryBytes:bytes} 内存中的约 {limitBytes:bytes}（可用 iogpu.wired_limit_mb 调整），以此计算。Metal 的估算不如 CUDA 准确。',
  },
  'note.ctx-reduced-by-fit': {
    en: 'llama.cpp lowers the context from {from} to {to}.',
    'zh-CN': 'llama.cpp 会把上下文从 {from} 降到 {to}。',
  },
  'note.build-assumed': {
    en: '{build} is newer than the llama.cpp builds known here; worked out as for {as}.',
    'zh-CN': '{build} 比已知的 llama.cpp 都新，按 {as} 计算。',
  },
  'note.fit-aborted': {
    en: 'The number of GPU layers is set by hand, so llama.cpp does not adapt the model to the memory.',
    'zh-CN': 'GPU 层数是手动设置的，llama.cpp 不会按显存自动调整。',
  },
  'note.projector-on-cpu': { en: 'The vision part runs on the CPU.', 'zh-CN': '视觉部分在 CPU 上运行。' },
  'note.ctx-raised': { en: 'The context is raised from {from} to {to}.', 'zh-CN': '上下文从 {from} 提高到 {to}。' },
  'note.ctx-clamped-to-training': {
    en: 'Ollama lowers the context from {from} to {to}, the longest that the model supports.',
    'zh-CN': 'Ollama 会把上下文从 {from} 降到模型支持的最大值 {to}。',
  },
  'note.context-clamped': {
    en: 'Ollama lowers the context from {requested} to {trained}, the longest that the model supports.',
    'zh-CN': 'Ollama 会把上下文从 {requested} 降到模型支持的最大值 {trained}。',
  },
  'note.parallel-forced-to-one': {
    en: 'Ollama answers one request at a time with this model, not {from}.',
    'zh-CN': 'Ollama 对该模型的并行数固定为 1，而不是 {from}。',
  },
  'note.evicts-others': {
    en: 'Ollama itself expects to need {predictedBytes:bytes} and would first unload {models} other {models:plural:model|models}: {names}.',
    'zh-CN': 'Ollama 预计需要 {predictedBytes:bytes}，会先卸载另外 {models} 个模型：{names}。',
  },
  'note.first-use-short': {
    en: 'It loads, but the first prompts may run out of memory on GPU {gpu}, which is about {missingBytes:bytes} short. Use a shorter context.',
    'zh-CN': '可以加载，但首次提问时 GPU {gpu} 可能显存不足，大约还差 {missingBytes:bytes}。请缩短上下文。',
  },
  'note.draft-layers-not-counted': {
    en: 'The model has {layers} {layers:plural:layer|layers} for multi-token prediction (MTP), used only with speculative decoding (draft_num_predict); what that takes is not counted.',
    'zh-CN': '该模型有 {layers} 个多 token 预测（MTP）层，仅用于推测解码（draft_num_predict），其占用未计入。',
  },
  'note.evicts-after-oom': {
    en: 'The first attempt would run out of memory; Ollama then unloads the other {models} {models:plural:model|models} and tries again: {names}.',
    'zh-CN': '第一次加载会显存不足；Ollama 随后会卸载其余 {models} 个模型再试：{names}。',
  },
  'note.gpus-hidden': {
    en: 'Ollama can use {usable} of the GPUs; {hidden} {hidden:plural:is|are} hidden from it or too old.',
    'zh-CN': 'Ollama 只能使用其中 {usable} 张 GPU；另有 {hidden} 张对它不可见或太旧。',
  },
  'note.evicts-loaded': {
    en: 'Ollama would unload {models} other {models:plural:model|models} first.',
    'zh-CN': 'Ollama 会先卸载另外 {models} 个模型。',
  },
  'note.system-memory-assumed': {
    en: 'The system memory is unknown; worked out with {bytes:bytes}.',
    'zh-CN': '系统内存未知，按 {bytes:bytes} 计算。',
  },
  'note.flash-attention-unsupported': {
    en: 'Ollama has no flash attention on these GPUs.',
    'zh-CN': 'Ollama 在这些 GPU 上不支持 flash attention。',
  },
  'note.kv-type-ignored': {
    en: 'The cache type {requested} is ignored here; {used} is used.',
    'zh-CN': '这里不支持缓存类型 {requested}，改用 {used}。',
  },
  'note.version-assumed-newest': {
    en: 'The version cannot be read; worked out as for the newest.',
    'zh-CN': '无法读取版本，按最新版本计算。',
  },
  'note.version-older-than-known': {
    en: 'Versions before {known} are only roughly known.',
    'zh-CN': '{known} 之前的版本只能粗略估算。',
  },
  'note.graph-estimated': {
    en: 'Ollama measures the compute graph of this engine while it runs; here it is an estimate.',
    'zh-CN': '该引擎的计算图由 Ollama 在运行时测量，这里是估计值。',
  },
  'note.graph-by-formula': {
    en: 'Ollama counts {ollamaBytes:bytes} for the compute buffers here; really {bytes:bytes} are used.',
    'zh-CN': 'Ollama 在这里按 {ollamaBytes:bytes} 估算计算缓冲区，实际占用 {bytes:bytes}。',
  },
  'note.projector-not-counted': {
    en: 'Ollama does not count the vision part ({bytes:bytes}); here it is counted.',
    'zh-CN': 'Ollama 不计入视觉部分（{bytes:bytes}），这里已计入。',
  },

  'explain.figure': { en: '{name}: {size}', 'zh-CN': '{name}：{size}' },
  'explain.weights': { en: 'Weights', 'zh-CN': '权重' },
  'explain.cache': { en: 'Cache', 'zh-CN': '缓存' },
  'explain.compute': { en: 'Compute', 'zh-CN': '计算' },
  'explain.projector': { en: 'Vision', 'zh-CN': '视觉' },
  'explain.overhead': { en: 'CUDA', 'zh-CN': 'CUDA' },
  'explain.total': { en: 'Total', 'zh-CN': '合计' },
  'explain.headroom': { en: 'Left after the load', 'zh-CN': '加载后剩余' },
  'explain.prediction': { en: "Ollama's own forecast", 'zh-CN': 'Ollama 自己的预测' },
  'explain.available': { en: 'Free memory that Ollama counts on', 'zh-CN': 'Ollama 认为可用的显存' },
  'explain.fit-margin': { en: 'Kept free on each GPU', 'zh-CN': '每张 GPU 上保留的显存' },
  'explain.size-vram': { en: 'What ollama ps will show', 'zh-CN': 'ollama ps 显示的大小' },
  'explain-how.weights': {
    en: 'The tensors of the layers on that device, as large as their quantization makes them; {layers} of {total} layers are on the GPUs.',
    'zh-CN': '放在该设备上的各层张量，按量化后的大小计；{total} 层中有 {layers} 层在 GPU 上。',
  },
  'explain-how.cache': {
    en: 'The keys and values of {tokens} tokens for those layers, as {kv}. The longer the context, the larger it is.',
    'zh-CN': '这些层为 {tokens} 个 token 保存的键和值，类型 {kv}。上下文越长，缓存越大。',
  },
  'explain-how.compute': {
    en: 'What must be kept at the same time while {batch} tokens go through the model.',
    'zh-CN': '一次处理 {batch} 个 token 时要同时保留的中间结果。',
  },
  'explain-how.projector': {
    en: 'The part that sees pictures, and the room it needs to look at one.',
    'zh-CN': '识别图片的部分，以及处理一张图片所需的空间。',
  },
  'explain-how.overhead': {
    en: 'What CUDA takes besides the buffers, {low:bytes} to {high:bytes} per GPU: an estimate from real loads.',
    'zh-CN': 'CUDA 在缓冲区之外的占用，每张 GPU {low:bytes} 到 {high:bytes}：根据实际加载估计。',
  },
  'explain-how.total': { en: 'All of the above on that GPU.', 'zh-CN': '该 GPU 上以上各项之和。' },
  'explain-how.headroom': { en: 'What is free now, minus the total.', 'zh-CN': '当前空闲减去合计。' },
  'explain-how.prediction': {
    en: 'A rough figure that Ollama works out before it loads. If it is too large, Ollama unloads others first.',
    'zh-CN': 'Ollama 加载前的粗略估计；如果太大，会先卸载其他模型。',
  },
  'explain-how.available': {
    en: 'What is free on the GPUs that Ollama may use.',
    'zh-CN': 'Ollama 可选用的 GPU 上的空闲显存。',
  },
  'explain-how.fit-margin': {
    en: 'llama.cpp leaves this much free and puts fewer layers on the GPU instead.',
    'zh-CN': 'llama.cpp 会留出这么多，宁可少放几层。',
  },
  'explain-how.size-vram': {
    en: "Ollama's own count, without what CUDA takes.",
    'zh-CN': 'Ollama 自己的统计，不含 CUDA 的占用。',
  },

  'error.estimate-timeout': {
    en: 'The estimate for {model} was stopped after {duration:duration}: what its file describes takes too long to work out. It will not be tried again for an hour.',
    'zh-CN': '{model} 的估算在 {duration:duration} 后停止：其文件描述的模型太复杂，算不完。一小时内不会再试。',
  },
  'error.estimate-crashed': {
    en: 'The estimate for {model} ended without a result, most likely because memory ran out. Nothing else is affected.',
    'zh-CN': '{model} 的估算中途退出，多半是内存不足。其他功能不受影响。',
  },
  'error.estimate-refused': {
    en: 'The estimate for {model} failed a short while ago. Try again in {duration:duration}.',
    'zh-CN': '{model} 的估算刚才失败了，请在 {duration:duration}后再试。',
  },
  'error.estimate-too-large': {
    en: 'The description of {model} is far longer than that of any real model, so it is not estimated.',
    'zh-CN': '{model} 的描述远超任何真实模型，不进行估算。',
  },
  'error.estimates-busy': {
    en: 'Too many estimates are waiting right now. Ask again in a moment.',
    'zh-CN': '当前排队的估算太多，请稍后再试。',
  },
  'error.estimates-closed': {
    en: 'The bot is restarting, so the estimate was stopped. Ask again in a minute.',
    'zh-CN': '机器人正在重启，估算已停止。请一分钟后再试。',
  },
  'error.ctx-not-integer': {
    en: 'The context must be a whole number, not {numCtx}.',
    'zh-CN': '上下文必须是整数，{numCtx} 不行。',
  },
  'error.ctx-not-positive': {
    en: 'The context must be at least 1 token, not {numCtx}.',
    'zh-CN': '上下文至少为 1 个 token，{numCtx} 不行。',
  },
  'error.ctx-too-large': {
    en: 'A context of {numCtx} is longer than any model supports ({max}).',
    'zh-CN': '没有模型支持 {numCtx} 这么长的上下文（上限 {max}）。',
  },
  'error.parallel-range': {
    en: 'Requests at the same time must be 1 to 256, not {parallel}.',
    'zh-CN': '并行数必须为 1 到 256，{parallel} 不行。',
  },
  'error.unknown-kv-type': {
    en: 'There is no cache type {type}. There are f32, f16, bf16, q8_0, q4_0, q4_1, q5_0, q5_1, iq4_nl.',
    'zh-CN': '没有缓存类型 {type}。可用：f32、f16、bf16、q8_0、q4_0、q4_1、q5_0、q5_1、iq4_nl。',
  },
  'error.tensor-split-nonsense': { en: '{split} is not a list of shares.', 'zh-CN': '{split} 不是有效的分配比例。' },
  'error.model-missing': { en: 'The line has no "model".', 'zh-CN': '这一行缺少 "model"。' },
  'error.models-missing': { en: 'A set needs "models".', 'zh-CN': '缺少 "models"。' },
  'error.set-too-large': {
    en: 'A set may have at most {max} models, not {models}.',
    'zh-CN': '一次最多 {max} 个模型，这里有 {models} 个。',
  },
  'error.too-many-gpus': {
    en: '{gpus} GPUs are too many; {max} can be planned.',
    'zh-CN': '{gpus} 张 GPU 太多，最多 {max} 张。',
  },
  'error.gpu-nonsense': {
    en: 'The sizes of a GPU are wrong: total and free must be numbers of bytes, and free not more than total.',
    'zh-CN': 'GPU 的容量有误：总量和空闲必须是字节数，且空闲不大于总量。',
  },
  'error.option-invalid': { en: 'The option {option} cannot be {value}.', 'zh-CN': '选项 {option} 不能是 {value}。' },
  'error.parallel-not-positive': {
    en: 'Requests at the same time must be 1 to 256, not {value}.',
    'zh-CN': '并行数必须为 1 到 256，{value} 不行。',
  },
  'error.batch-not-positive': {
    en: 'The option {option} must be a whole number of at least 1, not {value}.',
    'zh-CN': '选项 {option} 必须是不小于 1 的整数，{value} 不行。',
  },
  'error.num-gpu-nonsense': {
    en: 'The number of GPU layers must be a whole number, or -1 for all, not {value}.',
    'zh-CN': 'GPU 层数必须是整数，-1 表示全部，{value} 不行。',
  },
  'error.outputs-nonsense': { en: 'The option {option} cannot be {value}.', 'zh-CN': '选项 {option} 不能是 {value}。' },
  'error.kv-needs-flash-attention': {
    en: 'A {type} cache needs flash attention, which is off here.',
    'zh-CN': '{type} 缓存需要 flash attention，而这里没有启用。',
  },
  'error.margin-nonsense': { en: 'The option {option} cannot be {value}.', 'zh-CN': '选项 {option} 不能是 {value}。' },
  'error.missing-key': {
    en: 'The model has no key {key}, so nothing can be estimated.',
    'zh-CN': '模型缺少键 {key}，无法估算。',
  },
  'error.projector-only': {
    en: 'This file is the vision part of a model ({architecture}), not a language model. Ask for the model it belongs to.',
    'zh-CN': '这个文件是视觉部分（{architecture}），不是语言模型。请查询它所属的模型。',
  },
  'error.not-a-language-model': {
    en: '{architecture} is not a language model that Ollama runs, so it has no context.',
    'zh-CN': '{architecture} 不是 Ollama 能运行的语言模型，没有上下文。',
  },
  'error.metadata-invalid': {
    en: "The model's data is wrong: {key} is {value}.",
    'zh-CN': '模型信息有误：{key} 为 {value}。',
  },
  'error.metadata-too-large': {
    en: "The model's data is wrong: {key} is {value}, and at most {max} is possible.",
    'zh-CN': '模型信息有误：{key} 为 {value}，最多只能是 {max}。',
  },
  'error.layers-without-tensors': {
    en: "The model's data is wrong: {key} is {value}, but there are tensors for {blocks} layers only. The file may be incomplete.",
    'zh-CN': '模型信息有误：{key} 为 {value}，但张量只够 {blocks} 层。文件可能不完整。',
  },
  'error.tensor-too-large': {
    en: "The tensor {tensor} is larger than any machine's memory.",
    'zh-CN': '张量 {tensor} 太大，没有机器装得下。',
  },
  'error.graph-too-large': {
    en: 'The model needs more operations than llama.cpp allows ({tensors} so far), so it cannot be loaded.',
    'zh-CN': '模型需要的运算超出 llama.cpp 的上限（已达 {tensors} 个），无法加载。',
  },
  'error.sizes-impossible': {
    en: 'The sizes in the model multiply to an impossible amount of memory, so its data is wrong.',
    'zh-CN': '模型中的各个尺寸相乘后大得离谱，模型信息有误。',
  },
  'error.tensor-invalid': {
    en: 'The tensor {tensor} has an impossible shape or place.',
    'zh-CN': '张量 {tensor} 的形状或位置无效。',
  },
  'error.no-tensors': {
    en: 'The model lists no tensors, so the size of its weights is unknown.',
    'zh-CN': '模型没有张量表，无法得知权重大小。',
  },
  'error.bad-pattern': { en: 'The tensor pattern {pattern} is not valid.', 'zh-CN': '张量匹配模式 {pattern} 无效。' },
  'error.bad-build': {
    en: '{build} is not a build of llama.cpp. Write b10454 or v0.5.0.',
    'zh-CN': '{build} 不是 llama.cpp 的构建版本。请写成 b10454 或 v0.5.0。',
  },
  'error.bad-ollama-version': {
    en: '{version} is not a version of Ollama. Write 0.33.0, or llama.cpp.',
    'zh-CN': '{version} 不是 Ollama 版本。请写成 0.33.0 或 llama.cpp。',
  },
  'error.unknown-tensor-type': { en: 'The tensor type {type} is unknown.', 'zh-CN': '未知的张量类型 {type}。' },
  'error.array-heads-unsupported': {
    en: 'Ollama before 0.9.3 cannot load this model: {key} differs from layer to layer.',
    'zh-CN': '0.9.3 之前的 Ollama 无法加载此模型：{key} 各层不同。',
  },
});
