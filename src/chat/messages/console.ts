import { area } from './area.ts';

/** The terminal chat and the command-line tool. */
export const consoleMessages = area({
  'console.in-time': { en: 'in {time}', 'zh-CN': '{time}后' },
  'console.just-now': { en: 'just now', 'zh-CN': '刚刚' },
  'console.time-ago': { en: '{time} ago', 'zh-CN': '{time}前' },
  'console.welcome': {
    en: 'Headroom in the terminal. Type /fit gemma3:12b ctx:32768, /help, or the number of a button; Ctrl-D ends.',
    'zh-CN': 'Headroom 终端。输入 /fit gemma3:12b ctx:32768、/help 或按钮编号；Ctrl-D 退出。',
  },
  'console.simulated': {
    en: 'SIMULATED SERVER: 4 GPUs of 8 GiB that exist only in this program. No real GPU or Ollama is touched.',
    'zh-CN': '模拟服务器：4 张 8 GiB 的 GPU，仅存在于本程序中。不会触及真实的 GPU 或 Ollama。',
  },
  'console.no-button': {
    en: 'There is no button {number} on the last reply.',
    'zh-CN': '上一条回复没有编号为 {number} 的按钮。',
  },
  'error.unknown-command-near': {
    en: 'There is no command {command}. Did you mean {near}?',
    'zh-CN': '没有命令 {command}。是否想输入 {near}？',
  },
  'error.missing-subcommand': {
    en: '{command} needs one more word: {options}.',
    'zh-CN': '{command} 需要再加一个词：{options}。',
  },
  'error.unknown-subcommand': {
    en: 'The command {command} has no {option}. It has: {options}.',
    'zh-CN': '命令 {command} 没有 {option}。可用：{options}。',
  },
});
