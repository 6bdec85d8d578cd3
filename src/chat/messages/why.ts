import { area } from './area.ts';

/** /why: what a loaded model takes, and why part of it is not on the GPUs. */
export const whyMessages = area({
  'why-loaded.description': {
    en: 'Why a loaded model is partly on the CPU: what it takes, who loaded it, what changed',
    'zh-CN': '已加载的模型为何有一部分在 CPU 上：占用、加载者、变化',
  },
  'why-loaded.title.whole': {
    en: '{model} is entirely on the GPUs of {server}: {vram:bytes}.',
    'zh-CN': '{model} 全部在 {server} 的 GPU 上：{vram:bytes}。',
  },
  'why-loaded.title.part': {
    en: '{model} is only partly on the GPUs of {server}: {vram:bytes} there, {host:bytes} in system memory.',
    'zh-CN': '{model} 只有一部分在 {server} 的 GPU 上：GPU 上 {vram:bytes}，系统内存中 {host:bytes}。',
  },
  'why-loaded.title.not-loaded': {
    en: '{model} is not loaded on {server} right now.',
    'zh-CN': '{server} 上目前没有加载 {model}。',
  },
  'why-loaded.places': {
    en: 'On each GPU, all counted: {places} (the figure above is what Ollama reports)',
    'zh-CN': '各 GPU 实际占用：{places}（上面的数字为 Ollama 报告的值）',
  },
  'why-loaded.context': { en: 'Loaded with a context of {ctx}', 'zh-CN': '加载时的上下文为 {ctx}' },
  'why-loaded.loader': { en: 'Loaded by {person} on {since}', 'zh-CN': '由 {person} 于 {since} 加载' },
  'why-loaded.loader.unknown': {
    en: 'Loaded by a program, or by somebody who no longer holds it',
    'zh-CN': '由程序加载，或加载者已不再保留',
  },
  'why-loaded.pinned': { en: 'It stays until somebody unloads it', 'zh-CN': '一直保留，直到有人卸载' },
  'why-loaded.until': {
    en: 'It is unloaded in {left:duration} unless somebody uses it',
    'zh-CN': '若无人使用，{left:duration}后卸载',
  },
  'why-loaded.speed': { en: 'About {speed} tok/s', 'zh-CN': '每秒约 {speed} 个 token' },
  'why-loaded.causes': { en: 'Why it is not all on the GPUs', 'zh-CN': '为什么没有全部放进 GPU' },
  'why-loaded.cause.room-now': {
    en: 'All of it fits now. There was less room when it was loaded, or a client asked for fewer layers: unload it and load it again.',
    'zh-CN': '现在可以全部放下。加载时空间不够，或客户端只要求了部分层：请卸载后重新加载。',
  },
  'why-loaded.cause.programs': {
    en: 'Other programs use {bytes:bytes} of the GPUs. Without them all of it fits.',
    'zh-CN': '其他程序占用了 {bytes:bytes} 显存。关闭它们就能全部放下。',
  },
  'why-loaded.cause.models': {
    en: 'Other models are loaded: {models}. Without them all of it fits.',
    'zh-CN': '还加载了其他模型：{models}。卸载它们就能全部放下。',
  },
  'why-loaded.cause.both': {
    en: 'Other programs use {bytes:bytes}, and other models are loaded: {models}. Without both all of it fits.',
    'zh-CN': '其他程序占用了 {bytes:bytes} 显存，还加载了其他模型：{models}。两者都释放才能全部放下。',
  },
  'why-loaded.cause.context': {
    en: 'The context is long: with {ctx} all of it fits right now.',
    'zh-CN': '上下文太长：目前 {ctx} 就能全部放下。',
  },
  'why-loaded.cause.too-large': {
    en: 'With this context it is too large for these GPUs, even with nothing else on them.',
    'zh-CN': '用这个上下文，即使 GPU 上没有其他东西也放不下。',
  },
  'why-loaded.cause.unknown': {
    en: 'Nobody can tell why: the GPU memory or the model could not be read.',
    'zh-CN': '无法判断原因：读不到 GPU 显存或模型本身的信息。',
  },
  'why-loaded.past': {
    en: 'It last fitted on {when}, with a context of {ctx}.',
    'zh-CN': '上一次全部放下是在 {when}，上下文为 {ctx}。',
  },
  'why-loaded.past.none': { en: 'There is no record of it ever fitting here.', 'zh-CN': '这里没有它全部放下的记录。' },
  'why-loaded.change.none': { en: 'Nothing recorded has changed since', 'zh-CN': '此后记录中没有变化' },
  'why-loaded.change.context': { en: 'The context was {from}, now it is {to}', 'zh-CN': '上下文由 {from} 变为 {to}' },
  'why-loaded.change.version': { en: 'Ollama was {from}, now it is {to}', 'zh-CN': 'Ollama 由 {from} 变为 {to}' },
  'why-loaded.change.file': { en: 'The model itself was pulled or created again', 'zh-CN': '模型本身已重新拉取或创建' },
  'why-loaded.change.memory': {
    en: '{gpu}: others used {from:bytes} then, {to:bytes} now',
    'zh-CN': '{gpu}：当时其他占用 {from:bytes}，现在 {to:bytes}',
  },
  'why-loaded.action.unload': { en: 'Unload {model}', 'zh-CN': '卸载 {model}' },
  'why-loaded.action.load-again': { en: 'Load it again', 'zh-CN': '重新加载' },
  'why-loaded.action.fit': { en: 'Does it fit now?', 'zh-CN': '现在放得下吗？' },
});
