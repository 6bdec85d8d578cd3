import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Plugin } from 'rolldown';

const BY_URL = /new URL\(\s*'(\.{1,2}\/[^']+)',\s*import\.meta\.url\s*\)/g;

/**
 * Files that the sources name by `new URL('./x', import.meta.url)` go along: a script (a thread) becomes a bundle of its
 * own, anything else is copied. All lie in one folder, beside the code that names them.
 */
export function filesByUrlPlugin(): Plugin {
  return {
    name: 'files-by-url',
    transform(code, id) {
      if (!code.includes('import.meta.url')) {
        return null;
      }
      return {
        code: code.replace(BY_URL, (_whole, path: string) => {
          const file = join(dirname(id), path);
          const fileName = basename(file).replace(/\.ts$/, '.js');
          if (path.endsWith('.ts')) {
            this.emitFile({ type: 'chunk', id: file, fileName });
          } else {
            this.emitFile({ type: 'asset', fileName, source: readFileSync(file) });
          }
          return `new URL('./${fileName}', import.meta.url)`;
        }),
        map: null,
      };
    },
  };
}
