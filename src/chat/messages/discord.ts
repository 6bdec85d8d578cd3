import { area } from './area.ts';

/** What the Discord adapter adds by itself. */
export const discordMessages = area({
  'discord.more': { en: '… ({count:int} more)', 'zh-CN': '……（还有 {count:int} 项）' },
  'discord.picture-missing': {
    en: 'The picture could not be drawn: {alt}',
    'zh-CN': '无法绘制图片：{alt}',
  },
  'discord.moved': {
    en: '{person}, here is the answer to {command}; the first message could no longer be changed.',
    'zh-CN': '{person}，这是 {command} 的结果；原消息已无法更改。',
  },
  'discord.answer-lost': {
    en: '{command}: the bot ended while it was working on this, so nobody can tell how it ended. /ps shows what is loaded now.',
    'zh-CN': '{command}：机器人在处理途中意外退出，结果未知。/ps 可查看当前已加载的模型。',
  },
  'error.discord-token-invalid': {
    en: "Discord refused the token. Set DISCORD_TOKEN to the bot's token from the developer portal.",
    'zh-CN': 'Discord 拒绝了令牌。请将 DISCORD_TOKEN 设为开发者门户中的机器人令牌。',
  },
  'error.discord-unreachable': {
    en: 'Discord could not be reached. Check the network and DISCORD_API_URL.',
    'zh-CN': '无法连接 Discord。请检查网络和 DISCORD_API_URL。',
  },
  'error.chat-gone': { en: 'The message or channel no longer exists.', 'zh-CN': '该消息或频道已不存在。' },
  'error.chat-forbidden': {
    en: 'The bot may not write there. It needs View Channel, Send Messages, Embed Links and Attach Files.',
    'zh-CN': '机器人无权在那里发言。需要以下权限：查看频道、发送消息、嵌入链接、附加文件。',
  },
  'error.chat-rate-limited': {
    en: 'Discord asks to wait before the next message there.',
    'zh-CN': 'Discord 要求稍后再发送消息。',
  },
  'error.chat-too-old': {
    en: 'The message is old, and Discord changes it only slowly.',
    'zh-CN': '该消息较旧，Discord 限制了修改频率。',
  },
  'error.chat-unavailable': {
    en: 'Discord did not accept the message. Try again in a moment.',
    'zh-CN': 'Discord 未接受该消息。请稍后再试。',
  },
});
