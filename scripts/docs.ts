/** `npm run docs`: the pages of docs/ that follow from the code. A test fails while one of them is not current. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generatedPages } from './docs/pages.ts';

const root = join(import.meta.dirname, '..');
for (const [path, text] of generatedPages(root)) {
  writeFileSync(join(root, path), text);
}
