import { area } from './area.ts';

/** Words that many replies share, and the errors of the framework itself. */
export const commonMessages = area({
  'common.unknown': { en: 'unknown', 'zh-CN': '未知' },
  'common.gpu': { en: 'GPU', 'zh-CN': 'GPU' },
  'common.total': { en: 'total', 'zh-CN': '合计' },
  'common.age': { en: 'Numbers are {age:duration} old.', 'zh-CN': '这些数据是 {age:duration}前的。' },
  'error.unknown-command': {
    en: 'There is no command {command}. /help lists them.',
    'zh-CN': '没有 {command} 这个命令。/help 列出全部命令。',
  },
  'error.unknown-option': {
    en: '{command} has no option {option}. It takes {options}.',
    'zh-CN': '{command} 没有 {option} 这个选项。可用选项：{options}。',
  },
  'error.missing-option': { en: 'The option {option} is missing.', 'zh-CN': '缺少选项 {option}。' },
  'error.bad-option': {
    en: 'The option {option} cannot be {value}: {why}',
    'zh-CN': '选项 {option} 不能是 {value}：{why}',
  },
  'error.not-allowed': {
    en: 'You may not use {command} here. It takes a role that an administrator of this bot can give you.',
    'zh-CN': '你在这里不能使用 {command}。需要相应的角色，请联系机器人的管理员。',
  },
  'error.other-server': {
    en: 'This bot belongs to another Discord server and answers only there.',
    'zh-CN': '此机器人属于另一个 Discord 服务器，只在那里回复。',
  },
  'error.internal': {
    en: 'Something went wrong inside the bot (reference {reference}). Nothing was changed; the log has the details.',
    'zh-CN': '机器人内部出错（编号 {reference}）。没有更改任何内容，详情见日志。',
  },
  'error.timeout': { en: 'No answer came in time. Try again in a moment.', 'zh-CN': '响应超时，请稍后再试。' },
  'error.button-unknown': {
    en: 'This button no longer works. Run the command again for a new one.',
    'zh-CN': '此按钮已失效，请重新运行命令。',
  },
  'error.button-not-yours': { en: 'Only the person who asked may press this button.', 'zh-CN': '仅发起者可用。' },
  'error.button-used': { en: 'This button was already pressed.', 'zh-CN': '此按钮已经用过。' },
  'help.description': { en: 'What you can type, with examples', 'zh-CN': '可用的命令和示例' },
  'help.title': {
    en: 'Headroom tells you whether a model fits before anybody loads it.',
    'zh-CN': '加载模型之前，先问 Headroom 放不放得下。',
  },
  'help.more': {
    en: 'Contexts are in tokens; sizes are in GiB and MiB (powers of 1024).',
    'zh-CN': '上下文以 token 为单位；大小以 GiB 和 MiB（1024 进制）为单位。',
  },
  'error.no-server-known': {
    en: 'The GPUs of every server are unknown right now. Set GPU_SOURCE, or ask with gpus:4x8GiB.',
    'zh-CN': '目前没有一台服务器的 GPU 信息。请设置 GPU_SOURCE，或用 gpus:4x8GiB 提问。',
  },
});
