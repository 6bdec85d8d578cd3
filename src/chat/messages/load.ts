import { area } from './area.ts';

/** /load and /unload: the steps, how they end, holds, and questions to a holder. */
export const loadMessages = area({
  'load.description': {
    en: 'Load a model with the largest context that fits, without disturbing anybody',
    'zh-CN': '以放得下的最大上下文加载模型，不打扰任何人',
  },
  'unload.description': {
    en: 'Unload a model and see that its memory comes back',
    'zh-CN': '卸载模型并确认显存已归还',
  },
  'option.keep-alive': {
    en: 'How long it stays after the last use: 30m, 4h (as Ollama writes it)',
    'zh-CN': '最后一次使用后保留多久：30m、4h（与 Ollama 写法相同）',
  },
  'option.partial': {
    en: 'Rather partly in system memory (slow) than with a shorter context',
    'zh-CN': '宁可部分放在系统内存（慢），也不缩短上下文',
  },
  'option.alias': {
    en: 'Name of a copy with this context baked in, for clients that send none',
    'zh-CN': '固定此上下文的副本名称，供不发送上下文的客户端使用',
  },

  'load.title.waiting': { en: '{model} waits for its turn on {server}.', 'zh-CN': '{model} 正在 {server} 上排队。' },
  'load.title.running': { en: '{model} is being loaded on {server}.', 'zh-CN': '正在 {server} 上加载 {model}。' },
  'load.title.loaded': {
    en: '{model} is loaded on {server} with a context of {ctx}, all of it on the GPUs ({vram:bytes}).',
    'zh-CN': '{model} 已在 {server} 上以 {ctx} 的上下文加载，全部位于 GPU（{vram:bytes}）。',
  },
  'load.title.partial': {
    en: '{model} is loaded on {server} with a context of {ctx}, {host:bytes} of it in system memory: it will be slow.',
    'zh-CN': '{model} 已在 {server} 上以 {ctx} 的上下文加载，其中 {host:bytes} 在系统内存中：会很慢。',
  },
  'load.title.renewed': {
    en: '{model} was loaded on {server} already with a context of {ctx}; its time begins anew.',
    'zh-CN': '{model} 已在 {server} 上以 {ctx} 的上下文加载过；其时间重新计算。',
  },

  'load.step.wait.running': { en: 'waiting: number {place} in the queue', 'zh-CN': '排队中：第 {place} 位' },
  'load.step.look.running': { en: 'looking at the server', 'zh-CN': '正在查看服务器' },
  'load.step.look.done': { en: 'looked at the server', 'zh-CN': '已查看服务器' },
  'load.step.look.failed': { en: 'the server could not be looked at', 'zh-CN': '无法查看服务器' },
  'load.step.plan.running': { en: 'working out what fits', 'zh-CN': '正在计算放得下多少' },
  'load.step.plan.done': { en: 'a context of {ctx} fits', 'zh-CN': '{ctx} 的上下文放得下' },
  'load.step.plan.failed': { en: 'it does not fit as things are', 'zh-CN': '按目前情况放不下' },
  'load.step.ask.running': {
    en: '{holder} is asked to let {model} go; no answer counts as no',
    'zh-CN': '正在询问 {holder} 是否放开 {model}；不回答视为不同意',
  },
  'load.step.ask.done': { en: '{holder} lets {model} go', 'zh-CN': '{holder} 同意放开 {model}' },
  'load.step.ask.failed': { en: '{holder} keeps {model}', 'zh-CN': '{holder} 保留 {model}' },
  'load.step.unload.running': { en: 'unloading {model}', 'zh-CN': '正在卸载 {model}' },
  'load.step.unload.done': { en: '{model} is unloaded', 'zh-CN': '{model} 已卸载' },
  'load.step.unload.failed': { en: '{model} could not be unloaded', 'zh-CN': '{model} 无法卸载' },
  'load.step.load.running': {
    en: 'loading with a context of {ctx}, begun {since}',
    'zh-CN': '正在以 {ctx} 的上下文加载，开始于 {since}',
  },
  'load.step.load.done': { en: 'loaded with a context of {ctx}', 'zh-CN': '已以 {ctx} 的上下文加载' },
  'load.step.load.failed': { en: 'loading with {ctx} did not succeed', 'zh-CN': '以 {ctx} 加载未成功' },
  'load.step.prove.running': {
    en: 'checking where it lies and what it takes',
    'zh-CN': '正在检查其位置和占用',
  },
  'load.step.prove.done': { en: 'checked: it lies where it should', 'zh-CN': '已检查：位置正确' },
  'load.step.prove.failed': { en: 'the check did not come to an end', 'zh-CN': '检查未能完成' },
  'load.step.prove.failed.spilled': {
    en: '{spilled:bytes} of it went to system memory: taken back',
    'zh-CN': '其中 {spilled:bytes} 落入系统内存：已撤回',
  },
  'load.step.prove.failed.no-gpu': {
    en: 'Ollama put nothing of it on a GPU: taken back',
    'zh-CN': 'Ollama 没有把它放到任何 GPU 上：已撤回',
  },
  'load.step.prove.failed.gone': { en: 'it is not loaded any more', 'zh-CN': '它已不在内存中' },
  'load.step.prove.failed.unreadable': {
    en: 'Ollama does not answer any more',
    'zh-CN': 'Ollama 不再响应',
  },
  'load.step.prove.failed.reloaded': {
    en: 'it has a context of {now} now: another client loaded it anew',
    'zh-CN': '它现在的上下文是 {now}：另一个客户端重新加载了它',
  },
  'load.step.prove.failed.evicted': {
    en: '{models} left meanwhile: taken back',
    'zh-CN': '{models} 在此期间被卸载：已撤回',
  },
  'load.step.smaller.done': { en: 'again with {to} instead of {from}', 'zh-CN': '改用 {to} 而不是 {from} 重试' },
  'load.step.restore.running': { en: 'putting {model} back', 'zh-CN': '正在恢复 {model}' },
  'load.step.restore.done': { en: '{model} is back', 'zh-CN': '{model} 已恢复' },
  'load.step.restore.failed': { en: '{model} could not be put back', 'zh-CN': '{model} 无法恢复' },
  'load.step.restore.failed.down': {
    en: 'Ollama on {server} does not answer: nothing could be put back',
    'zh-CN': '{server} 上的 Ollama 没有响应：无法恢复',
  },
  'load.step.alias.running': { en: 'making {alias}', 'zh-CN': '正在创建 {alias}' },
  'load.step.alias.done': { en: '{alias} is there', 'zh-CN': '{alias} 已创建' },
  'load.step.alias.failed': { en: '{alias} could not be made', 'zh-CN': '{alias} 无法创建' },

  'load.clamp.memory': {
    en: '{asked} does not fit: {excess:bytes} too much; loaded with {ctx}.',
    'zh-CN': '{asked} 放不下：多出 {excess:bytes}；已用 {ctx} 加载。',
  },
  'load.clamp.memory-tried': {
    en: '{asked} ran out of memory when it was tried; loaded with {ctx}.',
    'zh-CN': '尝试 {asked} 时内存不足；已用 {ctx} 加载。',
  },
  'load.clamp.others': {
    en: 'With {asked} Ollama would unload other models; loaded with {ctx} beside them.',
    'zh-CN': '使用 {asked} 时 Ollama 会卸载其他模型；已用 {ctx} 与它们并存加载。',
  },
  'load.clamp.training': {
    en: 'It was trained for a context of {ctx}; {asked} is more than it can use.',
    'zh-CN': '其训练上下文为 {ctx}；{asked} 超出其能力。',
  },
  'load.column.gpu': { en: 'GPU', 'zh-CN': 'GPU' },
  'load.column.predicted': { en: 'predicted', 'zh-CN': '预测' },
  'load.column.actual': { en: 'actual', 'zh-CN': '实际' },
  'load.column.difference': { en: 'difference', 'zh-CN': '差值' },
  'load.hold.until': {
    en: 'Held by {holder} until {until}: nobody unloads it without asking.',
    'zh-CN': '由 {holder} 持有至 {until}：未经询问无人会卸载它。',
  },
  'load.hold.open': {
    en: 'Held by {holder} until released: nobody unloads it without asking.',
    'zh-CN': '由 {holder} 持有，直到释放：未经询问无人会卸载它。',
  },
  'load.trap': {
    en: 'A client that sends another num_ctx makes Ollama load it anew with that one. Send {ctx}, or load with alias: for a name that has it baked in.',
    'zh-CN':
      '发送其他 num_ctx 的客户端会让 Ollama 以该值重新加载。请发送 {ctx}，或使用 alias: 创建固定此上下文的名称。',
  },
  'load.alias': {
    en: 'Use the name {alias} in your clients: it has the context {ctx} baked in, so a client that sends no num_ctx gets it without a reload. One that sends its own still makes Ollama reload.',
    'zh-CN':
      '请在客户端中使用名称 {alias}：它固定了 {ctx} 的上下文，不发送 num_ctx 的客户端无需重新加载即可得到它。自行发送 num_ctx 的客户端仍会触发重新加载。',
  },
  'load.alias.failed': {
    en: 'The model is loaded, but the name {alias} was not made: {why}',
    'zh-CN': '模型已加载，但未能创建名称 {alias}：{why}',
  },
  'load.same-weights': {
    en: '{ordered} has the same weights, so Ollama serves both names from this one.',
    'zh-CN': '{ordered} 使用相同的权重，Ollama 以同一份加载服务两个名称。',
  },
  'load.unloaded': { en: 'Unloaded for it: {models}.', 'zh-CN': '为此卸载：{models}。' },
  'load.kept': { en: '{holder} keeps {model}.', 'zh-CN': '{holder} 保留 {model}。' },
  'load.overridden': {
    en: 'The hold of {holder} on {model} was overridden; that is on record.',
    'zh-CN': '{holder} 对 {model} 的持有已被强制解除；已记录在案。',
  },
  'load.way-out': {
    en: 'With {models} unloaded, a context of {ctx} would fit.',
    'zh-CN': '卸载 {models} 后，{ctx} 的上下文放得下。',
  },
  'load.way-out.in-use': { en: '{model} was used just now.', 'zh-CN': '{model} 刚刚被使用过。' },
  'load.way-out.held': { en: '{model} is held by {holder}.', 'zh-CN': '{model} 由 {holder} 持有。' },
  'load.said': { en: 'Ollama says: {text}', 'zh-CN': 'Ollama 报告：{text}' },
  'load.as-before': { en: 'The server is as it was before.', 'zh-CN': '服务器已恢复原状。' },
  'load.lost': {
    en: 'These were loaded before and are not any more: {models}.',
    'zh-CN': '以下模型之前已加载，现在不在了：{models}。',
  },
  'load.down': {
    en: 'Ollama on {server} does not answer since.',
    'zh-CN': '{server} 上的 Ollama 此后没有响应。',
  },
  'load.down.lost': {
    en: 'Ollama on {server} does not answer since. What was loaded there is probably gone: {models}.',
    'zh-CN': '{server} 上的 Ollama 此后没有响应。之前加载的模型很可能已丢失：{models}。',
  },
  'load.orphans': {
    en: 'An earlier Ollama was ended by force, and {count:int} of its runners still {count:plural:holds|hold} {bytes:bytes} on the GPUs of {server}. Whoever runs that machine frees it with {pids}.',
    'zh-CN':
      '先前的 Ollama 被强制结束，其 {count:int} 个运行进程仍占用 {server} 的 GPU 显存 {bytes:bytes}。该机器的管理者可用 {pids} 释放。',
  },
  'load.learned': {
    en: 'The prediction rests on {count:int} earlier {count:plural:load|loads} here as well.',
    'zh-CN': '预测还参考了此处之前的 {count:int} 次加载。',
  },

  'load.action.cancel': { en: 'Cancel', 'zh-CN': '取消' },
  'load.action.extend': { en: 'Keep for {duration:duration} from now', 'zh-CN': '从现在起保留 {duration:duration}' },
  'load.action.release': { en: 'Release', 'zh-CN': '释放' },
  'load.action.unload': { en: 'Unload', 'zh-CN': '卸载' },
  'load.action.instead': { en: 'Unload {models} and load with {ctx}', 'zh-CN': '卸载 {models} 并以 {ctx} 加载' },
  'load.action.instead-in-use': {
    en: 'Unload {models} (in use) and load with {ctx}',
    'zh-CN': '卸载 {models}（使用中）并以 {ctx} 加载',
  },
  'load.action.reload-in-use': { en: 'Reload with {ctx} although in use', 'zh-CN': '使用中仍以 {ctx} 重新加载' },
  'load.action.ask': { en: 'Ask {holder}, then load with {ctx}', 'zh-CN': '询问 {holder}，然后以 {ctx} 加载' },
  'load.action.override': { en: 'Override the hold, load with {ctx}', 'zh-CN': '强制解除持有并以 {ctx} 加载' },
  'load.action.agree': { en: 'Agree', 'zh-CN': '同意' },
  'load.action.keep': { en: 'Keep', 'zh-CN': '保留' },
  'unload.action.in-use': { en: 'Unload although in use', 'zh-CN': '使用中仍卸载' },
  'unload.action.ask': { en: 'Ask {holder}', 'zh-CN': '询问 {holder}' },
  'unload.action.override': { en: 'Override the hold and unload', 'zh-CN': '强制解除持有并卸载' },

  'load.cancel.done': { en: 'The load is being given up.', 'zh-CN': '正在放弃该加载。' },
  'load.extended': { en: '{model} is held until {until}.', 'zh-CN': '{model} 持有至 {until}。' },
  'load.extended.open': { en: '{model} is held until it is released.', 'zh-CN': '{model} 将持有到释放为止。' },
  'load.released': {
    en: '{model} is held by nobody any more. It stays loaded until its time is over or somebody needs the room.',
    'zh-CN': '{model} 不再有人持有。它会保留到时间结束或有人需要空间为止。',
  },

  'consent.question.for': {
    en: '{requester} needs room on {server} for {wanted}. May {model}, which {holder} holds, be unloaded?',
    'zh-CN': '{requester} 需要 {server} 上的空间来加载 {wanted}。{holder} 持有的 {model} 可以卸载吗？',
  },
  'consent.question.reload': {
    en: '{requester} wants {model} on {server} with another context. {holder} holds it: may it be loaded anew?',
    'zh-CN': '{requester} 想让 {server} 上的 {model} 使用其他上下文。{holder} 持有它：可以重新加载吗？',
  },
  'consent.question.unload': {
    en: '{requester} wants to unload {model} on {server}, which {holder} holds. May it go?',
    'zh-CN': '{requester} 想卸载 {server} 上由 {holder} 持有的 {model}。可以吗？',
  },
  'consent.silence': { en: 'Without an answer by {until} it stays.', 'zh-CN': '若到 {until} 没有回答，则保留。' },
  'consent.agreed': { en: '{holder} lets {model} go.', 'zh-CN': '{holder} 同意放开 {model}。' },
  'consent.kept': { en: '{holder} keeps {model}.', 'zh-CN': '{holder} 保留 {model}。' },
  'consent.timeout': { en: 'No answer came: {model} stays.', 'zh-CN': '没有收到回答：{model} 保留。' },
  'consent.void': { en: 'The question about {model} is void by now.', 'zh-CN': '关于 {model} 的询问已失效。' },
  'hold.reloaded': {
    en: '{holder}: another client has made Ollama load {model} on {server} anew, with a context of {now} instead of {held}.',
    'zh-CN': '{holder}：另一个客户端让 Ollama 在 {server} 上重新加载了 {model}，上下文由 {held} 变为 {now}。',
  },
  'hold.reloaded.why': {
    en: 'Ollama does so for every request with another num_ctx. Load it with alias: and use that name in the clients.',
    'zh-CN': '任何带有不同 num_ctx 的请求都会如此。请用 alias: 加载，并在客户端使用该名称。',
  },

  'unload.title.running': { en: '{model} is being unloaded on {server}.', 'zh-CN': '正在 {server} 上卸载 {model}。' },
  'unload.title.gone': {
    en: '{model} is unloaded on {server}; {recovered:bytes} came back.',
    'zh-CN': '{model} 已从 {server} 卸载；归还 {recovered:bytes}。',
  },
  'unload.title.gone-unmeasured': {
    en: '{model} is unloaded on {server}. The memory of the GPUs could not be read.',
    'zh-CN': '{model} 已从 {server} 卸载。无法读取 GPU 显存。',
  },
  'unload.title.memory-stuck': {
    en: '{model} is unloaded on {server}, but its memory is stuck: {recovered:bytes} of {held:bytes} came back.',
    'zh-CN': '{model} 已从 {server} 卸载，但显存未归还：{held:bytes} 中只归还了 {recovered:bytes}。',
  },
  'unload.title.still-loaded': {
    en: '{model} is still loaded on {server}: Ollama lets its running requests end first.',
    'zh-CN': '{model} 仍在 {server} 上：Ollama 会先等其正在处理的请求结束。',
  },
  'unload.stuck.help': {
    en: 'Another program may have taken the memory meanwhile (see /vram), or the runner hangs: then a restart of Ollama frees it.',
    'zh-CN': '可能其他程序此时占用了显存（见 /vram），或运行进程挂起：重启 Ollama 可释放。',
  },
  'unload.title.held': {
    en: '{model} on {server} is held by {holder}.',
    'zh-CN': '{server} 上的 {model} 由 {holder} 持有。',
  },
  'unload.title.in-use': {
    en: '{model} on {server} was used just now; unloading it interrupts somebody.',
    'zh-CN': '{server} 上的 {model} 刚刚被使用过；卸载会打断他人。',
  },

  'error.load-canceled': { en: 'The load was canceled.', 'zh-CN': '加载已取消。' },
  'error.load-stopped': {
    en: 'The bot stops, so the load was given up. Ask again in a minute.',
    'zh-CN': '机器人正在停止，已放弃加载。请一分钟后再试。',
  },
  'error.load-cloud': {
    en: '{model} runs in the cloud of ollama.com: there is nothing to load here.',
    'zh-CN': '{model} 在 ollama.com 云端运行：此处无需加载。',
  },
  'error.load-failed': { en: 'The load failed.', 'zh-CN': '加载失败。' },
  'error.load-spilled': {
    en: '{model} went to system memory in part ({spilledBytes:bytes}) each time it was tried, so it was taken back. With partial:yes it may.',
    'zh-CN': '{model} 每次尝试都有部分（{spilledBytes:bytes}）落入系统内存，因此已撤回。使用 partial:yes 可允许。',
  },
  'error.load-without-gpu': {
    en: 'All of {model} went to system memory: Ollama on {server} uses no GPU, so a shorter context would not help. It was taken back. Look at "inference compute" in the log of Ollama: it names the GPUs it found (driver, container without --gpus, CUDA_VISIBLE_DEVICES). With partial:yes it may stay there.',
    'zh-CN':
      '{model} 全部落入系统内存：{server} 上的 Ollama 没有使用 GPU，缩短上下文无济于事，因此已撤回。请查看 Ollama 日志中的 "inference compute"：它列出找到的 GPU（检查驱动、容器是否缺少 --gpus、CUDA_VISIBLE_DEVICES）。使用 partial:yes 可允许留在系统内存。',
  },
  'error.load-vanished': {
    en: '{model} was loaded and left again before it could be checked: another client unloaded it, or Ollama was restarted.',
    'zh-CN': '{model} 加载后在检查之前又消失了：其他客户端卸载了它，或 Ollama 被重启。',
  },
  'error.load-displaced': {
    en: '{model} was loaded, and left again when another client made Ollama load {models}. /ps shows what is there now.',
    'zh-CN': '{model} 已加载，但另一个客户端让 Ollama 加载了 {models}，它随即离开。/ps 会显示当前情况。',
  },
  'error.load-reloaded': {
    en: '{model} was loaded with a context of {ctx}, but another client made Ollama load it anew with {now} meanwhile. It is left as it is: with alias: clients get the same context without sending one.',
    'zh-CN':
      '{model} 已以 {ctx} 的上下文加载，但另一个客户端随即让 Ollama 以 {now} 重新加载。现状保留：使用 alias: 可让客户端无需发送即得到相同的上下文。',
  },
  'error.ollama-gone': {
    en: 'Ollama on {server} went away while the load ran: it was ended or restarted.',
    'zh-CN': '加载期间 {server} 上的 Ollama 消失了：它被终止或重启。',
  },
  'error.load-evicted': {
    en: 'While this load ran, others left that nobody had agreed to ({models}): Ollama made room, or another client unloaded them. It was taken back.',
    'zh-CN': '加载期间有未经同意的模型离开（{models}）：Ollama 为腾出空间卸载，或其他客户端卸载了它们。加载已撤回。',
  },
  'error.model-not-pulled': {
    en: 'The server {server} does not have {model}. An administrator can /pull it.',
    'zh-CN': '服务器 {server} 上没有 {model}。管理员可以用 /pull 拉取。',
  },
  'error.alias-taken': {
    en: '{alias} is a model that this bot did not make: it is left alone. Take another name, or /delete it first.',
    'zh-CN': '{alias} 不是由本机器人创建的模型，不会覆盖。请换一个名称，或先用 /delete 删除它。',
  },
  'error.alias-changed': {
    en: 'Somebody has changed {alias} since this bot made it: it is left alone. Take another name, or /delete it first.',
    'zh-CN': '{alias} 在本机器人创建之后被人改动过，不会覆盖。请换一个名称，或先用 /delete 删除它。',
  },
  'error.alias-is-model': {
    en: '{alias} is the model itself. An alias must be a name of its own.',
    'zh-CN': '{alias} 就是该模型本身。别名必须是另一个名称。',
  },
  'error.alias-vanished': {
    en: 'Ollama took the name {alias}, but does not list it.',
    'zh-CN': 'Ollama 接受了名称 {alias}，但没有列出它。',
  },
  'error.ctx-above-cap': {
    en: 'A context of {ctx} is more than is allowed here; the most is {max}.',
    'zh-CN': '{ctx} 的上下文超出此处允许的范围；最多 {max}。',
  },
  'error.bad-keep-alive': {
    en: '{value} is no time to stay. Write 30m, 4h or 90s.',
    'zh-CN': '{value} 不是有效的保留时间。请写成 30m、4h 或 90s。',
  },
  'error.keep-alive-forever': {
    en: 'Only administrators may keep a model for ever.',
    'zh-CN': '只有管理员可以永久保留模型。',
  },
  'error.keep-alive-above-cap': {
    en: 'A model may stay for {max:duration} at most here; {wanted:duration} is too long.',
    'zh-CN': '此处模型最多可保留 {max:duration}；{wanted:duration} 太长。',
  },
  'error.held-with-other-ctx': {
    en: '{holder} holds {model} with a context of {ctx}; with {wanted} it would be loaded anew.',
    'zh-CN': '{holder} 以 {ctx} 的上下文持有 {model}；改为 {wanted} 需要重新加载。',
  },
  'error.reload-in-use': {
    en: '{model} is loaded with a context of {ctx} and was used just now; another context means loading it anew.',
    'zh-CN': '{model} 以 {ctx} 的上下文加载且刚刚被使用；更改上下文需要重新加载。',
  },
  'error.gpus-unknown': {
    en: 'The memory of the GPUs on {server} is not known right now, so nothing is loaded. /doctor tells why.',
    'zh-CN': '目前不知道 {server} 上 GPU 的显存，因此不加载。/doctor 会说明原因。',
  },
  'error.needs-room': {
    en: '{model} with a context of {ctx} does not fit beside what is loaded.',
    'zh-CN': '{model} 在上下文为 {ctx} 时无法与已加载的模型并存。',
  },
  'error.does-not-fit': {
    en: '{model} does not fit on these GPUs with any context of use. With partial:yes it may go to system memory in part.',
    'zh-CN': '{model} 用任何合用的上下文都放不进这些 GPU。使用 partial:yes 可部分放入系统内存。',
  },
  'error.unload-stuck': {
    en: '{model} did not leave in time: Ollama lets its running requests end first. Nothing was loaded; it leaves when they have ended.',
    'zh-CN': '{model} 没有及时离开：Ollama 会先等其正在处理的请求结束。没有加载任何东西；请求结束后它会离开。',
  },
  'error.not-loaded': { en: '{model} is not loaded on {server}.', 'zh-CN': '{server} 上没有加载 {model}。' },
  'error.unload-not-yours': {
    en: 'You may not unload {model}: that takes the role for it, or holding it yourself.',
    'zh-CN': '你无权卸载 {model}：需要相应角色，或由你自己持有。',
  },
  'error.holder-keeps': { en: '{holder} keeps {model}.', 'zh-CN': '{holder} 保留 {model}。' },
  'error.no-hold': { en: 'Nobody holds {model} any more.', 'zh-CN': '{model} 已无人持有。' },
  'error.hold-not-yours': { en: '{model} is held by {holder}.', 'zh-CN': '{model} 由 {holder} 持有。' },
  'error.load-over': { en: 'This load has ended already.', 'zh-CN': '该加载已经结束。' },
  'error.load-not-yours': {
    en: 'Only whoever asked for this load, or an administrator, may cancel it.',
    'zh-CN': '只有发起者或管理员可以取消此加载。',
  },
  'error.queue-full': { en: 'Too many loads wait on this server already.', 'zh-CN': '该服务器上等待的加载太多。' },
  'error.queue-full-person': {
    en: 'You have {waiting:int} loads waiting on this server already.',
    'zh-CN': '你在该服务器上已有 {waiting:int} 个等待中的加载。',
  },
  'error.queue-closed': { en: 'The bot stops; ask again in a minute.', 'zh-CN': '机器人正在停止；请一分钟后再试。' },
  'error.turn-lost': {
    en: 'The connection to the database broke, and with it the turn on this server: the work was given up where it stood. /ps shows what is loaded now.',
    'zh-CN': '与数据库的连接中断，在该服务器上的轮次随之失去：操作已就地放弃。/ps 会显示当前已加载的模型。',
  },
  'error.consent-over': { en: 'This question has been settled already.', 'zh-CN': '该询问已有结论。' },
  'error.no-loads-here': { en: 'Nothing can be loaded from here.', 'zh-CN': '此处无法加载模型。' },
});
