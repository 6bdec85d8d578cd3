import { area } from './area.ts';

/** Messages to the alert channel: what is wrong, what it means, and that it is over; and the weekly digest. */
export const alertMessages = area({
  'alert.since': {
    en: 'Since {began}. This message changes when it is over.',
    'zh-CN': '从 {began} 开始。结束时此消息会更新。',
  },
  'alert.lasted': { en: 'From {began}, for {lasted:duration}.', 'zh-CN': '从 {began} 开始，持续 {lasted:duration}。' },
  'alert.over': { en: 'Over on {server}.', 'zh-CN': '{server} 上的问题已结束。' },

  'alert.ollama-down': { en: '{server}: {why}', 'zh-CN': '{server}：{why}' },
  'alert.over.ollama-down': { en: 'Ollama on {server} answers again.', 'zh-CN': '{server} 上的 Ollama 已恢复响应。' },
  'alert.model-spilled': {
    en: '{subject} on {server} is only {share:percent} on the GPU; {hostBytes:bytes} are in system memory.',
    'zh-CN': '{server} 上的 {subject} 只有 {share:percent} 在 GPU 上，{hostBytes:bytes} 在系统内存中。',
  },
  'alert.model-spilled.advice': {
    en: 'That makes it many times slower. Load it with a shorter context, or when more is free: /fit says what fits.',
    'zh-CN': '这样会慢很多。请缩短上下文重新加载，或等更多显存空闲：/fit 可查询能否放下。',
  },
  'alert.over.model-spilled': {
    en: '{subject} on {server} is no longer in system memory.',
    'zh-CN': '{server} 上的 {subject} 已不在系统内存中。',
  },
  'alert.foreign-memory': {
    en: 'On {server} another program took {grownBytes:bytes} of GPU memory while a model is loaded.',
    'zh-CN': '{server} 上有模型在运行，其他程序又占用了 {grownBytes:bytes} 显存。',
  },
  'alert.foreign-memory.who': {
    en: 'The largest one: {process} of {user} (process {pid}), {processBytes:bytes}.',
    'zh-CN': '占用最多的是 {user} 的 {process}（进程 {pid}），{processBytes:bytes}。',
  },
  'alert.foreign-memory.process': {
    en: 'The largest one: {process} (process {pid}), {processBytes:bytes}.',
    'zh-CN': '占用最多的是 {process}（进程 {pid}），{processBytes:bytes}。',
  },
  'alert.foreign-memory.advice': {
    en: 'Ollama does not see it and still counts on the memory that was free before, so the next load may run out.',
    'zh-CN': 'Ollama 看不到它，仍按之前的空闲显存计算，下一次加载可能显存不足。',
  },
  'alert.over.foreign-memory': {
    en: 'On {server} the other program has freed the memory, or no model is loaded any more.',
    'zh-CN': '{server} 上其他程序已释放显存，或已没有加载的模型。',
  },
  'alert.vram-not-returned': {
    en: 'On {server} {missingBytes:bytes} were not freed after {subject} was unloaded.',
    'zh-CN': '{server} 上卸载 {subject} 后，有 {missingBytes:bytes} 显存没有释放。',
  },
  'alert.vram-not-returned.advice': {
    en: 'A runner may be stuck, or another program took the memory. nvidia-smi on the host shows what uses it; restarting Ollama ends a stuck runner.',
    'zh-CN':
      '可能是运行进程卡住，或其他程序占用了显存。主机上的 nvidia-smi 会显示占用者；重启 Ollama 可结束卡住的进程。',
  },
  'alert.over.vram-not-returned': {
    en: 'The memory of {subject} on {server} is free again.',
    'zh-CN': '{server} 上 {subject} 的显存已释放。',
  },
  'alert.gpu-missing': {
    en: 'On {server} the GPU {gpu} is missing; it was there before.',
    'zh-CN': '{server} 上的 GPU {gpu} 不见了，之前还在。',
  },
  'alert.gpu-missing.advice': {
    en: 'A card that falls off the bus needs a reset or a reboot of the host; the system log says more.',
    'zh-CN': '从总线掉线的显卡需要重置或重启主机；系统日志有更多信息。',
  },
  'alert.over.gpu-missing': {
    en: 'The GPU {gpu} on {server} is back.',
    'zh-CN': '{server} 上的 GPU {gpu} 已恢复。',
  },
  'alert.gpu-lost': { en: 'On {server} the GPU {gpu} no longer answers.', 'zh-CN': '{server} 上的 GPU {gpu} 已掉线。' },
  'alert.gpu-lost.advice': {
    en: 'It needs a reset or a reboot of the host; models on it do not answer.',
    'zh-CN': '需要重置或重启主机；其上的模型不会响应。',
  },
  'alert.over.gpu-lost': { en: 'The GPU {gpu} on {server} is back.', 'zh-CN': '{server} 上的 GPU {gpu} 已恢复。' },
  'alert.gpu-hot': {
    en: 'On {server} the GPU {gpu} is at {tempC} °C.',
    'zh-CN': '{server} 上的 GPU {gpu} 温度为 {tempC} °C。',
  },
  'alert.gpu-hot.advice': {
    en: 'It slows down near its limit. Check fans, dust and airflow.',
    'zh-CN': '接近上限时它会自动降频。请检查风扇、灰尘和通风。',
  },
  'alert.over.gpu-hot': {
    en: 'The GPU {gpu} on {server} has cooled down.',
    'zh-CN': '{server} 上的 GPU {gpu} 已降温。',
  },
  'alert.driver-mismatch': {
    en: 'On {server} the NVIDIA driver was upgraded while the system was running.',
    'zh-CN': '{server} 上的 NVIDIA 驱动在系统运行期间升级过。',
  },
  'alert.driver-mismatch.advice': {
    en: 'Loaded models may still work, but new ones will not load on the GPU. Reboot the host, or reload the kernel module.',
    'zh-CN': '已加载的模型可能仍可工作，新模型无法加载到 GPU。请重启主机，或重新加载内核模块。',
  },
  'alert.over.driver-mismatch': { en: 'The driver on {server} works again.', 'zh-CN': '{server} 上的驱动已恢复。' },
  'alert.gpu-source-failing': {
    en: 'The GPUs of {server} cannot be read. {why}',
    'zh-CN': '无法读取 {server} 的 GPU。{why}',
  },
  'alert.gpu-source-failing.advice': {
    en: 'Until then nobody can tell from new numbers what fits. /doctor says what to fix.',
    'zh-CN': '恢复之前没有新数据可供判断。/doctor 会说明如何修复。',
  },
  'alert.over.gpu-source-failing': {
    en: 'The GPUs of {server} can be read again.',
    'zh-CN': '{server} 的 GPU 又能读取了。',
  },

  'error.http-port': {
    en: 'The port {port} of HTTP_PORT cannot be opened ({reason}).',
    'zh-CN': '无法打开 HTTP_PORT 的端口 {port}（{reason}）。',
  },

  'digest.title': { en: 'The week from {from} to {to}', 'zh-CN': '一周汇总：{from} 至 {to}' },
  'digest.peak': {
    en: '{gpu}: at most {used:bytes} of {total:bytes}, {when}',
    'zh-CN': '{gpu}：最多 {used:bytes} / {total:bytes}，{when}',
  },
  'digest.no-samples': { en: 'No GPU was read in this time.', 'zh-CN': '这段时间没有 GPU 数据。' },
  'digest.busiest.util': {
    en: 'Busiest hours, by load of the GPUs: {hours}.',
    'zh-CN': '最忙的时段（按 GPU 利用率）：{hours}。',
  },
  'digest.busiest.memory': {
    en: 'Busiest hours, by GPU memory used by models: {hours}.',
    'zh-CN': '最忙的时段（按模型占用的显存）：{hours}。',
  },
  'digest.column.model': { en: 'model', 'zh-CN': '模型' },
  'digest.column.time': { en: 'loaded', 'zh-CN': '加载时长' },
  'digest.column.loads': { en: 'loads', 'zh-CN': '次数' },
  'digest.column.vram': { en: 'GPU memory', 'zh-CN': '显存' },
  'digest.no-models': { en: 'No model was loaded.', 'zh-CN': '没有加载过模型。' },
  'digest.unused': {
    en: '{count:int} {count:plural:model|models} on disk {count:plural:was|were} never seen loaded, {bytes:bytes} in all:',
    'zh-CN': '磁盘上有 {count:int} 个模型从未加载过，共 {bytes:bytes}：',
  },
  'digest.unused-unknown': {
    en: 'Ollama did not answer, so nobody can tell which models on disk are unused.',
    'zh-CN': 'Ollama 没有响应，无法得知磁盘上有哪些模型没有用过。',
  },
});
