import { join } from 'node:path';
import { readConfig } from '../settings/config.ts';
import { backupStore, type StorePlace } from '../store/transfer/backup.ts';
import { restoreStore } from '../store/transfer/restore.ts';
import type { Tool, ToolCall } from './command.ts';

/** `headroom backup FILE`. Rejects with a ConfigError, a TransferError or a StoreError. */
export async function runBackup(tool: Tool, { args: [file = ''] }: ToolCall): Promise<number> {
  const { rows, bytes } = await backupStore(placeOf(process.env), file);
  tool.write(`${tool.translator.t('tool.backup.done', { rows, size: bytes })}\n`);
  return 0;
}

/** `headroom restore FILE [--replace]`. Rejects with a ConfigError, a TransferError or a StoreError. */
export async function runRestore(tool: Tool, { args: [file = ''], options }: ToolCall): Promise<number> {
  const { rows } = await restoreStore(file, placeOf(process.env), options.replace === true);
  tool.write(`${tool.translator.t('tool.restore.done', { rows })}\n`);
  return 0;
}

/** Where the bot of these settings keeps what it keeps. @throws ConfigError */
function placeOf(environment: Readonly<Record<string, string | undefined>>): StorePlace {
  const { database, dataDir } = readConfig(environment);
  return database === null ? { path: join(dataDir, 'headroom.db') } : { postgres: database };
}
