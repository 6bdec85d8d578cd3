import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';
import { builtInListPlugin } from '../build/built-in-list.ts';
import { serviceWorkerPlugin, sharedWordsPlugin, workerPlugin } from './plugins.ts';

/** Most that the first visit may load, bytes gzipped, the list of models aside. */
export const FIRST_LOAD_BYTES = 150 * 1024;

/** Builds the page: files that any web server can host, at any address. */
export async function buildPage(root: string, folder: string): Promise<void> {
  await build({
    root: join(root, 'page'),
    base: './',
    configFile: false,
    logLevel: 'warn',
    publicDir: join(root, 'page', 'public'),
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    plugins: [builtInListPlugin(root), sharedWordsPlugin(), workerPlugin(), serviceWorkerPlugin(root)],
    build: {
      outDir: folder,
      emptyOutDir: true,
      assetsDir: 'files',
      assetsInlineLimit: 0,
      target: 'es2022',
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
      chunkSizeWarningLimit: 1_000,
      rolldownOptions: {
        // What the page does not name of the rooms, and of the packages that they use, has no effect of its own.
        treeshake: {
          moduleSideEffects: (id) =>
            !/\/(?:src\/(?:base|estimator|gguf|catalogue)|node_modules\/@huggingface)\//.test(id),
        },
        output: {
          chunkFileNames: ({ name }) => (name === 'browser' ? 'files/models-[hash].js' : 'files/[name]-[hash].js'),
        },
      },
    },
  });
}

export interface PageSize {
  /** Gzipped bytes of everything but the list of models. */
  readonly firstLoadBytes: number;
  readonly files: readonly { readonly name: string; readonly bytes: number; readonly gzippedBytes: number }[];
}

/** What a first visit loads, file by file. */
export function measurePage(folder: string): PageSize {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => {
      const text = readFileSync(path);
      return {
        name: path.slice(folder.length + 1),
        bytes: text.length,
        gzippedBytes: gzipSync(text, { level: 9 }).length,
      };
    })
    .sort((a, b) => b.gzippedBytes - a.gzippedBytes);
  const firstLoadBytes = files
    .filter(({ name }) => !name.startsWith('files/models-'))
    .reduce((sum, { gzippedBytes }) => sum + gzippedBytes, 0);
  return { firstLoadBytes, files };
}
