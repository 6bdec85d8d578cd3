import { describe, expect, it } from 'vitest';
import { messages } from '../../src/chat/messages/index.ts';

/** Names of commands and options in Discord are words without spaces, not sentences. */
const rows = Object.entries(messages).filter(([key]) => !key.startsWith('name.'));

/** English that nobody speaks today. docs/contributing/messages.md says what to write instead. */
const OLD_ENGLISH =
  /\b(whoever|anew|thereof|suffices?|wholly|of no server|lies? where|is void|for want of|reckons?|taken back|put back|for ever|to spare on|are missing for|come about|trained for a context|as things are)\b/i;

/** Chinese that was translated word for word. */
const LITERAL_CHINESE =
  /最满的一张|还余|完整的训练上下文|未经询问|放开|位置正确|位置和占用|归还|时间重新计算|使用中仍|任何合用|数据已过|永远不会到来|定时状态|槽位|开始于|不是给你的|持有/;

/** Placeholders, and forms that people type, are not the sentence's own. */
const plain = (text: string) => text.replace(/\{[^{}]*\}|总量:空闲/g, '');

describe('the words of messages', () => {
  it('are English of today', () => {
    const old = rows.filter(([, { en }]) => OLD_ENGLISH.test(plain(en))).map(([key, { en }]) => `${key}: ${en}`);
    expect(old).toEqual([]);
  });

  it('are Chinese as people write it', () => {
    const literal = rows
      .filter(([, row]) => LITERAL_CHINESE.test(plain(row['zh-CN'])))
      .map(([key, row]) => `${key}: ${row['zh-CN']}`);
    expect(literal).toEqual([]);
  });

  it('have full-width marks between Chinese characters', () => {
    const half = rows
      .filter(([, row]) => /[\u4e00-\u9fff][,;:?!](?=[\u4e00-\u9fff]|$)/.test(plain(row['zh-CN'])))
      .map(([key, row]) => `${key}: ${row['zh-CN']}`);
    expect(half).toEqual([]);
  });

  it('have a space between Chinese characters and Latin letters', () => {
    const tight = rows
      .filter(([, row]) => /[\u4e00-\u9fff][A-Za-z]|[A-Za-z][\u4e00-\u9fff]/.test(plain(row['zh-CN'])))
      .map(([key, row]) => `${key}: ${row['zh-CN']}`);
    expect(tight).toEqual([]);
  });
});
