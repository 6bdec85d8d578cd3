import { area } from './area.ts';

/** /pull, /delete, /audit: what only administrators do. */
export const manageMessages = area({
  'pull.description': { en: 'Downloads a model onto the server', 'zh-CN': '将模型下载到服务器' },
  'pull.ask': { en: 'Download {model} to {server}?', 'zh-CN': '将 {model} 下载到 {server}？' },
  'pull.size': { en: 'Download: {bytes:bytes}.', 'zh-CN': '下载大小：{bytes:bytes}。' },
  'pull.size-unknown': { en: 'The size of the download is not known.', 'zh-CN': '下载大小未知。' },
  'pull.fits': { en: 'It fits now with a context of up to {ctx}.', 'zh-CN': '现在放得下，上下文最大 {ctx}。' },
  'pull.fits-not': {
    en: 'WARNING: it does not fit on the GPUs of {server} with any context, as things are now.',
    'zh-CN': '警告：以目前情况，任何上下文都无法放进 {server} 的 GPU。',
  },
  'pull.fits-empty': { en: 'With the loaded models gone: up to {ctx}.', 'zh-CN': '卸载已加载的模型后：最大 {ctx}。' },
  'pull.fits-unknown': { en: 'Whether it fits is not known: {why}', 'zh-CN': '无法得知是否放得下：{why}' },
  'pull.exists': {
    en: '{model} is on {server} already; pulling brings it up to date.',
    'zh-CN': '{server} 上已有 {model}；拉取会更新它。',
  },
  'pull.start': { en: 'Download', 'zh-CN': '下载' },
  'pull.cancel': { en: 'Cancel', 'zh-CN': '取消' },
  'pull.running': {
    en: 'Downloading {model} to {server}: {share:percent}.',
    'zh-CN': '正在将 {model} 下载到 {server}：{share:percent}。',
  },
  'pull.progress': {
    en: '{done:bytes} of {total:bytes}, {rate:bytes}/s, {left:duration} left.',
    'zh-CN': '{done:bytes} / {total:bytes}，{rate:bytes}/秒，剩余 {left:duration}。',
  },
  'pull.progress-unrated': { en: '{done:bytes} of {total:bytes}.', 'zh-CN': '{done:bytes} / {total:bytes}。' },
  'pull.status': { en: 'Ollama: {status}', 'zh-CN': 'Ollama：{status}' },
  'pull.done': { en: '{model} is on {server} now.', 'zh-CN': '{model} 已下载到 {server}。' },
  'pull.canceled': {
    en: 'The download of {model} was canceled. What was fetched stays; the next download goes on from there.',
    'zh-CN': '已取消 {model} 的下载。已下载的部分会保留，下次继续。',
  },
  'pull.failed': { en: 'The download of {model} failed: {why}', 'zh-CN': '{model} 下载失败：{why}' },
  'pull.canceling': { en: 'Canceling the download of {model}.', 'zh-CN': '正在取消 {model} 的下载。' },
  'error.pull-host-refused': {
    en: 'Models may be pulled from {hosts} only, not from {host}.',
    'zh-CN': '只能从 {hosts} 拉取模型，不能从 {host}。',
  },
  'error.pull-running': {
    en: '{model} is being downloaded to {server} already.',
    'zh-CN': '{model} 已在下载到 {server}。',
  },
  'error.pull-too-many': {
    en: '{count} downloads are running; wait for one to end.',
    'zh-CN': '已有 {count} 个下载在进行；请等待其中一个结束。',
  },
  'error.pull-over': { en: 'That download is over.', 'zh-CN': '该下载已结束。' },

  'delete.description': { en: 'Deletes a model from the server', 'zh-CN': '从服务器删除模型' },
  'delete.ask': {
    en: 'Delete {model} ({bytes:bytes}) from {server}? It must be downloaded again afterwards.',
    'zh-CN': '从 {server} 删除 {model}（{bytes:bytes}）？之后需要重新下载。',
  },
  'delete.ask.shared': {
    en: 'Delete the name {model} from {server}? Nothing has to be downloaded again.',
    'zh-CN': '从 {server} 删除名称 {model}？无需重新下载任何内容。',
  },
  'delete.alias': {
    en: 'It is an alias that this bot made of {base}: its weights stay with {base}, so no disk space comes back.',
    'zh-CN': '它是本机器人为 {base} 创建的别名：权重仍属于 {base}，因此不会释放磁盘空间。',
  },
  'delete.shared': {
    en: '{names} has the same weights: they stay, so no disk space comes back. A system prompt and parameters of its own go with the name.',
    'zh-CN': '{names} 使用相同的权重：权重会保留，因此不会释放磁盘空间。该名称自带的系统提示词和参数会一并删除。',
  },
  'delete.loading': {
    en: '{requester} is loading it, or waits to: that load would fail.',
    'zh-CN': '{requester} 正在加载它，或在排队等待加载：删除会使该加载失败。',
  },
  'delete.loaded': {
    en: 'It is loaded right now; deleting does not unload it.',
    'zh-CN': '它目前已加载；删除不会卸载它。',
  },
  'delete.held': { en: '{holder} holds it.', 'zh-CN': '{holder} 正持有它。' },
  'delete.confirm': { en: 'Delete', 'zh-CN': '删除' },
  'delete.confirm.loading': { en: 'Delete although it is being loaded', 'zh-CN': '加载中仍删除' },
  'delete.done.shared': {
    en: 'Its weights stay with {names}.',
    'zh-CN': '其权重保留在 {names} 中。',
  },
  'delete.done': { en: '{model} is deleted from {server}.', 'zh-CN': '已从 {server} 删除 {model}。' },
  'error.model-not-here': { en: '{server} does not have {model}.', 'zh-CN': '{server} 上没有 {model}。' },
  'error.model-held': {
    en: '{model} is held by {holder}; it is not deleted while it is in use.',
    'zh-CN': '{model} 由 {holder} 持有；使用期间不会删除。',
  },

  'error.nothing-kept': { en: 'Nothing is kept here.', 'zh-CN': '此处不保存任何内容。' },
});
