import { area } from './area.ts';

/** /load and /unload: the steps, how they end, holds, and questions to a holder. */
export const loadMessages = area({
  'load.description': {
    en: 'Load a model with the longest context that fits, without disturbing anybody',
    'zh-CN': '以放得下的最大上下文加载模型，不影响他人',
  },
  'unload.description': {
    en: 'Unload a model and check that its memory is free again',
    'zh-CN': '卸载模型，并确认显存已释放',
  },
  'option.keep-alive': {
    en: 'How long it stays after its last use: 30m, 4h (as in Ollama)',
    'zh-CN': '最后一次使用后保留多久：30m、4h（写法与 Ollama 相同）',
  },
  'option.partial': {
    en: 'Accept slow system memory rather than a shorter context',
    'zh-CN': '宁可有一部分放到系统内存（慢），也不缩短上下文',
  },
  'option.alias': {
    en: 'Name for a copy with this context built in, for clients that send none',
    'zh-CN': '内置此上下文的副本名称，供不发送上下文的客户端使用',
  },

  'load.title.waiting': {
    en: '{model} is waiting for its turn on {server}.',
    'zh-CN': '{model} 正在 {server} 上排队。',
  },
  'load.title.running': { en: '{model} is being loaded on {server}.', 'zh-CN': '正在 {server} 上加载 {model}。' },
  'load.title.loaded': {
    en: "{model} is loaded on {server} with a context of {ctx}, all of it on the GPUs ({vram:bytes} by Ollama's count).",
    'zh-CN': '{model} 已在 {server} 上加载（上下文 {ctx}），全部在 GPU 上（按 Ollama 的统计占用 {vram:bytes}）。',
  },
  'load.title.partial': {
    en: '{model} is loaded on {server} with a context of {ctx}, but {host:bytes} are in system memory: it will be slow.',
    'zh-CN': '{model} 已在 {server} 上加载（上下文 {ctx}），但有 {host:bytes} 在系统内存中：会很慢。',
  },
  'load.title.renewed': {
    en: '{model} was already loaded on {server} with a context of {ctx}; its time starts again now.',
    'zh-CN': '{model} 之前已在 {server} 上加载（上下文 {ctx}），保留时间已重新计时。',
  },

  'load.step.wait.running': { en: 'waiting: number {place} in the queue', 'zh-CN': '排队中：第 {place} 位' },
  'load.step.look.running': { en: 'checking the server', 'zh-CN': '正在查看服务器' },
  'load.step.look.done': { en: 'checked the server', 'zh-CN': '已查看服务器' },
  'load.step.look.failed': { en: 'the server could not be checked', 'zh-CN': '无法查看服务器' },
  'load.step.plan.running': { en: 'working out what fits', 'zh-CN': '正在计算能否放下' },
  'load.step.plan.done': { en: 'a context of {ctx} fits', 'zh-CN': '{ctx} 的上下文放得下' },
  'load.step.plan.failed': { en: 'it does not fit right now', 'zh-CN': '目前放不下' },
  'load.step.ask.running': {
    en: 'asking {holder} whether {model} may be unloaded; no answer means no',
    'zh-CN': '正在询问 {holder} 是否同意卸载 {model}；不回答视为不同意',
  },
  'load.step.ask.done': { en: '{holder} agrees to unload {model}', 'zh-CN': '{holder} 同意卸载 {model}' },
  'load.step.ask.failed': { en: '{holder} keeps {model}', 'zh-CN': '{holder} 不同意卸载 {model}' },
  'load.step.unload.running': { en: 'unloading {model}', 'zh-CN': '正在卸载 {model}' },
  'load.step.unload.done': { en: 'unloaded {model}', 'zh-CN': '已卸载 {model}' },
  'load.step.unload.failed': { en: '{model} could not be unloaded', 'zh-CN': '无法卸载 {model}' },
  'load.step.load.running': {
    en: 'loading with a context of {ctx}, started {since}',
    'zh-CN': '正在加载（上下文 {ctx}），{since}开始',
  },
  'load.step.load.running.measured': {
    en: 'loading with a context of {ctx}: {share:percent}, {done:bytes} of {total:bytes} on the GPUs',
    'zh-CN': '正在加载（上下文 {ctx}）：{share:percent}，GPU 上 {done:bytes} / {total:bytes}',
  },
  'load.step.load.running.measured-left': {
    en: 'loading with a context of {ctx}: {share:percent}, {done:bytes} of {total:bytes} on the GPUs, about {left:duration} left',
    'zh-CN': '正在加载（上下文 {ctx}）：{share:percent}，GPU 上 {done:bytes} / {total:bytes}，约剩 {left:duration}',
  },
  'load.step.load.running.timed-left': {
    en: 'loading with a context of {ctx}: {share:percent}, about {left:duration} left, going by earlier loads',
    'zh-CN': '正在加载（上下文 {ctx}）：{share:percent}，按之前的加载估计约剩 {left:duration}',
  },
  'load.step.load.done': { en: 'loaded with a context of {ctx}', 'zh-CN': '已加载（上下文 {ctx}）' },
  'load.step.load.failed': { en: 'loading with a context of {ctx} failed', 'zh-CN': '加载失败（上下文 {ctx}）' },
  'load.step.prove.running': { en: 'checking the GPU memory it uses', 'zh-CN': '正在核对显存占用' },
  'load.step.prove.done': { en: 'loaded as planned', 'zh-CN': '已按计划加载' },
  'load.step.prove.done.partial': {
    en: 'loaded, with {spilled:bytes} of it in system memory',
    'zh-CN': '已加载，其中 {spilled:bytes} 在系统内存中',
  },
  'load.step.prove.failed': { en: 'the GPU memory could not be checked to the end', 'zh-CN': '显存占用未能核对完' },
  'load.step.prove.failed.spilled': {
    en: '{spilled:bytes} of it went to system memory, so it was unloaded again',
    'zh-CN': '有 {spilled:bytes} 落到系统内存，已重新卸载',
  },
  'load.step.prove.failed.no-gpu': {
    en: 'Ollama put nothing of it on a GPU, so it was unloaded again',
    'zh-CN': 'Ollama 没有用 GPU 加载它，已重新卸载',
  },
  'load.step.prove.failed.gone': { en: 'it is no longer loaded', 'zh-CN': '它已不在加载列表中' },
  'load.step.prove.failed.unreadable': { en: 'Ollama no longer answers', 'zh-CN': 'Ollama 已没有响应' },
  'load.step.prove.failed.reloaded': {
    en: 'another client loaded it again with a context of {now}',
    'zh-CN': '另一个客户端以 {now} 的上下文重新加载了它',
  },
  'load.step.prove.failed.evicted': {
    en: 'Ollama unloaded {models} meanwhile, so it was unloaded again',
    'zh-CN': '期间 {models} 被卸载，已重新卸载本模型',
  },
  'load.step.smaller.done': {
    en: 'trying again with {to} instead of {from}',
    'zh-CN': '上下文从 {from} 降到 {to} 重试',
  },
  'load.step.restore.running': { en: 'loading {model} again as it was', 'zh-CN': '正在恢复 {model}' },
  'load.step.restore.done': { en: '{model} is loaded again as it was', 'zh-CN': '{model} 已恢复' },
  'load.step.restore.failed': { en: '{model} could not be loaded again', 'zh-CN': '无法恢复 {model}' },
  'load.step.restore.failed.down': {
    en: 'Ollama on {server} does not answer, so nothing could be loaded again',
    'zh-CN': '{server} 上的 Ollama 没有响应，无法恢复',
  },
  'load.step.alias.running': { en: 'creating {alias}', 'zh-CN': '正在创建 {alias}' },
  'load.step.alias.done': { en: 'created {alias}', 'zh-CN': '已创建 {alias}' },
  'load.step.alias.failed': { en: '{alias} could not be created', 'zh-CN': '无法创建 {alias}' },

  'load.clamp.memory': {
    en: 'A context of {asked} is {excess:bytes} too large; loaded with {ctx}.',
    'zh-CN': '{asked} 的上下文放不下，超出 {excess:bytes}；已改用 {ctx} 加载。',
  },
  'load.clamp.memory-tried': {
    en: 'Loading with {asked} ran out of memory; loaded with {ctx}.',
    'zh-CN': '以 {asked} 加载时内存不足；已改用 {ctx} 加载。',
  },
  'load.clamp.others': {
    en: 'With {asked} Ollama would unload other models; loaded with {ctx} so that they stay.',
    'zh-CN': '用 {asked} 会让 Ollama 卸载其他模型；已改用 {ctx} 加载，其他模型不受影响。',
  },
  'load.clamp.training': {
    en: 'The model supports a context of up to {ctx}; {asked} is too long.',
    'zh-CN': '该模型最大支持 {ctx} 的上下文，{asked} 太长。',
  },
  'load.column.gpu': { en: 'GPU', 'zh-CN': 'GPU' },
  'load.column.predicted': { en: 'predicted', 'zh-CN': '预测' },
  'load.column.actual': { en: 'actual', 'zh-CN': '实际' },
  'load.column.difference': { en: 'difference', 'zh-CN': '差值' },
  'load.hold.until': {
    en: '{holder} holds it until {until}: it will not be unloaded without consent.',
    'zh-CN': '由 {holder} 保留至 {until}：未经其同意不会被卸载。',
  },
  'load.hold.open': {
    en: '{holder} holds it until they release it: it will not be unloaded without consent.',
    'zh-CN': '由 {holder} 保留，直到其释放：未经其同意不会被卸载。',
  },
  'load.trap': {
    en: 'A client that sends another num_ctx makes Ollama load the model again. Send {ctx}, or load with alias: to get a name with this context built in.',
    'zh-CN': '客户端若发送其他 num_ctx，Ollama 会重新加载模型。请发送 {ctx}，或用 alias: 创建内置此上下文的名称。',
  },
  'load.alias': {
    en: 'Use the name {alias} in your clients: it has the context {ctx} built in, so a client that sends no num_ctx needs no reload. One that sends its own still makes Ollama reload.',
    'zh-CN':
      '请在客户端中使用名称 {alias}：它内置了 {ctx} 的上下文，客户端不发送 num_ctx 就不会触发重新加载；发送了则仍会触发。',
  },
  'load.alias.failed': {
    en: 'The model is loaded, but the name {alias} was not created: {why}',
    'zh-CN': '模型已加载，但未能创建名称 {alias}：{why}',
  },
  'load.same-weights': {
    en: '{ordered} has the same weights, so Ollama serves both names from one copy.',
    'zh-CN': '{ordered} 的权重相同，两个名称由 Ollama 用同一份加载提供服务。',
  },
  'load.unloaded': { en: 'Unloaded to make room: {models}.', 'zh-CN': '为腾出空间已卸载：{models}。' },
  'load.kept': { en: '{holder} keeps {model}.', 'zh-CN': '{holder} 不同意卸载 {model}。' },
  'load.overridden': {
    en: '{model} was unloaded although {holder} held it; this is recorded.',
    'zh-CN': '{holder} 保留的 {model} 已被强制卸载，并已记录。',
  },
  'load.way-out': {
    en: 'If {models} is unloaded, a context of {ctx} fits.',
    'zh-CN': '卸载 {models} 后，{ctx} 的上下文放得下。',
  },
  'load.way-out.in-use': { en: '{model} was in use a moment ago.', 'zh-CN': '{model} 刚刚还在使用。' },
  'load.way-out.held': { en: '{holder} holds {model}.', 'zh-CN': '{model} 由 {holder} 保留。' },
  'load.said': { en: 'Ollama says: {text}', 'zh-CN': 'Ollama 的报错：{text}' },
  'load.as-before': { en: 'The server is as it was before.', 'zh-CN': '服务器已恢复原状。' },
  'load.lost': {
    en: 'These were loaded before and no longer are: {models}.',
    'zh-CN': '以下模型之前已加载，现在已不在：{models}。',
  },
  'load.no-gpu': {
    en: 'Ollama on {server} used no GPU although there {count:plural:is|are} {count:int}. Look for "inference compute" in Ollama\'s log: it lists the GPUs found (driver, container without --gpus, CUDA_VISIBLE_DEVICES).',
    'zh-CN':
      '{server} 有 {count:int} 张 GPU，但 Ollama 一张也没有用。请查看 Ollama 日志中的 "inference compute"，那里列出了找到的 GPU（检查驱动、容器是否缺少 --gpus、CUDA_VISIBLE_DEVICES）。',
  },
  'load.down': {
    en: 'Ollama on {server} has not answered since.',
    'zh-CN': '此后 {server} 上的 Ollama 一直没有响应。',
  },
  'load.down.lost': {
    en: 'Ollama on {server} has not answered since. What was loaded there is probably gone: {models}.',
    'zh-CN': '此后 {server} 上的 Ollama 一直没有响应。之前加载的模型可能都已不在：{models}。',
  },
  'load.orphans': {
    en: "An earlier Ollama was killed, and {count:int} of its runners still {count:plural:occupies|occupy} {bytes:bytes} on the GPUs of {server}. The machine's administrator can free them with {pids}.",
    'zh-CN':
      '之前的 Ollama 被强制结束，它的 {count:int} 个运行进程还占用着 {server} 的 {bytes:bytes} 显存。该机器的管理员可用 {pids} 释放。',
  },
  'load.learned': {
    en: 'The prediction also uses {count:int} earlier {count:plural:load|loads} here.',
    'zh-CN': '预测时参考了此前在这里的 {count:int} 次加载。',
  },

  'load.action.cancel': { en: 'Cancel', 'zh-CN': '取消' },
  'load.action.extend': { en: 'Keep for another {duration:duration}', 'zh-CN': '再保留 {duration:duration}' },
  'load.action.release': { en: 'Release', 'zh-CN': '释放' },
  'load.action.unload': { en: 'Unload', 'zh-CN': '卸载' },
  'load.action.instead': { en: 'Unload {models}, load with {ctx}', 'zh-CN': '卸载 {models} 后加载（{ctx}）' },
  'load.action.instead-in-use': {
    en: 'Unload {models} (in use), load with {ctx}',
    'zh-CN': '卸载 {models}（正在使用）后加载（{ctx}）',
  },
  'load.action.reload-in-use': { en: 'Reload with {ctx} (in use)', 'zh-CN': '仍要以 {ctx} 重新加载（正在使用）' },
  'load.action.ask': { en: 'Ask {holder}, then load with {ctx}', 'zh-CN': '征得 {holder} 同意后加载（{ctx}）' },
  'load.action.override': {
    en: 'Unload anyway (held), load with {ctx}',
    'zh-CN': '仍要卸载（他人保留中），再加载（{ctx}）',
  },
  'load.action.agree': { en: 'Unload it', 'zh-CN': '同意卸载' },
  'load.action.keep': { en: 'Keep it', 'zh-CN': '继续保留' },
  'unload.action.in-use': { en: 'Unload anyway (in use)', 'zh-CN': '仍要卸载（正在使用）' },
  'unload.action.ask': { en: 'Ask {holder}', 'zh-CN': '征求 {holder} 同意' },
  'unload.action.override': { en: 'Unload anyway (held)', 'zh-CN': '仍要卸载（他人保留中）' },

  'load.cancel.done': { en: 'Canceling the load.', 'zh-CN': '正在取消加载。' },
  'load.extended': { en: '{model} is held until {until}.', 'zh-CN': '{model} 保留至 {until}。' },
  'load.extended.open': { en: '{model} is held until it is released.', 'zh-CN': '{model} 将一直保留，直到手动释放。' },
  'load.released': {
    en: 'Nobody holds {model} any more. It stays loaded until its time is up or somebody needs the room.',
    'zh-CN': '{model} 已不再保留。到时间或有人需要空间时会被卸载。',
  },

  'consent.question.for': {
    en: '{requester} needs room on {server} for {wanted}. {holder}, may {model} be unloaded?',
    'zh-CN': '{requester} 要在 {server} 上加载 {wanted}，需要腾出空间。{holder}，是否同意卸载 {model}？',
  },
  'consent.question.reload': {
    en: '{requester} wants {model} on {server} with another context. {holder}, may it be loaded again?',
    'zh-CN': '{requester} 想在 {server} 上用另一个上下文运行 {model}。{holder}，是否同意重新加载？',
  },
  'consent.question.unload': {
    en: '{requester} wants to unload {model} on {server}. {holder}, do you agree?',
    'zh-CN': '{requester} 想卸载 {server} 上的 {model}。{holder}，是否同意卸载？',
  },
  'consent.silence': {
    en: 'Without an answer by {until} it stays loaded.',
    'zh-CN': '到 {until} 没有回答则继续保留。',
  },
  'consent.agreed': { en: '{holder} agrees: {model} is being unloaded.', 'zh-CN': '{holder} 同意卸载 {model}。' },
  'consent.kept': { en: '{holder} keeps {model}.', 'zh-CN': '{holder} 不同意卸载 {model}。' },
  'consent.timeout': { en: 'No answer came, so {model} stays loaded.', 'zh-CN': '没有收到回答，{model} 继续保留。' },
  'consent.void': { en: 'The question about {model} is no longer open.', 'zh-CN': '关于 {model} 的询问已失效。' },
  'hold.reloaded': {
    en: '{holder}: another client made Ollama load {model} on {server} again, with a context of {now} instead of {held}.',
    'zh-CN': '{holder}：另一个客户端让 Ollama 在 {server} 上重新加载了 {model}，上下文从 {held} 变成了 {now}。',
  },
  'hold.reloaded.why': {
    en: 'Ollama does this for every request with another num_ctx. Load it with alias: and use that name in your clients.',
    'zh-CN': '请求带有不同的 num_ctx 时，Ollama 都会这样做。请用 alias: 加载，并在客户端中使用该名称。',
  },

  'unload.title.running': { en: '{model} is being unloaded on {server}.', 'zh-CN': '正在 {server} 上卸载 {model}。' },
  'unload.title.gone': {
    en: '{model} is unloaded on {server}: {recovered:bytes} are free again.',
    'zh-CN': '已从 {server} 卸载 {model}，释放 {recovered:bytes}。',
  },
  'unload.title.gone-unmeasured': {
    en: '{model} is unloaded on {server}. The GPU memory could not be read.',
    'zh-CN': '已从 {server} 卸载 {model}。无法读取显存。',
  },
  'unload.title.memory-stuck': {
    en: '{model} is unloaded on {server}, but only {recovered:bytes} of its {held:bytes} are free again.',
    'zh-CN': '已从 {server} 卸载 {model}，但 {held:bytes} 显存中只释放了 {recovered:bytes}。',
  },
  'unload.title.still-loaded': {
    en: '{model} is still loaded on {server}: Ollama finishes its running requests first.',
    'zh-CN': '{server} 上的 {model} 还未卸载：Ollama 会先完成正在处理的请求。',
  },
  'unload.stuck.help': {
    en: "Another program may have taken the memory meanwhile (see /vram), or Ollama's runner hangs: restarting Ollama frees it.",
    'zh-CN': '可能有其他程序占用了这部分显存（见 /vram），或 Ollama 的运行进程卡住了：重启 Ollama 即可释放。',
  },
  'unload.title.held': {
    en: '{holder} holds {model} on {server}.',
    'zh-CN': '{server} 上的 {model} 由 {holder} 保留。',
  },
  'unload.title.in-use': {
    en: '{model} on {server} was in use a moment ago; unloading it interrupts somebody.',
    'zh-CN': '{server} 上的 {model} 刚刚还在使用；卸载会打断他人。',
  },

  'error.load-canceled': { en: 'The load was canceled.', 'zh-CN': '加载已取消。' },
  'error.load-stopped': {
    en: 'The bot is stopping, so the load was canceled. Ask again in a minute.',
    'zh-CN': '机器人正在停止，加载已取消。请一分钟后再试。',
  },
  'error.load-cloud': {
    en: '{model} runs in the cloud of ollama.com, so there is nothing to load here.',
    'zh-CN': '{model} 在 ollama.com 云端运行，无需在此加载。',
  },
  'error.load-failed': { en: 'The load failed.', 'zh-CN': '加载失败。' },
  'error.load-spilled': {
    en: 'Each time, {spilledBytes:bytes} of {model} went to system memory, so it was unloaded again. Use partial:yes to accept that.',
    'zh-CN': '每次尝试 {model} 都有 {spilledBytes:bytes} 落到系统内存，因此已重新卸载。如可接受，请用 partial:yes。',
  },
  'error.load-without-gpu': {
    en: 'All of {model} went to system memory: Ollama on {server} uses no GPU, so a shorter context would not help. It was unloaded again; use partial:yes to accept that.',
    'zh-CN':
      '{model} 全部落到了系统内存：{server} 上的 Ollama 没有使用 GPU，缩短上下文也没用，因此已重新卸载。如可接受，请用 partial:yes。',
  },
  'error.load-vanished': {
    en: '{model} was loaded, but it was gone again before it could be checked.',
    'zh-CN': '{model} 已加载，但还没来得及核对就被卸载了。',
  },
  'error.load-displaced': {
    en: '{model} was loaded, but another client then made Ollama load {models} in its place. /ps shows what is loaded now.',
    'zh-CN': '{model} 已加载，但另一个客户端让 Ollama 加载了 {models}，把它挤掉了。/ps 可查看当前情况。',
  },
  'error.load-reloaded': {
    en: '{model} was loaded with a context of {ctx}, but another client then made Ollama load it again with {now}. It is left like that. With alias: clients get the same context without sending one.',
    'zh-CN':
      '{model} 已以 {ctx} 的上下文加载，但随后另一个客户端让 Ollama 以 {now} 重新加载了它，现在保持原样。用 alias: 加载，客户端不发送上下文也能得到同样的上下文。',
  },
  'error.ollama-gone': {
    en: 'Ollama on {server} ended or restarted during the load.',
    'zh-CN': '加载期间 {server} 上的 Ollama 退出或重启了。',
  },
  'error.load-evicted': {
    en: "To load it, Ollama unloaded models without anybody's consent ({models}), so it was unloaded again.",
    'zh-CN': '为了加载它，Ollama 卸载了未经同意的模型（{models}），因此已重新卸载。',
  },
  'error.model-not-pulled': {
    en: '{server} does not have {model}. An administrator can /pull it.',
    'zh-CN': '服务器 {server} 上没有 {model}。管理员可以用 /pull 拉取。',
  },
  'error.alias-taken': {
    en: '{alias} is a model that this bot did not create, so it is left alone. Choose another name, or /delete it first.',
    'zh-CN': '{alias} 不是由本机器人创建的模型，不会覆盖。请换一个名称，或先用 /delete 删除它。',
  },
  'error.alias-changed': {
    en: 'Somebody has changed {alias} since this bot created it, so it is left alone. Choose another name, or /delete it first.',
    'zh-CN': '{alias} 在本机器人创建之后被人改动过，不会覆盖。请换一个名称，或先用 /delete 删除它。',
  },
  'error.alias-is-model': {
    en: '{alias} is the model itself. An alias must be a name of its own.',
    'zh-CN': '{alias} 就是该模型本身。别名必须是另一个名称。',
  },
  'error.alias-vanished': {
    en: 'Ollama accepted the name {alias} but does not list it.',
    'zh-CN': 'Ollama 接受了名称 {alias}，但列表中没有它。',
  },
  'error.ctx-above-cap': {
    en: 'A context of {ctx} is longer than allowed here; the limit is {max}.',
    'zh-CN': '这里不允许 {ctx} 的上下文，上限为 {max}。',
  },
  'error.bad-keep-alive': {
    en: '{value} is not a time. Write 30m, 4h or 90s.',
    'zh-CN': '{value} 不是有效的时间。请写成 30m、4h 或 90s。',
  },
  'error.keep-alive-forever': {
    en: 'Only administrators may keep a model forever.',
    'zh-CN': '只有管理员可以永久保留模型。',
  },
  'error.keep-alive-above-cap': {
    en: 'A model may stay for at most {max:duration} here; {wanted:duration} is too long.',
    'zh-CN': '这里最多保留 {max:duration}，{wanted:duration} 太长。',
  },
  'error.held-with-other-ctx': {
    en: '{holder} holds {model} with a context of {ctx}; a context of {wanted} means loading it again.',
    'zh-CN': '{holder} 保留着 {model}（上下文 {ctx}）；改为 {wanted} 需要重新加载。',
  },
  'error.reload-in-use': {
    en: '{model} is loaded with a context of {ctx} and was in use a moment ago; another context means loading it again.',
    'zh-CN': '{model} 已加载（上下文 {ctx}），刚刚还在使用；更改上下文需要重新加载。',
  },
  'error.gpus-unknown': {
    en: 'The GPU memory of {server} is unknown right now, so nothing is loaded. /doctor says why.',
    'zh-CN': '目前没有 {server} 的显存数据，因此不加载。/doctor 会说明原因。',
  },
  'error.gpus-none': {
    en: 'Headroom reads no GPU of {server} (GPU_SOURCE), so nobody can tell what is on one. With partial:yes it is loaded anyway, wherever Ollama puts it.',
    'zh-CN':
      '没有读取 {server} 的 GPU（GPU_SOURCE），无法核对模型是否在 GPU 上。用 partial:yes 仍可加载，放在哪里由 Ollama 决定。',
  },
  'error.needs-room': {
    en: '{model} with a context of {ctx} does not fit beside what is loaded.',
    'zh-CN': '{model} 用 {ctx} 的上下文无法与已加载的模型同时放下。',
  },
  'error.does-not-fit': {
    en: '{model} does not fit on these GPUs, however short the context. Use partial:yes to accept slow system memory.',
    'zh-CN': '{model} 无论上下文多短都放不进这些 GPU。如可接受较慢的系统内存，请用 partial:yes。',
  },
  'error.unload-stuck': {
    en: '{model} is not unloaded yet: Ollama finishes its running requests first. Nothing was loaded.',
    'zh-CN': '{model} 还未卸载：Ollama 会先完成正在处理的请求。没有加载任何模型。',
  },
  'error.not-loaded': { en: '{model} is not loaded on {server}.', 'zh-CN': '{server} 上没有加载 {model}。' },
  'error.unload-not-yours': {
    en: 'You may not unload {model}: you would need the role for it, or hold it yourself.',
    'zh-CN': '你不能卸载 {model}：需要相应的角色，或由你自己保留。',
  },
  'error.holder-keeps': { en: '{holder} keeps {model}.', 'zh-CN': '{holder} 不同意卸载 {model}。' },
  'error.no-hold': { en: 'Nobody holds {model} any more.', 'zh-CN': '{model} 已不再保留。' },
  'error.hold-not-yours': { en: '{holder} holds {model}.', 'zh-CN': '{model} 由 {holder} 保留。' },
  'error.load-over': { en: 'This load has already ended.', 'zh-CN': '该加载已经结束。' },
  'error.load-not-yours': {
    en: 'Only the person who asked for this load, or an administrator, may cancel it.',
    'zh-CN': '只有发起者或管理员可以取消此加载。',
  },
  'error.queue-full': {
    en: 'Too many loads are waiting on this server already. Try again when some have ended.',
    'zh-CN': '该服务器上排队的加载太多，请稍后再试。',
  },
  'error.queue-full-person': {
    en: 'You already have {waiting:int} loads waiting on this server.',
    'zh-CN': '你在该服务器上已有 {waiting:int} 个加载在排队。',
  },
  'error.queue-closed': {
    en: 'The bot is stopping. Ask again in a minute.',
    'zh-CN': '机器人正在停止，请一分钟后再试。',
  },
  'error.turn-lost': {
    en: 'The connection to the database broke in the middle of the work, so it was stopped there. /ps shows what is loaded now.',
    'zh-CN': '操作途中与数据库的连接中断，操作已停止。/ps 可查看当前已加载的模型。',
  },
  'error.consent-over': { en: 'This question has already been answered.', 'zh-CN': '该询问已有结论。' },
  'error.no-loads-here': { en: 'Models cannot be loaded from here.', 'zh-CN': '这里无法加载模型。' },
});
