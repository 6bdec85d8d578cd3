import { area } from './area.ts';

/** Words that many replies share, and the errors of the framework itself. */
export const commonMessages = area({
  'common.unknown': { en: 'unknown', 'zh-CN': '未知' },
  'common.gpu': { en: 'GPU', 'zh-CN': 'GPU' },
  'common.total': { en: 'total', 'zh-CN': '合计' },
  'common.age': { en: 'Numbers are {age:duration} old.', 'zh-CN': '数据为 {age:duration} 前。' },
  'error.unknown-command': {
    en: 'There is no command {command}. /help lists them.',
    'zh-CN': '没有命令 {command}。/help 会列出所有命令。',
  },
  'error.unknown-option': {
    en: 'The command {command} has no option {option}. It takes: {options}.',
    'zh-CN': '命令 {command} 没有选项 {option}。可用选项：{options}。',
  },
  'error.missing-option': { en: 'The option {option} is missing.', 'zh-CN': '缺少选项 {option}。' },
  'error.bad-option': {
    en: 'The option {option} cannot be {value}: {why}',
    'zh-CN': '选项 {option} 不能是 {value}：{why}',
  },
  'error.not-allowed': {
    en: 'You may not use {command} here. It needs one of the roles set for it; ask an administrator of this bot.',
    'zh-CN': '你无权在此使用 {command}。需要为其配置的角色之一，请联系机器人的管理员。',
  },
  'error.other-server': {
    en: 'This bot belongs to another Discord server and answers there only.',
    'zh-CN': '此机器人属于另一个 Discord 服务器，只在那里作答。',
  },
  'error.internal': {
    en: 'Something went wrong inside the bot (reference {reference}). Nothing was changed by this answer; the log has the details.',
    'zh-CN': '机器人内部出错（编号 {reference}）。此回复没有更改任何内容；详情见日志。',
  },
  'error.timeout': {
    en: 'There was no answer in time. Try again in a moment.',
    'zh-CN': '未能及时得到响应。请稍后再试。',
  },
  'error.button-unknown': {
    en: 'This button is no longer valid. Run the command again for a fresh one.',
    'zh-CN': '此按钮已失效。请重新运行命令。',
  },
  'error.button-not-yours': { en: 'This button is for somebody else.', 'zh-CN': '此按钮不是给你的。' },
  'error.button-used': { en: 'This button has been used already.', 'zh-CN': '此按钮已被使用过。' },
  'help.description': { en: 'What can be typed, with examples', 'zh-CN': '可用的命令和示例' },
  'help.title': {
    en: 'Headroom answers "does this model fit?" before anybody loads it.',
    'zh-CN': 'Headroom 在加载之前回答“这个模型放得下吗？”',
  },
  'help.more': {
    en: 'Context is in tokens. Sizes are in GiB and MiB (powers of 1024).',
    'zh-CN': '上下文以 token 计。大小以 GiB 和 MiB（1024 的幂）计。',
  },
  'error.no-server-known': {
    en: 'Of no server the GPUs are known right now. Set GPU_SOURCE, or ask with gpus:4x8GiB.',
    'zh-CN': '目前不知道任何服务器的 GPU。请设置 GPU_SOURCE，或用 gpus:4x8GiB 提问。',
  },
});
