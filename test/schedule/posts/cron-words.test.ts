import { describe, expect, it } from 'vitest';
import { cronWords } from '../../../src/schedule/posts/cron-words.ts';

describe('a cron expression in words', () => {
  it.each([
    ['0 9 * * 1-5', 'At 09:00, Monday through Friday', '星期一至星期五 09:00'],
    ['0 9 * * *', 'At 09:00, every day', '每天 09:00'],
    ['0 9 * * 1', 'At 09:00, only on Monday', '每星期一 09:00'],
    ['0 * * * *', 'Every hour', '每小时'],
    ['*/15 * * * *', 'Every 15 minutes', '每 15 分钟'],
    [
      '30 8,18 * * 1,3,5',
      'At 08:30 and 18:30, only on Monday, Wednesday, and Friday',
      '每星期一、星期三和星期五 08:30 和 18:30',
    ],
    ['0 0 1 * *', 'At 00:00, on day 1 of the month', '每月 1 号 00:00'],
  ])('%s', (cron, english, chinese) => {
    expect(cronWords(cron, 'en')).toBe(english);
    expect(cronWords(cron, 'zh-CN')).toBe(chinese);
  });

  it('stays as it is where there are no words for it', () => {
    expect(cronWords('every day', 'en')).toBe('every day');
    expect(cronWords('', 'zh-CN')).toBe('');
  });

  it('has no half-width marks in Chinese', () => {
    for (const cron of ['*/5 9-17 * * 1-5', '0 9 15 1-6 *', '0 9 1 * 1', '15 7 L * *']) {
      expect(cronWords(cron, 'zh-CN')).not.toMatch(/[,;] |^在/);
    }
  });
});
