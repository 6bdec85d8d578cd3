import { area } from './area.ts';

/** /why: what a loaded model takes, and why part of it is not on the GPUs. */
export const whyMessages = area({
  'why-loaded.description': {
    en: 'Why is a loaded model partly on the CPU? What it takes, who loaded it, what changed.',
    'zh-CN': '已加载的模型为什么有一部分在 CPU 上？占用多少、谁加载的、有何变化。',
  },
  'why-loaded.title.whole': {
    en: '{model} is wholly on the GPUs of {server}: {vram:bytes}.',
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
  'why-loaded.places': { en: 'Where it lies: {places}', 'zh-CN': '所在位置：{places}' },
  'why-loaded.context': { en: 'Loaded with a context of {ctx}', 'zh-CN': '加载时的上下文为 {ctx}' },
  'why-loaded.loader': { en: 'Loaded by {person} on {since}', 'zh-CN': '由 {person} 于 {since} 加载' },
  'why-loaded.loader.unknown': {
    en: 'Loaded by a program, or by somebody who does not hold it any more',
    'zh-CN': '由程序加载，或加载者已不再持有',
  },
  'why-loaded.pinned': { en: 'It stays until somebody unloads it', 'zh-CN': '一直保留，直到有人卸载' },
  'why-loaded.until': {
    en: 'It leaves in {left:duration} unless it is used',
    'zh-CN': '若无人使用，将在 {left:duration}后移除',
  },
  'why-loaded.speed': { en: 'About {speed} tok/s', 'zh-CN': '每秒约 {speed} 个 token' },
  'why-loaded.causes': { en: 'Why not all of it', 'zh-CN': '为什么没有全部放下' },
  'why-loaded.cause.room-now': {
    en: 'There is room for all of it now. There was less when it was loaded, or a client asked for fewer layers: unload it and load it again.',
    'zh-CN': '现在有足够空间放下全部。加载时空间较少，或客户端只要求了部分层：请卸载后重新加载。',
  },
  'why-loaded.cause.programs': {
    en: 'Other programs hold {bytes:bytes} of the GPUs. Without them all of it fits.',
    'zh-CN': '其他程序占用了 GPU {bytes:bytes}。没有它们就能全部放下。',
  },
  'why-loaded.cause.models': {
    en: 'Other models are loaded: {models}. Without them all of it fits.',
    'zh-CN': '还加载了其他模型：{models}。没有它们就能全部放下。',
  },
  'why-loaded.cause.both': {
    en: 'Other programs hold {bytes:bytes}, and other models are loaded: {models}. Without both all of it fits.',
    'zh-CN': '其他程序占用 {bytes:bytes}，并且还加载了其他模型：{models}。两者都离开才能全部放下。',
  },
  'why-loaded.cause.context': {
    en: 'The context is long: with {ctx} all of it fits as things are.',
    'zh-CN': '上下文太长：在目前情况下，{ctx} 就能全部放下。',
  },
  'why-loaded.cause.too-large': {
    en: 'It is too large for these GPUs with this context, even with nothing else on them.',
    'zh-CN': '即使 GPU 上没有其他东西，这个上下文下它对这些 GPU 来说也太大。',
  },
  'why-loaded.cause.unknown': {
    en: 'Why cannot be told: the memory of the GPUs or the model itself could not be read.',
    'zh-CN': '无法判断原因：读不到 GPU 显存或模型本身的信息。',
  },
  'why-loaded.past': {
    en: 'It last fitted on {when}, with a context of {ctx}.',
    'zh-CN': '上一次全部放下是在 {when}，上下文为 {ctx}。',
  },
  'why-loaded.past.none': {
    en: 'No load of it that fitted is on record here.',
    'zh-CN': '这里没有它全部放下的记录。',
  },
  'why-loaded.change.none': { en: 'Nothing that is on record has changed since', 'zh-CN': '此后有记录的情况没有变化' },
  'why-loaded.change.context': { en: 'The context was {from}, now it is {to}', 'zh-CN': '上下文由 {from} 变为 {to}' },
  'why-loaded.change.version': { en: 'Ollama was {from}, now it is {to}', 'zh-CN': 'Ollama 由 {from} 变为 {to}' },
  'why-loaded.change.file': { en: 'The model itself was pulled or made anew', 'zh-CN': '模型本身已重新拉取或重新制作' },
  'why-loaded.change.memory': {
    en: '{gpu}: others held {from:bytes} then, {to:bytes} now',
    'zh-CN': '{gpu}：当时其他占用 {from:bytes}，现在 {to:bytes}',
  },
  'why-loaded.action.unload': { en: 'Unload {model}', 'zh-CN': '卸载 {model}' },
  'why-loaded.action.load-again': { en: 'Load it again', 'zh-CN': '重新加载' },
  'why-loaded.action.fit': { en: 'Does it fit now?', 'zh-CN': '现在放得下吗？' },
});
