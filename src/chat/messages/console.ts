import { area } from './area.ts';

/** The terminal chat and the command-line tool. */
export const consoleMessages = area({
  'console.in-time': { en: 'in {time}', 'zh-CN': '{time}后' },
  'console.just-now': { en: 'just now', 'zh-CN': '刚刚' },
  'console.time-ago': { en: '{time} ago', 'zh-CN': '{time}前' },
  'console.welcome': {
    en: 'Headroom in the terminal. Type /fit gemma3:12b ctx:32k or /help. Tab completes, a number presses a button, Ctrl-D ends.',
    'zh-CN': 'Headroom 终端。输入 /fit gemma3:12b ctx:32k 或 /help。Tab 补全，输入编号按按钮，Ctrl-D 退出。',
  },
  'console.simulated': {
    en: 'SIMULATED SERVER: 4 GPUs of 8 GiB that exist only in this program. It touches no real GPU and no Ollama.',
    'zh-CN': '模拟服务器：4 张 8 GiB 的 GPU，只存在于本程序中，不会用到真实的 GPU 或 Ollama。',
  },
  'console.no-button': {
    en: 'There is no button [{key}] now.',
    'zh-CN': '现在没有按钮 [{key}]。',
  },
  'console.button-changed': {
    en: 'The buttons changed while you typed, so nothing was pressed. Look at [{key}] again and type it once more.',
    'zh-CN': '输入期间按钮已变化，未执行任何操作。请重新确认 [{key}] 后再输入一次。',
  },
  'console.canceling': {
    en: 'Canceling… Ctrl-C again ends the program.',
    'zh-CN': '正在取消…再按一次 Ctrl-C 退出程序。',
  },
  'console.again-to-end': {
    en: 'Ctrl-C again ends, as do exit and Ctrl-D.',
    'zh-CN': '再按一次 Ctrl-C 退出，也可输入 exit 或按 Ctrl-D。',
  },
  'console.waiting-for-work': {
    en: 'Waiting for what is still running; Ctrl-C cancels it.',
    'zh-CN': '正在等待未完成的任务；按 Ctrl-C 取消。',
  },
  'error.unknown-command-near': {
    en: 'There is no command {command}. Did you mean {near}?',
    'zh-CN': '没有命令 {command}。是否想输入 {near}？',
  },
  'error.missing-subcommand': {
    en: '{command} needs one more word:',
    'zh-CN': '{command} 还需要一个词：',
  },
  'error.unknown-subcommand': {
    en: 'The command {command} has no {option}. It has: {options}.',
    'zh-CN': '命令 {command} 没有 {option}。可用：{options}。',
  },
});
