/**
 * Rows of the chat's message table. There is no such file here: the build writes the module from src/chat/messages
 * (scripts/page/plugins.ts), so that the page and the chat say the same.
 */
declare const rows: Readonly<Record<string, Readonly<Record<'en' | 'zh-CN', string>>>>;
export default rows;
