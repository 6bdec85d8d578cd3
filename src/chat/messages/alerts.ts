import { area } from './area.ts';

/** Messages to the alert channel: what is wrong, what it means, and that it is over; and the weekly digest. */
export const alertMessages = area({
  'alert.since': {
    en: 'Since {began}. This message changes when it is over.',
    'zh-CN': '自 {began} 起。结束时此消息会更新。',
  },
  'alert.lasted': { en: 'From {began}, for {lasted:duration}.', 'zh-CN': '始于 {began}，持续 {lasted:duration}。' },
  'alert.over': { en: 'Over on {server}.', 'zh-CN': '{server} 上的问题已结束。' },

  'alert.ollama-down': { en: '{server}: {why}', 'zh-CN': '{server}：{why}' },
  'alert.over.ollama-down': { en: 'Ollama on {server} answers again.', 'zh-CN': '{server} 上的 Ollama 已恢复响应。' },
  'alert.model-spilled': {
    en: '{subject} on {server} is {share:percent} on the GPU; {hostBytes:bytes} lie in system memory.',
    'zh-CN': '{server} 上的 {subject} 只有 {share:percent} 在 GPU 上；{hostBytes:bytes} 位于系统内存。',
  },
  'alert.model-spilled.advice': {
    en: 'It answers many times slower so. Load it with a shorter context, or when more is free: /fit says what fits.',
    'zh-CN': '这样响应会慢很多。请用更短的上下文加载，或等更多显存空闲：/fit 会说明什么放得下。',
  },
  'alert.over.model-spilled': {
    en: '{subject} on {server} is no longer in system memory.',
    'zh-CN': '{server} 上的 {subject} 已不在系统内存中。',
  },
  'alert.foreign-memory': {
    en: 'On {server} another program took {grownBytes:bytes} of GPU memory while a model is loaded.',
    'zh-CN': '{server} 上有其他程序在模型加载期间占用了 {grownBytes:bytes} 显存。',
  },
  'alert.foreign-memory.who': {
    en: 'The largest one: {process} of {user} (process {pid}), {processBytes:bytes}.',
    'zh-CN': '最大的一个：{user} 的 {process}（进程 {pid}），{processBytes:bytes}。',
  },
  'alert.foreign-memory.process': {
    en: 'The largest one: {process} (process {pid}), {processBytes:bytes}.',
    'zh-CN': '最大的一个：{process}（进程 {pid}），{processBytes:bytes}。',
  },
  'alert.foreign-memory.advice': {
    en: 'Ollama does not see it: it goes on counting with the memory that was free when the model was loaded, and the next load may run out.',
    'zh-CN': 'Ollama 看不到它：它仍按加载模型时的空闲显存计算，下一次加载可能会显存不足。',
  },
  'alert.over.foreign-memory': {
    en: 'On {server} the other program gave the memory back, or no model is loaded any more.',
    'zh-CN': '{server} 上其他程序已释放显存，或已没有加载的模型。',
  },
  'alert.vram-not-returned': {
    en: 'On {server} {missingBytes:bytes} were not given back after {subject} was unloaded.',
    'zh-CN': '{server} 上卸载 {subject} 后有 {missingBytes:bytes} 显存未归还。',
  },
  'alert.vram-not-returned.advice': {
    en: 'A runner may be stuck, or another program took the memory. nvidia-smi on the host shows who holds it; restarting Ollama ends a stuck runner.',
    'zh-CN':
      '可能是运行进程卡住，或其他程序占用了显存。主机上的 nvidia-smi 会显示占用者；重启 Ollama 可结束卡住的进程。',
  },
  'alert.over.vram-not-returned': {
    en: 'The memory of {subject} on {server} is back.',
    'zh-CN': '{server} 上 {subject} 的显存已归还。',
  },
  'alert.gpu-missing': {
    en: 'On {server} the GPU {gpu} is missing: it was there before.',
    'zh-CN': '{server} 上的 GPU {gpu} 不见了：之前还在。',
  },
  'alert.gpu-missing.advice': {
    en: 'A card that falls off the bus needs a reset or a reboot of the host; the system log says more.',
    'zh-CN': '从总线掉线的显卡需要重置或重启主机；系统日志有更多信息。',
  },
  'alert.over.gpu-missing': {
    en: 'The GPU {gpu} on {server} is back.',
    'zh-CN': '{server} 上的 GPU {gpu} 已恢复。',
  },
  'alert.gpu-lost': { en: 'On {server} the GPU {gpu} is lost.', 'zh-CN': '{server} 上的 GPU {gpu} 已丢失。' },
  'alert.gpu-lost.advice': {
    en: 'It needs a reset or a reboot of the host; models on it do not answer.',
    'zh-CN': '需要重置或重启主机；其上的模型不会响应。',
  },
  'alert.over.gpu-lost': { en: 'The GPU {gpu} on {server} is back.', 'zh-CN': '{server} 上的 GPU {gpu} 已恢复。' },
  'alert.gpu-hot': {
    en: 'On {server} the GPU {gpu} has {tempC} °C.',
    'zh-CN': '{server} 上的 GPU {gpu} 温度为 {tempC} °C。',
  },
  'alert.gpu-hot.advice': {
    en: 'It slows itself down near its limit. Look at fans, dust and the air around it.',
    'zh-CN': '接近上限时它会自动降频。请检查风扇、灰尘和周围空气。',
  },
  'alert.over.gpu-hot': {
    en: 'The GPU {gpu} on {server} has cooled down.',
    'zh-CN': '{server} 上的 GPU {gpu} 已降温。',
  },
  'alert.driver-mismatch': {
    en: 'On {server} the NVIDIA driver was upgraded under the running system.',
    'zh-CN': '{server} 上的 NVIDIA 驱动在系统运行时被升级。',
  },
  'alert.driver-mismatch.advice': {
    en: 'Loaded models may go on working, new ones will not load on the GPU. Reboot the host or reload the kernel module.',
    'zh-CN': '已加载的模型可能仍可工作，新模型无法加载到 GPU。请重启主机或重新加载内核模块。',
  },
  'alert.over.driver-mismatch': { en: 'The driver on {server} is whole again.', 'zh-CN': '{server} 上的驱动已恢复。' },
  'alert.gpu-source-failing': {
    en: 'The GPUs of {server} cannot be read. {why}',
    'zh-CN': '无法读取 {server} 的 GPU。{why}',
  },
  'alert.gpu-source-failing.advice': {
    en: 'Until then there are no verdicts on new numbers. /doctor says what to mend.',
    'zh-CN': '在此之前无法根据新数据判断。/doctor 会说明如何修复。',
  },
  'alert.over.gpu-source-failing': {
    en: 'The GPUs of {server} are read again.',
    'zh-CN': '{server} 的 GPU 已可读取。',
  },

  'error.http-port': {
    en: 'The port {port} of HTTP_PORT cannot be opened ({reason}).',
    'zh-CN': '无法打开 HTTP_PORT 的端口 {port}（{reason}）。',
  },

  'digest.title': { en: 'The week from {from} to {to}', 'zh-CN': '{from} 至 {to} 一周' },
  'digest.peak': {
    en: '{gpu}: at most {used:bytes} of {total:bytes}, {when}',
    'zh-CN': '{gpu}：最多 {used:bytes} / {total:bytes}，{when}',
  },
  'digest.no-samples': { en: 'No GPU was read in this time.', 'zh-CN': '此期间没有读取到 GPU。' },
  'digest.busiest.util': {
    en: 'Busiest hours: {hours} of what the GPUs can compute.',
    'zh-CN': '最繁忙的时段：{hours}（GPU 算力）。',
  },
  'digest.busiest.memory': {
    en: 'Busiest hours: {hours} of the GPU memory held by models.',
    'zh-CN': '最繁忙的时段：{hours}（模型占用的显存）。',
  },
  'digest.column.model': { en: 'model', 'zh-CN': '模型' },
  'digest.column.time': { en: 'loaded', 'zh-CN': '加载时长' },
  'digest.column.loads': { en: 'loads', 'zh-CN': '次数' },
  'digest.column.vram': { en: 'GPU memory', 'zh-CN': '显存' },
  'digest.no-models': { en: 'No model was loaded.', 'zh-CN': '没有加载过模型。' },
  'digest.unused': {
    en: '{count:int} {count:plural:model|models} on disk were never seen loaded; together {bytes:bytes}:',
    'zh-CN': '磁盘上有 {count:int} 个模型从未被加载；共 {bytes:bytes}：',
  },
  'digest.unused-unknown': {
    en: 'Which models lie on disk unused is not known: Ollama did not answer.',
    'zh-CN': '无法得知磁盘上有哪些未使用的模型：Ollama 没有响应。',
  },
});
