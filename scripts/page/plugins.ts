import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Plugin } from 'rolldown';
import { isSharedKey } from '../../page/words/shared-keys.ts';
import { messages } from '../../src/chat/messages/index.ts';

const WORDS = /(?:^|\/)shared-words\.js$/;
const WORDS_ID = '\0shared-words';

/**
 * The module `shared-words.js` that the page has only the declaration of: those rows of the message table that the page
 * says in the same words as the chat.
 */
export function sharedWordsPlugin(): Plugin {
  return {
    name: 'shared-words',
    resolveId: (id) => (WORDS.test(id) ? { id: WORDS_ID, moduleSideEffects: false } : null),
    load: (id) => {
      if (id !== WORDS_ID) {
        return null;
      }
      const rows = Object.fromEntries(Object.entries(messages).filter(([key]) => isSharedKey(key)));
      return `export default ${JSON.stringify(rows)};`;
    },
  };
}

const WORKER = /new URL\(\s*'(\.{1,2}\/[\w/.-]+\.ts)',\s*import\.meta\.url\s*\)/g;

/**
 * A worker's script is one more entry of the same build, so that it shares the estimator's file with the page: a bundle of
 * its own would be loaded beside it.
 */
export function workerPlugin(): Plugin {
  return {
    name: 'shared-worker-chunks',
    transform: {
      order: 'pre',
      handler(code, id) {
        if (!code.includes('new Worker(')) {
          return null;
        }
        return {
          code: code.replace(WORKER, (_whole, path: string) => {
            const reference = this.emitFile({ type: 'chunk', id: join(dirname(id), path), name: 'worker' });
            return `import.meta.ROLLUP_FILE_URL_${reference}`;
          }),
          map: null,
        };
      },
    },
  };
}

/**
 * The service worker beside the page, with the list of what it keeps for times without a network. Its text changes with
 * every file, which is how a browser learns that there is a new page.
 */
export function serviceWorkerPlugin(root: string): Plugin {
  return {
    name: 'service-worker',
    generateBundle: {
      order: 'post',
      handler(_options, bundle) {
        const files = Object.keys(bundle)
          .filter((file) => file !== 'index.html' && !file.endsWith('.map'))
          .sort();
        const digest = createHash('sha256').update(JSON.stringify(files));
        const html = bundle['index.html'];
        if (html?.type === 'asset') {
          digest.update(html.source);
        }
        const text = readFileSync(join(root, 'page', 'service-worker.js'), 'utf8');
        this.emitFile({
          type: 'asset',
          fileName: 'service-worker.js',
          source: text
            .replace(
              "'THE BUILD WRITES THE LIST OF FILES HERE'",
              JSON.stringify(['./', ...files, 'icon.svg', 'manifest.webmanifest']),
            )
            .replace('THE BUILD WRITES ITS NAME HERE', digest.digest('hex').slice(0, 16)),
        });
      },
    },
  };
}
