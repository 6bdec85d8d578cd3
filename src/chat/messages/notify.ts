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
  'notify.list.description': { en: 'What you wait for', 'zh-CN': '你在等待的通知' },
  'notify.stop.description': { en: 'Stop waiting', 'zh-CN': '停止等待' },
  'notify.option.gib': { en: 'GiB free on all GPUs together', 'zh-CN': '所有 GPU 合计空闲 GiB' },
  'notify.option.hours': { en: 'Hours to wait, 24 by default', 'zh-CN': '等待小时数，默认 24' },
  'notify.option.id': { en: 'Number of the watch, from /notify list', 'zh-CN': '通知编号，见 /notify list' },

  'notify.now.fits': {
    en: '{model} with {ctx} tokens fits on {server} right now.',
    'zh-CN': '{model}（{ctx} token）现在就能放入 {server}。',
  },
  'notify.now.free': {
    en: '{free:bytes} are free on {server} right now.',
    'zh-CN': '{server} 现在有 {free:bytes} 空闲。',
  },
  'notify.now.no-watch': { en: 'No need to wait; nothing was set up.', 'zh-CN': '无需等待；未创建通知。' },
  'notify.made.fits': {
    en: 'I will tell you when {model} with {ctx} tokens fits on {server}.',
    'zh-CN': '当 {model}（{ctx} token）能放入 {server} 时我会通知你。',
  },
  'notify.made.free': {
    en: 'I will tell you when {wanted:gib} are free on {server}.',
    'zh-CN': '当 {server} 有 {wanted:gib} 空闲时我会通知你。',
  },
  'notify.made.any': { en: 'any server', 'zh-CN': '任一服务器' },
  'notify.made.once': {
    en: 'Number {id}. One message, no later than {until}; then it is over. Whoever waits longest is told first.',
    'zh-CN': '编号 {id}。最迟 {until} 前发送一条消息，之后结束。等待最久的人先收到通知。',
  },
  'notify.made.promised': {
    en: 'There is room, but it is kept for somebody who was told a moment ago.',
    'zh-CN': '目前有空间，但已为刚刚收到通知的人保留。',
  },
  'notify.made.beside': {
    en: 'It means beside what is loaded then: nothing is unloaded for it.',
    'zh-CN': '指与当时已加载的模型并存：不会为此卸载任何模型。',
  },
  'notify.made.unknown': {
    en: 'How much is free is not known right now; I keep looking.',
    'zh-CN': '目前不知道空闲多少；我会继续查看。',
  },
  'notify.made.console': {
    en: 'The note comes here, as long as this program runs.',
    'zh-CN': '只要本程序在运行，通知就会显示在这里。',
  },
  'notify.news.fits': {
    en: '{model} with {ctx} tokens fits on {server} now.',
    'zh-CN': '{model}（{ctx} token）现在能放入 {server}。',
  },
  'notify.news.fits-more': {
    en: 'It takes {need:bytes}; {free:bytes} are free.',
    'zh-CN': '需要 {need:bytes}；空闲 {free:bytes}。',
  },
  'notify.news.free': {
    en: '{free:bytes} are free on {server} now; you wanted {wanted:gib}.',
    'zh-CN': '{server} 现在有 {free:bytes} 空闲；你需要 {wanted:gib}。',
  },
  'notify.news.free-more': {
    en: 'On all GPUs together; the emptiest one has {max:bytes}.',
    'zh-CN': '所有 GPU 合计；最空闲的一张有 {max:bytes}。',
  },
  'notify.news.window': {
    en: 'Others who wait are told after {window:duration}, unless the memory is in use by then. It is not locked: whoever loads first has it.',
    'zh-CN': '其他等待者将在 {window:duration} 后收到通知，除非届时显存已被使用。显存并未锁定：先加载者先得。',
  },
  'notify.action.load': { en: 'Load with {ctx}', 'zh-CN': '以 {ctx} 加载' },
  'notify.action.stop': { en: 'Stop {id}', 'zh-CN': '停止 {id}' },
  'notify.list.title': {
    en: 'You wait for {count:int} {count:plural:thing|things}.',
    'zh-CN': '你在等待 {count:int} 项通知。',
  },
  'notify.list.none': { en: 'You wait for nothing.', 'zh-CN': '你没有等待中的通知。' },
  'notify.list.fits': {
    en: '{id}  {model} with {ctx} tokens on {server}: {state}',
    'zh-CN': '{id}  {model}（{ctx} token）于 {server}：{state}',
  },
  'notify.list.free': {
    en: '{id}  {wanted:gib} free on {server}: {state}',
    'zh-CN': '{id}  {server} 空闲 {wanted:gib}：{state}',
  },
  'notify.state.waiting': { en: 'waiting, {left:duration} left', 'zh-CN': '等待中，还剩 {left:duration}' },
  'notify.state.told': { en: 'told {ago:duration} ago', 'zh-CN': '{ago:duration}前已通知' },
  'notify.state.expired': { en: 'expired {ago:duration} ago', 'zh-CN': '{ago:duration}前已过期' },
  'notify.state.stopped': { en: 'stopped {ago:duration} ago', 'zh-CN': '{ago:duration}前已停止' },
  'notify.stopped': { en: 'Number {id} is stopped.', 'zh-CN': '编号 {id} 已停止。' },
  'error.watch-too-many-yours': {
    en: 'You wait for {max} things already. Stop one first: /notify list shows them.',
    'zh-CN': '你已有 {max} 项等待。请先停止一项：/notify list 会列出。',
  },
  'error.watch-too-many': {
    en: 'Too many people wait right now ({max}). Try again later.',
    'zh-CN': '目前等待的人太多（{max}）。请稍后再试。',
  },
  'error.watch-unknown': {
    en: 'You have no waiting watch with the number {id}. /notify list shows yours.',
    'zh-CN': '你没有编号为 {id} 的等待项。/notify list 会列出你的。',
  },
  'error.watch-never-fits': {
    en: '{model} with {ctx} tokens does not fit on {server} even when it is empty. The largest that would: {largest}.',
    'zh-CN': '即使 {server} 为空，{model}（{ctx} token）也放不下。可行的最大值：{largest}。',
  },
  'error.watch-never-free': {
    en: '{server} has {total:bytes} in all; {wanted:gib} can never be free.',
    'zh-CN': '{server} 总共只有 {total:bytes}；不可能有 {wanted:gib} 空闲。',
  },
  'error.notify-unavailable': {
    en: 'Nothing is kept here, so nobody can be told later. Use the running bot.',
    'zh-CN': '此处不保存任何数据，无法稍后通知。请使用运行中的机器人。',
  },
});
