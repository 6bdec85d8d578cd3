import { area } from './area.ts';

/** Bookings of servers and GPUs: /reserve, and what others are told and asked. */
export const reserveMessages = area({
  'reserve.description': { en: 'Book a server, or some of its GPUs', 'zh-CN': '预订服务器或其中的部分 GPU' },
  'reserve.add.description': {
    en: 'Book GPUs: others must ask you before they load there',
    'zh-CN': '预订 GPU：其他人在上面加载前要先征得你同意',
  },
  'reserve.list.description': { en: 'What is booked, by whom, until when', 'zh-CN': '谁预订了什么、到何时' },
  'reserve.stop.description': { en: 'End a booking of yours', 'zh-CN': '结束你的预订' },
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
    en: 'The booking of {gpus} on {server} has ended.',
    'zh-CN': '{server} 的 {gpus} 预订已结束。',
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
    en: 'Others must ask you before they load there. Ollama itself knows nothing of this, so other programs and clients are not kept away.',
    'zh-CN': '其他人在上面加载前要先征得你同意。Ollama 本身并不知道预订，无法阻止其他程序和客户端。',
  },
  'reserve.loaded-there': {
    en: 'Loaded there now: {models}. {count:plural:It stays|They stay} until {count:plural:its|their} time is up or you unload {count:plural:it|them}.',
    'zh-CN': '上面已加载：{models}。到时间或你卸载时才会释放。',
  },
  'reserve.overridden': {
    en: 'It was loaded although {holder} booked {model}; this is recorded.',
    'zh-CN': '{model} 已由 {holder} 预订，仍强制加载，并已记录。',
  },
  'reserve.status': { en: 'Booked: {gpus} by {holder} until {until}', 'zh-CN': '已预订：{gpus}，{holder}，到 {until}' },
  'reserve.action.stop': { en: 'End #{id}', 'zh-CN': '结束 #{id}' },
  'reserve.action.override': { en: 'Load anyway (booked)', 'zh-CN': '仍要加载（已被预订）' },
  'error.reserve-until': {
    en: '{text} is not a time in the future. Write 18:00, 2h or tomorrow 9:00 (time zone {zone}).',
    'zh-CN': '{text} 不是将来的时间。请写 18:00、2h 或 明天 9:00（时区 {zone}）。',
  },
  'error.reserve-too-long': {
    en: 'A booking may last at most {hours:int} hours.',
    'zh-CN': '预订最长 {hours:int} 小时。',
  },
  'error.reserve-too-far': {
    en: 'A booking may start at most {hours:int} hours from now.',
    'zh-CN': '预订最多提前 {hours:int} 小时开始。',
  },
  'error.reserve-own-exists': {
    en: 'You already have a booking (#{id}), and only one is allowed. End it with /reserve stop first.',
    'zh-CN': '你已经有一个预订（#{id}），同时只能有一个。请先用 /reserve stop 结束它。',
  },
  'error.reserve-taken': {
    en: '{holder} has booked {gpus} for that time.',
    'zh-CN': '{gpus} 在这段时间已被 {holder} 预订。',
  },
  'error.reserve-unknown': { en: 'There is no booking #{id}.', 'zh-CN': '没有编号为 #{id} 的预订。' },
  'error.reserve-not-yours': { en: 'Booking #{id} is not yours.', 'zh-CN': '预订 #{id} 不是你的。' },
  'error.booked-by-others': {
    en: '{holder} has booked {gpus} on {server} and did not agree to the load.',
    'zh-CN': '{server} 的 {gpus} 已被 {holder} 预订，对方没有同意这次加载。',
  },
  'consent.question.booking': {
    en: '{requester} wants to load {wanted} on {model} of {server}, which {holder} booked until {until}. {holder}, do you agree?',
    'zh-CN': '{requester} 想在 {server} 的 {model} 上加载 {wanted}，而 {holder} 已预订到 {until}。{holder}，是否同意？',
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
    en: '{holder} does not agree to the load on {model}.',
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
