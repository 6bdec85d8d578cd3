import { area } from './area.ts';

/** Names of models, model files, and where models come from. */
export const modelMessages = area({
  'error.model-unknown': {
    en: 'There is no model {model} on the server, in the registry or in the built-in list. Check the spelling.',
    'zh-CN': '找不到模型 {model}：服务器、仓库和内置列表中都没有。请检查拼写。',
  },
  'error.model-unknown-near': {
    en: 'There is no model {model}. Did you mean {nearest}?',
    'zh-CN': '找不到模型 {model}。是否想输入 {nearest}？',
  },
  'error.model-unanswered': {
    en: '{host} did not answer, and {model} is not in the built-in list, so nobody can tell whether there is such a model.',
    'zh-CN': '{host} 没有响应，内置列表中也没有 {model}，无法确定是否有该模型。',
  },
  'error.model-unanswered-near': {
    en: '{host} did not answer, and {model} is not in the built-in list, so nobody can tell whether there is such a model. The list has {nearest}.',
    'zh-CN': '{host} 没有响应，内置列表中也没有 {model}，无法确定是否有该模型。内置列表中有 {nearest}。',
  },
  'error.model-restricted': {
    en: "{model} is gated. Only operators see models that need this bot's own token.",
    'zh-CN': '{model} 需要授权，只有操作员能查看需用机器人令牌打开的模型。',
  },
  'error.hub-address-invalid': {
    en: '{address} is not the address of a hub. Write http:// or https://, a host, and at most a path.',
    'zh-CN': '{address} 不是有效的模型站地址。请写 http:// 或 https:// 加主机名，后面最多再加路径。',
  },
  'error.hub-quantization-missing': {
    en: '{model} has no file in {quantization}. It has {offered}.',
    'zh-CN': '{model} 没有 {quantization} 的文件。现有：{offered}。',
  },
  'error.hub-no-model': {
    en: '{model} has no GGUF files, and no configuration with safetensors files either.',
    'zh-CN': '{model} 中既没有 GGUF 文件，也没有配置和 safetensors 文件。',
  },
  'error.hub-gated': {
    en: '{model} is gated: accept its terms on the hub and set HF_TOKEN.',
    'zh-CN': '{model} 需要授权：请先在模型站上接受其条款，并设置 HF_TOKEN。',
  },
  'note.hub-computed': {
    en: "Worked out from the repository's configuration and safetensors files; a published GGUF may be mixed differently.",
    'zh-CN': '根据仓库的配置和 safetensors 文件推算；已发布的 GGUF 可能采用不同的混合量化。',
  },
  'note.hub-size-mismatch': {
    en: 'Not every file of the repository was read, and what was worked out does not add up to its stated size.',
    'zh-CN': '仓库中有文件未读取，推算结果与仓库标明的总大小不一致。',
  },
  'note.hub-ollama-import-unsupported': {
    en: 'Ollama cannot import this repository itself. Convert it with llama.cpp, or use a GGUF.',
    'zh-CN': 'Ollama 无法直接导入该仓库；请用 llama.cpp 转换，或使用现成的 GGUF。',
  },
  'note.hub-ollama-import-without-mla': {
    en: "This holds for a GGUF from llama.cpp's converter. Ollama's own import leaves out latent attention, and its cache is many times larger.",
    'zh-CN': '此结果适用于用 llama.cpp 转换的 GGUF。Ollama 自带的导入不支持潜在注意力（MLA），缓存会大很多倍。',
  },
  'error.model-cloud': {
    en: '{model} runs in the cloud of ollama.com and uses no memory here, so it always fits.',
    'zh-CN': '{model} 在 ollama.com 云端运行，不占用本地显存。',
  },
  'error.model-mlx': {
    en: '{model} is a safetensors model for MLX, whose memory cannot be estimated here.',
    'zh-CN': '{model} 是用于 MLX 的 safetensors 模型，这里无法估算其内存。',
  },
  'error.name-empty': { en: 'The model name is empty.', 'zh-CN': '模型名称为空。' },
  'error.name-too-long': { en: 'The model name is too long.', 'zh-CN': '模型名称过长。' },
  'error.name-has-scheme': {
    en: 'A model name contains no "://". Write gemma3:12b or hf.co/org/repo:Q4_K_M.',
    'zh-CN': '模型名称不能含有“://”。请写成 gemma3:12b 或 hf.co/org/repo:Q4_K_M。',
  },
  'error.name-has-control-characters': {
    en: 'The model name contains control characters.',
    'zh-CN': '模型名称含有控制字符。',
  },
  'error.name-not-ascii': {
    en: 'A model name contains only plain letters, digits and -_.:/.',
    'zh-CN': '模型名称只能含有英文字母、数字和 -_.:/。',
  },
  'error.name-has-digest': { en: 'A model name contains no "@".', 'zh-CN': '模型名称不能含有“@”。' },
  'error.name-malformed': {
    en: 'This is not a model name that Ollama accepts. Write gemma3:12b.',
    'zh-CN': 'Ollama 不接受这样的模型名称。请写成 gemma3:12b。',
  },

  'note.builtin-other-quantization': {
    en: 'The built-in list has this model in another quantization; the weights may differ.',
    'zh-CN': '内置列表中该模型的量化不同；权重可能有差异。',
  },
  'note.builtin-computed': {
    en: 'Worked out from the published configuration, not read from a file; what is published under this name may be mixed differently.',
    'zh-CN': '根据公开配置推算，并非读自文件；以此名称发布的版本可能采用不同的混合量化。',
  },
  'error.model-not-language': {
    en: '{model} is not a language model ({kind}), and Ollama does not run it.',
    'zh-CN': '{model} 不是语言模型（{kind}），Ollama 不运行它。',
  },
  'error.model-not-language-video': {
    en: '{model} is not a language model: it makes videos, and Ollama does not run it.',
    'zh-CN': '{model} 不是语言模型：它生成视频，Ollama 不运行它。',
  },
  'error.model-not-language-image': {
    en: '{model} is not a language model: it makes images, and Ollama does not run it.',
    'zh-CN': '{model} 不是语言模型：它生成图像，Ollama 不运行它。',
  },
  'error.model-not-language-speech': {
    en: '{model} is not a language model: it works on speech, and Ollama does not run it.',
    'zh-CN': '{model} 不是语言模型：它处理语音，Ollama 不运行它。',
  },
  'error.model-not-language-music': {
    en: '{model} is not a language model: it makes music, and Ollama does not run it.',
    'zh-CN': '{model} 不是语言模型：它生成音乐，Ollama 不运行它。',
  },
  'error.model-not-language-diffusion': {
    en: '{model} is not a language model: it is a diffusion pipeline, and Ollama does not run it.',
    'zh-CN': '{model} 不是语言模型：它是扩散模型流水线，Ollama 不运行它。',
  },
  'note.builtin-tower-unknown': {
    en: 'The size of its vision part is unknown, so it is not counted.',
    'zh-CN': '其视觉部分的大小未知，未计入。',
  },

  'error.safetensors-invalid': {
    en: 'This safetensors repository cannot be read: {what} is missing or damaged.',
    'zh-CN': '无法读取这个 safetensors 仓库：{what} 缺失或已损坏。',
  },
  'error.safetensors-class-unknown': {
    en: 'Headroom cannot tell how {class} becomes a GGUF file, so the memory cannot be worked out from this repository. A GGUF of it can be read.',
    'zh-CN': '不清楚 {class} 如何转换为 GGUF，因此无法从该仓库推算内存。有 GGUF 文件则可以读取。',
  },
  'error.safetensors-class-range': {
    en: 'Headroom cannot tell how {class} becomes a GGUF file. By its parameters alone the weights take {lowBytes:bytes} to {highBytes:bytes} at {target}, plus the cache.',
    'zh-CN':
      '不清楚 {class} 如何转换为 GGUF。仅按参数量估算，{target} 的权重占 {lowBytes:bytes} 到 {highBytes:bytes}，缓存另计。',
  },
  'error.safetensors-name-unknown': {
    en: 'The tensor {name} of this {class} repository has no place in a GGUF file.',
    'zh-CN': '这个 {class} 仓库中的张量 {name} 在 GGUF 文件中没有对应位置。',
  },
  'error.safetensors-quantization-refused': {
    en: "This repository is quantized with {method}, which llama.cpp's converter refuses. Name the unquantized repository, or a GGUF.",
    'zh-CN': '该仓库使用 {method} 量化，llama.cpp 的转换工具不接受。请改用未量化的仓库或 GGUF。',
  },
  'error.gguf-not-found': { en: 'There is no file {path}.', 'zh-CN': '没有文件 {path}。' },
  'error.gguf-unreadable': {
    en: 'The file {path} cannot be read ({reason}).',
    'zh-CN': '无法读取文件 {path}（{reason}）。',
  },
  'error.gguf-not-gguf': {
    en: 'This is not a GGUF file: it does not begin with GGUF.',
    'zh-CN': '这不是 GGUF 文件：开头不是 GGUF。',
  },
  'error.gguf-version-unsupported': {
    en: 'GGUF version {version} is not supported, only 2 and 3.',
    'zh-CN': '不支持 GGUF 版本 {version}，只支持 2 和 3。',
  },
  'error.gguf-truncated': {
    en: 'The file ends in the middle of its header (after {atBytes} bytes). Download it again.',
    'zh-CN': '文件头不完整（在 {atBytes} 字节处中断）。请重新下载。',
  },
  'error.gguf-limit-exceeded': {
    en: 'The header has too many or too large {what} (limit {limit}). The file is damaged or made to do harm.',
    'zh-CN': '文件头中的 {what} 过多或过大（上限 {limit}）。文件已损坏或被篡改。',
  },
  'error.gguf-malformed': { en: 'The header is damaged: {what}.', 'zh-CN': '文件头已损坏：{what}。' },
  'error.gguf-duplicate-key': {
    en: 'The header is damaged: {key} appears twice.',
    'zh-CN': '文件头已损坏：{key} 出现两次。',
  },
  'error.gguf-tensor-type-unknown': {
    en: 'The tensor {tensor} has an unknown type ({type}); the file is newer than this program.',
    'zh-CN': '张量 {tensor} 的类型未知（{type}），文件比本程序新。',
  },
  'error.gguf-architecture-missing': {
    en: 'The file has no key general.architecture.',
    'zh-CN': '文件缺少键 general.architecture。',
  },
  'error.gguf-shard-missing': {
    en: 'Part {part} of {total} is missing ({path}).',
    'zh-CN': '缺少第 {part}/{total} 部分（{path}）。',
  },
  'error.gguf-not-a-language-model': {
    en: 'The file is not a language model that Ollama runs ({architecture}).',
    'zh-CN': '该文件不是 Ollama 能运行的语言模型（{architecture}）。',
  },
  'error.model-json-not-found': { en: 'There is no file {path}.', 'zh-CN': '没有文件 {path}。' },
  'error.model-json-unreadable': {
    en: 'The file {path} cannot be read ({reason}).',
    'zh-CN': '无法读取文件 {path}（{reason}）。',
  },
  'error.model-json-too-large': {
    en: 'The file {path} is too large to describe a model.',
    'zh-CN': '文件 {path} 太大，不像模型描述。',
  },
  'error.model-json-not-json': { en: 'The file {path} is not valid JSON.', 'zh-CN': '文件 {path} 不是有效的 JSON。' },
  'error.model-json-invalid': {
    en: 'The model description is wrong at {key}: {problem}.',
    'zh-CN': '模型描述在 {key} 处有误：{problem}。',
  },
  'error.show-invalid': {
    en: "Ollama's description of the model cannot be read ({key}).",
    'zh-CN': '无法读取 Ollama 的模型描述（{key}）。',
  },
  'error.show-incomplete': {
    en: "Ollama's description of the model is incomplete ({gaps}).",
    'zh-CN': 'Ollama 的模型描述不完整（{gaps}）。',
  },

  'error.gpus-empty': {
    en: 'The list of GPUs is empty. Write 2x4090, RTX 3090, 4x8GiB, or 24GiB:22GiB (total:free).',
    'zh-CN': 'GPU 列表为空。请写成 2x4090、RTX 3090、4x8GiB 或 24GiB:22GiB（总量:空闲）。',
  },
  'error.gpus-entry': {
    en: '{entry} is not a GPU. Write 2x4090, RTX 3090, 4x8GiB, or 24GiB:22GiB (total:free), or any other card with its size: {entry}=24GiB.',
    'zh-CN':
      '{entry} 不是 GPU。请写成 2x4090、RTX 3090、4x8GiB 或 24GiB:22GiB（总量:空闲）；其他显卡请带上显存：{entry}=24GiB。',
  },
  'error.gpus-bare-number': {
    en: '{number} is not a card, and too large for GiB. Write a size with its unit (24GiB, 24576MiB) or a card (2x4090).',
    'zh-CN': '{number} 不是显卡型号，作为 GiB 又太大。请写带单位的显存（24GiB、24576MiB）或显卡型号（2x4090）。',
  },
  'error.gpus-unknown-card': {
    en: 'The card {entry} is unknown. Did you mean {near}? Write any other card with its size: {entry}=24GiB.',
    'zh-CN': '不认识显卡 {entry}。是否想输入 {near}？其他显卡请带上显存：{entry}=24GiB。',
  },
  'error.gpus-which-size': {
    en: '{card} comes with different amounts of memory. Write the size too: {card}=64GiB.',
    'zh-CN': '{card} 有多种显存容量。请写明：{card}=64GiB。',
  },
  'error.gpus-size': {
    en: '{entry} is not a size of GPU memory. It must be 256 MiB to 1 TiB.',
    'zh-CN': '{entry} 不是合理的显存大小，应为 256 MiB 到 1 TiB。',
  },
  'error.gpus-free-above-total': { en: '{entry} has more free than in total.', 'zh-CN': '{entry} 的空闲大于总量。' },
  'error.gpus-too-many': {
    en: 'These are too many GPUs; at most {max} can be planned.',
    'zh-CN': 'GPU 太多，最多 {max} 张。',
  },
  'error.no-gpus-known': {
    en: 'No GPU is known. Name them with --gpus 4x8GiB, or set GPU_SOURCE.',
    'zh-CN': '没有已知的 GPU。请用 --gpus 4x8GiB 指定，或设置 GPU_SOURCE。',
  },
  'error.gpus-stale': { en: 'The GPU data is too old to say whether it fits.', 'zh-CN': 'GPU 数据太旧，无法判断。' },
  'error.bad-json': { en: 'The line is not valid JSON.', 'zh-CN': '这一行不是有效的 JSON。' },
  'error.path-kind-unknown': {
    en: '{path} is not a .gguf file and not a model JSON.',
    'zh-CN': '{path} 既不是 .gguf 文件也不是模型 JSON。',
  },
  'error.registry-host-refused': {
    en: 'The registry {host} is not an allowed host.',
    'zh-CN': '仓库 {host} 不在允许列表中。',
  },
  'error.registry-address-refused': {
    en: 'The registry points to a private address, which is not allowed.',
    'zh-CN': '仓库指向私有地址，已拒绝。',
  },
  'error.registry-redirect-refused': {
    en: 'The registry redirects to a host that is not allowed.',
    'zh-CN': '仓库重定向到不允许的主机。',
  },
  'error.registry-unreachable': { en: 'The registry cannot be reached.', 'zh-CN': '无法连接仓库。' },
  'error.registry-timeout': { en: 'The registry does not answer in time.', 'zh-CN': '仓库响应超时。' },
  'error.registry-not-found': { en: 'The registry has no such model.', 'zh-CN': '仓库中没有该模型。' },
  'error.registry-unauthorized': {
    en: 'The registry asks for a login. Only public models can be read.',
    'zh-CN': '仓库要求登录；只能读取公开模型。',
  },
  'error.registry-busy': { en: 'The registry is busy. Try again in a moment.', 'zh-CN': '仓库繁忙。请稍后再试。' },
  'error.registry-failed': {
    en: 'The registry answered with an error. Try again in a moment.',
    'zh-CN': '仓库返回错误，请稍后再试。',
  },
  'error.registry-answer-too-large': { en: "The registry's answer is too large.", 'zh-CN': '仓库的响应过大。' },
  'error.registry-answer-invalid': { en: "The registry's answer cannot be read.", 'zh-CN': '无法读取仓库的响应。' },
  'error.registry-range-wrong': {
    en: 'The registry sent other bytes than requested.',
    'zh-CN': '仓库发送的字节与请求不符。',
  },
  'error.model-unasked': {
    en: '{model} is not in the built-in list, and Ollama on the server could not be asked. /doctor says why.',
    'zh-CN': '内置列表中没有 {model}，也无法向服务器上的 Ollama 查询。/doctor 会说明原因。',
  },
  'error.model-unasked.server-unreachable': {
    en: '{model} is not in the built-in list, and Ollama on the server cannot be reached, so nobody can tell whether it is there. /doctor says why.',
    'zh-CN': '内置列表中没有 {model}，且无法连接服务器上的 Ollama，无法确定它是否存在。/doctor 会说明原因。',
  },
  'error.model-unasked.server-timeout': {
    en: '{model} is not in the built-in list, and Ollama on the server does not answer, so nobody can tell whether it is there. Try again in a moment.',
    'zh-CN': '内置列表中没有 {model}，且服务器上的 Ollama 没有响应，无法确定它是否存在。请稍后再试。',
  },
  'error.model-unasked.server-refused': {
    en: '{model} is not in the built-in list, and Ollama on the server refuses the question (401 or 403). /doctor says what to check.',
    'zh-CN': '内置列表中没有 {model}，且服务器上的 Ollama 拒绝查询（401 或 403）。/doctor 会说明如何检查。',
  },
  'error.model-unasked.server-failed': {
    en: '{model} is not in the built-in list, and Ollama on the server answered with an error, so nobody can tell whether it is there.',
    'zh-CN': '内置列表中没有 {model}，且服务器上的 Ollama 返回了内部错误，无法确定它是否存在。',
  },
  'error.model-without-tensors': {
    en: 'This Ollama is older than 0.6.1 and does not say how {model} is built, and the model it was made from is not in the built-in list. Update Ollama, or ask for the model it was made from.',
    'zh-CN':
      '此 Ollama 早于 0.6.1，不提供 {model} 的结构；内置列表中也没有它的来源模型。请更新 Ollama，或查询它的来源模型。',
  },
  'note.server-failed': {
    en: 'The server answered with an error when asked about the model.',
    'zh-CN': '查询该模型时，服务器返回了错误。',
  },
  'note.spec-of-parent': {
    en: 'From the built-in list: the entry of the model it was made from.',
    'zh-CN': '取自内置列表：其来源模型的条目。',
  },
  'note.server-unreachable': {
    en: 'The server could not be asked about the model.',
    'zh-CN': '无法向服务器查询该模型。',
  },
  'note.server-timeout': {
    en: 'The server did not answer in time when asked about the model.',
    'zh-CN': '查询该模型时，服务器响应超时。',
  },
  'note.server-answer-invalid': {
    en: "The server's description of the model could not be read.",
    'zh-CN': '无法读取服务器的模型描述。',
  },
  'note.model-not-on-server': { en: 'The model is not on this server yet.', 'zh-CN': '此服务器上还没有该模型。' },
  'note.registry-unavailable': { en: 'The registry could not be asked.', 'zh-CN': '无法查询仓库。' },
  'note.gguf-data-incomplete': {
    en: 'The file is shorter than its header says: it was not downloaded completely.',
    'zh-CN': '文件比文件头标明的短：没有下载完整。',
  },
  'note.server-refused': {
    en: 'The server refused to describe the model: check its key and its host check.',
    'zh-CN': '服务器拒绝描述该模型：请检查密钥和主机设置。',
  },
  'note.show-no-metadata': {
    en: 'The server does not describe this model.',
    'zh-CN': '服务器没有给出该模型的描述。',
  },
  'note.show-no-tensors': {
    en: 'This Ollama is older than 0.6.1 and does not list the tensors of a model.',
    'zh-CN': '此 Ollama 早于 0.6.1，不列出模型的张量。',
  },
  'note.show-arrays-missing': {
    en: 'The server left out values that differ from layer to layer; the cache may be wrong.',
    'zh-CN': '服务器省略了各层不同的数值，缓存估算可能有偏差。',
  },
  'note.show-types-unknown': {
    en: 'The server does not name the types of some tensors.',
    'zh-CN': '服务器没有给出部分张量的类型。',
  },
  'note.show-types-inferred': {
    en: 'The server does not name the types of some tensors; they were worked out from the size on disk.',
    'zh-CN': '服务器没有给出部分张量的类型；已根据磁盘大小推断。',
  },
  'note.show-no-vocabulary': { en: 'The size of the vocabulary is unknown.', 'zh-CN': '词表大小未知。' },
  'note.show-adapter-estimated': {
    en: 'The size of the LoRA adapter is worked out from the size on disk, and counted.',
    'zh-CN': 'LoRA 适配器的大小按磁盘占用推算，已计入。',
  },
  'note.show-adapter-not-counted': {
    en: 'The model has a LoRA adapter whose size the server does not say; it is not counted.',
    'zh-CN': '该模型带有 LoRA 适配器，服务器未提供其大小，未计入。',
  },
  'note.registry-adapter-counted': {
    en: 'The LoRA adapter of the model is counted with its layers.',
    'zh-CN': '模型的 LoRA 适配器已计入各层。',
  },
  'note.registry-adapter-not-counted': {
    en: 'The model has a LoRA adapter that could not be read; it is not counted.',
    'zh-CN': '模型的 LoRA 适配器无法读取，未计入。',
  },
  'note.show-projector-size-estimated': {
    en: 'The size of the vision part is worked out from the size on disk.',
    'zh-CN': '视觉部分的大小按磁盘占用推算。',
  },
  'note.show-projector-size-unknown': {
    en: 'The size of the vision part is unknown, so it is not counted.',
    'zh-CN': '视觉部分的大小未知，未计入。',
  },
  'note.registry-projector-size-estimated': {
    en: 'The vision part is counted with the size of its file.',
    'zh-CN': '视觉部分按其文件大小计入。',
  },
});
