import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import type { Plugin } from 'rolldown';
import { decodeIndex, decodeModel } from '../../src/catalogue/builtin-codec.ts';

const MODULE = './built-in-list.js';
const ID = '\0built-in-list';

/** The module `built-in-list.js` that src/catalogue has only the declaration of: the built-in list as src/catalogue/browser.ts unpacks it. */
export function builtInListPlugin(root: string): Plugin {
  return {
    name: 'built-in-list',
    resolveId: (id) => (id === MODULE ? { id: ID, moduleSideEffects: false } : null),
    load: (id) => {
      if (id !== ID) {
        return null;
      }
      const file = readFileSync(join(root, 'src', 'catalogue', 'builtin', 'models.bin'));
      const { index, partsOffset } = decodeIndex(file);
      const models = index.map(([name, offset, length]) =>
        decodeModel(name, file.subarray(partsOffset + offset, partsOffset + offset + length)),
      );
      const names = models.map((model) => model.name);
      const deflated = deflateRawSync(JSON.stringify(models), { level: 9 }).toString('base64');
      return `export default ${JSON.stringify({ names, deflated })};`;
    },
  };
}
