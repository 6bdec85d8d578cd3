import { area } from './area.ts';

/** Status posts: what they say, and the command that orders them. */
export const statusMessages = area({
  'status.description': { en: 'State of the GPUs, now and at set times', 'zh-CN': 'GPU 状态：立即查看或定时播报' },
  'status.now.description': { en: 'Post the status now', 'zh-CN': '立即显示状态' },
  'status.schedule.description': {
    en: 'Post the status at set times, or keep one message up to date',
    'zh-CN': '定时播报状态，或让一条消息保持更新',
  },
  'status.list.description': { en: 'The schedules of this Discord server', 'zh-CN': '此 Discord 服务器的定时播报' },
  'status.stop.description': { en: 'End a schedule', 'zh-CN': '停止一个定时播报' },
  'option.cron': {
    en: 'When: minute hour day month weekday, such as 0 9 * * 1-5',
    'zh-CN': '时间：分 时 日 月 星期，例如 0 9 * * 1-5',
  },
  'option.channel': { en: 'Channel to post in (default: this one)', 'zh-CN': '播报到哪个频道（默认：当前频道）' },
  'option.timezone': { en: 'Time zone, such as Europe/Berlin', 'zh-CN': '时区，例如 Asia/Shanghai' },
  'option.mode': {
    en: 'post: a new message each time; live: one message that is kept up to date',
    'zh-CN': 'post：每次发新消息；live：只更新同一条消息',
  },
  'option.mode.post': { en: 'post: a new message each time', 'zh-CN': 'post：每次发新消息' },
  'option.mode.live': { en: 'live: one message, kept up to date', 'zh-CN': 'live：只更新同一条消息' },
  'option.schedule-id': {
    en: 'Number of the schedule (see /status list)',
    'zh-CN': '定时播报的编号（见 /status list）',
  },
  'complete.cron': { en: '{cron}: {words}', 'zh-CN': '{cron}：{words}' },
  'status.mode.post': { en: 'a new message each time', 'zh-CN': '每次发新消息' },
  'status.mode.live': { en: 'one message, kept up to date', 'zh-CN': '更新同一条消息' },

  'status.title': {
    en: 'GPU status of {server}: {free:gib} of {total:gib} free',
    'zh-CN': '{server} 的 GPU 状态：显存共 {total:gib}，空闲 {free:gib}',
  },
  'status.title.many': {
    en: 'GPU status of {count:int} servers: {free:gib} of {total:gib} free',
    'zh-CN': '{count:int} 台服务器的 GPU 状态：显存共 {total:gib}，空闲 {free:gib}',
  },
  'status.title.unknown': { en: 'GPU status: the memory is unknown right now', 'zh-CN': 'GPU 状态：目前没有显存数据' },
  'status.server': {
    en: '{server}: {free:gib} of {total:gib} free',
    'zh-CN': '{server}：共 {total:gib}，空闲 {free:gib}',
  },
  'status.server.unknown': { en: '{server}: memory unknown', 'zh-CN': '{server}：没有显存数据' },
  'status.legend': {
    en: '█ Ollama, ▓ other programs, ▒ owner unknown, ░ free; used/total in GiB',
    'zh-CN': '█ Ollama、▓ 其他程序、▒ 占用者未知、░ 空闲；已用/总量（GiB）',
  },
  'status.models.none': { en: 'No model is loaded.', 'zh-CN': '没有加载模型。' },
  'status.models.unknown': { en: 'Nobody can tell right now what is loaded.', 'zh-CN': '目前不知道加载了哪些模型。' },
  'status.models.more': { en: '… and {count:int} more', 'zh-CN': '……还有 {count:int} 个' },
  'status.part.spill': {
    en: '⚠ {gpu:percent} on the GPU, {cpu:percent} on the CPU',
    'zh-CN': '⚠ GPU 占 {gpu:percent}，CPU 占 {cpu:percent}',
  },
  'status.part.gpu': { en: 'all on the GPU', 'zh-CN': '全部在 GPU 上' },
  'status.part.cpu': { en: '⚠ all on the CPU', 'zh-CN': '⚠ 全部在 CPU 上' },
  'status.part.cloud': { en: 'cloud', 'zh-CN': '云端' },
  'status.part.ctx': { en: 'context {ctx}', 'zh-CN': '上下文 {ctx}' },
  'status.part.held': { en: 'held by {holder}', 'zh-CN': '由 {holder} 保留' },
  'status.part.held-until': { en: 'held by {holder}, ends {time}', 'zh-CN': '由 {holder} 保留，{time}结束' },
  'status.part.leaves': { en: 'unloaded {time}', 'zh-CN': '{time}卸载' },
  'status.part.pinned': { en: 'stays loaded', 'zh-CN': '常驻' },
  'status.part.stopping': { en: 'being unloaded', 'zh-CN': '正在卸载' },
  'status.missing': {
    en: '⚠ {count:int} {count:plural:GPU that was there before is missing|GPUs that were there before are missing}.',
    'zh-CN': '⚠ 有 {count:int} 张之前能看到的 GPU 不见了。',
  },
  'status.others': { en: 'Other programs and the driver: {bytes:bytes}.', 'zh-CN': '其他程序和驱动：{bytes:bytes}。' },
  'status.age': { en: 'Numbers read {time}.', 'zh-CN': '数据读取时间：{time}。' },
  'status.stale': { en: 'The GPU data is old: last read {time}.', 'zh-CN': 'GPU 数据较旧，上次读取于 {time}。' },
  'status.trend.all': {
    en: 'Used on all {count:int} GPUs together, last 24 h',
    'zh-CN': '最近 24 小时 {count:int} 张 GPU 的已用显存合计',
  },
  'status.more-servers': { en: '… and {count:int} more servers', 'zh-CN': '……还有 {count:int} 台服务器' },
  'status.note.missed': {
    en: '{count:int} {count:plural:post was|posts were} missed: the bot or Discord was not available.',
    'zh-CN': '错过 {count:int} 次播报：机器人或 Discord 当时不可用。',
  },
  'status.note.next': { en: 'Next status {time}. Schedule {id}.', 'zh-CN': '下次播报：{time}。编号 {id}。' },
  'status.note.live': {
    en: 'Kept up to date by the bot. Schedule {id}.',
    'zh-CN': '由机器人持续更新。编号 {id}。',
  },
  'status.note.ended': {
    en: 'This message is no longer kept up to date.',
    'zh-CN': '此消息已停止更新。',
  },

  'status.scheduled.post': { en: 'Schedule {id}: status posts in {channel}', 'zh-CN': '定时播报 {id}：发到 {channel}' },
  'status.scheduled.live': {
    en: 'Schedule {id}: one message kept up to date in {channel}',
    'zh-CN': '定时播报 {id}：在 {channel} 更新同一条消息',
  },
  'status.scheduled.times': { en: '{words} ({zone}), written as {cron}.', 'zh-CN': '{words}（{zone}），写作 {cron}。' },
  'status.scheduled.next': { en: 'Next: {first}, then {second}.', 'zh-CN': '下次：{first}，然后 {second}。' },
  'status.scheduled.next-one': { en: 'Next: {first}.', 'zh-CN': '下次：{first}。' },
  'status.scheduled.live-how': {
    en: 'The message is updated within a minute of a change and at these times, and posted again if somebody deletes it. Pin it so that people find it.',
    'zh-CN': '有变化时一分钟内更新，到上述时间也会更新；被删除后会重新发布。建议置顶，方便查找。',
  },
  'status.scheduled.stop-how': { en: 'End it with /status stop id:{id}.', 'zh-CN': '用 /status stop id:{id} 停止。' },
  'status.list.title': { en: '{count:int} {count:plural:schedule|schedules}', 'zh-CN': '{count:int} 个定时播报' },
  'status.list.none': {
    en: 'There is no schedule here. /status schedule creates one.',
    'zh-CN': '这里没有定时播报。可用 /status schedule 创建。',
  },
  'status.list.item': {
    en: '{id}: {channel}, {words} ({zone}, {cron}), {mode}, by {owner}',
    'zh-CN': '{id}：{channel}，{words}（{zone}，{cron}），{mode}，由 {owner} 创建',
  },
  'status.list.next': { en: ', next {time}', 'zh-CN': '，下次 {time}' },
  'status.list.stopped.channel-gone': { en: ', ended: its channel is gone', 'zh-CN': '，已停止：频道已不存在' },
  'status.list.stopped.channel-forbidden': {
    en: ', ended: the bot may no longer write there',
    'zh-CN': '，已停止：机器人无权在该频道发言',
  },
  'status.list.stopped.other': { en: ', ended', 'zh-CN': '，已停止' },
  'status.stopped': { en: 'Schedule {id} has ended.', 'zh-CN': '定时播报 {id} 已停止。' },
  'status.lost.title': { en: 'Your status schedule {id} has ended', 'zh-CN': '你的定时播报 {id} 已停止' },
  'status.lost.channel-gone': {
    en: 'Its channel {channel} no longer exists, or the bot can no longer see it.',
    'zh-CN': '频道 {channel} 已不存在，或机器人无法再看到它。',
  },
  'status.lost.channel-forbidden': {
    en: 'The bot may no longer write in {channel}. It needs View Channel, Send Messages, Embed Links and Attach Files.',
    'zh-CN': '机器人无权再在 {channel} 发言。需要以下权限：查看频道、发送消息、嵌入链接、附加文件。',
  },
  'status.lost.next': {
    en: 'When that is fixed, create a new one with /status schedule.',
    'zh-CN': '解决后请用 /status schedule 重新创建。',
  },

  'error.status-needs-discord': {
    en: 'Schedules need Discord: here there is no channel to post in. /status now shows the status.',
    'zh-CN': '定时播报需要 Discord：这里没有可以播报的频道。可用 /status now 查看状态。',
  },
  'error.cron-invalid': {
    en: '{cron} is not a time. Write five fields, minute hour day month weekday, such as 0 9 * * 1-5.',
    'zh-CN': '{cron} 不是有效的时间。请写五个字段：分 时 日 月 星期，例如 0 9 * * 1-5。',
  },
  'error.cron-never': { en: '{cron} never happens.', 'zh-CN': '{cron} 永远不会触发。' },
  'error.time-zone-unknown': {
    en: 'There is no time zone {zone}. Write a name such as Europe/Berlin.',
    'zh-CN': '没有时区 {zone}。请写 Asia/Shanghai 这样的名称。',
  },
  'error.schedule-too-often': {
    en: 'That would sometimes post every {pause:duration}; posts are at least {shortest:duration} apart. To have fresh numbers all the time use mode:live.',
    'zh-CN':
      '这样有时每 {pause:duration} 就会播报一次；两次播报至少间隔 {shortest:duration}。如需持续更新，请用 mode:live。',
  },
  'error.schedule-too-many': {
    en: 'This Discord server already has {max:int} schedules. End one with /status stop.',
    'zh-CN': '此 Discord 服务器已有 {max:int} 个定时播报。请先用 /status stop 停止一个。',
  },
  'error.schedule-permissions': {
    en: 'The bot cannot post there. It lacks these permissions: {permissions}.',
    'zh-CN': '机器人无法在那里发言，缺少权限：{permissions}。',
  },
  'error.schedule-channel': {
    en: 'This channel is not in this Discord server, or the bot cannot see it.',
    'zh-CN': '该频道不属于此 Discord 服务器，或机器人看不到它。',
  },
  'error.schedule-unknown': {
    en: 'There is no schedule {id} here. /status list shows them.',
    'zh-CN': '这里没有定时播报 {id}。可用 /status list 查看。',
  },
  'error.schedule-not-yours': {
    en: 'Schedule {id} belongs to somebody else. Only its owner or an operator can end it.',
    'zh-CN': '定时播报 {id} 属于他人。只有创建者或操作员可以停止它。',
  },
});
