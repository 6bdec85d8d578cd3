/** Every string that the page says and the chat does not, both languages in one row. */

type Row = Readonly<Record<'en' | 'zh-CN', string>>;

export const pageWords = {
  title: { en: 'Headroom – does it fit?', 'zh-CN': 'Headroom – 放得下吗？' },
  tagline: { en: 'Does this model fit your GPUs?', 'zh-CN': '这个模型放得进你的 GPU 吗？' },
  skip: { en: 'Skip to the answer', 'zh-CN': '跳到结果' },
  'language.other': { en: '中文', 'zh-CN': 'English' },
  'language.switch': { en: 'Switch to Chinese', 'zh-CN': '切换到英文' },
  'theme.system': { en: 'Colours: as the system', 'zh-CN': '配色：跟随系统' },
  'theme.light': { en: 'Colours: light', 'zh-CN': '配色：浅色' },
  'theme.dark': { en: 'Colours: dark', 'zh-CN': '配色：深色' },
  'link.copy': { en: 'Copy link', 'zh-CN': '复制链接' },
  'link.copied': { en: 'Link copied', 'zh-CN': '链接已复制' },
  'link.file': {
    en: 'A link carries everything but the file itself.',
    'zh-CN': '链接包含除文件本身以外的所有内容。',
  },
  copy: { en: 'Copy', 'zh-CN': '复制' },
  copied: { en: 'Copied', 'zh-CN': '已复制' },
  failed: { en: 'That did not work ({code}).', 'zh-CN': '操作失败（{code}）。' },
  question: { en: 'What to run', 'zh-CN': '要运行什么' },

  model: { en: 'Model', 'zh-CN': '模型' },
  'model.placeholder': {
    en: 'Search, or paste an address of Hugging Face',
    'zh-CN': '搜索，或粘贴 Hugging Face 地址',
  },
  'model.hint': {
    en: '{count} models known. A .gguf file can be dropped anywhere on this page: only its header is read, and nothing is uploaded.',
    'zh-CN': '内置 {count} 个模型。可以把 .gguf 文件拖到页面任意位置：只读取文件头，不会上传任何内容。',
  },
  'model.open': { en: 'Open a .gguf file', 'zh-CN': '打开 .gguf 文件' },
  'model.hub': { en: 'Read {name} from {host}', 'zh-CN': '从 {host} 读取 {name}' },
  'model.none': { en: 'No model is called like this.', 'zh-CN': '没有这样的模型。' },
  'model.loading': { en: 'Reading {name} …', 'zh-CN': '正在读取 {name} …' },
  'model.from.list': { en: 'built-in list', 'zh-CN': '内置列表' },
  'model.from.hub': { en: 'read from the hub', 'zh-CN': '读自模型站' },
  'model.from.file': { en: 'your file', 'zh-CN': '你的文件' },
  'model.from.server': { en: 'on the server', 'zh-CN': '服务器上' },
  'model.facts': {
    en: '{architecture} · {layers} layers · trained for {trained} tokens · {bytes:bytes}',
    'zh-CN': '{architecture} · {layers} 层 · 训练长度 {trained} · {bytes:bytes}',
  },
  'model.facts-untold': {
    en: '{architecture} · {layers} layers · {bytes:bytes}',
    'zh-CN': '{architecture} · {layers} 层 · {bytes:bytes}',
  },
  'model.file-gone': {
    en: 'This link is about the file {name}. Drop it here to see the answer.',
    'zh-CN': '此链接对应文件 {name}。把它拖到这里即可看到结果。',
  },
  'model.nearest': { en: 'Did you mean', 'zh-CN': '你是不是想找' },
  drop: { en: 'Drop the .gguf file', 'zh-CN': '松开以读取 .gguf 文件' },
  'drop.promise': {
    en: 'Its header is read in this browser. Nothing is uploaded.',
    'zh-CN': '文件头只在此浏览器中读取，不会上传任何内容。',
  },

  quant: { en: 'Quantization', 'zh-CN': '量化' },
  'quant.own': { en: 'the model’s own', 'zh-CN': '模型自带' },

  gpus: { en: 'GPUs', 'zh-CN': 'GPU' },
  'gpus.placeholder': { en: '2x 4090, RTX 3060, 24GiB …', 'zh-CN': '2x 4090、RTX 3060、24GiB …' },
  'gpus.add': { en: 'Add GPUs', 'zh-CN': '添加 GPU' },
  'gpus.hint': {
    en: 'A card, a count and a card, or a size; what is free of it behind a colon: 24GiB:20GiB.',
    'zh-CN': '填写显卡、数量加显卡，或容量；冒号后写空闲显存：24GiB:20GiB。',
  },
  'gpus.more': { en: 'One more {name}', 'zh-CN': '增加一张 {name}' },
  'gpus.fewer': { en: 'One fewer {name}', 'zh-CN': '减少一张 {name}' },
  'gpus.remove': { en: 'Remove {name}', 'zh-CN': '移除 {name}' },
  'gpus.each': { en: '{bytes:bytes}', 'zh-CN': '{bytes:bytes}' },
  'gpus.free': { en: '{free:bytes} free of {bytes:bytes}', 'zh-CN': '{bytes:bytes} 中空闲 {free:bytes}' },
  'gpus.sum': {
    en: '{count} {count:plural:GPU|GPUs}, {bytes:bytes} free',
    'zh-CN': '{count} 张 GPU，共空闲 {bytes:bytes}',
  },
  'gpus.none': { en: 'No GPU: everything would run on the CPU.', 'zh-CN': '没有 GPU：一切都将在 CPU 上运行。' },

  ctx: { en: 'Context', 'zh-CN': '上下文' },
  'ctx.tokens': { en: '{ctx:int} tokens', 'zh-CN': '{ctx:int} 个 token' },
  'ctx.slider': { en: 'Context length', 'zh-CN': '上下文长度' },
  'ctx.bad': { en: 'Write a context such as 32768, 32k or 128K.', 'zh-CN': '请填写上下文，例如 32768、32k 或 128K。' },
  'ctx.largest': { en: 'fits up to {ctx:int}', 'zh-CN': '最多 {ctx:int} 放得下' },

  options: { en: 'How it is run', 'zh-CN': '运行方式' },
  runner: { en: 'Run by', 'zh-CN': '运行程序' },
  'runner.ollama': { en: 'Ollama {version}', 'zh-CN': 'Ollama {version}' },
  'runner.newest': { en: 'Ollama {version} (newest known)', 'zh-CN': 'Ollama {version}（已知最新）' },
  'runner.llama-cpp': { en: 'llama.cpp (llama-server)', 'zh-CN': 'llama.cpp（llama-server）' },
  'runner.other': { en: 'another version …', 'zh-CN': '其他版本…' },
  'runner.version': { en: 'Version of Ollama', 'zh-CN': 'Ollama 版本' },
  'runner.bad': { en: 'Write a version such as 0.12.10.', 'zh-CN': '请填写版本号，例如 0.12.10。' },
  kv: { en: 'KV cache', 'zh-CN': 'KV 缓存' },
  slots: { en: 'Parallel slots', 'zh-CN': '并行槽位' },
  'slots.auto': { en: 'default', 'zh-CN': '默认' },
  flash: { en: 'Flash attention', 'zh-CN': 'Flash attention' },
  'flash.auto': { en: 'auto', 'zh-CN': '自动' },
  'flash.on': { en: 'on', 'zh-CN': '开' },
  'flash.off': { en: 'off', 'zh-CN': '关' },

  answer: { en: 'Answer', 'zh-CN': '结果' },
  'answer.waiting': { en: 'Choose a model to see whether it fits.', 'zh-CN': '选择一个模型，看看是否放得下。' },
  'answer.searching': { en: 'Looking for the largest context …', 'zh-CN': '正在计算最大上下文…' },
  'help.quantization': {
    en: '{target} fits (worked out), with a context of up to {ctx:int}.',
    'zh-CN': '{target} 放得下（推算），上下文最大 {ctx:int}。',
  },
  'help.try': { en: 'Try it', 'zh-CN': '试试' },

  bars: { en: 'Where it goes', 'zh-CN': '显存分布' },
  'bars.over': { en: '{bytes:bytes} too much', 'zh-CN': '超出 {bytes:bytes}' },
  'bars.ram': { en: '{bytes:bytes} in system memory', 'zh-CN': '{bytes:bytes} 在系统内存中' },
  'bars.spilled': { en: 'in system memory', 'zh-CN': '在系统内存中' },
  table: { en: 'The same in figures, GiB', 'zh-CN': '数字明细（GiB）' },
  'table.caption': { en: 'Memory per GPU and in system memory, GiB', 'zh-CN': '每张 GPU 和系统内存的占用（GiB）' },
  'table.sum': { en: 'all GPUs', 'zh-CN': '所有 GPU' },

  curve: { en: 'Memory over context', 'zh-CN': '显存随上下文的变化' },
  'curve.hint': { en: 'Press on the chart to choose a context.', 'zh-CN': '点按图表可选择上下文。' },
  'curve.alt': {
    en: 'Memory grows from {from:bytes} at {least:int} tokens to {to:bytes} at {most:int}; {free:bytes} are free on the GPUs.',
    'zh-CN':
      '显存从 {least:int} 个 token 时的 {from:bytes} 增长到 {most:int} 个时的 {to:bytes}；GPU 共空闲 {free:bytes}。',
  },
  'curve.free': { en: 'free on the GPUs: {bytes:bytes}', 'zh-CN': 'GPU 空闲：{bytes:bytes}' },
  'curve.gpu': { en: 'on the GPUs', 'zh-CN': '在 GPU 上' },
  'curve.now': { en: '{ctx:int}: {bytes:bytes}', 'zh-CN': '{ctx:int}：{bytes:bytes}' },

  sweep: { en: 'Quantizations', 'zh-CN': '各种量化' },
  'sweep.hint': {
    en: 'The largest context that each leaves room for. Sizes are worked out as llama-quantize would make them.',
    'zh-CN': '每种量化能放下的最大上下文。大小按 llama-quantize 的规则推算。',
  },
  'sweep.row': {
    en: '{target}, {bytes:bytes}, largest context {ctx:int}',
    'zh-CN': '{target}，{bytes:bytes}，最大上下文 {ctx:int}',
  },
  'sweep.row-none': { en: '{target}, {bytes:bytes}, no context fits', 'zh-CN': '{target}，{bytes:bytes}，放不下' },
  'sweep.none': { en: 'does not fit', 'zh-CN': '放不下' },

  why: { en: 'Why these figures', 'zh-CN': '这些数字从何而来' },
  'why.source': { en: 'Source', 'zh-CN': '来源' },
  launch: { en: 'Run it like this', 'zh-CN': '这样运行' },
  'launch.with-smaller': {
    en: 'As asked it does not fit; this starts it with {ctx:int} tokens.',
    'zh-CN': '按所问的放不下；以下以 {ctx:int} 个 token 启动。',
  },
  about: {
    en: 'Every figure is planned as Ollama and llama.cpp would place it; none is interpolated. Everything is worked out in this browser.',
    'zh-CN': '每个数字都按 Ollama 与 llama.cpp 的方式逐一推算，没有插值。所有计算都在此浏览器中完成。',
  },
} as const satisfies Readonly<Record<string, Row>>;

export type PageKey = keyof typeof pageWords;
