import { area } from './area.ts';

/** Names of models, model files, and where models come from. */
export const modelMessages = area({
  'error.model-unknown': {
    en: 'No model {model} is known: neither on the server nor in the registry nor in the built-in list. Check the spelling.',
    'zh-CN': '找不到模型 {model}：服务器、仓库和内置列表中都没有。请检查拼写。',
  },
  'error.model-unknown-near': {
    en: 'No model {model} is known. Did you mean {nearest}?',
    'zh-CN': '找不到模型 {model}。你是不是要找 {nearest}？',
  },
  'error.model-unanswered': {
    en: '{host} could not be asked, and the built-in list does not have {model}: whether there is such a model is not known.',
    'zh-CN': '无法查询 {host}，内置列表中也没有 {model}：无法确定是否存在该模型。',
  },
  'error.model-unanswered-near': {
    en: '{host} could not be asked, and the built-in list does not have {model}: whether there is such a model is not known. It has {nearest}.',
    'zh-CN': '无法查询 {host}，内置列表中也没有 {model}：无法确定是否存在该模型。内置列表中有 {nearest}。',
  },
  'error.model-restricted': {
    en: '{model} is gated: only operators see what the token of this installation opens.',
    'zh-CN': '{model} 需要授权：只有操作员能查看本机令牌所打开的内容。',
  },
  'error.hub-address-invalid': {
    en: '{address} is no address of a hub: http:// or https://, a host, and at most a path.',
    'zh-CN': '{address} 不是有效的模型站地址：应为 http:// 或 https://，主机名，最多再加路径。',
  },
  'error.hub-quantization-missing': {
    en: '{model} has no file in {quantization}. It has {offered}.',
    'zh-CN': '{model} 没有 {quantization} 的文件。现有：{offered}。',
  },
  'error.hub-no-model': {
    en: '{model} has neither GGUF files nor a configuration with safetensors files.',
    'zh-CN': '{model} 中既没有 GGUF 文件，也没有配置和 safetensors 文件。',
  },
  'error.hub-gated': {
    en: '{model} is gated: its terms have to be accepted on the hub, and HF_TOKEN set.',
    'zh-CN': '{model} 需要授权：请先在模型站上接受其条款，并设置 HF_TOKEN。',
  },
  'note.hub-computed': {
    en: 'Worked out from the configuration and the safetensors files of the repository; a published GGUF may be another mix.',
    'zh-CN': '根据仓库的配置和 safetensors 文件推算；已发布的 GGUF 可能采用不同的混合量化。',
  },
  'note.hub-size-mismatch': {
    en: 'Not every file of the repository was read, and what was inferred does not add up to the size it says it has.',
    'zh-CN': '仓库中并非每个文件都已读取，推断的部分与其声明的总大小不符。',
  },
  'note.hub-ollama-import-unsupported': {
    en: 'Ollama cannot import this repository itself; convert it with llama.cpp or take a GGUF.',
    'zh-CN': 'Ollama 无法直接导入该仓库；请用 llama.cpp 转换，或使用现成的 GGUF。',
  },
  'note.hub-ollama-import-without-mla': {
    en: "The answer holds for a GGUF of llama.cpp's converter. Ollama's own import leaves out latent attention, and the cache is many times larger.",
    'zh-CN': '此结果适用于 llama.cpp 转换的 GGUF。Ollama 自带的导入不含潜在注意力，缓存会大许多倍。',
  },
  'error.model-cloud': {
    en: '{model} runs in the cloud of ollama.com: it uses no memory here, so there is nothing to fit.',
    'zh-CN': '{model} 在 ollama.com 云端运行：不占用本地显存，无需判断。',
  },
  'error.model-mlx': {
    en: '{model} is a safetensors model for MLX; its memory cannot be estimated here.',
    'zh-CN': '{model} 是用于 MLX 的 safetensors 模型；此处无法估算其内存。',
  },
  'error.name-empty': { en: 'The model name is empty.', 'zh-CN': '模型名称为空。' },
  'error.name-too-long': { en: 'The model name is too long.', 'zh-CN': '模型名称过长。' },
  'error.name-has-scheme': {
    en: 'A model name has no "://". Write it like gemma3:12b or hf.co/org/repo:Q4_K_M.',
    'zh-CN': '模型名称不能含有“://”。请写成 gemma3:12b 或 hf.co/org/repo:Q4_K_M。',
  },
  'error.name-has-control-characters': {
    en: 'The model name has control characters in it.',
    'zh-CN': '模型名称含有控制字符。',
  },
  'error.name-not-ascii': {
    en: 'A model name has plain letters, digits and -_.:/ only.',
    'zh-CN': '模型名称只能含有英文字母、数字和 -_.:/。',
  },
  'error.name-has-digest': { en: 'A model name has no "@".', 'zh-CN': '模型名称不能含有“@”。' },
  'error.name-malformed': {
    en: 'This is no model name that Ollama takes. Write it like gemma3:12b.',
    'zh-CN': '这不是 Ollama 接受的模型名称。请写成 gemma3:12b。',
  },

  'note.builtin-other-quantization': {
    en: 'The built-in list has this model in another quantization; the weights may differ.',
    'zh-CN': '内置列表中该模型的量化不同；权重可能有差异。',
  },
  'note.builtin-computed': {
    en: 'Worked out from the published configuration, not read from a file; what is published under this name may be another mix.',
    'zh-CN': '根据公开配置推算，并非读自文件；以此名称发布的版本可能采用不同的混合量化。',
  },
  'error.model-not-language': {
    en: '{model} is no language model ({kind}), and Ollama does not run it.',
    'zh-CN': '{model} 不是语言模型（{kind}），Ollama 不运行它。',
  },
  'error.model-not-language-video': {
    en: '{model} is no language model: it makes videos, and Ollama does not run it.',
    'zh-CN': '{model} 不是语言模型：它生成视频，Ollama 不运行它。',
  },
  'error.model-not-language-image': {
    en: '{model} is no language model: it makes images, and Ollama does not run it.',
    'zh-CN': '{model} 不是语言模型：它生成图像，Ollama 不运行它。',
  },
  'error.model-not-language-speech': {
    en: '{model} is no language model: it works on speech, and Ollama does not run it.',
    'zh-CN': '{model} 不是语言模型：它处理语音，Ollama 不运行它。',
  },
  'error.model-not-language-music': {
    en: '{model} is no language model: it makes music, and Ollama does not run it.',
    'zh-CN': '{model} 不是语言模型：它生成音乐，Ollama 不运行它。',
  },
  'error.model-not-language-diffusion': {
    en: '{model} is no language model: it is a diffusion pipeline, and Ollama does not run it.',
    'zh-CN': '{model} 不是语言模型：它是扩散模型流水线，Ollama 不运行它。',
  },
  'note.builtin-tower-unknown': {
    en: 'The size of its vision tower is not known; it is not counted.',
    'zh-CN': '其视觉部分的大小未知，未计入。',
  },

  'error.safetensors-invalid': {
    en: 'This safetensors repository cannot be read: {what} is missing or damaged.',
    'zh-CN': '无法读取这个 safetensors 仓库：{what} 缺失或已损坏。',
  },
  'error.safetensors-class-unknown': {
    en: 'How {class} becomes a GGUF file is not known here, so its memory cannot be worked out from this repository. A GGUF of it can be read.',
    'zh-CN': '这里不知道 {class} 如何转换为 GGUF，因此无法从该仓库推算其内存。若有它的 GGUF 文件则可以读取。',
  },
  'error.safetensors-class-range': {
    en: 'How {class} becomes a GGUF file is not known here. By its parameters alone the weights take between {lowBytes:bytes} and {highBytes:bytes} at {target}; the cache comes on top.',
    'zh-CN':
      '这里不知道 {class} 如何转换为 GGUF。仅按参数量估算，{target} 的权重占 {lowBytes:bytes} 到 {highBytes:bytes}；缓存另计。',
  },
  'error.safetensors-name-unknown': {
    en: 'The tensor {name} of this {class} repository has no place in a GGUF file.',
    'zh-CN': '这个 {class} 仓库中的张量 {name} 在 GGUF 文件中没有对应位置。',
  },
  'error.safetensors-quantization-refused': {
    en: 'This repository is quantized with {method}, which the converter of llama.cpp refuses. Name the unquantized repository, or a GGUF.',
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
    en: 'GGUF version {version} is not supported; 2 and 3 are.',
    'zh-CN': '不支持 GGUF 版本 {version}；支持 2 和 3。',
  },
  'error.gguf-truncated': {
    en: 'The file ends in the middle of its header (after {atBytes} bytes). Download it again.',
    'zh-CN': '文件在头部中间结束（{atBytes} 字节之后）。请重新下载。',
  },
  'error.gguf-limit-exceeded': {
    en: 'The header is not believable: too many or too large {what} (limit {limit}). The file is damaged or crafted.',
    'zh-CN': '文件头不可信：{what} 过多或过大（上限 {limit}）。文件已损坏或被篡改。',
  },
  'error.gguf-malformed': { en: 'The header is damaged: {what}.', 'zh-CN': '文件头已损坏：{what}。' },
  'error.gguf-duplicate-key': {
    en: 'The header is damaged: {key} stands twice.',
    'zh-CN': '文件头已损坏：{key} 出现两次。',
  },
  'error.gguf-tensor-type-unknown': {
    en: 'The tensor {tensor} has an unknown type ({type}); the file is newer than this program.',
    'zh-CN': '张量 {tensor} 的类型未知（{type}）；文件比本程序更新。',
  },
  'error.gguf-architecture-missing': {
    en: 'The file lacks the key general.architecture.',
    'zh-CN': '文件缺少键 general.architecture。',
  },
  'error.gguf-shard-missing': {
    en: 'Part {part} of {total} is missing ({path}).',
    'zh-CN': '缺少第 {part}/{total} 部分（{path}）。',
  },
  'error.gguf-not-a-language-model': {
    en: 'The file is not a language model that Ollama serves ({architecture}).',
    'zh-CN': '该文件不是 Ollama 能提供服务的语言模型（{architecture}）。',
  },
  'error.model-json-not-found': { en: 'There is no file {path}.', 'zh-CN': '没有文件 {path}。' },
  'error.model-json-unreadable': {
    en: 'The file {path} cannot be read ({reason}).',
    'zh-CN': '无法读取文件 {path}（{reason}）。',
  },
  'error.model-json-too-large': {
    en: 'The file {path} is too large for a model description.',
    'zh-CN': '文件 {path} 过大，不像模型描述。',
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
    en: "Ollama's description of the model leaves too much open ({gaps}).",
    'zh-CN': 'Ollama 的模型描述不完整（{gaps}）。',
  },

  'error.gpus-empty': {
    en: 'The list of GPUs is empty. Write 2x4090, RTX 3090, 4x8GiB, or 24GiB:22GiB (total:free).',
    'zh-CN': 'GPU 列表为空。请写成 2x4090、RTX 3090、4x8GiB 或 24GiB:22GiB（总量:空闲）。',
  },
  'error.gpus-entry': {
    en: '{entry} is no GPU. Write 2x4090, RTX 3090, 4x8GiB, or 24GiB:22GiB (total:free); any other card with its size: {entry}=24GiB.',
    'zh-CN':
      '{entry} 不是 GPU。请写成 2x4090、RTX 3090、4x8GiB 或 24GiB:22GiB（总量:空闲）；其他显卡请带上显存：{entry}=24GiB。',
  },
  'error.gpus-bare-number': {
    en: '{number} is no card, and too much for GiB. Write a size with its unit (24GiB, 24576MiB) or a card (2x4090).',
    'zh-CN': '{number} 不是显卡型号，作为 GiB 又太大。请写带单位的显存（24GiB、24576MiB）或显卡型号（2x4090）。',
  },
  'error.gpus-unknown-card': {
    en: 'No card {entry} is known. Did you mean {near}? Any other card is written with its size: {entry}=24GiB.',
    'zh-CN': '不认识显卡 {entry}。是否想输入 {near}？其他显卡请带上显存：{entry}=24GiB。',
  },
  'error.gpus-which-size': {
    en: '{card} is sold with different memory. Write its size too: {card}=64GiB.',
    'zh-CN': '{card} 有多种显存容量。请写明：{card}=64GiB。',
  },
  'error.gpus-size': {
    en: '{entry} is no size that a GPU has: 256 MiB to 1 TiB.',
    'zh-CN': '{entry} 不是合理的 GPU 显存：应为 256 MiB 到 1 TiB。',
  },
  'error.gpus-free-above-total': { en: '{entry} has more free than total.', 'zh-CN': '{entry} 的空闲大于总量。' },
  'error.gpus-too-many': { en: 'These are too many GPUs; {max} can be planned.', 'zh-CN': 'GPU 过多；最多 {max} 张。' },
  'error.no-gpus-known': {
    en: 'No GPU is known. Give them with --gpus 4x8GiB, or set GPU_SOURCE.',
    'zh-CN': '没有已知的 GPU。请用 --gpus 4x8GiB 指定，或设置 GPU_SOURCE。',
  },
  'error.gpus-stale': { en: 'The numbers of the GPUs are too old for a verdict.', 'zh-CN': 'GPU 数据太旧，无法判断。' },
  'error.bad-json': { en: 'The line is not valid JSON.', 'zh-CN': '该行不是有效的 JSON。' },
  'error.path-kind-unknown': {
    en: '{path} is neither a .gguf file nor a model JSON.',
    'zh-CN': '{path} 既不是 .gguf 文件也不是模型 JSON。',
  },
  'error.registry-host-refused': {
    en: 'The registry {host} is not on the list of allowed hosts.',
    'zh-CN': '仓库 {host} 不在允许列表中。',
  },
  'error.registry-address-refused': {
    en: 'The registry points to a private address; that is refused.',
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
    en: 'The registry asks for a login; only public models can be read.',
    'zh-CN': '仓库要求登录；只能读取公开模型。',
  },
  'error.registry-busy': { en: 'The registry is busy. Try again in a moment.', 'zh-CN': '仓库繁忙。请稍后再试。' },
  'error.registry-failed': { en: 'The registry answered with an error.', 'zh-CN': '仓库返回错误。' },
  'error.registry-answer-too-large': {
    en: 'The answer of the registry is too large to be believed.',
    'zh-CN': '仓库的回复过大，不可信。',
  },
  'error.registry-answer-invalid': {
    en: 'The answer of the registry cannot be read.',
    'zh-CN': '无法读取仓库的回复。',
  },
  'error.registry-range-wrong': {
    en: 'The registry sends other bytes than were asked for.',
    'zh-CN': '仓库发送的字节与请求不符。',
  },
  'error.model-unasked': {
    en: 'The built-in list does not have {model}, and Ollama on the server could not be asked for it. /doctor says why.',
    'zh-CN': '内置列表中没有 {model}，也无法向服务器上的 Ollama 查询。/doctor 会说明原因。',
  },
  'error.model-unasked.server-unreachable': {
    en: 'The built-in list does not have {model}, and Ollama on the server cannot be reached, so nobody knows whether it is there. /doctor says why.',
    'zh-CN': '内置列表中没有 {model}，且无法连接服务器上的 Ollama，因此不知道它是否存在。/doctor 会说明原因。',
  },
  'error.model-unasked.server-timeout': {
    en: 'The built-in list does not have {model}, and Ollama on the server does not answer, so nobody knows whether it is there. Try again in a moment.',
    'zh-CN': '内置列表中没有 {model}，且服务器上的 Ollama 没有响应，因此不知道它是否存在。请稍后再试。',
  },
  'error.model-unasked.server-refused': {
    en: 'The built-in list does not have {model}, and Ollama on the server refuses to be asked (401 or 403). /doctor says what to check.',
    'zh-CN': '内置列表中没有 {model}，且服务器上的 Ollama 拒绝查询（401 或 403）。/doctor 会说明如何检查。',
  },
  'error.model-unasked.server-failed': {
    en: 'The built-in list does not have {model}, and Ollama on the server answered with an error of its own, so nobody knows whether it is there.',
    'zh-CN': '内置列表中没有 {model}，且服务器上的 Ollama 返回了内部错误，因此不知道它是否存在。',
  },
  'error.model-without-tensors': {
    en: 'This Ollama is older than 0.6.1 and does not tell how {model} is built; the built-in list does not have what it was made from either. Update Ollama, or ask for the model that it was made from.',
    'zh-CN':
      '此 Ollama 早于 0.6.1，不提供 {model} 的结构；内置列表中也没有它的来源模型。请更新 Ollama，或查询它的来源模型。',
  },
  'note.server-failed': {
    en: 'The server answered with an error when asked for the model.',
    'zh-CN': '向服务器查询该模型时返回了错误。',
  },
  'note.spec-of-parent': {
    en: 'Taken from the built-in list: the entry of the model that it was made from.',
    'zh-CN': '取自内置列表：其来源模型的条目。',
  },
  'note.server-unreachable': {
    en: 'The server could not be asked for the model.',
    'zh-CN': '无法向服务器查询该模型。',
  },
  'note.server-timeout': {
    en: 'The server did not answer in time when asked for the model.',
    'zh-CN': '向服务器查询该模型超时。',
  },
  'note.server-answer-invalid': {
    en: "The server's description of the model could not be read.",
    'zh-CN': '无法读取服务器的模型描述。',
  },
  'note.model-not-on-server': {
    en: 'The model is not pulled on this server yet.',
    'zh-CN': '该模型尚未拉取到此服务器。',
  },
  'note.registry-unavailable': { en: 'The registry could not be asked.', 'zh-CN': '无法查询仓库。' },
  'note.gguf-data-incomplete': {
    en: 'The file is shorter than its header says: the download is not complete.',
    'zh-CN': '文件比其头部声明的短：下载不完整。',
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
    en: 'The server left out values that differ from layer to layer; the cache may be off.',
    'zh-CN': '服务器省略了逐层不同的数值；缓存估算可能有偏差。',
  },
  'note.show-types-unknown': {
    en: 'The server does not name the types of some tensors.',
    'zh-CN': '服务器没有给出部分张量的类型。',
  },
  'note.show-types-inferred': {
    en: 'The server does not name the types of some tensors; they were inferred from the size on disk.',
    'zh-CN': '服务器没有给出部分张量的类型；已根据磁盘大小推断。',
  },
  'note.show-no-vocabulary': {
    en: 'The size of the vocabulary is not known.',
    'zh-CN': '词表大小未知。',
  },
  'note.show-adapter-estimated': {
    en: 'The size of the LoRA adapter is worked out from the size on disk, and counted.',
    'zh-CN': 'LoRA 适配器的大小按磁盘占用推算，已计入。',
  },
  'note.show-adapter-not-counted': {
    en: 'The model has a LoRA adapter, whose size the server does not tell; it is not counted.',
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
    en: 'The size of the vision projector is what is left of the size on disk.',
    'zh-CN': '视觉投影器的大小由磁盘大小的剩余部分得出。',
  },
  'note.show-projector-size-unknown': {
    en: 'The size of the vision projector is not known; it is not counted.',
    'zh-CN': '视觉投影器的大小未知，未计入。',
  },
  'note.registry-projector-size-estimated': {
    en: 'The vision projector is counted with the size of its file.',
    'zh-CN': '视觉投影器按其文件大小计入。',
  },
});
