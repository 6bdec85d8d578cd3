import { area } from './area.ts';

/** Speeds, measured and estimated, and /bench. */
export const speedMessages = area({
  'bench.description': {
    en: 'How fast is a loaded model? A short prompt and 64 tokens; nothing is loaded for it.',
    'zh-CN': '已加载的模型有多快？用一段短提示生成 64 个 token；不会为此加载模型。',
  },
  'bench.title.running': { en: 'Measuring {model} on {server} …', 'zh-CN': '正在 {server} 上测量 {model}……' },
  'bench.title.measured': {
    en: '{model} generates {speed} tok/s on {server} (measured over {tokens:int} tokens).',
    'zh-CN': '{model} 在 {server} 上每秒生成 {speed} 个 token（实测 {tokens:int} 个）。',
  },
  'bench.prompt': {
    en: 'Reads prompts at {speed} tok/s ({tokens:int} tokens)',
    'zh-CN': '读取提示：每秒 {speed} 个 token（共 {tokens:int} 个）',
  },
  'bench.context': { en: 'Loaded with a context of {ctx}', 'zh-CN': '加载时的上下文为 {ctx}' },
  'bench.spilled': {
    en: 'Only {share:percent} of it is on the GPU, which is why it is slow',
    'zh-CN': '只有 {share:percent} 在 GPU 上：因此较慢',
  },
  'bench.earlier': { en: 'It was {speed} tok/s on {day}', 'zh-CN': '{day} 测得每秒 {speed} 个 token' },
  'bench.shared': {
    en: 'Others were using it at the same time; alone it is faster.',
    'zh-CN': '测量时有其他人在使用它：单独使用会更快。',
  },
  'bench.keep-alive': {
    en: 'Like any question, this starts its time again.',
    'zh-CN': '与任何一次提问一样，保留时间已重新计时。',
  },
  'bench.action.load': { en: 'Load it', 'zh-CN': '加载它' },
  'error.bench-not-loaded': {
    en: '{model} is not loaded on {server}. Measuring loads nothing, so load it first with /load.',
    'zh-CN': '{server} 上没有加载 {model}。测速不会加载模型：请先用 /load 加载。',
  },
  'error.bench-leaving': {
    en: '{model} is about to be unloaded, and measuring could load it again. Load it with /load, then measure.',
    'zh-CN': '{model} 即将被卸载，此时测速可能使它重新加载。请先用 /load 加载再测速。',
  },
  'error.bench-reloaded': {
    en: 'Ollama loaded {model} again for the measurement, because it had been loaded with other options. Nothing was recorded; try again.',
    'zh-CN': 'Ollama 为测速重新加载了 {model}：它原先是用其他选项加载的。本次未记录，请再试一次。',
  },
  'error.bench-too-short': {
    en: '{model} stopped after {tokens:int} tokens, too few to tell its speed. Try again.',
    'zh-CN': '{model} 只生成了 {tokens:int} 个 token 就停止了，无法得出速度。请再试一次。',
  },
  'speed.column': { en: 'tok/s', 'zh-CN': 'tok/秒' },
  'speed.legend': {
    en: 'tok/s: measured here with /bench (the day in brackets), or estimated (~).',
    'zh-CN': 'tok/秒：每秒生成的 token 数；用 /bench 在此实测（括号内为日期），或带 ~ 的估计值。',
  },
  'speed.measured': {
    en: 'Speed: {speed} tok/s here on {day} with a context of {ctx}.',
    'zh-CN': '速度：{day} 在此实测每秒 {speed} 个 token（上下文 {ctx}）。',
  },
  'speed.measured-plain': {
    en: 'Speed: {speed} tok/s here on {day}.',
    'zh-CN': '速度：{day} 在此实测每秒 {speed} 个 token。',
  },
  'speed.loaded.measured': {
    en: '{model}: {speed} tok/s here on {day}',
    'zh-CN': '{model}：{day} 在此实测每秒 {speed} 个 token',
  },
  'speed.loaded.about': { en: '{model}: about {speed} tok/s', 'zh-CN': '{model}：每秒约 {speed} 个 token' },
  'speed.about': { en: 'Expected speed: about {speed} tok/s.', 'zh-CN': '预计速度：每秒约 {speed} 个 token。' },
  'speed.about-full': {
    en: 'Expected speed: about {speed} tok/s, about {full} when the context is full.',
    'zh-CN': '预计速度：每秒约 {speed} 个 token，上下文占满时约 {full} 个。',
  },
});
