import { area } from './area.ts';

/** What can be wrong with the bot's own file, and what to do. */
export const storeMessages = area({
  'error.store-corrupt': {
    en: "The bot's database (headroom.db in DATA_DIR) is damaged. Stop the bot, move the file away or restore a copy, and start again.",
    'zh-CN': '机器人的数据库（DATA_DIR 中的 headroom.db）已损坏。请停止机器人，移走该文件或恢复备份，然后重新启动。',
  },
  'error.store-locked': {
    en: "The bot's database is held by another process. Try again in a moment.",
    'zh-CN': '机器人的数据库被另一个进程占用。请稍后再试。',
  },
  'error.store-unwritable': {
    en: "The bot cannot write its database. Check DATA_DIR and the folder's owner.",
    'zh-CN': '机器人无法写入数据库。请检查 DATA_DIR 及该文件夹的所有者。',
  },
  'error.store-full': {
    en: "The disk with the bot's database is full.",
    'zh-CN': '机器人数据库所在的磁盘已满。',
  },
  'error.store-too-new': {
    en: "The bot's database was written by a newer version of this program (schema {found}, known {known}). Use that version, or another DATA_DIR.",
    'zh-CN': '机器人的数据库由更新版本的程序写入（架构 {found}，已知 {known}）。请使用该版本，或换一个 DATA_DIR。',
  },
  'error.store-refused': {
    en: "The bot's database refused the change.",
    'zh-CN': '机器人的数据库拒绝了该更改。',
  },
  'error.store-failed': {
    en: "The bot's database failed; the log has the details.",
    'zh-CN': '机器人的数据库出错；详情见日志。',
  },
});
