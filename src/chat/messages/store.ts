import { area } from './area.ts';

/** What can be wrong with the bot's own file, or its database, and what to do. */
export const storeMessages = area({
  'error.store-corrupt': {
    en: "The bot's database (headroom.db in DATA_DIR) is damaged. Stop the bot, move the file away or restore a copy, and start again.",
    'zh-CN': '机器人的数据库（DATA_DIR 中的 headroom.db）已损坏。请停止机器人，移走该文件或恢复备份，然后重新启动。',
  },
  'error.store-locked': {
    en: "Another process is using the bot's database. Try again in a moment.",
    'zh-CN': '机器人的数据库被另一个进程占用。请稍后再试。',
  },
  'error.store-unwritable': {
    en: "The bot cannot write its database. Check DATA_DIR and the folder's owner.",
    'zh-CN': '机器人无法写入数据库。请检查 DATA_DIR 及该文件夹的所有者。',
  },
  'error.store-in-use': {
    en: 'Another Headroom (process {process}) is using the data folder {folder}. Stop it first, or give this one its own DATA_DIR; several bots share PostgreSQL through DATABASE_URL.',
    'zh-CN':
      '另一个 Headroom（进程 {process}）正在使用数据文件夹 {folder}。请先停止它，或为此进程设置单独的 DATA_DIR；多个机器人可通过 DATABASE_URL 共用 PostgreSQL。',
  },
  'error.store-full': {
    en: "The disk with the bot's database is full.",
    'zh-CN': '机器人数据库所在的磁盘已满。',
  },
  'error.store-too-new': {
    en: "The bot's database was written by a newer version of this program (schema {found}, this one knows {known}). Use that version, or another DATA_DIR.",
    'zh-CN': '机器人的数据库由更新版本的程序写入（架构 {found}，已知 {known}）。请使用该版本，或换一个 DATA_DIR。',
  },
  'error.store-refused': {
    en: "The bot's database refused the change.",
    'zh-CN': '机器人的数据库拒绝了该更改。',
  },
  'error.store-unreachable': {
    en: 'The database does not answer (DATABASE_URL), so nothing can be changed. Ask again in a minute.',
    'zh-CN': '数据库没有响应（DATABASE_URL），暂时无法进行任何更改。请一分钟后再试。',
  },
  'error.store-denied': {
    en: 'The database refuses the bot. Check user, password and database in DATABASE_URL; the user must be allowed to create tables.',
    'zh-CN': '数据库拒绝了机器人。请检查 DATABASE_URL 中的用户、密码和数据库；该用户必须能创建表。',
  },
  'error.store-untrusted': {
    en: 'The database has no certificate that can be trusted. Name the authority that signed it in DATABASE_URL: ?sslrootcert=FILE.',
    'zh-CN': '数据库的证书不可信。请在 DATABASE_URL 中指明签发机构：?sslrootcert=文件。',
  },
  'error.store-pooler': {
    en: 'DATABASE_URL leads to a pooler that switches connections between transactions, so locks do not hold. Use the address of PostgreSQL itself, or session pooling.',
    'zh-CN': 'DATABASE_URL 指向按事务切换连接的连接池，锁不起作用。请使用 PostgreSQL 本身的地址，或改用会话级连接池。',
  },
  'error.store-failed': {
    en: "The bot's database failed; the log has the details.",
    'zh-CN': '机器人的数据库出错；详情见日志。',
  },
  'error.backup-exists': {
    en: 'There is already a file of this name. Choose another name, or move the file away.',
    'zh-CN': '已有同名文件。请换一个名称，或先移走它。',
  },
  'error.backup-nothing': {
    en: 'There is nothing to back up: DATA_DIR has no headroom.db.',
    'zh-CN': '没有可备份的内容：DATA_DIR 中没有 headroom.db。',
  },
  'error.backup-missing': {
    en: 'There is no backup of this name that can be read.',
    'zh-CN': '没有可读取的同名备份文件。',
  },
  'error.backup-invalid': {
    en: 'This file is not a backup of Headroom, or it is damaged.',
    'zh-CN': '该文件不是 Headroom 的备份，或已损坏。',
  },
  'error.backup-differs': {
    en: 'The copy does not match the original. Nothing was changed; check the disk and try again.',
    'zh-CN': '复制的内容与原来不一致。未作任何更改；请检查磁盘后重试。',
  },
  'error.restore-not-empty': {
    en: 'The store already has {rows} rows. Back it up, then use --replace to delete them.',
    'zh-CN': '存储中已有 {rows} 行。请先备份，再用 --replace 删除它们。',
  },
  'error.restore-in-use': {
    en: 'A bot is using this store. Stop it first.',
    'zh-CN': '有机器人正在使用该存储。请先停止它。',
  },
});
