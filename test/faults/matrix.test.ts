import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FAULTS } from '../../scripts/faults/matrix.ts';

const root = join(import.meta.dirname, '..', '..');
/** Where the tests of both databases stand. */
const SHARED: Readonly<Record<string, string>> = { 'test/store/sqlite.test.ts': 'test/store/every-store.ts' };

describe('the fault matrix', () => {
  it.each(FAULTS.map(({ part, fault, test: [file, title] }) => [`${part}: ${fault}`, file, title]))(
    '%s has its test',
    (_row, file, title) => {
      const path = join(root, file!);
      expect(existsSync(path), file).toBe(true);
      const shared = SHARED[file!];
      const text = readFileSync(path, 'utf8') + (shared === undefined ? '' : readFileSync(join(root, shared), 'utf8'));
      expect(text.includes(title!), `${file}: ${title}`).toBe(true);
    },
  );
});
