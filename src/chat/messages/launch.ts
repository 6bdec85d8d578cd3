import { area } from './area.ts';

/** What starts a model as planned: for Ollama, and as llama-server's flags. */
export const launchMessages = area({
  'fit.action.launch': { en: 'As llama.cpp flags', 'zh-CN': '转为 llama.cpp 参数' },
  'launch.title': {
    en: 'To start {model} with a context of {ctx} as planned:',
    'zh-CN': '按此方案启动 {model}（上下文 {ctx}）：',
  },
  'launch.shortened': {
    en: 'The context asked for does not fit; these lines are for {ctx}, the longest that does.',
    'zh-CN': '所要的上下文放不下；以下按放得下的最长上下文 {ctx} 给出。',
  },
  'launch.not-fitting': {
    en: 'It does not fit on the GPUs alone: the lines place it as planned, partly in system memory.',
    'zh-CN': 'GPU 放不下全部：以下按方案放置，有一部分在系统内存中。',
  },
  'launch.options': { en: 'In a request to Ollama', 'zh-CN': '在发给 Ollama 的请求中' },
  'launch.modelfile': {
    en: 'Or as a Modelfile (ollama create NAME -f Modelfile)',
    'zh-CN': '或写成 Modelfile（ollama create 名称 -f Modelfile）',
  },
  'launch.environment': { en: 'In the environment of the Ollama server', 'zh-CN': '在 Ollama 服务的环境变量中' },
  'launch.flags': { en: 'With llama-server instead', 'zh-CN': '或改用 llama-server' },
  'launch.verified': {
    en: 'Planned again with these flags, llama.cpp places the same layers and tensors in the same places.',
    'zh-CN': '用这些参数重新规划，llama.cpp 会把同样的层和张量放在同样的位置。',
  },
  'launch.unverified': {
    en: 'llama.cpp would place it a little differently with these flags: this Ollama runs another engine.',
    'zh-CN': '用这些参数时 llama.cpp 的放置会略有不同：此版本的 Ollama 使用另一种引擎。',
  },
  'tool.option.launch': {
    en: 'print what starts it as planned: Ollama options, Modelfile, llama-server flags',
    'zh-CN': '输出按方案启动的写法：Ollama 选项、Modelfile、llama-server 参数',
  },
});
