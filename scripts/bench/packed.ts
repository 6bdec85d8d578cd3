import { cpSync, existsSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');

/**
 * The program as its package lies in node_modules, without the sources beside it.
 * @returns its folder
 * @throws Error where nothing was built
 */
export function layPacked(folder: string): string {
  if (!existsSync(join(ROOT, 'dist', 'program', 'tool.js'))) {
    throw new Error('there is no dist/: npm run build');
  }
  const packed = join(folder, 'headroom');
  for (const part of ['bin', 'dist', 'package.json']) {
    cpSync(join(ROOT, part), join(packed, part), { recursive: true });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(packed, 'node_modules'));
  return packed;
}
