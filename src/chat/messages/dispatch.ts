import { area } from './area.ts';

/** What the dispatcher says by itself: faults of options, limits, buttons that ran out. */
export const dispatchMessages = area({
  'error.bad-options': { en: 'These options cannot be used together.', 'zh-CN': '这些选项不能一起使用。' },
  'error.rate-limited': {
    en: 'That was a lot of commands in a short time. Try again in {wait:duration}.',
    'zh-CN': '命令发送得太快了。请在 {wait:duration}后再试。',
  },
  'error.too-much-at-once': {
    en: 'The bot has too much to do right now, so this was not started. Try again in a few seconds.',
    'zh-CN': '当前请求过多，尚未开始。请几秒后再试。',
  },
  'error.trail-unwritable': {
    en: 'Nothing was done: the bot records who does what before it acts, and right now it cannot ({reason}). See /doctor.',
    'zh-CN': '未执行任何操作：操作前必须先记录执行者，而目前无法写入（{reason}）。请查看 /doctor。',
  },
  'error.given-up': {
    en: 'This took too long and was stopped after {duration:duration}. Try again in a moment.',
    'zh-CN': '耗时过长，已在 {duration:duration} 后停止。请稍后再试。',
  },
  'error.shutting-down': {
    en: 'The bot is restarting, so this was stopped. Ask again in a minute.',
    'zh-CN': '机器人正在重启，操作已停止。请一分钟后再试。',
  },
  'error.button-expired': {
    en: 'This button is too old. Run the command again for a new one.',
    'zh-CN': '此按钮已过期，请重新运行命令。',
  },
  'why.string': { en: 'it must be text.', 'zh-CN': '必须是文本。' },
  'why.channel': { en: 'it must be a channel.', 'zh-CN': '必须是频道。' },
  'why.attachment': { en: 'it must be a file.', 'zh-CN': '必须是文件。' },
  'why.boolean': { en: 'it must be yes or no.', 'zh-CN': '必须是 yes 或 no。' },
  'why.integer': { en: 'it must be a whole number.', 'zh-CN': '必须是整数。' },
  'why.context': {
    en: 'it must be a number of tokens: 32768, 32k, 128K or 32,768.',
    'zh-CN': '必须是 token 数：32768、32k、128K 或 32,768。',
  },
  'why.number': { en: 'it must be a number.', 'zh-CN': '必须是数字。' },
  'why.choices': { en: 'it must be one of {choices}.', 'zh-CN': '必须是以下之一：{choices}。' },
  'why.min': { en: 'the smallest value is {min:int}.', 'zh-CN': '最小值为 {min:int}。' },
  'why.max': { en: 'the largest value is {max:int}.', 'zh-CN': '最大值为 {max:int}。' },
  'why.too-long': { en: 'at most {max:int} characters.', 'zh-CN': '最多 {max:int} 个字符。' },
  'why.too-short': { en: 'at least {min:int} characters.', 'zh-CN': '至少 {min:int} 个字符。' },
  'why.empty': { en: 'it is empty.', 'zh-CN': '内容为空。' },
  'why.format': { en: 'it is not written correctly.', 'zh-CN': '格式不正确。' },
});
