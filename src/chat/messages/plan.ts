import { area } from './area.ts';

/** /plan: several models at the same time. */
export const planMessages = area({
  'plan.description': {
    en: 'Whether several models fit on a server at the same time',
    'zh-CN': '多个模型能否同时放下',
  },
  'plan.check.description': {
    en: 'Whether these models fit on the GPUs at the same time, and with which contexts',
    'zh-CN': '这些模型能否同时放入 GPU，以及各自的上下文',
  },
  'plan.option.models': {
    en: 'Models, such as gemma3:12b@32k qwen3:8b! nomic-embed-text (@ context, ! keep it)',
    'zh-CN': '模型列表，如 gemma3:12b@32k qwen3:8b! nomic-embed-text（@ 上下文，! 固定）',
  },
  'plan.these-gpus': { en: 'these GPUs', 'zh-CN': '这些 GPU' },
  'plan.together': {
    en: 'All {count} models fit on {server} at the same time.',
    'zh-CN': '{server} 能同时放下这 {count} 个模型。',
  },
  'plan.smaller': {
    en: 'The {count} models fit on {server} at the same time only with shorter contexts.',
    'zh-CN': '缩短上下文后，{server} 才能同时放下这 {count} 个模型。',
  },
  'plan.not-together': {
    en: 'These {count} models do not fit on {server} at the same time, however short the contexts.',
    'zh-CN': '无论上下文多短，{server} 都无法同时放下这 {count} 个模型。',
  },
  'plan.not-together-pinned': {
    en: 'These {count} models do not fit on {server} at the same time, even with the shortest contexts for those that are not pinned.',
    'zh-CN': '{server} 无法同时放下这 {count} 个模型，缩短未固定的上下文也不行。',
  },
  'plan.reordered': {
    en: 'The order matters: loaded in this order, the largest first, they fit.',
    'zh-CN': '加载顺序有影响：按此顺序（从大到小）加载即可。',
  },
  'plan.with-contexts': { en: 'With these contexts they fit:', 'zh-CN': '使用以下上下文即可：' },
  'plan.fewer': {
    en: 'Leave one out, or choose a smaller quantization.',
    'zh-CN': '减少一个模型，或换用更小的量化版本。',
  },
  'plan.evicts': { en: 'Loading {model} would unload {other}.', 'zh-CN': '加载 {model} 时会卸载 {other}。' },
  'plan.spills': { en: '{model} would be partly in system memory.', 'zh-CN': '{model} 会有一部分落到系统内存。' },
  'plan.refused': { en: 'Ollama would refuse {model}.', 'zh-CN': 'Ollama 会拒绝加载 {model}。' },
  'plan.advice': { en: 'What else would help', 'zh-CN': '其他办法' },
  'plan.advice.order': {
    en: 'Everything as asked, loaded in this order: {models}',
    'zh-CN': '按此顺序加载，无需缩短上下文：{models}',
  },
  'plan.advice.quantized': {
    en: '{model} as {target} ({bytes:bytes}): everything as asked',
    'zh-CN': '{model} 改用 {target}（{bytes:bytes}），无需缩短上下文',
  },
  'plan.advice.quantized-shorter': {
    en: '{model} as {target} ({bytes:bytes}), with shorter contexts',
    'zh-CN': '{model} 改用 {target}（{bytes:bytes}），并缩短上下文',
  },
  'plan.advice.without': { en: 'Without {model}: {models}', 'zh-CN': '去掉 {model}：{models}' },
  'plan.advice.without-shorter': {
    en: 'Without {model}, with shorter contexts: {models}',
    'zh-CN': '去掉 {model}，并缩短上下文：{models}',
  },
  'plan.picture.title': { en: '{count} models on {server}', 'zh-CN': '{server} 上的 {count} 个模型' },
  'plan.picture.not-together': {
    en: 'Not at the same time: hatched is what does not fit',
    'zh-CN': '无法同时放下：斜线部分放不下',
  },
  'plan.picture.more': { en: '{count} more', 'zh-CN': '其余 {count} 个' },
  'plan.picture.alt': { en: '{title}: {gpus}', 'zh-CN': '{title}：{gpus}' },
  'plan.spread': {
    en: 'No server has room for all {count} models; on {servers} servers they fit as asked.',
    'zh-CN': '没有一台服务器能放下全部 {count} 个模型；分到 {servers} 台即可。',
  },
  'plan.spread.smaller': {
    en: 'No server has room for all {count} models; on {servers} servers they fit with shorter contexts.',
    'zh-CN': '没有一台服务器能放下全部 {count} 个模型；分到 {servers} 台并缩短上下文即可。',
  },
  'plan.spread.bounded': {
    en: 'There are too many ways to spread them, so not all were tried.',
    'zh-CN': '可能的分配方式太多，未逐一尝试。',
  },
  'plan.action.load-on': { en: 'Load on {server}', 'zh-CN': '加载到 {server}' },
  'plan.not-pulled': {
    en: 'Not pulled there yet: {models}',
    'zh-CN': '尚未拉取：{models}',
  },
  'plan.column.ctx': { en: 'context', 'zh-CN': '上下文' },
  'plan.column.gpus': { en: 'GPUs', 'zh-CN': 'GPU' },
  'plan.row.left': { en: 'left', 'zh-CN': '剩余' },
  'plan.save.description': { en: 'Save a set of models under a name', 'zh-CN': '把一组模型保存为命名组合' },
  'plan.load.description': {
    en: 'Load a saved set, model by model; if one fails, all are unloaded again',
    'zh-CN': '加载已保存的组合：逐个加载，任何一个失败则全部撤销',
  },
  'plan.list.description': { en: 'The saved sets, and when they are loaded', 'zh-CN': '已保存的组合及其定时' },
  'plan.delete.description': { en: 'Delete a saved set', 'zh-CN': '删除已保存的组合' },
  'plan.schedule.description': {
    en: 'Load a set at set times, and unload it again',
    'zh-CN': '按时间自动加载组合，并按时卸载',
  },
  'plan.stop.description': { en: 'End the schedule of a set', 'zh-CN': '停止组合的定时' },
  'plan.option.name': { en: 'Name of the set, such as work hours', 'zh-CN': '组合名称，如“工作时间”' },
  'plan.option.start': {
    en: 'When to load it: minute hour day month weekday, such as 0 9 * * 1-5',
    'zh-CN': '何时加载：分 时 日 月 星期，如 0 9 * * 1-5',
  },
  'plan.option.end': {
    en: 'When to unload it again, such as 0 18 * * 1-5',
    'zh-CN': '何时卸载，如 0 18 * * 1-5',
  },
  'plan.action.load': { en: 'Load all', 'zh-CN': '全部加载' },
  'plan.action.keep': { en: 'Save as a set', 'zh-CN': '保存为组合' },
  'plan.action.instead': { en: 'Unload {models} and load all', 'zh-CN': '卸载 {models} 后全部加载' },
  'plan.action.instead-in-use': {
    en: 'Unload {models} (in use) and load all',
    'zh-CN': '卸载 {models}（正在使用）后全部加载',
  },
  'plan.action.ask': { en: 'Ask {holder}, then load all', 'zh-CN': '征得 {holder} 同意后全部加载' },
  'plan.action.override': { en: 'Unload {models} anyway (held)', 'zh-CN': '仍要卸载 {models}（他人保留中）' },
  'plan.kept': { en: 'Saved as {name}.', 'zh-CN': '已保存为 {name}。' },
  'plan.kept.how': {
    en: '/plan load name:{name} loads it, /plan schedule loads it at set times.',
    'zh-CN': '用 /plan load name:{name} 加载，用 /plan schedule 定时加载。',
  },
  'plan.kept.instead': {
    en: 'It replaces the set of that name that {owner} saved: {models}',
    'zh-CN': '它替换了 {owner} 保存的同名组合：{models}',
  },
  'error.plan-needs-discord': {
    en: 'Sets are loaded by the clock only in Discord, where what came of it can be posted. /plan load loads one now.',
    'zh-CN': '定时加载组合需要 Discord，以便在频道中播报结果。现在加载请用 /plan load。',
  },
  'plan.deleted': { en: '{name} is deleted.', 'zh-CN': '已删除 {name}。' },
  'plan.list.none': { en: 'No set is saved here.', 'zh-CN': '这里还没有保存组合。' },
  'plan.list.how': {
    en: '/plan save saves one: /plan save name:work models:gemma3:12b@32k nomic-embed-text',
    'zh-CN': '用 /plan save 保存：/plan save name:work models:gemma3:12b@32k nomic-embed-text',
  },
  'plan.list.title': { en: '{count} {count:plural:set|sets}', 'zh-CN': '{count} 个组合' },
  'plan.list.item': { en: '{name}: {models}, saved by {owner}', 'zh-CN': '{name}：{models}，由 {owner} 保存' },
  'plan.list.schedules': { en: 'At set times', 'zh-CN': '定时' },
  'plan.load.title.running': {
    en: 'Loading {count} models on {server}',
    'zh-CN': '正在 {server} 上加载 {count} 个模型',
  },
  'plan.load.title.loaded': {
    en: 'All {count} models are loaded on {server}.',
    'zh-CN': '{count} 个模型已全部加载到 {server}。',
  },
  'plan.load.waiting': { en: '· {model} with {ctx}', 'zh-CN': '· {model}，上下文 {ctx}' },
  'plan.load.running': { en: '▸ {model} with {ctx}:', 'zh-CN': '▸ {model}，上下文 {ctx}：' },
  'plan.load.done': { en: '✓ {model} with {ctx}', 'zh-CN': '✓ {model}，上下文 {ctx}' },
  'plan.load.row': {
    en: '{model} with a context of {ctx}, {bytes:bytes} on the GPUs',
    'zh-CN': '{model}，上下文 {ctx}，占用显存 {bytes:bytes}',
  },
  'plan.load.row.renewed': {
    en: '{model} with a context of {ctx}, {bytes:bytes} on the GPUs (already loaded before)',
    'zh-CN': '{model}，上下文 {ctx}，占用显存 {bytes:bytes}（之前已加载）',
  },
  'plan.load.at': {
    en: 'It failed at {model}, number {index} of {of}.',
    'zh-CN': '问题出在 {model}（第 {index} 个，共 {of} 个）。',
  },
  'plan.load.undone': { en: 'Unloaded again: {models}', 'zh-CN': '已重新卸载：{models}' },
  'plan.scheduled': { en: 'Schedule {id}: {name} is loaded at set times.', 'zh-CN': '定时 {id}：将按时加载 {name}。' },
  'plan.scheduled.how': {
    en: 'It uses your rights, which are checked each time. /plan stop id:{id} ends it.',
    'zh-CN': '以你的权限执行，每次都会重新检查。用 /plan stop id:{id} 停止。',
  },
  'plan.schedule.next-start': { en: 'Next loaded {time}', 'zh-CN': '下次加载：{time}' },
  'plan.schedule.next-end': { en: 'Next unloaded {time}', 'zh-CN': '下次卸载：{time}' },
  'plan.schedule.item': {
    en: '{id}: {name}, loaded: {start}; unloaded: {end} ({zone}), by {owner}',
    'zh-CN': '{id}：{name}，加载：{start}；卸载：{end}（{zone}），由 {owner} 创建',
  },
  'plan.schedule.item-open': {
    en: '{id}: {name}, loaded: {start} ({zone}), by {owner}',
    'zh-CN': '{id}：{name}，加载：{start}（{zone}），由 {owner} 创建',
  },
  'plan.stopped': { en: 'Schedule {id} of {name} has ended.', 'zh-CN': '{name} 的定时 {id} 已停止。' },
  'plan.schedule.loaded-by': {
    en: 'Schedule {id}, {name}, for {owner}',
    'zh-CN': '定时 {id}，{name}，由 {owner} 设定',
  },
  'plan.schedule.ended': { en: 'The time for {name} on {server} is up.', 'zh-CN': '{server} 上 {name} 的时间到了。' },
  'plan.schedule.ended-by': { en: 'Schedule {id}, {name}, for {owner}', 'zh-CN': '定时 {id}，{name}，由 {owner} 设定' },
  'plan.schedule.unloaded': { en: '{model} is unloaded', 'zh-CN': '{model} 已卸载' },
  'plan.schedule.stays': {
    en: '{model} stays loaded: somebody uses or holds it',
    'zh-CN': '{model} 未卸载：有人正在使用或保留',
  },
  'plan.schedule.rights-unknown': {
    en: '{name} was left as it is: the rights of {owner} could not be checked (schedule {id}).',
    'zh-CN': '{name} 未变动：无法查询 {owner} 的权限（定时 {id}）。',
  },
  'plan.schedule.no-rights': {
    en: '{owner} may no longer load models, so schedule {id} of {name} has ended.',
    'zh-CN': '{owner} 已没有加载权限，{name} 的定时 {id} 已停止。',
  },
  'plan.schedule.set-gone': {
    en: 'The set {name} no longer exists, so schedule {id} has ended.',
    'zh-CN': '组合 {name} 已不存在，定时 {id} 已停止。',
  },
  'error.set-needs-room': {
    en: 'There is no room beside {models}. Nothing was changed.',
    'zh-CN': '与 {models} 无法同时放下。未做任何更改。',
  },
  'error.set-unknown': {
    en: 'There is no set {name} here. /plan list shows them.',
    'zh-CN': '这里没有组合 {name}。可用 /plan list 查看。',
  },
  'error.set-not-yours': {
    en: 'Somebody else saved {name}. Only they or an operator can delete it.',
    'zh-CN': '{name} 由他人保存。只有保存者或操作员可以删除。',
  },
  'error.set-name-empty': { en: 'A set needs a name.', 'zh-CN': '组合需要名称。' },
  'error.sets-too-many': {
    en: '{max:int} sets are already saved here. Delete one with /plan delete.',
    'zh-CN': '这里已保存 {max:int} 个组合。请先用 /plan delete 删除一个。',
  },
  'error.no-sets-here': {
    en: 'Sets are saved by the bot and by the chat in the terminal, not here.',
    'zh-CN': '组合由机器人和终端聊天保存，这里没有。',
  },
  'error.set-schedule-too-often': {
    en: 'That would sometimes load every {pause:duration}; loads of a set are at least {shortest:duration} apart.',
    'zh-CN': '这样有时每 {pause:duration} 就会执行一次；两次至少间隔 {shortest:duration}。',
  },
  'error.set-schedules-too-many': {
    en: 'There are already {max:int} schedules of sets here. End one with /plan stop.',
    'zh-CN': '这里已有 {max:int} 个组合定时。请先用 /plan stop 停止一个。',
  },
  'error.set-schedule-unknown': {
    en: 'There is no schedule {id} of a set here. /plan list shows them.',
    'zh-CN': '这里没有组合定时 {id}。可用 /plan list 查看。',
  },
  'error.set-schedule-not-yours': {
    en: 'Schedule {id} belongs to somebody else. Its owner or an operator can end it.',
    'zh-CN': '定时 {id} 属于他人。只有创建者或操作员可以停止它。',
  },
  'error.set-empty': {
    en: 'You named no model. Write gemma3:12b@32k qwen3:8b.',
    'zh-CN': '没有指定模型。写法示例：gemma3:12b@32k qwen3:8b。',
  },
  'error.set-too-many': {
    en: '{count} models are too many; a set has at most {max}.',
    'zh-CN': '一次最多 {max} 个模型，这里有 {count} 个。',
  },
  'error.set-model-form': {
    en: '{word} is not a model with a context. Write gemma3:12b@32k.',
    'zh-CN': '{word} 格式不对，应写成 gemma3:12b@32k。',
  },
  'error.set-twice': { en: '{model} is named twice.', 'zh-CN': '{model} 重复了。' },
});
