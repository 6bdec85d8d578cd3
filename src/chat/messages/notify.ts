import { area } from './area.ts';

/** /notify: waiting until something fits, or until memory is free. */
export const notifyMessages = area({
  'notify.description': {
    en: 'Tells you once when a model fits or memory is free',
    'zh-CN': '当模型放得下或显存空闲时通知你一次',
  },
  'notify.when-fits.description': {
    en: 'Tell me when this model fits with this context',
    'zh-CN': '当该模型以此上下文放得下时通知我',
  },
  'notify.when-free.description': {
    en: 'Tell me when so much GPU memory is free',
    'zh-CN': '当有这么多显存空闲时通知我',
  },
  'notify.list.description': { en: 'What you are waiting for', 'zh-CN': '你正在等待的通知' },
  'notify.stop.description': { en: 'Stop waiting', 'zh-CN': '停止等待' },
  'notify.option.gib': { en: 'GiB free, on all GPUs together', 'zh-CN': '所有 GPU 合计空闲多少 GiB' },
  'notify.option.hours': { en: 'Hours to wait, 24 by default', 'zh-CN': '等待多少小时，默认 24' },
  'notify.option.id': { en: 'Number of the watch, from /notify list', 'zh-CN': '通知编号，见 /notify list' },

  'notify.now.fits': {
    en: '{model} with a context of {ctx} fits on {server} right now.',
    'zh-CN': '{model} 用 {ctx} 的上下文现在就能放进 {server}。',
  },
  'notify.now.free': {
    en: '{free:bytes} are free on {server} right now.',
    'zh-CN': '{server} 现在有 {free:bytes} 空闲。',
  },
  'notify.now.no-watch': { en: 'You need not wait, so nothing was set up.', 'zh-CN': '无需等待；未创建通知。' },
  'notify.made.fits': {
    en: 'I will tell you when {model} with a context of {ctx} fits on {server}.',
    'zh-CN': '{model} 用 {ctx} 的上下文能放进 {server} 时，我会通知你。',
  },
  'notify.made.free': {
    en: 'I will tell you when {wanted:gib} are free on {server}.',
    'zh-CN': '{server} 有 {wanted:gib} 空闲时，我会通知你。',
  },
  'notify.made.any': { en: 'any server', 'zh-CN': '任意一台服务器' },
  'notify.made.once': {
    en: 'Number {id}: one message, by {until} at the latest. Those who have waited longest are told first.',
    'zh-CN': '编号 {id}：最迟到 {until}，只通知一次。等得最久的人最先收到。',
  },
  'notify.made.promised': {
    en: 'There is room, but it is kept for somebody who was told a moment ago.',
    'zh-CN': '目前有空间，但正为刚收到通知的人留着。',
  },
  'notify.made.beside': {
    en: 'That means beside what is loaded then: nothing is unloaded for it.',
    'zh-CN': '指与届时已加载的模型同时放得下，不会为此卸载任何模型。',
  },
  'notify.made.unknown': {
    en: 'How much is free is unknown right now; I keep checking.',
    'zh-CN': '目前不知道有多少空闲，我会继续查看。',
  },
  'notify.made.console': {
    en: 'The message appears here, as long as this program runs.',
    'zh-CN': '只要本程序在运行，通知就会显示在这里。',
  },
  'notify.news.fits': {
    en: '{model} with a context of {ctx} fits on {server} now.',
    'zh-CN': '{model} 用 {ctx} 的上下文现在能放进 {server}。',
  },
  'notify.news.fits-more': {
    en: 'It needs {need:bytes}; {free:bytes} are free.',
    'zh-CN': '需要 {need:bytes}；空闲 {free:bytes}。',
  },
  'notify.news.free': {
    en: '{free:bytes} are free on {server} now; you wanted {wanted:gib}.',
    'zh-CN': '{server} 现在有 {free:bytes} 空闲；你需要 {wanted:gib}。',
  },
  'notify.news.free-more': {
    en: 'That is on all GPUs together; the emptiest has {max:bytes}.',
    'zh-CN': '这是所有 GPU 的合计，空闲最多的一张有 {max:bytes}。',
  },
  'notify.news.window': {
    en: 'Others who are waiting are told after {window:duration}, unless the memory is in use by then. It is not locked: the first to load gets it.',
    'zh-CN': '其他等待者会在 {window:duration}后收到通知，除非那时显存已被占用。显存没有锁定，先加载先得。',
  },
  'notify.action.load': { en: 'Load with {ctx}', 'zh-CN': '加载（{ctx}）' },
  'notify.action.stop': { en: 'Stop {id}', 'zh-CN': '停止 {id}' },
  'notify.list.title': {
    en: 'You are waiting for {count:int} {count:plural:thing|things}.',
    'zh-CN': '你有 {count:int} 项等待中的通知。',
  },
  'notify.list.none': { en: 'You are not waiting for anything.', 'zh-CN': '你没有等待中的通知。' },
  'notify.list.fits': {
    en: '{id}  {model} with a context of {ctx} on {server}: {state}',
    'zh-CN': '{id}  {model}（上下文 {ctx}，{server}）：{state}',
  },
  'notify.list.free': {
    en: '{id}  {wanted:gib} free on {server}: {state}',
    'zh-CN': '{id}  {server} 空闲 {wanted:gib}：{state}',
  },
  'notify.state.waiting': { en: 'waiting, {left:duration} left', 'zh-CN': '等待中，还剩 {left:duration}' },
  'notify.state.told': { en: 'told {ago:duration} ago', 'zh-CN': '{ago:duration}前已通知' },
  'notify.state.expired': { en: 'expired {ago:duration} ago', 'zh-CN': '{ago:duration}前已过期' },
  'notify.state.stopped': { en: 'stopped {ago:duration} ago', 'zh-CN': '{ago:duration}前已停止' },
  'notify.stopped': { en: 'Number {id} has ended.', 'zh-CN': '编号 {id} 已停止。' },
  'error.watch-too-many-yours': {
    en: 'You are already waiting for {max} things. Stop one first: /notify list shows them.',
    'zh-CN': '你已有 {max} 项等待中的通知。请先停止一项，可用 /notify list 查看。',
  },
  'error.watch-too-many': {
    en: 'Too many people are waiting right now ({max}). Try again later.',
    'zh-CN': '目前等待的人太多（{max}）。请稍后再试。',
  },
  'error.watch-unknown': {
    en: 'You are not waiting for anything with the number {id}. /notify list shows yours.',
    'zh-CN': '你没有编号为 {id} 的通知。可用 /notify list 查看。',
  },
  'error.watch-never-fits': {
    en: '{model} with a context of {ctx} does not fit on {server} even when it is empty. The longest that would fit is {largest}.',
    'zh-CN': '即使 {server} 完全空闲，{model} 用 {ctx} 的上下文也放不下，最大可用 {largest}。',
  },
  'error.watch-never-fits-at-all': {
    en: '{model} does not fit on {server} even when it is empty, however short the context.',
    'zh-CN': '即使 {server} 完全空闲，无论上下文多短，{model} 都放不下。',
  },
  'error.watch-never-free': {
    en: '{server} has {total:bytes} in all, so {wanted:gib} can never be free.',
    'zh-CN': '{server} 总共只有 {total:bytes}；不可能有 {wanted:gib} 空闲。',
  },
  'error.notify-unavailable': {
    en: 'Nothing is saved here, so nobody can be told later. Use the running bot.',
    'zh-CN': '这里不保存数据，无法稍后通知。请使用运行中的机器人。',
  },
});
