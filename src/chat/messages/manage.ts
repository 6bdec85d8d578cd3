import { area } from './area.ts';

/** /pull, /delete, /audit: what only administrators do. */
export const manageMessages = area({
  'pull.description': { en: 'Downloads a model onto the server', 'zh-CN': '下载模型到服务器' },
  'pull.ask': { en: 'Download {model} to {server}?', 'zh-CN': '将 {model} 下载到 {server}？' },
  'pull.size': { en: 'Download: {bytes:bytes}.', 'zh-CN': '下载大小：{bytes:bytes}。' },
  'pull.size-unknown': { en: 'The size of the download is not known.', 'zh-CN': '下载大小未知。' },
  'pull.fits': { en: 'It fits now, with a context of up to {ctx}.', 'zh-CN': '现在放得下，最大上下文 {ctx}。' },
  'pull.fits-not': {
    en: 'WARNING: right now it does not fit on the GPUs of {server}, however short the context.',
    'zh-CN': '警告：目前无论上下文多短，都放不进 {server} 的 GPU。',
  },
  'pull.fits-empty': { en: 'Without the loaded models: up to {ctx}.', 'zh-CN': '卸载已加载的模型后：最大 {ctx}。' },
  'pull.fits-unknown': { en: 'Nobody can tell whether it fits: {why}', 'zh-CN': '无法判断是否放得下：{why}' },
  'pull.exists': {
    en: '{server} already has {model}; pulling updates it.',
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
    en: 'The download of {model} was canceled. What was downloaded stays, and the next download continues from there.',
    'zh-CN': '已取消 {model} 的下载。已下载的部分会保留，下次接着下载。',
  },
  'pull.failed': { en: 'The download of {model} failed: {why}', 'zh-CN': '{model} 下载失败：{why}' },
  'pull.canceling': { en: 'Canceling the download of {model}.', 'zh-CN': '正在取消 {model} 的下载。' },
  'error.pull-host-refused': {
    en: 'Models may be pulled only from {hosts}, not from {host}.',
    'zh-CN': '只能从 {hosts} 拉取模型，不能从 {host}。',
  },
  'error.pull-running': {
    en: '{model} is already being downloaded to {server}.',
    'zh-CN': '{model} 正在下载到 {server}。',
  },
  'error.pull-too-many': {
    en: '{count} downloads are running. Wait until one has ended.',
    'zh-CN': '已有 {count} 个下载在进行，请等其中一个结束。',
  },
  'error.pull-over': { en: 'This download has already ended.', 'zh-CN': '该下载已结束。' },

  'delete.description': { en: 'Deletes a model from the server', 'zh-CN': '从服务器删除模型' },
  'delete.ask': {
    en: 'Delete {model} ({bytes:bytes}) from {server}? To use it again it must be downloaded again.',
    'zh-CN': '从 {server} 删除 {model}（{bytes:bytes}）？以后要用需重新下载。',
  },
  'delete.ask.shared': {
    en: 'Delete the name {model} from {server}? Nothing will have to be downloaded again.',
    'zh-CN': '从 {server} 删除名称 {model}？不需要重新下载任何内容。',
  },
  'delete.alias': {
    en: 'It is an alias that this bot made of {base}: the weights stay with {base}, so this frees no disk space.',
    'zh-CN': '它是本机器人为 {base} 创建的别名：权重仍属于 {base}，因此不会释放磁盘空间。',
  },
  'delete.shared': {
    en: "{names} has the same weights, which stay, so this frees no disk space. The name's own system prompt and parameters are deleted.",
    'zh-CN': '{names} 使用相同的权重：权重会保留，因此不会释放磁盘空间。该名称自带的系统提示词和参数会一并删除。',
  },
  'delete.loading': {
    en: '{requester} is loading it or waiting to: that load would fail.',
    'zh-CN': '{requester} 正在加载它或在排队，删除会使加载失败。',
  },
  'delete.loaded': {
    en: 'It is loaded right now; deleting does not unload it.',
    'zh-CN': '它已加载；删除不会卸载它。',
  },
  'delete.held': { en: '{holder} holds it.', 'zh-CN': '它由 {holder} 保留。' },
  'delete.confirm': { en: 'Delete', 'zh-CN': '删除' },
  'delete.confirm.loading': { en: 'Delete anyway (being loaded)', 'zh-CN': '仍要删除（正在加载）' },
  'delete.done.shared': {
    en: 'Its weights stay with {names}.',
    'zh-CN': '其权重保留在 {names} 中。',
  },
  'delete.done': { en: '{model} is deleted from {server}.', 'zh-CN': '已从 {server} 删除 {model}。' },
  'error.model-not-here': { en: '{server} does not have {model}.', 'zh-CN': '{server} 上没有 {model}。' },
  'error.model-held': {
    en: '{holder} holds {model}, so it is not deleted.',
    'zh-CN': '{model} 由 {holder} 保留，不会删除。',
  },

  'error.nothing-kept': { en: 'Nothing is recorded here.', 'zh-CN': '这里不保存任何记录。' },
});
