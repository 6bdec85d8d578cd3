import { area } from './area.ts';

/** Bookings of servers and GPUs: /reserve, and what others are told and asked. */
export const reserveMessages = area({
  'reserve.description': {
    en: 'Books a server or some of its GPUs for you.',
    'zh-CN': '为你预订服务器或其中的部分 GPU。',
  },
  'reserve.add.description': {
    en: 'Books GPUs: others are asked to ask you before they load there.',
    'zh-CN': '预订 GPU：其他人在上面加载前会先征求你的同意。',
  },
  'reserve.list.description': { en: 'What is booked, by whom, until when.', 'zh-CN': '查看预订：谁订了什么，到何时。' },
  'reserve.stop.description': { en: 'Ends a booking of yours.', 'zh-CN': '结束你的预订。' },
  'reserve.option.gpus': {
    en: 'GPUs as nvidia-smi counts them (0,1), or all',
    'zh-CN': 'GPU 编号（按 nvidia-smi，如 0,1），或 all 表示全部',
  },
  'reserve.option.until': { en: 'Until when: 18:00, 2h, tomorrow 9:00', 'zh-CN': '到何时：18:00、2h、明天 9:00' },
  'reserve.option.from': { en: 'From when; default now', 'zh-CN': '从何时开始；默认现在' },
  'reserve.option.id': { en: 'Number of the booking', 'zh-CN': '预订编号' },
  'reserve.title.added': {
    en: 'Booked: {gpus} on {server} until {until}.',
    'zh-CN': '已预订：{server} 的 {gpus}，到 {until}。',
  },
  'reserve.title.ahead': {
    en: 'Booked: {gpus} on {server} from {from} until {until}.',
    'zh-CN': '已预订：{server} 的 {gpus}，从 {from} 到 {until}。',
  },
  'reserve.title.stopped': {
    en: 'The booking of {gpus} on {server} is over.',
    'zh-CN': '{server} 的 {gpus} 的预订已结束。',
  },
  'reserve.title.none': { en: 'Nothing is booked.', 'zh-CN': '没有预订。' },
  'reserve.title.list': {
    en: '{count:int} {count:plural:booking|bookings}.',
    'zh-CN': '共有 {count:int} 个预订。',
  },
  'reserve.line': {
    en: '#{id} {gpus} on {server}: {holder}, until {until}',
    'zh-CN': '#{id} {server} 的 {gpus}：{holder}，到 {until}',
  },
  'reserve.line.ahead': {
    en: '#{id} {gpus} on {server}: {holder}, from {from} until {until}',
    'zh-CN': '#{id} {server} 的 {gpus}：{holder}，从 {from} 到 {until}',
  },
  'reserve.what': {
    en: 'Whoever loads there asks you first. Ollama itself knows nothing of it: other programs and clients are not kept away.',
    'zh-CN': '其他人在上面加载前会先问你。Ollama 本身并不知道预订：无法阻止其他程序和客户端。',
  },
  'reserve.loaded-there': {
    en: 'Loaded there now: {models}. It stays until its time is over or you unload it.',
    'zh-CN': '目前上面加载着：{models}。它会保留到时限结束，或由你卸载。',
  },
  'reserve.overridden': {
    en: 'It was loaded although {holder} booked {model}; this is recorded.',
    'zh-CN': '虽然 {holder} 已预订 {model}，仍然加载了，并已记录。',
  },
  'reserve.status': { en: 'Booked: {gpus} by {holder} until {until}', 'zh-CN': '已预订：{gpus}，{holder}，到 {until}' },
  'reserve.action.stop': { en: 'End #{id}', 'zh-CN': '结束 #{id}' },
  'reserve.action.override': { en: 'Load all the same (noted in the audit)', 'zh-CN': '仍然加载（会记入审计）' },
  'error.reserve-until': {
    en: '{text} is no time to come: write 18:00, 2h or tomorrow 9:00 (times of {zone}).',
    'zh-CN': '{text} 不是将来的时间：请写 18:00、2h 或 明天 9:00（时区 {zone}）。',
  },
  'error.reserve-too-long': {
    en: 'A booking may be {hours:int} hours long at most.',
    'zh-CN': '预订最长 {hours:int} 小时。',
  },
  'error.reserve-too-far': {
    en: 'A booking may begin {hours:int} hours ahead at most.',
    'zh-CN': '预订最多提前 {hours:int} 小时开始。',
  },
  'error.reserve-own-exists': {
    en: 'You have a booking already (#{id}); one at a time. End it with /reserve stop first.',
    'zh-CN': '你已经有一个预订（#{id}），同时只能有一个。请先用 /reserve stop 结束它。',
  },
  'error.reserve-taken': {
    en: '{gpus} is booked by {holder} in that time.',
    'zh-CN': '{gpus} 在这段时间已由 {holder} 预订。',
  },
  'error.reserve-unknown': { en: 'There is no booking #{id}.', 'zh-CN': '没有编号为 #{id} 的预订。' },
  'error.reserve-not-yours': { en: 'Booking #{id} is not yours.', 'zh-CN': '预订 #{id} 不是你的。' },
  'error.booked-by-others': {
    en: '{gpus} on {server} is booked by {holder}, who did not agree to the load.',
    'zh-CN': '{server} 的 {gpus} 已由 {holder} 预订，对方没有同意这次加载。',
  },
  'consent.question.booking': {
    en: '{requester} wants to load {wanted} on {model} of {server}, which {holder} booked until {until}. {holder}, is that all right?',
    'zh-CN': '{requester} 想在 {server} 的 {model} 上加载 {wanted}，而 {holder} 已预订到 {until}。{holder}，可以吗？',
  },
  'consent.silence.booking': {
    en: 'Without an answer by {until} nothing is loaded there.',
    'zh-CN': '到 {until} 没有回答则不会加载。',
  },
  'consent.agreed.booking': {
    en: '{holder} agrees to the load on {model}.',
    'zh-CN': '{holder} 同意在 {model} 上加载。',
  },
  'consent.kept.booking': {
    en: '{holder} keeps {model} for themselves.',
    'zh-CN': '{holder} 不同意在 {model} 上加载。',
  },
  'consent.timeout.booking': {
    en: 'No answer came, so {model} stays booked.',
    'zh-CN': '没有收到回答，{model} 继续保留预订。',
  },
  'consent.void.booking': {
    en: 'The question about {model} is no longer open.',
    'zh-CN': '关于 {model} 的询问已失效。',
  },
});
