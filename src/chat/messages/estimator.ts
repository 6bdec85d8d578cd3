import { area } from './area.ts';

/** What the estimator says with codes: reasons of a verdict, remarks, errors, labels of an explanation. */
export const estimatorMessages = area({
  'reason.layers-on-cpu': {
    en: '{deficitBytes:bytes} too much for the GPUs: {cpuLayers} of {totalLayers} layers go to system memory.',
    'zh-CN': '超出 GPU 显存 {deficitBytes:bytes}：{totalLayers} 层中有 {cpuLayers} 层会放到系统内存。',
  },
  'reason.experts-on-cpu': {
    en: '{deficitBytes:bytes} too much for the GPUs: expert tensors of {layers} of {totalLayers} layers go to system memory.',
    'zh-CN': '超出 GPU 显存 {deficitBytes:bytes}：{totalLayers} 层中有 {layers} 层的专家张量会放到系统内存。',
  },
  'reason.all-on-cpu': {
    en: 'Not one layer fits beside what a GPU must keep free; {deficitBytes:bytes} are missing for the whole model.',
    'zh-CN': '除去 GPU 必须保留的部分，一层也放不下；整个模型还差 {deficitBytes:bytes}。',
  },
  'reason.no-gpu': { en: 'There is no GPU.', 'zh-CN': '没有 GPU。' },
  'reason.cpu-no-gpu': { en: 'There is no GPU.', 'zh-CN': '没有 GPU。' },
  'reason.num-gpu-zero': { en: 'num_gpu is 0: nothing goes on the GPUs.', 'zh-CN': 'num_gpu 为 0：不使用 GPU。' },
  'reason.cpu-requested': { en: 'num_gpu is 0: nothing goes on the GPUs.', 'zh-CN': 'num_gpu 为 0：不使用 GPU。' },
  'reason.out-of-memory': {
    en: 'GPU {gpu} would run out of memory: {missingBytes:bytes} are missing.',
    'zh-CN': 'GPU {gpu} 会显存不足：还差 {missingBytes:bytes}。',
  },
  'reason.host-memory-short': {
    en: 'System memory does not suffice: {neededBytes:bytes} needed, {availableBytes:bytes} available.',
    'zh-CN': '系统内存不足：需要 {neededBytes:bytes}，可用 {availableBytes:bytes}。',
  },
  'reason.kv-block-not-divides-head': {
    en: "A {type} cache has blocks of {block} elements, which do not divide this model's heads of {head}: llama.cpp refuses it. Use f16.",
    'zh-CN': '{type} 缓存每块 {block} 个元素，无法整除该模型的头大小 {head}：llama.cpp 会拒绝。请使用 f16。',
  },
  'reason.kv-needs-flash-attention': {
    en: 'A {type} cache needs flash attention, which these GPUs or this model do not have.',
    'zh-CN': '{type} 缓存需要 flash attention，而这些 GPU 或该模型不支持。',
  },
  'reason.partial-layers': {
    en: 'Ollama reckons with {neededBytes:bytes} on the GPUs and sees {freeBytes:bytes} free: {gpuLayers} of {totalLayers} layers go there, the rest needs {systemNeededBytes:bytes} of system memory.',
    'zh-CN':
      'Ollama 估计 GPU 需要 {neededBytes:bytes}，可用 {freeBytes:bytes}：{totalLayers} 层中 {gpuLayers} 层放到 GPU，其余需要 {systemNeededBytes:bytes} 系统内存。',
  },
  'reason.cpu-no-layers': {
    en: 'Before the first layer each GPU must have {gpuNeededBytes:bytes} free (graph {graphBytes:bytes}, vision {projectorBytes:bytes}, two layers {twoLayersBytes:bytes}, minimum {minimumBytes:bytes}); the largest has {gpuFreeBytes:bytes}. So no layer goes on a GPU.',
    'zh-CN':
      '放第一层之前，每张 GPU 须有 {gpuNeededBytes:bytes} 空闲（计算图 {graphBytes:bytes}、视觉 {projectorBytes:bytes}、两层 {twoLayersBytes:bytes}、最低保留 {minimumBytes:bytes}）；最大的一张只有 {gpuFreeBytes:bytes}。因此没有层能放到 GPU。',
  },
  'reason.cpu-no-layers-anywhere': {
    en: 'Not one layer fits on a GPU: {freeBytes:bytes} are free on all of them together. All of it, {systemNeededBytes:bytes}, goes to system memory.',
    'zh-CN':
      '没有任何一层能放到 GPU 上：所有 GPU 共空闲 {freeBytes:bytes}。全部 {systemNeededBytes:bytes} 会放到系统内存。',
  },
  'reason.refused-system-memory': {
    en: 'Only {gpuLayers} of {totalLayers} layers would go on the GPUs; Ollama wants {systemNeededBytes:bytes} of system memory for the rest and has {systemAvailableBytes:bytes}.',
    'zh-CN':
      '{totalLayers} 层中只有 {gpuLayers} 层能放到 GPU；其余部分 Ollama 需要 {systemNeededBytes:bytes} 系统内存，而可用 {systemAvailableBytes:bytes}。',
  },
  'reason.refused-system-memory-no-layers': {
    en: 'Before the first layer each GPU must have {gpuNeededBytes:bytes} free (graph {graphBytes:bytes}, vision {projectorBytes:bytes}, two layers {twoLayersBytes:bytes}, minimum {minimumBytes:bytes}), and the largest has {gpuFreeBytes:bytes}: not one layer goes on a GPU. For all of it Ollama wants {systemNeededBytes:bytes} of system memory and has {systemAvailableBytes:bytes}.',
    'zh-CN':
      '放第一层之前，每张 GPU 须有 {gpuNeededBytes:bytes} 空闲（计算图 {graphBytes:bytes}、视觉 {projectorBytes:bytes}、两层 {twoLayersBytes:bytes}、最低保留 {minimumBytes:bytes}），而最大的一张只有 {gpuFreeBytes:bytes}：一层也放不到 GPU。Ollama 因此需要 {systemNeededBytes:bytes} 系统内存，而可用 {systemAvailableBytes:bytes}。',
  },
  'reason.refused-allocation': {
    en: 'num_gpu asks for {numGpu} layers on the GPUs, which have {freeBytes:bytes} free: Ollama cannot allocate that.',
    'zh-CN': 'num_gpu 要求在 GPU 上放 {numGpu} 层，而 GPU 只空闲 {freeBytes:bytes}：Ollama 无法分配。',
  },
  'reason.refused-version-too-old': {
    en: 'This version of Ollama cannot load this model; it needs {needs} or later.',
    'zh-CN': '该版本的 Ollama 无法加载此模型；需要 {needs} 或更高版本。',
  },

  'reason.one-memory-short': {
    en: 'GPU and system share one memory here: {neededBytes:bytes} are needed of it in all, and it has {availableBytes:bytes}.',
    'zh-CN': '这台机器的 GPU 与系统共用同一块内存：总共需要 {neededBytes:bytes}，而它只有 {availableBytes:bytes}。',
  },

  'note.one-memory-tight': {
    en: 'GPU and system share one memory here: {neededBytes:bytes} are needed of it in all, {availableBytes:bytes} are free now.',
    'zh-CN': '这台机器的 GPU 与系统共用同一块内存：总共需要 {neededBytes:bytes}，目前空闲 {availableBytes:bytes}。',
  },
  'note.metal-working-set': {
    en: 'A Mac lets its GPU use about {limitBytes:bytes} of {memoryBytes:bytes} unless somebody set it otherwise (iogpu.wired_limit_mb); counted with that. Plans for Metal are less certain than those for CUDA.',
    'zh-CN':
      'Mac 默认只让 GPU 使用 {memoryBytes:bytes} 内存中的约 {limitBytes:bytes}（可用 iogpu.wired_limit_mb 改动）；此处按此计算。Metal 的估算不如 CUDA 精确。',
  },
  'note.ctx-reduced-by-fit': {
    en: 'llama.cpp lowers the context from {from} to {to}.',
    'zh-CN': 'llama.cpp 会把上下文从 {from} 降到 {to}。',
  },
  'note.build-assumed': {
    en: '{build} is newer than every llama.cpp looked at; planned as {as}.',
    'zh-CN': '{build} 比已分析过的 llama.cpp 都新，按 {as} 估算。',
  },
  'note.fit-aborted': {
    en: 'The number of GPU layers is set by hand, so llama.cpp does not fit the model to the memory.',
    'zh-CN': 'GPU 层数为手动设置，llama.cpp 不会自动适配显存。',
  },
  'note.projector-on-cpu': { en: 'The vision tower runs on the CPU.', 'zh-CN': '视觉部分在 CPU 上运行。' },
  'note.ctx-raised': { en: 'The context is raised from {from} to {to}.', 'zh-CN': '上下文从 {from} 提高到 {to}。' },
  'note.ctx-clamped-to-training': {
    en: 'Ollama lowers the context from {from} to the trained {to}.',
    'zh-CN': 'Ollama 会把上下文从 {from} 降到训练长度 {to}。',
  },
  'note.context-clamped': {
    en: 'Ollama lowers the context from {requested} to the trained {trained}.',
    'zh-CN': 'Ollama 会把上下文从 {requested} 降到训练长度 {trained}。',
  },
  'note.parallel-forced-to-one': {
    en: 'Ollama runs this model with one slot, not {from}.',
    'zh-CN': 'Ollama 对该模型只用一个槽位，而不是 {from} 个。',
  },
  'note.evicts-others': {
    en: 'Ollama itself predicts {predictedBytes:bytes} and would unload {models} other {models:plural:model|models} first: {names}.',
    'zh-CN': 'Ollama 自己预测需要 {predictedBytes:bytes}，会先卸载另外 {models} 个模型：{names}。',
  },
  'note.first-use-short': {
    en: 'It loads, but the first prompts may run out of memory on GPU {gpu}: about {missingBytes:bytes} are missing. Take a smaller context.',
    'zh-CN': '可以加载，但首次提问时 GPU {gpu} 可能显存不足：大约还差 {missingBytes:bytes}。请减小上下文。',
  },
  'note.draft-layers-not-counted': {
    en: 'The model has {layers} {layers:plural:layer|layers} for next-token prediction (MTP). They work only with speculative decoding (draft_num_predict); what that takes is not counted.',
    'zh-CN': '该模型有 {layers} 个多 token 预测（MTP）层，仅在推测解码（draft_num_predict）时使用；其占用未计入。',
  },
  'note.evicts-after-oom': {
    en: 'It would run out of memory at first; Ollama then unloads all {models} other {models:plural:model|models} and tries once more: {names}.',
    'zh-CN': '首次加载会显存不足；Ollama 随后会卸载其余全部 {models} 个模型并重试一次：{names}。',
  },
  'note.gpus-hidden': {
    en: 'Ollama may use {usable} of the GPUs; {hidden} {hidden:plural:is|are} hidden from it or too old for it.',
    'zh-CN': 'Ollama 只能使用其中 {usable} 张 GPU；另有 {hidden} 张对它不可见或过旧。',
  },
  'note.evicts-loaded': {
    en: 'Ollama would unload {models} other {models:plural:model|models} first.',
    'zh-CN': 'Ollama 会先卸载另外 {models} 个模型。',
  },
  'note.system-memory-assumed': {
    en: 'The system memory is not known; {bytes:bytes} are assumed.',
    'zh-CN': '系统内存未知；假定为 {bytes:bytes}。',
  },
  'note.flash-attention-unsupported': {
    en: 'These GPUs have no flash attention in Ollama.',
    'zh-CN': '这些 GPU 在 Ollama 中不支持 flash attention。',
  },
  'note.kv-type-ignored': {
    en: 'The cache type {requested} is ignored here; {used} is used.',
    'zh-CN': '此处忽略缓存类型 {requested}；使用 {used}。',
  },
  'note.version-assumed-newest': {
    en: 'The version cannot be read; the newest is assumed.',
    'zh-CN': '无法读取版本；按最新版本处理。',
  },
  'note.version-older-than-known': {
    en: 'Versions before {known} are not known exactly.',
    'zh-CN': '{known} 之前的版本没有确切资料。',
  },
  'note.graph-estimated': {
    en: 'The compute graph of this engine is measured at run time by Ollama; here it is estimated.',
    'zh-CN': '该引擎的计算图由 Ollama 在运行时测量；此处为估计值。',
  },
  'note.graph-by-formula': {
    en: 'Ollama reckons with {ollamaBytes:bytes} for the compute buffers here; {bytes:bytes} are really used.',
    'zh-CN': 'Ollama 在此按 {ollamaBytes:bytes} 估算计算缓冲区；实际占用 {bytes:bytes}。',
  },
  'note.projector-not-counted': {
    en: 'Ollama does not count the vision tower ({bytes:bytes}); it is counted here.',
    'zh-CN': 'Ollama 不计入视觉部分（{bytes:bytes}）；此处已计入。',
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
  'explain.available': { en: 'Free memory that Ollama counts on', 'zh-CN': 'Ollama 计入的可用显存' },
  'explain.fit-margin': { en: 'Kept free on each GPU', 'zh-CN': '每张 GPU 上保留的显存' },
  'explain.size-vram': { en: 'What ollama ps will show', 'zh-CN': 'ollama ps 将显示的大小' },
  'explain-how.weights': {
    en: 'The tensors of the layers that go there, in the size of their quantization; {layers} of {total} layers go on the GPUs.',
    'zh-CN': '放在该处的各层张量，按量化后的大小计；{total} 层中有 {layers} 层放在 GPU 上。',
  },
  'explain-how.cache': {
    en: 'The keys and values of {tokens} tokens for each of those layers, as {kv}. It grows with the context.',
    'zh-CN': '这些层对 {tokens} 个 token 的键和值，类型为 {kv}。上下文越长，缓存越大。',
  },
  'explain-how.compute': {
    en: 'What has to be kept at one time while {batch} tokens go through the model.',
    'zh-CN': '一次处理 {batch} 个 token 时需要同时保留的中间结果。',
  },
  'explain-how.projector': {
    en: 'The part that sees pictures, and what it takes to look at one.',
    'zh-CN': '识别图片的部分，以及处理一张图片所需的空间。',
  },
  'explain-how.overhead': {
    en: 'What CUDA takes outside of the buffers, {low:bytes} to {high:bytes} per GPU: an estimate from reported loads.',
    'zh-CN': 'CUDA 在缓冲区之外的占用，每张 GPU {low:bytes} 到 {high:bytes}：根据已报告的加载估算。',
  },
  'explain-how.total': { en: 'All of the above on that GPU.', 'zh-CN': '该 GPU 上以上各项之和。' },
  'explain-how.headroom': { en: 'What is free now, less the total.', 'zh-CN': '当前空闲减去合计。' },
  'explain-how.prediction': {
    en: 'A rough figure that Ollama works out before it loads: if it is too large, it unloads others first.',
    'zh-CN': 'Ollama 加载前的粗略估计：如果过大，会先卸载其他模型。',
  },
  'explain-how.available': {
    en: 'What is free on the GPUs that Ollama may choose.',
    'zh-CN': 'Ollama 可选用的 GPU 上的空闲显存。',
  },
  'explain-how.fit-margin': {
    en: 'llama.cpp puts fewer layers on a GPU rather than use this.',
    'zh-CN': 'llama.cpp 宁可少放几层，也不占用这部分。',
  },
  'explain-how.size-vram': {
    en: "Ollama's own count, without what CUDA takes.",
    'zh-CN': 'Ollama 自己的统计，不含 CUDA 的占用。',
  },

  'error.estimate-timeout': {
    en: 'The estimate of {model} was given up after {duration:duration}: its file describes a model that cannot be counted in that time. It will not be tried again for an hour.',
    'zh-CN':
      '{model} 的估算在 {duration:duration} 后被放弃：其文件描述的模型无法在该时间内算完。一小时内不会再次尝试。',
  },
  'error.estimate-crashed': {
    en: 'The estimate of {model} ended without an answer, most likely for want of memory. Nothing else is affected.',
    'zh-CN': '{model} 的估算未得出结果就已终止，很可能是内存不足。其他功能不受影响。',
  },
  'error.estimate-refused': {
    en: 'The estimate of {model} did not come to an end a short while ago. It can be tried again in {duration:duration}.',
    'zh-CN': '{model} 的估算不久前未能完成。请在 {duration:duration} 后再试。',
  },
  'error.estimate-too-large': {
    en: 'The description of {model} is far longer than that of any real model, so it is not estimated.',
    'zh-CN': '{model} 的描述远长于任何真实模型，因此不进行估算。',
  },
  'error.estimates-busy': {
    en: 'Too many estimates are waiting right now. Ask again in a moment.',
    'zh-CN': '当前等待的估算过多。请稍后再试。',
  },
  'error.estimates-closed': {
    en: 'The bot is restarting, so the estimate was given up. Ask again in a minute.',
    'zh-CN': '机器人正在重启，估算已放弃。请一分钟后再试。',
  },
  'error.ctx-not-integer': {
    en: 'The context must be a whole number, not {numCtx}.',
    'zh-CN': '上下文必须是整数，而不是 {numCtx}。',
  },
  'error.ctx-not-positive': {
    en: 'The context must be at least 1 token, not {numCtx}.',
    'zh-CN': '上下文至少为 1 个 token，而不是 {numCtx}。',
  },
  'error.ctx-too-large': {
    en: 'A context of {numCtx} is more than any model has ({max}).',
    'zh-CN': '上下文 {numCtx} 超过任何模型的上限（{max}）。',
  },
  'error.parallel-range': {
    en: 'Parallel slots must be 1 to 256, not {parallel}.',
    'zh-CN': '并行槽位必须为 1 到 256，而不是 {parallel}。',
  },
  'error.unknown-kv-type': {
    en: 'There is no cache type {type}. Known: f32, f16, bf16, q8_0, q4_0, q4_1, q5_0, q5_1, iq4_nl.',
    'zh-CN': '没有缓存类型 {type}。可用：f32、f16、bf16、q8_0、q4_0、q4_1、q5_0、q5_1、iq4_nl。',
  },
  'error.tensor-split-nonsense': {
    en: 'The split {split} is no list of shares.',
    'zh-CN': '切分 {split} 不是有效的比例列表。',
  },
  'error.model-missing': { en: 'The line names no "model".', 'zh-CN': '该行缺少 "model"。' },
  'error.models-missing': { en: 'A set needs "models".', 'zh-CN': '集合需要 "models"。' },
  'error.set-too-large': {
    en: 'A set may have {max} models at most, not {models}.',
    'zh-CN': '一组最多 {max} 个模型，而不是 {models} 个。',
  },
  'error.too-many-gpus': {
    en: '{gpus} GPUs are more than can be planned ({max}).',
    'zh-CN': '{gpus} 张 GPU 超过可规划的数量（{max}）。',
  },
  'error.gpu-nonsense': {
    en: 'The sizes of a GPU make no sense: total and free must be numbers of bytes, free not above total.',
    'zh-CN': 'GPU 的大小不合理：总量和空闲必须是字节数，且空闲不大于总量。',
  },
  'error.option-invalid': { en: 'The option {option} cannot be {value}.', 'zh-CN': '选项 {option} 不能是 {value}。' },
  'error.parallel-not-positive': {
    en: 'Parallel slots must be 1 to 256, not {value}.',
    'zh-CN': '并行槽位必须为 1 到 256，而不是 {value}。',
  },
  'error.batch-not-positive': {
    en: 'The option {option} must be a whole number of at least 1, not {value}.',
    'zh-CN': '选项 {option} 必须是不小于 1 的整数，而不是 {value}。',
  },
  'error.num-gpu-nonsense': {
    en: 'The number of GPU layers must be a whole number, or -1 for all, not {value}.',
    'zh-CN': 'GPU 层数必须是整数，或用 -1 表示全部，而不是 {value}。',
  },
  'error.outputs-nonsense': { en: 'The option {option} cannot be {value}.', 'zh-CN': '选项 {option} 不能是 {value}。' },
  'error.kv-needs-flash-attention': {
    en: 'A {type} cache needs flash attention, which is off here.',
    'zh-CN': '{type} 缓存需要 flash attention，而此处未启用。',
  },
  'error.margin-nonsense': { en: 'The option {option} cannot be {value}.', 'zh-CN': '选项 {option} 不能是 {value}。' },
  'error.missing-key': {
    en: 'The model lacks the key {key}; without it nothing can be estimated.',
    'zh-CN': '模型缺少键 {key}；没有它无法估算。',
  },
  'error.projector-only': {
    en: 'This file is a vision tower ({architecture}), not a language model. Ask for the model it belongs to.',
    'zh-CN': '这个文件是视觉部分（{architecture}），不是语言模型。请询问它所属的模型。',
  },
  'error.not-a-language-model': {
    en: '{architecture} is not a language model that Ollama serves, so there is no context to fit.',
    'zh-CN': '{architecture} 不是 Ollama 能提供服务的语言模型，没有上下文可言。',
  },
  'error.metadata-invalid': {
    en: 'The model cannot be right: {key} is {value}.',
    'zh-CN': '模型信息有误：{key} 为 {value}。',
  },
  'error.metadata-too-large': {
    en: 'The model cannot be right: {key} is {value}, and no more than {max} can be.',
    'zh-CN': '模型信息有误：{key} 为 {value}，最多只能是 {max}。',
  },
  'error.layers-without-tensors': {
    en: 'The model cannot be right: {key} is {value}, but its tensors are those of {blocks} layers. The file may be incomplete.',
    'zh-CN': '模型信息有误：{key} 为 {value}，但张量只够 {blocks} 层。文件可能不完整。',
  },
  'error.tensor-too-large': {
    en: 'The tensor {tensor} of the model is larger than any machine holds.',
    'zh-CN': '模型的张量 {tensor} 过大，没有机器装得下。',
  },
  'error.graph-too-large': {
    en: 'The model asks for more operations than llama.cpp takes ({tensors} so far); it cannot be loaded.',
    'zh-CN': '模型需要的运算超出 llama.cpp 的上限（已达 {tensors} 个），无法加载。',
  },
  'error.sizes-impossible': {
    en: 'The sizes in the model multiply to more memory than can be counted; it cannot be right.',
    'zh-CN': '模型中的尺寸相乘后大得无法计算，模型信息有误。',
  },
  'error.tensor-invalid': {
    en: 'The tensor {tensor} of the model has a shape or place that cannot be.',
    'zh-CN': '模型的张量 {tensor} 的形状或位置无效。',
  },
  'error.no-tensors': {
    en: 'The model has no tensor table, so its weights are not known.',
    'zh-CN': '模型没有张量表，无法得知权重大小。',
  },
  'error.bad-pattern': { en: 'The tensor pattern {pattern} cannot be used.', 'zh-CN': '张量模式 {pattern} 无法使用。' },
  'error.bad-build': {
    en: '{build} is no build of llama.cpp. Write it like b10454, or v0.5.0.',
    'zh-CN': '{build} 不是 llama.cpp 的构建版本。请写成 b10454 或 v0.5.0。',
  },
  'error.bad-ollama-version': {
    en: '{version} is no version of Ollama. Write it like 0.33.0, or llama.cpp.',
    'zh-CN': '{version} 不是 Ollama 版本。请写成 0.33.0 或 llama.cpp。',
  },
  'error.unknown-tensor-type': { en: 'The tensor type {type} is not known.', 'zh-CN': '未知的张量类型 {type}。' },
  'error.array-heads-unsupported': {
    en: 'Ollama before 0.9.3 cannot load this model: {key} differs by layer.',
    'zh-CN': '0.9.3 之前的 Ollama 无法加载此模型：{key} 逐层不同。',
  },
});
